import type { Line, LineEnd } from '../../src/common/line.ts';

/** A console whose other end is the test. */
export class FakeLine implements Line {
  readonly title = 'fake console';
  readonly closed: Promise<LineEnd>;
  /** All that was written to it, as text. */
  written = '';
  /** Called with each write, so that a test can answer like a machine would. */
  onWrite: (text: string) => void = () => undefined;
  readonly #listeners = new Set<(bytes: Uint8Array) => void>();
  #resolve: (end: LineEnd) => void = () => undefined;

  constructor() {
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  onOutput(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  write(bytes: Uint8Array): void {
    const text = new TextDecoder().decode(bytes);
    this.written += text;
    this.onWrite(text);
  }

  close(): void {
    this.end({ exitCode: null, signal: 1 });
  }

  /** The machine prints. */
  emit(output: string | Uint8Array): void {
    const bytes = typeof output === 'string' ? new TextEncoder().encode(output) : output;
    for (const listener of [...this.#listeners]) listener(bytes);
  }

  /** The other end goes away. */
  end(end: LineEnd = { exitCode: 0, signal: null }): void {
    this.#resolve(end);
  }

  /** How many listen. */
  get listeners(): number {
    return this.#listeners.size;
  }
}
