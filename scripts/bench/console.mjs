// How fast the console driver sees and answers, beside expect and pexpect in the same run.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDialogue, step } from '../../dist/console/dialogue.js';
import { OPENBSD_TABLE } from '../../dist/console/prompts/table.js';
import { openConsoles } from './console/consoles.mjs';
import { noiseOf, randomOf } from './console/noise.mjs';

const here = (name) => fileURLToPath(new URL(`./console/${name}`, import.meta.url));
const PYTHON = ['/usr/bin/python3', 'python3'].find((python) => runs(python, ['-c', 'import pexpect']));
const EXPECT = runs('expect', ['-v']) ? 'expect' : null;

const OURS = {
  name: 'puffboot',
  command: (port, count) => [process.execPath, [here('ours.mjs'), port, count]],
};
/** Each program answers some prompts first that do not count: what compiles itself as it runs has done so then. */
const RUNS = [
  { count: 1, warmUp: 100, rounds: 30, pause: 4 },
  { count: 100, warmUp: 4, rounds: 3, pause: 60 },
  { count: 500, warmUp: 2, rounds: 2, pause: 120 },
];

/** A peer that has not answered everything by then is given up. Milliseconds. */
const LONGEST = 60_000;

export async function bench() {
  const folder = mkdtempSync(join(tmpdir(), 'puffboot-bench-'));
  try {
    const patterns = join(folder, 'patterns.json');
    const rows = [
      ...OPENBSD_TABLE.prompts.map(({ prompt }) => prompt),
      ...OPENBSD_TABLE.markers.map(({ line }) => line),
    ];
    writeFileSync(patterns, JSON.stringify(rows.map(({ source }) => source.replace(/\$$/, '\\Z'))));
    print(`patterns: ${OPENBSD_TABLE.prompts.length} prompts, ${OPENBSD_TABLE.markers.length} lines`);
    await benchReaction(patterns);
    benchScan(folder, patterns);
    print('\n500 installs at the same time in one process, each driven, recorded and emulated');
    print(spawnSync(process.execPath, [here('installs.mjs'), '500'], { encoding: 'utf8' }).stdout.trimEnd());
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function benchReaction(patterns) {
  const peers = [OURS];
  if (PYTHON === undefined) print('pexpect: skipped, python3-pexpect is not here');
  else
    peers.push({
      name: 'pexpect',
      command: (port, count) => [PYTHON, [here('peer.py'), 'converse', port, count, patterns]],
    });
  if (EXPECT === null) print('expect: skipped, it is not here');
  else
    peers.push({ name: 'expect', command: (port, count) => [EXPECT, ['-f', here('peer.exp'), port, count]] });
  for (const run of RUNS) {
    print(
      `\n${run.count} consoles, 20 KiB of noise before each of ${run.count * run.rounds} prompts, after ${run.count * run.warmUp} that do not count`,
    );
    print('              p50 ms    p99 ms   CPU ms/prompt   CPU % a console   KiB a console');
    const measured = new Map();
    for (const peer of peers) {
      const figures = await measure(peer, run);
      if (figures === null) print(`${peer.name.padEnd(10)} gave up: it did not answer every prompt`);
      else measured.set(peer.name, figures);
    }
    const ours = measured.get('puffboot');
    for (const [name, figures] of measured) {
      print(`${name.padEnd(10)} ${show(figures)}`);
      if (name !== 'puffboot')
        print(
          `${''.padEnd(10)} puffboot's CPU is ${(ours.cpu / figures.cpu).toFixed(2)} of ${name}'s, its p50 ${(ours.p50 / figures.p50).toFixed(2)}`,
        );
    }
  }
}

async function measure({ command }, { count, warmUp, rounds, pause }) {
  let child;
  let before;
  let startedAt = 0;
  const consoles = await openConsoles({
    count,
    warmUp,
    rounds,
    pause,
    started: () => {
      before = usageOf(child.pid);
      startedAt = process.hrtime.bigint();
    },
  });
  const alone = await aloneRss(command);
  const [file, args] = command(consoles.port, count);
  child = spawn(file, args.map(String), { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let alarm;
  const late = new Promise((resolve) => {
    alarm = setTimeout(() => resolve(null), LONGEST);
  });
  const reactions = await Promise.race([consoles.done, late]);
  clearTimeout(alarm);
  const after = usageOf(child.pid);
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  consoles.close();
  child.kill('SIGKILL');
  await exited;
  if (reactions === null) return null;
  const sorted = Float64Array.from(reactions).sort();
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] / 1000;
  return {
    p50: at(0.5),
    p99: at(0.99),
    cpu: (after.cpu - before.cpu) / reactions.length,
    load: (after.cpu - before.cpu) / 10 / seconds / count,
    memory: (after.rss - alone) / count,
  };
}

/** What the program needs with no console at all, in KiB. */
async function aloneRss(command) {
  const [file, args] = command(1, 0);
  // With no console the programs end at once, so the peak is asked for by time(1)'s counterpart in /proc.
  const child = spawn(file, args.map(String), { stdio: 'ignore' });
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, usageOf(child.pid).rss);
  }, 2);
  await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(watch);
  return peak;
}

