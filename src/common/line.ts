/** Our handle on one console: the guest's com0 behind cu(1), QEMU's stdio, a serial port. */
export interface Line {
  /** What it is, for messages: the command, or an address. */
  readonly title: string;
  /**
   * Every byte that arrives, in order, as soon as it arrives; nothing ever pauses reading.
   * @returns a function that ends the subscription
   */
  onOutput(listener: (bytes: Uint8Array) => void): () => void;
  write(bytes: Uint8Array): void;
  /** Resolves once the other end is gone *and* all its output has been delivered. Never rejects. */
  readonly closed: Promise<LineEnd>;
  /** Ends the command behind the line; `closed` resolves afterwards. */
  close(): void;
}

export interface LineEnd {
  /** Null where there is no process, or where a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: number | null;
  /** Why the way to the console was lost, in a sentence; left out where the command itself has ended. */
  readonly lost?: string;
}
