/** A console that can be watched by many, for as long as something holds it. */
export interface ConsoleFeed {
  /** Columns and rows of the emulated screen. */
  readonly size: { readonly cols: number; readonly rows: number };
  /** True until the line behind it closed or was released; what was shown last stays readable. */
  readonly live: boolean;
  /** The screen as it is now, as text that draws it on a cleared terminal. */
  snapshot(): Promise<string>;
  /** @returns a function that ends the subscription */
  subscribe(viewer: FeedViewer): () => void;
}

export interface FeedViewer {
  output(bytes: Uint8Array): void;
  /** The console was released; what was shown stays. */
  ended(): void;
}
