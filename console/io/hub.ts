import { SerializeAddon } from '@xterm/addon-serialize';
import headless from '@xterm/headless';
import type { Line } from '../../src/common/line.ts';
import { type Log, SILENT_LOG } from '../../src/common/port.ts';
import type { ConsoleFeed, FeedViewer } from '../feed.ts';
import type { HeldLine } from '../held.ts';
import { unfinished } from '../unfinished.ts';
import { rememberModes } from './modes.ts';

/** One line, many viewers, one holder. */
export interface Hub extends ConsoleFeed {
  /** Lets go of the line without closing it; viewers are told that it ended, the last screen stays. */
  close(): void;
}

export interface HubOptions {
  readonly line: Line;
  /** Who types at it; without it the line is only watched. */
  readonly held?: HeldLine;
  readonly cols: number;
  readonly rows: number;
  readonly log?: Log;
}

/** Lines above the screen that a late viewer can scroll back to: some 1 kB of memory each. */
const SCROLLBACK = 200;
/** Bytes that may wait for the emulator. A guest that writes faster than that for long is skipped forward. */
const MAX_BACKLOG = 4 * 1024 * 1024;
/** How much of the end of skipped output is shown: more than one screen of full lines. */
const SKIP_KEEPS = 16 * 1024;
/** CAN ends a sequence that was cut by the skip, RIS clears what the skip would leave half drawn. */
const SKIP_NOTICE = Buffer.from('\x18\x1bc[output skipped: it came faster than it can be shown]\r\n');

/**
 * Starts following a line. A viewer gets bytes when the emulator has taken them in, so at any moment the
 * emulated screen is exactly what the viewers were told, and attaching needs no further bookkeeping. The line
 * is never paused: where the emulator can't follow, output is skipped for it and for the viewers alike.
 */
export function openHub(options: HubOptions): Hub {
  return new LineHub(options);
}

class LineHub implements Hub {
  readonly size: { readonly cols: number; readonly rows: number };
  readonly #terminal;
  readonly #serializer = new SerializeAddon();
  readonly #modes: () => string;
  readonly #viewers = new Set<FeedViewer>();
  readonly #held: HeldLine | null;
  readonly #title: string;
  readonly #log: Log;
  readonly #unsubscribe: () => void;
  #backlog = 0;
  #skipped: Skipped | null = null;
  #unfinished: Uint8Array = new Uint8Array();
  #ending = false;
  /** The last screen, once the emulator has been given up. */
  #last: Uint8Array | null = null;

  constructor({ line, held, cols, rows, log = SILENT_LOG }: HubOptions) {
    this.size = { cols, rows };
    this.#held = held ?? null;
    this.#title = line.title;
    this.#log = log;
    this.#terminal = new headless.Terminal({ cols, rows, scrollback: SCROLLBACK, allowProposedApi: true });
    this.#terminal.loadAddon(this.#serializer);
    this.#modes = rememberModes(this.#terminal);
    this.#unsubscribe = line.onOutput((bytes) => this.#receive(bytes));
    void line.closed.then(() => this.close());
  }

  get live(): boolean {
    return this.#last === null;
  }

  get held(): HeldLine | null {
    return this.#ending ? null : this.#held;
  }

  attach(viewer: FeedViewer): () => void {
    const watching = this.#tell(viewer, () => viewer.screen(this.#picture()));
    if (watching && this.live) this.#viewers.add(viewer);
    else if (watching) this.#tell(viewer, () => viewer.ended());
    return () => void this.#viewers.delete(viewer);
  }

  close(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#unsubscribe();
    this.#finish();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#skipped === null && this.#backlog + bytes.length <= MAX_BACKLOG) {
      this.#show(bytes);
    } else {
      this.#skipped ??= { chunks: [], length: 0 };
      keepEnd(this.#skipped, bytes);
    }
  }

  #show(bytes: Uint8Array): void {
    this.#backlog += bytes.length;
    this.#terminal.write(bytes, () => {
      this.#backlog -= bytes.length;
      this.#unfinished = unfinished(this.#unfinished, bytes);
      // A copy, because a viewer that attaches now has seen these bytes on its picture.
      for (const viewer of [...this.#viewers]) this.#tell(viewer, () => viewer.output(bytes));
      if (this.#backlog === 0 && this.#skipped !== null) this.#resume(this.#skipped);
    });
  }

  #resume({ chunks }: Skipped): void {
    this.#skipped = null;
    this.#log.warn('console.skipped', { console: this.#title });
    this.#show(Buffer.concat([SKIP_NOTICE, Buffer.concat(chunks).subarray(-SKIP_KEEPS)]));
  }

  /** Ends once the emulator has taken in everything, what was skipped included. */
  #finish(): void {
    this.#terminal.write('', () => {
      if (this.#backlog > 0) return this.#finish();
      this.#last = this.#picture();
      this.#terminal.dispose();
      const viewers = [...this.#viewers];
      this.#viewers.clear();
      for (const viewer of viewers) this.#tell(viewer, () => viewer.ended());
    });
  }

  #picture(): Uint8Array {
    if (this.#last !== null) return this.#last;
    return Buffer.concat([Buffer.from(this.#serializer.serialize() + this.#modes()), this.#unfinished]);
  }

  #tell(viewer: FeedViewer, call: () => void): boolean {
    try {
      call();
      return true;
    } catch (error) {
      this.#viewers.delete(viewer);
      this.#log.warn('console.viewer-dropped', { console: this.#title, error });
      return false;
    }
  }
}

interface Skipped {
  chunks: Uint8Array[];
  length: number;
}

/** Merged only when twice too long, so that a flood of small pieces isn't copied at each. */
function keepEnd(skipped: Skipped, bytes: Uint8Array): void {
  skipped.chunks.push(bytes);
  skipped.length += bytes.length;
  if (skipped.length <= 2 * SKIP_KEEPS) return;
  skipped.chunks = [Buffer.from(Buffer.concat(skipped.chunks).subarray(-SKIP_KEEPS))];
  skipped.length = SKIP_KEEPS;
}
