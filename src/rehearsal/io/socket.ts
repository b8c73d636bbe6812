import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { HOST } from '../host-path.ts';
import { encodeMessage, parseReply, type Reply, type Request } from '../protocol.ts';

/** A reply, and the connection behind it: a console's bytes follow on it. */
export interface Answered {
  readonly reply: Reply;
  readonly socket: Socket;
}

/**
 * Asks the daemon of the host in whose root this process is. The connection stays open, and paused.
 * @throws the system's error when no daemon is there
 */
export const connectAndAsk = (request: Request): Promise<Answered> => askSocket(HOST.socket, request);

/**
 * Asks the daemon of any host.
 * @throws the system's error when no daemon is there, or its socket lies too deep
 */
export async function askAt(root: string, request: Request): Promise<Reply> {
  const { reply, socket } = await askSocket(join(root, HOST.socket), request);
  socket.destroy();
  return reply;
}

function askSocket(path: string, request: Request): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let received = '';
    const read = (bytes: Buffer): void => {
      received += bytes.toString('latin1');
      const end = received.indexOf('\n');
      if (end < 0) return;
      socket.off('data', read).pause();
      const rest = Buffer.from(received.slice(end + 1), 'latin1');
      if (rest.length > 0) socket.unshift(rest);
      const reply = parseReply(Buffer.from(received.slice(0, end), 'latin1').toString('utf8'));
      if (reply === null) reject(new Error('the daemon answered nonsense'));
      else resolve({ reply, socket });
    };
    socket.once('error', reject);
    socket.once('end', () => reject(new Error('pipe closed')));
    socket.on('data', read);
    socket.write(encodeMessage(request));
  });
}

export async function ask(request: Request): Promise<Reply> {
  const { reply, socket } = await connectAndAsk(request);
  socket.destroy();
  return reply;
}
