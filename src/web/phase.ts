import { ENDED, type InstallState, WAITING } from '../install/install.ts';
import type { QueuePlace } from '../install/queue.ts';
import type { InstallView } from './operator.ts';

/** How a state looks: at rest, on its way, there, or broken. */
export type Tone = 'idle' | 'busy' | 'good' | 'bad';

interface Wording {
  readonly tone: Tone;
  /** How the time since the beginning is told; `#` is the time. */
  readonly time: string;
  /** What is happening, as a sentence for somebody who watches. */
  readonly says: string;
}

export const WORDINGS: Readonly<Record<InstallState, Wording>> = {
  defined: { tone: 'idle', time: 'waiting for #', says: 'Waiting for its turn.' },
  preparing: {
    tone: 'busy',
    time: '# elapsed',
    says: 'Putting kernel, disks and configuration on the host.',
  },
  armed: { tone: 'busy', time: '# elapsed', says: 'Response file and boot files are being served.' },
  booting: { tone: 'busy', time: '# elapsed', says: 'The ramdisk kernel boots.' },
  watching: {
    tone: 'busy',
    time: 'watching for #',
    says: 'The console is watched, until sysupgrade is run in the guest.',
  },
  standing: {
    tone: 'idle',
    time: 'waiting for #',
    says: 'Its installer stands where it had failed, and waits for its turn.',
  },
  retrying: {
    tone: 'busy',
    time: '# elapsed',
    says: 'The installer is started once more where it had failed.',
  },
  answering: { tone: 'busy', time: '# elapsed', says: 'The installer asks for its response file.' },
  installing: { tone: 'busy', time: '# elapsed', says: 'The installer works by itself.' },
  rebooting: { tone: 'busy', time: '# elapsed', says: 'The new system boots from disk.' },
  running: { tone: 'good', time: 'done in #', says: 'The login prompt was seen.' },
  failed: { tone: 'bad', time: 'after #', says: 'The install stopped.' },
  cancelled: { tone: 'idle', time: 'after #', says: 'The install was called off.' },
};

/** Where an install stands, as a sentence for somebody who waits for it. */
export function queueText(host: string, { position, waiting, working, limit }: QueuePlace): string {
  const turn = position === 1 ? 'next' : `number ${position} of ${waiting}`;
  return `${turn} on ${host}, which works on ${working} of at most ${limit} installs`;
}

/** The way of an install that goes well, in order. */
const WAY: readonly InstallState[] = [
  'preparing',
  'armed',
  'booting',
  'answering',
  'installing',
  'rebooting',
  'running',
];

export interface Step {
  readonly name: InstallState;
  readonly kind: 'done' | 'now' | 'ahead' | 'failed';
  /** Time spent in it so far, milliseconds; null while ahead and for an end, which takes none. */
  readonly spent: number | null;
}

/** The steps of an install: those taken, with the time of each, and those ahead while it goes on. */
export function stepsOf({ phases, state }: InstallView, now: number): readonly Step[] {
  const taken = phases.map(({ name, at }, index): Step => {
    const next = phases[index + 1];
    if (ENDED.has(name)) return { name, kind: name === 'running' ? 'done' : 'failed', spent: null };
    const kind = next === undefined ? 'now' : next.name === 'failed' ? 'failed' : 'done';
    return { name, kind, spent: (next?.at ?? now) - at };
  });
  const ahead = ENDED.has(state) ? [] : WAY.slice(WAY.indexOf(state) + 1);
  return [...taken, ...ahead.map((name): Step => ({ name, kind: 'ahead', spent: null }))];
}

/** A state as people read it. */
export const wordOf = (state: InstallState): string => (WAITING.has(state) ? 'queued' : state);

/** Milliseconds that it has waited or, once its turn has come, worked: to the end, or to `now`. */
export function elapsed({ phases, state }: InstallView, now: number): number {
  const first = phases.find(({ name }) => !WAITING.has(name)) ?? phases[0];
  if (first === undefined) return 0;
  return (ENDED.has(state) ? (phases.at(-1)?.at ?? now) : now) - first.at;
}

/** `0:07`, `12:34`, `1:02:03`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const tail = String(seconds % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}
