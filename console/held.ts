/** A line at which the driver and humans take turns, as those who use it see it. */
import type { Line } from '../src/common/line.ts';
import type { Holder, Leave, Refusal } from './holder.ts';

/** What a driver has to know of the humans at its line. */
export type HumanEvent =
  | { readonly kind: 'taken' }
  | { readonly kind: 'input' }
  | { readonly kind: 'given'; readonly lastKey: string };

export interface HolderChange {
  readonly holder: Holder | null;
  /** Who left, and why; null where somebody came, or came back. */
  readonly left: { readonly id: string; readonly why: Leave } | null;
}

/** One line at which one types at a time: the driver, or the human who holds it. */
export interface HeldLine {
  /** The line as the driver has it: while a human holds it, nothing that the driver writes gets through. */
  readonly line: Line;
  readonly holder: Holder | null;
  /** @returns why not, or null: the line is his */
  take(id: string, name: string, over: boolean): Refusal | null;
  /** Nothing happens where he does not hold it. */
  give(id: string): void;
  /** @returns why nothing is typed, or null */
  keys(id: string, text: string): Refusal | null;
  /** His connection ended without a word: the line is kept for him a little while. */
  lost(id: string): void;
  /** For the driver. Called before what the human types is written. */
  onHuman(listener: (event: HumanEvent) => void): () => void;
  /** For those who show who holds the line. */
  onHolder(listener: (change: HolderChange) => void): () => void;
}
