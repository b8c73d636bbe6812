import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openTelnetLine, openUnixLine, parseConsoleAddress } from '../../console/io/address.ts';
import { runDrive } from '../../src/cli/drive.ts';
import type { Line } from '../../src/common/line.ts';

const [WILL, WONT, DO, IAC] = [251, 252, 253, 255];
const [BINARY, ECHO, SGA, LINEMODE] = [0, 1, 3, 34];
/** What console servers say first; what this end must answer. */
const GREETING = [IAC, WILL, ECHO, IAC, WILL, SGA, IAC, DO, BINARY, IAC, DO, LINEMODE];
const ANSWER = [IAC, DO, ECHO, IAC, DO, SGA, IAC, WILL, BINARY, IAC, WONT, LINEMODE];

let directory = '';
const opened: (Server | Socket)[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'puffboot-address-'));
});
afterEach(() => {
  for (const each of opened.splice(0)) {
    if ('destroy' in each) each.destroy();
    else each.close();
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

async function listen(
  where: { path: string } | { host: string },
  serve: (socket: Socket) => void,
): Promise<number> {
  const server = createServer((socket) => {
    opened.push(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  opened.push(server);
  await new Promise<void>((resolve) => {
    if ('path' in where) server.listen(where.path, resolve);
    else server.listen(0, where.host, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The installer's menu and its end, line by line; everything that was typed is kept. */
function installer(socket: Socket, typed: number[], greeting: readonly number[] = []): void {
  const prompts = [
    '(I)nstall, (U)pgrade, (A)utoinstall or (S)hell? ',
    'Response file location? [http://192.0.2.9/install.conf] ',
  ];
  const say = (text: string): void => void socket.write(text.replaceAll('\n', '\r\n'));
  let command = 0;
  if (greeting.length > 0) socket.write(Uint8Array.from(greeting));
  say(`Welcome to the OpenBSD/amd64 7.6 installation program.\n${prompts.shift()}`);
  socket.on('data', (bytes) => {
    for (const byte of bytes) {
      typed.push(byte);
      // Behind an IAC stand two more bytes that nobody typed.
      if (byte === IAC) command = 3;
      if (command-- > 0) continue;
      if (byte >= 32 && byte < 127) socket.write(Uint8Array.of(byte));
      if (byte !== 13) continue;
      const prompt = prompts.shift();
      if (prompt !== undefined) say(`\n${prompt}`);
      else {
        say('\nPerforming non-interactive install...\n');
        say(
          '\nCONGRATULATIONS! Your OpenBSD install has been successfully completed!\n\nsyncing disks... done\nrebooting...\n',
        );
      }
    }
  });
}

const LOCATION = 'http://192.0.2.1/install.conf';
const SCREEN = { out: () => undefined, err: () => undefined, redraws: false };
const drive = (connect: string) =>
  runDrive([], { connect, location: LOCATION }, SCREEN, new AbortController().signal);

it('installs over a unix socket', async () => {
  const path = join(directory, 'console.sock');
  const typed: number[] = [];
  await listen({ path }, (socket) => installer(socket, typed));
  expect(await drive(`unix:${path}`)).toMatchObject({ outcome: 'installed', release: '7.6' });
  expect(Buffer.from(typed).toString()).toBe(`a\r${LOCATION}\r`);
});

it('installs over a TCP port that speaks no telnet, and sends it nothing else', async () => {
  const typed: number[] = [];
  const port = await listen({ host: '127.0.0.1' }, (socket) => installer(socket, typed));
  expect(await drive(`127.0.0.1:${port}`)).toMatchObject({ outcome: 'installed' });
  expect(Buffer.from(typed).toString()).toBe(`a\r${LOCATION}\r`);
});

it('installs over telnet', async () => {
  const typed: number[] = [];
  const port = await listen({ host: '127.0.0.1' }, (socket) => installer(socket, typed, GREETING));
  expect(await drive(`127.0.0.1:${port}`)).toMatchObject({ outcome: 'installed' });
  expect(typed.slice(0, ANSWER.length)).toEqual(ANSWER);
  expect(Buffer.from(typed.slice(ANSWER.length)).toString()).toBe(`a\r${LOCATION}\r`);
});

it('pads a RETURN with a NUL where telnet is not binary', async () => {
  const typed: number[] = [];
  const port = await listen({ host: '127.0.0.1' }, (socket) => installer(socket, typed, [IAC, WILL, ECHO]));
  expect(await drive(`127.0.0.1:${port}`)).toMatchObject({ outcome: 'installed' });
  expect(typed.slice(0, 6)).toEqual([IAC, DO, ECHO, 97, 13, 0]);
});

function text(line: Line): { readonly read: () => string } {
  const chunks: Uint8Array[] = [];
  line.onOutput((bytes) => chunks.push(bytes));
  return { read: () => Buffer.concat(chunks).toString('latin1') };
}

it('delivers everything before it says that the other end is gone', async () => {
  const path = join(directory, 'goodbye.sock');
  const long = 'x'.repeat(300_000);
  await listen({ path }, (socket) => socket.end(`${long}end`));
  const line = await openUnixLine(path);
  const seen = text(line);
  expect(await line.closed).toEqual({ exitCode: null, signal: null });
  expect(seen.read()).toBe(`${long}end`);
});

it('is closed when the other end closes its half, even if it reads nothing', async () => {
  let peer: Socket | undefined;
  const port = await listen({ host: '127.0.0.1' }, (socket) => {
    peer = socket.pause();
  });
  const line = await openTelnetLine('127.0.0.1', port);
  for (let count = 0; count < 1000; count += 1) line.write(new Uint8Array(60_000));
  peer?.end();
  await line.closed;
});

it('closes although what was typed cannot leave', async () => {
  const port = await listen({ host: '127.0.0.1' }, (socket) => void socket.pause());
  const line = await openTelnetLine('127.0.0.1', port);
  for (let count = 0; count < 1000; count += 1) line.write(new Uint8Array(60_000));
  line.close();
  line.close();
  await line.closed;
  line.write(Uint8Array.of(65));
});

it('keeps little of what an end that reads nothing does not take', async () => {
  const path = join(directory, 'slow.sock');
  let accepted: (socket: Socket) => void = () => undefined;
  const accepting = new Promise<Socket>((resolve) => {
    accepted = resolve;
  });
  await listen({ path }, (socket) => accepted(socket.pause()));
  const line = await openUnixLine(path);
  const peer = await accepting;
  for (let count = 0; count < 2000; count += 1) line.write(new Uint8Array(50_000));
  let received = 0;
  peer.on('data', (bytes) => {
    received += bytes.length;
  });
  const ended = new Promise((resolve) => peer.once('end', resolve));
  line.close();
  peer.resume();
  await ended;
  // What the two kernels hold comes on top of what is kept here.
  expect(received).toBeGreaterThan(0);
  expect(received).toBeLessThan(4_000_000);
});

it('is closed when the connection is cut', async () => {
  const port = await listen({ host: '127.0.0.1' }, (socket) => {
    socket.on('data', () => socket.resetAndDestroy());
  });
  const line = await openTelnetLine('127.0.0.1', port);
  line.write(Uint8Array.of(13));
  expect(await line.closed).toEqual({ exitCode: null, signal: null });
});

it.each<[string, () => string, string]>([
  ['a socket that is not there', () => join(directory, 'none.sock'), 'there is no such socket'],
  ['a socket that nobody listens on', () => 'regular', 'nobody listens there'],
])('names %s', async (_, make, why) => {
  let path = make();
  if (path === 'regular') {
    path = join(directory, 'file');
    writeFileSync(path, '');
  }
  await expect(openUnixLine(path)).rejects.toMatchObject({
    code: 'CONSOLE_CONNECT',
    message: `cannot connect to the console at unix:${path}: ${why}`,
  });
});

it('names a port that nobody listens on', async () => {
  const port = await listen({ host: '127.0.0.1' }, () => undefined);
  const [server] = opened.splice(0) as [Server];
  await new Promise((resolve) => server.close(resolve));
  await expect(openTelnetLine('127.0.0.1', port)).rejects.toMatchObject({
    code: 'CONSOLE_CONNECT',
    message: `cannot connect to the console at 127.0.0.1:${port}: nobody listens there`,
  });
});

it.each<[string, ReturnType<typeof parseConsoleAddress>]>([
  ['unix:/run/vm.sock', { kind: 'unix', path: '/run/vm.sock' }],
  ['unix:vm.sock', { kind: 'unix', path: 'vm.sock' }],
  ['127.0.0.1:2001', { kind: 'telnet', host: '127.0.0.1', port: 2001 }],
  ['ts1.example.net:23', { kind: 'telnet', host: 'ts1.example.net', port: 23 }],
  ['[::1]:23', { kind: 'telnet', host: '::1', port: 23 }],
  ['unix:', null],
  ['unix:a\0b', null],
  ['localhost', null],
  ['localhost:', null],
  ['localhost:0', null],
  ['localhost:65536', null],
  ['::1:23', null],
  [':23', null],
  ['http://localhost:23', null],
])('reads the address %j', (address, expected) => {
  expect(parseConsoleAddress(address)).toEqual(expected);
});

it.each<[string, string[], string | undefined]>([
  ['neither a command nor an address', [], undefined],
  ['both', ['sh'], '127.0.0.1:23'],
  ['no address', [], 'nowhere'],
])('refuses %s', async (_, argv, connect) => {
  const options = connect === undefined ? {} : { connect };
  await expect(runDrive(argv, options, SCREEN, new AbortController().signal)).rejects.toMatchObject({
    code: 'USAGE',
  });
});
