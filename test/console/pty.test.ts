import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPty } from '../../console/io/pty.ts';
import { OperatorError } from '../../src/common/error.ts';
import type { Line } from '../../src/common/line.ts';

const env = { PATH: process.env.PATH };
const sh = (script: string): Line => openPty(['sh', '-c', script], { env });
let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'puffboot-pty-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** All output until the end. */
async function readAll(line: Line): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  line.onOutput((bytes) => chunks.push(bytes));
  await line.closed;
  return Buffer.concat(chunks);
}

/** Resolves once the output contains `text`. */
function until(line: Line, text: string): Promise<string> {
  return new Promise((resolve) => {
    let seen = '';
    const stop = line.onOutput((bytes) => {
      seen += Buffer.from(bytes).toString('latin1');
      if (!seen.includes(text)) return;
      stop();
      resolve(seen);
    });
  });
}

it('loses nothing of 1 MB that is printed right before the exit, ten times', async () => {
  const file = join(directory, 'megabyte');
  const content = Buffer.alloc(
    1024 * 1024,
    'The end of the output counts as much as its beginning.\n'.repeat(19),
  );
  writeFileSync(file, content);
  const expected = createHash('sha256').update(content).digest('hex');
  for (let run = 0; run < 10; run += 1) {
    const output = await readAll(sh(`stty -opost; cat ${file}`));
    expect(output.length, `run ${run}`).toBe(content.length);
    expect(createHash('sha256').update(output).digest('hex')).toBe(expected);
  }
});

it('delivers the end even when the event loop was busy while the command exited', async () => {
  const line = sh('printf start; sleep 0.1; printf "the end"');
  const output = readAll(line);
  await until(line, 'start');
  const busyUntil = Date.now() + 700;
  while (Date.now() < busyUntil);
  expect((await output).toString()).toBe('startthe end');
});

it.each([
  ['an exit status', 'exit 3', { exitCode: 3, signal: null }],
  ['success', 'true', { exitCode: 0, signal: null }],
  ['a signal', 'kill -TERM $$', { exitCode: null, signal: 15 }],
])('reports %s', async (_, script, end) => {
  expect(await sh(script).closed).toEqual(end);
});

it('passes what is written, and what the command answers', async () => {
  const line = sh('read answer; echo "got <$answer>"');
  const seen = until(line, 'got <puffy>');
  line.write(new TextEncoder().encode('puffy\r'));
  expect(await seen).toContain('puffy\r\ngot <puffy>');
  await line.closed;
});

it('writes more than a terminal holds to a command that reads late', async () => {
  const line = sh('stty raw -echo; echo ready; sleep 0.3; head -c 30000 | wc -c');
  const output = until(line, '30000');
  await until(line, 'ready');
  line.write(new Uint8Array(30_000).fill(120));
  expect(await output).toContain('30000');
  await line.closed;
});

it('gives the command a terminal of the size and type that was asked for, and no other environment', async () => {
  const line = openPty(['sh', '-c', 'echo "$TERM $HOME."; stty size'], { env, cols: 100, rows: 30 });
  expect((await readAll(line)).toString()).toBe('vt220 .\r\n30 100\r\n');
});

it('passes bytes that are no text', async () => {
  const output = await readAll(sh("stty -opost; printf '\\377\\000\\200'"));
  expect([...output]).toEqual([0xff, 0, 0x80]);
});

it('ends the command on close', async () => {
  const line = sh('echo ready; sleep 100');
  await until(line, 'ready');
  line.close();
  line.close();
  expect((await line.closed).signal).toBe(1);
  line.write(new Uint8Array([13]));
});

it('kills a command that ignores the hangup', async () => {
  const line = sh("trap '' HUP; echo ready; while :; do sleep 1; done");
  await until(line, 'ready');
  line.close();
  expect((await line.closed).signal).toBe(9);
});

it.each<[string, readonly string[], string]>([
  ['not in PATH', ['no-such-command'], 'there is no command "no-such-command" in PATH'],
  ['not at its path', ['/nowhere/vmctl'], 'there is no command "/nowhere/vmctl"'],
  ['not executable', ['/etc/passwd'], 'there is no command "/etc/passwd"'],
  ['a directory', ['/tmp'], 'there is no command "/tmp"'],
  ['empty', [], 'there is no command ""'],
])('names a command that is %s', (_, argv, message) => {
  expect(() => openPty(argv, { env })).toThrow(OperatorError);
  expect(() => openPty(argv, { env })).toThrow(message);
});

it('names a directory that is not there', () => {
  expect(() => openPty(['sh'], { env, cwd: '/nowhere' })).toThrow('in /nowhere: no such directory');
});
