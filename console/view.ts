/** A drive for the eyes of somebody at a terminal. */
import type { Telling } from './dialogue.ts';
import type { ConsoleReport, PromptReport } from './report.ts';

/**
 * One line for an event, null for those that say nothing to a reader.
 * @param system whose releases are named
 */
export function describeEvent(event: Telling, system = 'OpenBSD'): string | null {
  switch (event.kind) {
    case 'phase':
      return `${seconds(event.at)}  ${event.name}`;
    case 'prompt':
      return describePrompt(event);
    case 'progress':
      return `${' '.repeat(TIME_WIDTH)}  ${event.file} ${event.percent}%`;
    case 'release':
      return `${' '.repeat(TIME_WIDTH)}  ${system} ${event.release}`;
    case 'outcome':
    case 'moved-on':
      return null;
  }
}

export function describePrompt({ at, name, text, answer }: PromptReport): string {
  // The end that was awaited, mostly; whoever was not to come there is told so by the outcome.
  if (name === 'login' && answer === null) return `${seconds(at)}  ${text}`;
  return `${seconds(at)}  ${text}  ${describeAnswer(answer)}`;
}

/** `installed: OpenBSD 7.6`, `failed: REASON`. */
export function describeOutcome({ outcome, reason, release }: ConsoleReport, system = 'OpenBSD'): string {
  const what = reason ?? (release === null ? null : `${system} ${release}`);
  return what === null ? outcome : `${outcome}: ${what}`;
}

const TIME_WIDTH = 10;

function seconds(at: number): string {
  return `${at.toFixed(1)} s`.padStart(TIME_WIDTH);
}

function describeAnswer(answer: string | null): string {
  if (answer === null) return '-> waits: nothing answers it';
  return answer === '' ? '-> RETURN' : `-> ${answer}`;
}
