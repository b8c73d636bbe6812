/**
 * The install lifecycle: which state follows which event, and what is done on entering a state. Pure; the
 * runner in `io/` stores the new state before it carries the effects out, so that a crash in between repeats
 * an effect and never loses one. Every effect may therefore be repeated.
 */
import { type Failure, type Install, type InstallState, WAITING, type Witnesses } from './install.ts';

export type InstallEvent =
  | { readonly kind: 'begin' }
  | { readonly kind: 'prepared'; readonly freshDisk: boolean }
  | { readonly kind: 'started' }
  | { readonly kind: 'answered' }
  | { readonly kind: 'performing' }
  | { readonly kind: 'congratulations' }
  | { readonly kind: 'login' }
  | { readonly kind: 'sets-served' }
  | { readonly kind: 'install-done' }
  /** Its failure is seen and not ended yet: evidence is collected. Null: a human took the line and may mend it. */
  | { readonly kind: 'failing'; readonly reason: string | null }
  | ({ readonly kind: 'fail' } & Omit<Failure, 'phase' | 'next'> & Partial<Pick<Failure, 'next'>>)
  | { readonly kind: 'cancel' };

export type InstallEffect =
  | 'prepare' // kernel, disks and vm.conf fragment onto the host
  | 'push' // tell netboot what is armed now
  | 'start' // open the recorder, then `vmctl start -c -b`
  | 'attach' // open the recorder, then the console of the VM as it is found
  | 'hold' // keep the console a while after `login:`, then let it go
  | 'release' // let the console go at once
  | 'kill'; // stop a VM whose install was cancelled

type Kind = InstallEvent['kind'];

/**
 * State x event. An event that has no place in a state is ignored: consoles and boot servers repeat
 * themselves. `fail` and `cancel` end every open state; witnesses are noted in every one.
 */
const TRANSITIONS: Record<InstallState, Partial<Record<Kind, InstallState>>> = {
  defined: { begin: 'preparing' },
  preparing: { prepared: 'armed' },
  armed: { started: 'booting' },
  booting: {
    answered: 'answering',
    performing: 'installing',
    congratulations: 'rebooting',
    login: 'running',
  },
  watching: { performing: 'installing', congratulations: 'rebooting' },
  standing: { begin: 'retrying' },
  // A `login:` seen now would be of a machine that somebody else restarted.
  retrying: { answered: 'answering', performing: 'installing', congratulations: 'rebooting' },
  answering: { performing: 'installing', congratulations: 'rebooting', login: 'running' },
  installing: { congratulations: 'rebooting', login: 'running' },
  rebooting: { login: 'running' },
  running: {},
  failed: {},
  cancelled: {},
};

/** `push` comes last where nothing waits for it: netboot may be away for a while. */
const ON_ENTRY: Record<InstallState, readonly InstallEffect[]> = {
  defined: [],
  preparing: ['prepare'],
  armed: ['push', 'start'],
  booting: [],
  watching: ['attach'],
  standing: [],
  retrying: ['push', 'attach'],
  answering: [],
  installing: [],
  rebooting: ['push'],
  running: ['hold', 'push'],
  failed: ['release', 'push'],
  cancelled: ['release', 'kill', 'push'],
};

/** What a restarted puffboot does for an install that it finds open, and not known to have failed. */
export const ON_RESUME: Record<InstallState, readonly InstallEffect[]> = {
  defined: [],
  preparing: ['prepare'],
  armed: ['push', 'attach'],
  booting: ['push', 'attach'],
  watching: ['attach'],
  standing: [],
  retrying: ['push', 'attach'],
  answering: ['push', 'attach'],
  installing: ['push', 'attach'],
  rebooting: ['push', 'attach'],
  running: [],
  failed: [],
  cancelled: [],
};

/** Seconds that an install may stay in a state. The console's own phases have shorter ones. */
export const STATE_SECONDS: Record<InstallState, number> = {
  // In the queue, for as long as it takes.
  defined: Number.POSITIVE_INFINITY,
  preparing: 900,
  armed: 120,
  booting: 300,
  watching: 24 * 3600,
  standing: Number.POSITIVE_INFINITY,
  retrying: 300,
  answering: 300,
  installing: 3 * 3600,
  rebooting: 1800,
  running: Number.POSITIVE_INFINITY,
  failed: Number.POSITIVE_INFINITY,
  cancelled: Number.POSITIVE_INFINITY,
};

