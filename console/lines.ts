/** What the console's lines mean: how the install stands, and how far it is. */
import { brokenAt, furtherHeads, saysNothing } from './kernel-text.ts';
import { enterPhase, fail, isBystanding, noteNews, succeed } from './outcome.ts';
import { UPGRADE_BEGINS } from './phase.ts';
import { endPrompt } from './prompting.ts';
import type { MarkerRow } from './prompts/row.ts';
import { findMarkers, findProgress } from './prompts/table.ts';
import type { Turn } from './turn.ts';

/** One that was completed. */
export function takeLine(turn: Turn, line: string): void {
  const { next } = turn;
  const at = brokenAt(line);
  endPrompt(turn, line);
  takeProgress(turn, line);
  if (at < 0) {
    if (next.timer && !saysNothing(line)) next.timer = false;
    takeText(turn, line);
  } else {
    next.heads = furtherHeads(next.heads, line, at);
    takeMarkers(turn, line.slice(at));
  }
}

/** A line of the guest's own, perhaps the rest of one that the kernel broke into: the likeliest beginning counts. */
function takeText(turn: Turn, line: string): void {
  const { next } = turn;
  const { heads } = next;
  if (heads.length > 0) {
    next.heads = [];
    for (const head of heads) takeProgress(turn, head + line);
    for (const head of heads) if (takeMarkers(turn, head + line)) return;
  }
  takeMarkers(turn, line);
}

/** @returns whether there were any */
function takeMarkers(turn: Turn, text: string): boolean {
  const markers = findMarkers(text, turn.next.facts.table);
  for (const marker of markers) {
    if (!isBystanding(turn.next) || UPGRADE_BEGINS.has(marker.name)) heed(turn, marker, text);
  }
  return markers.length > 0;
}

/** Of a progress bar, on a line that may still be drawn. */
export function takeProgress(turn: Turn, line: string): void {
  const { next, effects } = turn;
  const progress = findProgress(line);
  // Firmware is fetched with the same words: by a guest at its work, and at the first boot.
  if (progress === null || isBystanding(next) || next.success !== null) return;
  if (next.progress?.file === progress.file && next.progress.stage === progress.stage) {
    if (next.progress.percent === progress.percent) return;
  }
  next.progress = progress;
  enterPhase(turn, progress.stage === 'fetch' ? 'sets-fetch' : 'sets-install');
  effects.push({ kind: 'progress', ...progress });
}

function heed(turn: Turn, { name, means, line: pattern }: MarkerRow, line: string): void {
  const { next, effects } = turn;
  const [matched = line, group] = pattern.exec(line) ?? [];
  switch (means.kind) {
    case 'phase':
      if (means.afterDone !== true || next.success !== null) enterPhase(turn, means.phase);
      break;
    case 'release':
      if (group !== undefined && group !== next.release) {
        next.release = group;
        effects.push({ kind: 'release', release: group });
      }
      enterPhase(turn, means.phase);
      break;
    case 'timer':
      next.timer = true;
      break;
    case 'automatic':
      enterPhase(turn, 'questions');
      next.answering = 'installer';
      break;
    case 'done':
      succeed(turn, means.outcome);
      break;
    case 'fatal':
      fail(turn, means.reason ?? matched.trim());
      if (name === 'site' && next.failure !== null) next.failure = { ...next.failure, lasting: true };
      if (means.reboots && next.failure !== null) next.failure = { ...next.failure, reboots: true };
      break;
    case 'gave-up':
      fail(turn, next.suspect ?? matched.trim());
      break;
    case 'suspect':
      if (means.phase !== undefined) enterPhase(turn, means.phase);
      next.suspect = matched.trim();
      noteNews(turn);
      break;
  }
}
