import { spawn } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { messageOf } from '../../src/common/error.ts';
import { HOST } from '../../src/rehearsal/host-path.ts';
import { runOnHost, type Surroundings } from '../../src/rehearsal/io/root/run.ts';
import { shellWords } from '../../src/rehearsal/root/shell-words.ts';

/** What a frame to `host-shell.pl` carries: | kind (1) | length (4) | bytes | */
const [OUT, ERR, STATUS, DROP] = [1, 2, 3, 4];

/**
 * Runs the commands of `host-shell.pl` on a simulated host, in this process: a node of its own for each would be
 * most of what the tests of ssh take.
 * @param path of the socket
 * @returns what ends it
 */
export async function serveShell(path: string, root: string, user: string): Promise<() => Promise<void>> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // Whoever asked may be gone; what it asked for goes on, as on a real host.
    socket.on('error', () => undefined);
    void answer(socket, root, user);
  });
  await new Promise<void>((done) => void server.listen(path, done));
  return async () => {
    for (const socket of open) socket.destroy();
    await new Promise((done) => void server.close(done));
  };
}

async function answer(socket: Socket, root: string, user: string): Promise<void> {
  const put = (kind: number, bytes: Uint8Array | string) => {
    const body = Buffer.from(bytes);
    const head = Buffer.alloc(5);
    head.writeUInt8(kind);
    head.writeUInt32BE(body.length, 1);
    if (!socket.destroyed) socket.write(Buffer.concat([head, body]));
  };
  const { command, rest } = await commandOf(socket);
  const parsed = shellWords(command);
  const surroundings: Surroundings = {
    root,
    async input() {
      const chunks: Uint8Array[] = [];
      for await (const chunk of rest) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    stream: () => rest,
    out: (bytes) => put(OUT, bytes),
    err: (text) => put(ERR, text),
    vmctl: (words) => vmctl(root, words, put),
    drop: () => {
      put(DROP, '');
      return new Promise(() => undefined);
    },
  };
  try {
    if (!('words' in parsed)) throw new Error(parsed.error);
    put(STATUS, String(await runOnHost(surroundings, user, parsed.words)));
  } catch (error) {
    put(ERR, `sh: ${messageOf(error)}\n`);
    put(STATUS, '126');
  }
  socket.end();
}

/** The command, and behind it its standard input as it comes. */
async function commandOf(
  socket: Socket,
): Promise<{ readonly command: string; readonly rest: AsyncIterable<Uint8Array> }> {
  // At its end the socket has still to carry the answer.
  const chunks = socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  let got = Buffer.alloc(0);
  const length = () => (got.length < 4 ? Number.POSITIVE_INFINITY : 4 + got.readUInt32BE(0));
  while (got.length < length()) {
    const { value, done } = await chunks.next();
    if (done) break;
    got = Buffer.concat([got, value]);
  }
  const end = Math.min(length(), got.length);
  async function* rest() {
    if (got.length > end) yield got.subarray(end);
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  return { command: got.subarray(4, end).toString('utf8'), rest: rest() };
}

function vmctl(
  root: string,
  words: readonly string[],
  put: (kind: number, bytes: Uint8Array) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, HOST.vmctl), words, {
      cwd: join(root, 'var/puffboot'),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', (bytes) => put(OUT, bytes));
    child.stderr.on('data', (bytes) => put(ERR, bytes));
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
}
