// How fast a console's output is scanned, by how many rows the table has, beside trying every row on every line.
import { readdir, readFile } from 'node:fs/promises';
import { startDialogue, step } from '../../dist/console/dialogue.js';
import { compileTable } from '../../dist/console/prompts/compile.js';
import { compilePattern, LONGEST_MATCH } from '../../dist/console/prompts/pattern.js';
import { findPrompt, OPENBSD_TABLE } from '../../dist/console/prompts/table.js';

const FACTS = { mode: 'auto', answers: [], location: null, until: 'congratulations' };
const PIECE = 64 * 1024;
const TRANSCRIPTS = new URL('../../fixtures/transcripts/', import.meta.url);

export async function bench() {
  const recorded = await recordedOutput();
  const kernel = recorded.split('\r\n').filter((line) => / at |^cpu0|mem = /.test(line));
  const pieces = repeat(`${kernel.join('\r\n')}\r\n`, 400);
  const megabytes = (400 * PIECE) / 1e6;
  const everyRow = best(() => tryEveryRow(pieces));
  print('every row on every line, OpenBSD', `${rate(megabytes, everyRow)} MB/s`);
  for (const rows of [0, 100, 400]) {
    const table = rows === 0 ? OPENBSD_TABLE : withRows(rows);
    const seconds = best(() => scan(pieces, table));
    const ratio = (everyRow / seconds).toFixed(1);
    print(
      `kernel messages, OpenBSD and ${rows} rows`,
      `${rate(megabytes, seconds)} MB/s, ${ratio} times that`,
    );
  }
  const mixed = repeat(recorded, 100);
  print(
    'whole recordings',
    `${rate(
      (100 * PIECE) / 1e6,
      best(() => scan(mixed, OPENBSD_TABLE)),
    )} MB/s`,
  );
  print('one prompt found', `${(best(() => findPrompts(100_000)) * 10).toFixed(2)} us`);
  print('worst pattern that is allowed, on the worst line', `${worstPattern().toFixed(0)} ms`);
}

/** Text of the recordings as it came, without its times. */
async function recordedOutput() {
  const files = (await readdir(TRANSCRIPTS)).filter((file) => file.endsWith('.cast')).sort();
  const casts = await Promise.all(files.map((file) => readFile(new URL(file, TRANSCRIPTS), 'utf8')));
  const events = casts.flatMap((cast) =>
    cast
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line)),
  );
  return events.flatMap(([, code, text]) => (code === 'o' ? [text] : [])).join('');
}

function repeat(text, count) {
  const enough = text.repeat(Math.ceil(PIECE / text.length) + 1);
  return Array.from({ length: count }, (_, index) => {
    const from = (index * 977) % text.length;
    return enough.slice(from, from + PIECE);
  });
}

function withRows(count) {
  const lines = Array.from({ length: count }, (_, index) => ({
    name: `row${index}`,
    line: `${String.fromCharCode(97 + (index % 26))}${(index * 7919).toString(36)}zq never`,
    means: 'suspect',
  }));
  return compileTable({ name: 'more', releases: 'seen 7.6', lines }, OPENBSD_TABLE);
}

function scan(pieces, table) {
  let dialogue = startDialogue({ ...FACTS, table });
  pieces.forEach((text, at) => {
    [dialogue] = step(dialogue, { kind: 'output', text, at: at / 1000 });
  });
}

function tryEveryRow(pieces) {
  let found = 0;
  for (const piece of pieces) {
    for (const line of piece.split('\r\n')) {
      for (const { line: pattern } of OPENBSD_TABLE.markers) if (pattern.test(line)) found += 1;
    }
  }
  return found;
}

function findPrompts(count) {
  for (let index = 0; index < count; index += 1) {
    findPrompt("Which disk is the root disk? ('?' for details) [sd0] ", '7.6');
  }
}

function worstPattern() {
  const { regex } = compilePattern('\\w*\\w*x $');
  const started = performance.now();
  regex.test('a'.repeat(LONGEST_MATCH));
  return performance.now() - started;
}

/** The fastest of five, in seconds. */
function best(work) {
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now();
    work();
    return (performance.now() - started) / 1000;
  });
  return Math.min(...times);
}

const rate = (megabytes, seconds) => (megabytes / seconds).toFixed(0);
const print = (what, figure) => process.stdout.write(`${what.padEnd(50)} ${figure}\n`);
