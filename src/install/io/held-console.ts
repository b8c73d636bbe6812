import type { ConsoleFeed } from '../../../console/feed.ts';
import type { HeldLine } from '../../../console/held.ts';
import { holdLine } from '../../../console/io/held-line.ts';
import { openHub } from '../../../console/io/hub.ts';
import type { Recorder } from '../../../console/io/recorder.ts';
import { MANNERS } from '../../../console/manner.ts';
import type { Line } from '../../common/line.ts';
import type { Clock, Log } from '../../common/port.ts';
import type { HostAccess } from '../../host/access.ts';
import type { OpenRecording, Recordings } from './recordings.ts';

/** A VM's console in our hands: recorded, watched, and typed at by one at a time. */
export interface HeldConsole {
  readonly feed: ConsoleFeed;
  readonly held: HeldLine;
  readonly line: Line;
  readonly recorder: Recorder;
  /** Of its recording. */
  readonly path: string;
  /** Who wants it kept open beyond its time; null where nobody does. */
  readonly kept: string | null;
  keep(by: string | null): void;
  /** Lets it go as soon as no human holds or keeps it: cu(1) locks the VM's owner out. */
  release(): void;
  /** Lets it go now; the VM is not touched. */
  close(): void;
  /**
   * Resolves when cu(1) has said that it is connected, or should have. What is typed before is lost: cu sets its
   * terminal raw when it begins, and what waits there is thrown away.
   */
  readonly greeted: Promise<Greeting>;
  /** Resolves when it is gone, whoever ended it, and its recording is complete. */
  readonly ended: Promise<void>;
}

/** What a console said first, and whether that was all. */
export interface Greeting {
  readonly text: string;
  readonly ended: boolean;
}

export interface HeldConsoleParts {
  readonly vm: string;
  readonly access: HostAccess;
  /** The command that is the console. */
  readonly argv: readonly string[];
  readonly recordings: Recordings;
  /** File name of the recording, without extension. */
  readonly recording: string;
  /** Never in the recording. */
  readonly secrets: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** Called when somebody keeps it, or no longer does. */
  readonly changed: () => void;
}

/** cu(1) greets at once; through a slow host later. Milliseconds. */
const GREETING_MS = 10_000;

const SCREEN = { cols: 80, rows: 24 } as const;

/** Opens the recording first, so that nothing is lost of what the console prints. */
export async function openHeldConsole(parts: HeldConsoleParts): Promise<HeldConsole> {
  const { vm, access, argv, clock, log, secrets } = parts;
  const title = `${vm}: ${argv.join(' ')}`;
  const about = { clock, ...SCREEN, title, log, secrets };
  const recording = await parts.recordings.open(parts.recording, about);
  const { path, recorder } = recording;
  const line = openLine(access, argv, recording);
  const held = holdLine({ line, clock, manner: MANNERS.vmd, recorder, log });
  recorder.attach(line);
  const feed = openHub({ line, held, ...SCREEN, log });
  let kept: string | null = null;
  let unwanted = false;

  const close = () => {
    feed.close();
    line.close();
  };
  const closeIfFree = () => {
    if (unwanted && kept === null && held.holder === null) close();
  };
  held.onHolder(closeIfFree);
  return {
    feed,
    held,
    line,
    recorder,
    path,
    get kept() {
      return kept;
    },
    keep(by) {
      kept = by;
      parts.changed();
      closeIfFree();
    },
    release() {
      unwanted = true;
      closeIfFree();
    },
    close,
    greeted: greeting(line, clock),
    ended: line.closed.then(() => recording.close()),
  };
}

function greeting(line: Line, clock: Clock): Promise<Greeting> {
  return new Promise((resolve) => {
    const decoder = new TextDecoder();
    let text = '';
    const tell = (ended: boolean) => {
      cancel();
      forget();
      resolve({ text, ended });
    };
    const cancel = clock.timer(clock.now() + GREETING_MS, () => tell(false));
    const forget = line.onOutput((bytes) => {
      text += decoder.decode(bytes, { stream: true });
      if (text.includes('Connected')) tell(false);
    });
    void line.closed.then(() => tell(true));
  });
}

function openLine(access: HostAccess, argv: readonly string[], recording: OpenRecording): Line {
  try {
    return access.openConsole(argv);
  } catch (error) {
    void recording.close();
    throw error;
  }
}
