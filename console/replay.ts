/** What the driver would have seen and typed, had it been at the console of a recording. */
import { type DialogueEvent, type DialogueFacts, startDialogue, step } from './dialogue.ts';
import { SETTLE_SECONDS } from './prompting.ts';
import { type ConsoleReport, gather, noteEffect, reportOf } from './report.ts';
import { EVIDENCE_END_MARK, EVIDENCE_MARK, type TranscriptEvent } from './transcript.ts';

/** Long enough for every prompt at the end of a recording to settle, too short for a stall. */
const AFTER_END_SECONDS = 10 * SETTLE_SECONDS;

/**
 * The recorded times are the clock. Of what was typed only that it was typed counts: the prompt did wait.
 * @param events in the order of their times
 */
export function replayTranscript(events: readonly TranscriptEvent[], facts: DialogueFacts): ConsoleReport {
  let dialogue = startDialogue(facts);
  const gathered = gather();
  const take = (event: DialogueEvent): void => {
    const [next, effects] = step(dialogue, event);
    dialogue = next;
    for (const effect of effects) noteEffect(gathered, effect);
  };
  let asking = false;
  let end = 0;
  for (const { at, code, text } of events) {
    if (code === 'm') asking = text === EVIDENCE_MARK || (asking && text !== EVIDENCE_END_MARK);
    if (asking) continue;
    end = at + AFTER_END_SECONDS;
    if (code === 'o') take({ kind: 'output', text, at });
    if (code === 'i') take({ kind: 'input', at });
  }
  take({ kind: 'tick', at: end });
  return reportOf(dialogue, gathered);
}
