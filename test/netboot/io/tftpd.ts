import { readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

/** What OpenBSD's tftpd(8) does with `-r socket` (usr.sbin/tftpd), but for TFTP itself. */
export interface Tftpd {
  /** A client asks; resolves with what it is sent, or the words of the error. Rejects when tftpd has ended. */
  ask(client: string, name: string, operation?: 'read' | 'write'): Promise<string>;
  /** Resolves with what it says as it ends: when the socket does, or at an answer that nobody waits for. */
  readonly ended: Promise<string>;
  kill(): void;
}

/** MAXPATHLEN, with its NUL. */
const LONGEST_ENCODED = 1023;

/**
 * It connects once, when it is started, and keeps that one connection. Requests are written as they come, in pieces as
 * the socket takes them; whose answer is whose is told by their order alone.
 * @param cut how many bytes each piece that is written has, in turn
 */
export async function startTftpd(
  directory: string,
  socketPath: string,
  cut: readonly number[] = [65536],
): Promise<Tftpd> {
  const socket = connect(socketPath);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const clients: { open(file: string): void; lose(error: Error): void }[] = [];
  let [unwritten, writing, turn] = [Buffer.alloc(0), false, 0];
  let end: (words: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const stop = (words: string) => {
    end(words);
    socket.destroy();
    for (const { lose } of clients.splice(0)) lose(new Error(words));
  };
  const write = () => {
    if (writing || unwritten.length === 0 || socket.destroyed) return;
    const length = cut[turn++ % cut.length] ?? 1;
    const piece = unwritten.subarray(0, length);
    unwritten = unwritten.subarray(length);
    writing = true;
    socket.write(piece, () => {
      writing = false;
      write();
    });
  };
  let answers = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    const lines = (answers + String(chunk)).split('\n');
    answers = lines.pop() ?? '';
    for (const line of lines) {
      const first = clients.shift();
      if (first === undefined) return stop('unexpected rwmap reply');
      first.open(line);
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', () => stop('the rewriter is gone'));

  return {
    ended,
    kill: () => socket.destroy(),
    ask: (client, name, operation = 'read') =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error('tftpd does not run'));
        clients.push({ open: (file) => resolve(sent(directory, file)), lose: reject });
        const line = `${client} ${operation} ${encoded(name).slice(0, LONGEST_ENCODED)}\n`;
        unwritten = Buffer.concat([unwritten, Buffer.from(line, 'latin1')]);
        write();
      }),
  };
}

/** vis(3) with VIS_SAFE and VIS_OCTAL: white space, BEL, BS and CR stay, a newline too. One byte a character. */
const encoded = (name: string): string =>
  name
    .replaceAll('\\', '\\\\')
    .replace(/[^\x20-\x7e\t\n\r\x07\x08]/g, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`);

/** From its chroot, and only what everybody may read. */
async function sent(directory: string, file: string): Promise<string> {
  const path = join(directory, join('/', file));
  const found = await stat(path).catch(() => null);
  if (found === null) return 'File not found';
  if ((found.mode & 0o004) === 0 || !found.isFile()) return 'Access violation';
  return readFile(path, 'utf8');
}
