// 500 consoles installing at the same time in one process: each driven, recorded and emulated as `serve` does it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { drive } from '../../../dist/console/io/driver.js';
import { openHub } from '../../../dist/console/io/hub.js';
import { openRecorder } from '../../../dist/console/io/recorder.js';
import { parseTranscript } from '../../../dist/console/transcript.js';
import { SYSTEM_CLOCK } from '../../../dist/src/io/clock.js';

const COUNT = Number(process.argv[2] ?? 500);
/** How much faster than it was recorded: the work is the same, in less time. */
const SPEED = 4;
const CAST = new URL('../../../fixtures/transcripts/autoinstall-76.cast', import.meta.url);
const SCREEN = { cols: 80, rows: 24 };

const { events } = parseTranscript(readFileSync(CAST, 'utf8'), 'autoinstall-76.cast');
const output = events
  .filter(({ code }) => code === 'o')
  .map(({ at, text }) => ({ at, bytes: Buffer.from(text) }));
const length = output.at(-1).at / SPEED;

/** A console that prints the recording, whatever is typed. */
function consoleOf() {
  const listeners = new Set();
  let close;
  const closed = new Promise((resolve) => {
    close = () => resolve({ exitCode: 0, signal: null });
  });
  const print = (index) => {
    for (const listener of listeners) listener(output[index].bytes);
    const next = output[index + 1];
    if (next !== undefined) setTimeout(print, ((next.at - output[index].at) * 1000) / SPEED, index + 1);
  };
  const onOutput = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    line: { title: 'recording', onOutput, write: () => undefined, close, closed },
    start: () => print(0),
  };
}

async function install(folder, number, wait) {
  const { line, start } = consoleOf();
  const path = join(folder, `${number}.cast`);
  const recorder = await openRecorder({ path, clock: SYSTEM_CLOCK, ...SCREEN, title: 'bench' });
  recorder.attach(line);
  const hub = openHub({ line, ...SCREEN });
  const facts = { mode: 'auto', answers: [], location: null, until: 'congratulations' };
  const driven = drive({ line, clock: SYSTEM_CLOCK, facts, recorder });
  setTimeout(start, wait);
  const { outcome } = await driven;
  return { outcome, hub, recorder, line };
}

const folder = mkdtempSync(join(tmpdir(), 'puffboot-bench-'));
const before = process.memoryUsage().rss;
const cpu = process.cpuUsage();
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const startedAt = performance.now();
const consoles = await Promise.all(
  Array.from({ length: COUNT }, (_, number) => install(folder, number, (number / COUNT) * 2000)),
);
const seconds = (performance.now() - startedAt) / 1000;
delay.disable();
const { user, system } = process.cpuUsage(cpu);
const memory = (process.memoryUsage().rss - before) / 1024 / COUNT;
for (const { hub, recorder, line } of consoles) {
  hub.close();
  line.close();
  await recorder.close();
}
rmSync(folder, { recursive: true });
const installed = consoles.filter(({ outcome }) => outcome === 'installed').length;
const spent = (user + system) / 1000 / COUNT;
console.log(
  `${installed} of ${COUNT} installed in ${seconds.toFixed(1)} s (one alone takes ${length.toFixed(1)} s); ` +
    `${spent.toFixed(1)} ms of CPU and ${memory.toFixed(0)} KiB a console; ` +
    `event loop late by ${(delay.percentile(99) / 1e6).toFixed(1)} ms (p99), ${(delay.max / 1e6).toFixed(0)} ms at most`,
);
