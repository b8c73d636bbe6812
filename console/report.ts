/** What became of a console, as `replay` and `drive` tell it. */
import { type Dialogue, type Effect, type Standing, standingOf } from './dialogue.ts';

export interface PromptReport {
  /** Seconds since the start; when the prompt was complete. */
  readonly at: number;
  readonly name: string;
  readonly text: string;
  /** `***` for a secret, null when nothing answers it. */
  readonly answer: string | null;
}

export interface PhaseReport {
  readonly name: string;
  readonly at: number;
}

export interface ConsoleReport extends Standing {
  readonly release: string | null;
  readonly prompts: readonly PromptReport[];
  readonly phases: readonly PhaseReport[];
}

/** Effects gathered while a console runs. */
export interface Gathered {
  readonly prompts: PromptReport[];
  readonly phases: PhaseReport[];
}

export const gather = (): Gathered => ({ prompts: [], phases: [] });

/** Keeps what the report tells of an effect. */
export function noteEffect({ prompts, phases }: Gathered, effect: Effect): void {
  if (effect.kind === 'phase') phases.push({ name: effect.name, at: effect.at });
  if (effect.kind === 'prompt') {
    const { at, name, text, answer } = effect;
    prompts.push({ at, name, text, answer });
  }
}

export function reportOf(dialogue: Dialogue, gathered: Gathered): ConsoleReport {
  const { outcome, reason } = dialogue.told ?? standingOf(dialogue);
  return { outcome, reason, release: dialogue.release, ...gathered };
}