/** Milliseconds of CPU and KiB of memory, from Linux's proc(5). Elsewhere they stay 0. */
function usageOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0;
    return { cpu: (Number(stat[11]) + Number(stat[12])) * 10, rss: Number(rss) };
  } catch {
    return { cpu: 0, rss: 0 };
  }
}

const SCAN_MIB = 32;

function benchScan(folder, patterns) {
  print(`\nbulk scanning of ${SCAN_MIB} MiB with the whole table`);
  const text = noiseOf(randomOf(1), SCAN_MIB * 1024 * 1024);
  const bytes = Buffer.from(`Welcome to the OpenBSD/amd64 7.6 installation program.\r\n${text}`);
  const file = join(folder, 'noise');
  for (const read of [65536, 4096]) {
    scan(bytes.subarray(0, 8 << 20), read);
    const ours = scan(bytes, read);
    print(
      `${`${read} B reads`.padEnd(14)} puffboot ${speed(ours.total)}; first 4 MiB ${speed(ours.first, 4)}, last 4 MiB ${speed(ours.last, 4)}`,
    );
    if (PYTHON === undefined) continue;
    const sample = 4;
    writeFileSync(file, bytes.subarray(0, sample << 20));
    const { stdout } = spawnSync(PYTHON, [here('peer.py'), 'scan', file, patterns, String(read)], {
      encoding: 'utf8',
    });
    const seconds = Number(stdout);
    print(
      `${''.padEnd(14)} pexpect  ${speed(seconds, sample)}; puffboot is ${(SCAN_MIB / ours.total / (sample / seconds)).toFixed(1)} times as fast`,
    );
  }
}

function scan(bytes, read) {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let dialogue = startDialogue({ mode: 'type', answers: [], location: null, until: 'congratulations' });
  const quarter = 4 << 20;
  const result = { first: 0, last: 0, total: 0 };
  const start = performance.now();
  let mark = start;
  for (let at = 0; at < bytes.length; at += read) {
    const text = decoder.decode(bytes.subarray(at, at + read), { stream: true });
    [dialogue] = step(dialogue, { kind: 'output', text, at: 0 });
    if (at < quarter && at + read >= quarter) result.first = (performance.now() - start) / 1000;
    if (at < bytes.length - quarter) mark = performance.now();
  }
  const end = performance.now();
  result.last = (end - mark) / 1000;
  result.total = (end - start) / 1000;
  return result;
}

const speed = (seconds, mebibytes = SCAN_MIB) => `${(mebibytes / seconds).toFixed(1).padStart(6)} MiB/s`;

function show({ p50, p99, cpu, load, memory }) {
  const columns = [p50.toFixed(3), p99.toFixed(3), cpu.toFixed(2), load.toFixed(3), memory.toFixed(0)];
  return [9, 10, 16, 18, 16].map((width, index) => columns[index].padStart(width)).join('');
}

function runs(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function print(text) {
  process.stdout.write(`${text}\n`);
}
