import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../../src/common/port.ts';

export interface HearingParts {
  readonly clock: Clock;
  /** Whether more may be waited for behind this text; `before` is what is held back already. */
  readonly passes: (text: string, before: string) => boolean;
  readonly take: (text: string) => void;
}

/** So long, and so many characters, output is held back at most. */
const MOST_MS = 200;
const MOST_CHARACTERS = 64 * 1024;

/**
 * From bytes of a console to text, in pieces that are worth a look: what passes by is handed on together, since a look
 * at one piece costs as much as a look at ten.
 */
export class Hearing {
  readonly #parts: HearingParts;
  readonly #decoder = new StringDecoder('utf8');
  #held = '';
  #cancel: (() => void) | null = null;

  constructor(parts: HearingParts) {
    this.#parts = parts;
  }

  hear(bytes: Uint8Array): void {
    const text = this.#decoder.write(bytes);
    const before = this.#held;
    this.#held += text;
    if (this.#held.length > MOST_CHARACTERS || !this.#parts.passes(text, before)) this.flush();
    else this.#cancel ??= this.#flushLater();
  }

  /** Hands on what is held back. */
  flush(): void {
    this.stop();
    const text = this.#held;
    this.#held = '';
    if (text !== '') this.#parts.take(text);
  }

  /** Nothing is handed on any more by itself. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #flushLater(): () => void {
    const { clock } = this.#parts;
    return clock.timer(clock.now() + MOST_MS, () => this.flush());
  }
}
