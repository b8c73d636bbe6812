import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { HOST } from '../host-path.ts';
import { parseOptions } from '../options.ts';
import { encodeMessage, parseRequest } from '../protocol.ts';
import { Daemon } from './daemon.ts';
import type { ConsoleViewer } from './guest-process.ts';

/**
 * The simulated host's vmd: `node vmd.js ROOT OPTIONS-JSON`. It ends, and its VMs with it, on SIGTERM and
 * when its stdin closes, so that it never outlives the process that started it.
 */
const [root = '.', options = '{}'] = process.argv.slice(2);
/** A console that reads too slowly loses output; reading the guest never stops for it. */
const BACKLOG_BYTES = 4 * 1024 ** 2;
const LONGEST_REQUEST = 65_536;

process.chdir(root);
const daemon = new Daemon(process.cwd(), parseOptions(JSON.parse(options)));
const server = createServer(serve);
rmSync(HOST.socket, { force: true });
server.listen(HOST.socket, () => process.stdout.write('ready\n'));

let ending = false;
process.stdin.resume();
process.stdin.once('end', end).once('error', end);
process.once('SIGTERM', end).once('SIGINT', end);

function end(): void {
  if (ending) return;
  ending = true;
  server.close();
  rmSync(HOST.socket, { force: true });
  void daemon.close().then(() => process.exit(0));
}

function serve(socket: Socket): void {
  let received = '';
  socket.on('error', () => socket.destroy());
  const read = (bytes: Buffer): void => {
    received += bytes.toString('latin1');
    const at = received.indexOf('\n');
    if (at < 0) {
      if (received.length > LONGEST_REQUEST) socket.destroy();
      return;
    }
    socket.off('data', read).pause();
    void reply(socket, Buffer.from(received.slice(0, at), 'latin1').toString('utf8'));
  };
  socket.on('data', read);
}

async function reply(socket: Socket, line: string): Promise<void> {
  const request = parseRequest(line);
  if (request === null) {
    socket.destroy();
    return;
  }
  const viewer: ConsoleViewer = {
    output: (bytes) => {
      if (socket.writableLength < BACKLOG_BYTES) socket.write(bytes);
    },
    ended: () => socket.end(),
  };
  const answered = await daemon.answer(request, viewer);
  socket.write(encodeMessage(answered.reply));
  const { console: guest } = answered;
  if (guest === undefined) {
    socket.end();
    return;
  }
  socket.once('close', () => guest.detach(viewer));
  if (socket.destroyed) guest.detach(viewer);
  socket.on('data', (bytes: Buffer) => guest.write(bytes));
  socket.resume();
}