/** In these states netboot serves the VM's boot file and response file. */
export const ARMED_STATES: ReadonlySet<InstallState> = new Set([
  'armed',
  'booting',
  'retrying',
  'answering',
  'installing',
]);

const WITNESS_OF: Partial<Record<Kind, keyof Witnesses>> = {
  congratulations: 'congratulations',
  'sets-served': 'setsServed',
  'install-done': 'installDone',
  login: 'login',
};

/** @param now milliseconds since the epoch */
export function step(
  install: Install,
  event: InstallEvent,
  now: number,
): [Install, readonly InstallEffect[]] {
  const seen = witness(install, event, now);
  if (TRANSITIONS[seen.state] === undefined || isEnd(seen.state)) return [seen, []];
  if (event.kind === 'cancel') return cancel(seen, now);
  if (event.kind === 'failing') return [failing(seen, event.reason), []];
  if (event.kind === 'fail') return enter({ ...seen, failure: failureOf(seen, event) }, 'failed', now);
  const next = TRANSITIONS[seen.state][event.kind];
  if (next === undefined) return [seen, []];
  if (next === 'running' && !provedDone(seen)) {
    return enter({ ...seen, failure: failureOf(seen, UNSEEN) }, 'failed', now);
  }
  const prepared =
    event.kind === 'prepared' ? { ...seen, freshDisk: seen.freshDisk || event.freshDisk } : seen;
  return enter({ ...prepared, failure: null }, next, now);
}

function failing(install: Install, reason: string | null): Install {
  if (reason === null) return install.failure === null ? install : { ...install, failure: null };
  return { ...install, failure: failureOf(install, { reason, tail: '', next: BEING_ASKED }) };
}

const BEING_ASKED = 'wait: the machine is being asked what it knows of it, for five minutes at most';

/** Where nothing was done yet, or only watched, the VM that runs is somebody else's doing. */
function cancel(install: Install, now: number): [Install, readonly InstallEffect[]] {
  const [cancelled, effects] = enter({ ...install, failure: null }, 'cancelled', now);
  const theirs = WAITING.has(install.state) || install.way === 'watch';
  return [cancelled, theirs ? effects.filter((effect) => effect !== 'kill') : effects];
}

/** Nothing can be proved by `login:` alone: the disk may have held a system before. */
function provedDone({ witnesses, freshDisk }: Install): boolean {
  return witnesses.congratulations !== null || witnesses.installDone !== null || freshDisk;
}

const UNSEEN = {
  reason: 'outcome unseen: the VM is at its login prompt, but nothing shows that this install put it there',
  tail: '',
  next: 'log in and look at /var/log/messages, or install it again',
} as const;

function isEnd(state: InstallState): boolean {
  return Object.keys(TRANSITIONS[state]).length === 0;
}

function enter(install: Install, state: InstallState, now: number): [Install, readonly InstallEffect[]] {
  return [{ ...install, state, phases: [...install.phases, { name: state, at: now }] }, ON_ENTRY[state]];
}

function witness(install: Install, { kind }: InstallEvent, now: number): Install {
  const name = WITNESS_OF[kind];
  if (name === undefined || install.witnesses[name] !== null) return install;
  return { ...install, witnesses: { ...install.witnesses, [name]: now } };
}

function wayOn({ mode, vm, way }: Install, stands: Failure['stands']): string {
  if (way === 'watch' && stands === undefined) {
    return `correct the cause in the guest, then \`puffboot upgrade ${vm} --watch\`, and sysupgrade(8) in it once more`;
  }
  return stands === 'menu' || stands === 'shell'
    ? `correct the cause, then go on without a reboot with \`puffboot retry ${vm}\`, or begin anew with \`puffboot ${mode} ${vm}\``
    : `correct the cause, then run \`puffboot ${mode} ${vm}\` again`;
}

function failureOf(install: Install, event: Omit<InstallEvent & { kind: 'fail' }, 'kind'>): Failure {
  const { reason, tail, evidence, noEvidence, stands } = event;
  const next = event.next ?? wayOn(install, stands);
  return {
    phase: install.state,
    reason,
    tail,
    next,
    ...(evidence === undefined ? {} : { evidence }),
    ...(noEvidence === undefined ? {} : { noEvidence }),
    ...(stands === undefined ? {} : { stands }),
  };
}
