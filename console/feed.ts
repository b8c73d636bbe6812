import type { HeldLine } from './held.ts';

/** A console that can be watched by many, for as long as something holds it. */
export interface ConsoleFeed {
  /** Where one of them may type; null where nobody can, as on a feed that has ended. */
  readonly held: HeldLine | null;
  /** Columns and rows of the emulated screen. */
  readonly size: { readonly cols: number; readonly rows: number };
  /** True until the line behind it closed or was released; what was shown last stays readable. */
  readonly live: boolean;
  /**
   * Shows the screen as it is, before it returns, and from then on everything that follows: no byte is missed
   * and none comes twice. On a feed that has ended, the last screen and `ended` come at once.
   * @returns a function that ends the viewing; calling it again does nothing
   */
  attach(viewer: FeedViewer): () => void;
}

/** Called synchronously and never awaited; a viewer that throws is dropped. */
export interface FeedViewer {
  /** Bytes that draw the present screen on a reset terminal of the feed's size. Once, before any output. */
  screen(picture: Uint8Array): void;
  /** The line's bytes, unchanged and in order. Shared between viewers: not to be written to. */
  output(bytes: Uint8Array): void;
  /** The console was released; what was shown stays. */
  ended(): void;
}

/** The feed of a console that nothing has held yet: a dark screen. */
export const emptyFeed: ConsoleFeed = {
  held: null,
  size: { cols: 80, rows: 24 },
  live: false,
  attach(viewer) {
    viewer.screen(new Uint8Array());
    viewer.ended();
    return () => undefined;
  },
};
