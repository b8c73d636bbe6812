import { createHash } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import type { Download, Downloaded } from '../guest/board.ts';
import { openReading, type ReadEffect, type ReadEnd, type ReadEvent, stepReading } from '../tftp-client.ts';

export interface DownloadParts {
  /** The machine's own address: TFTP knows its clients by nothing else. */
  readonly from: string;
  /** Where the server listens; the genuine one has 69. */
  readonly port: number;
  /** How much of a genuine waiting time passes. */
  readonly waitScale: number;
}

/** Reads one file over TFTP. Only servers in 127.0.0.0/8 can be reached: a rehearsal's network ends there. */
export async function download(wanted: Download, parts: DownloadParts): Promise<Downloaded> {
  if (!wanted.server.startsWith('127.')) return { kind: 'lost', reason: `no route to ${wanted.server}` };
  let socket: Socket;
  try {
    socket = await bind(parts.from, wanted.clientPort);
  } catch {
    return { kind: 'lost', reason: `cannot send from ${parts.from}` };
  }
  try {
    const { end, bytes } = await read(socket, wanted, parts);
    if (end.kind !== 'read') return end;
    return { kind: 'read', bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  } finally {
    await new Promise<void>((resolve) => socket.close(resolve));
  }
}

/** A port that is taken on this machine would be free on a machine of its own: any other serves as well. */
async function bind(address: string, port: number): Promise<Socket> {
  try {
    return await bindTo(address, port);
  } catch {
    return bindTo(address, 0);
  }
}

function bindTo(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      // A closed port answers with ICMP; the timer decides when it is too late.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

interface Finished {
  readonly end: ReadEnd;
  readonly bytes: Uint8Array;
}

function read(socket: Socket, wanted: Download, { port, waitScale }: DownloadParts): Promise<Finished> {
  const blocks: Uint8Array[] = [];
  let timer: NodeJS.Timeout | undefined;
  let [reading, effects] = openReading(wanted);
  return new Promise((resolve) => {
    let sent: Promise<void> = Promise.resolve();
    const send = (bytes: Uint8Array, to: number): Promise<void> =>
      new Promise((done) => socket.send(bytes, to, wanted.server, () => done()));
    const take = (event: ReadEvent): void => {
      [reading, effects] = stepReading(reading, event);
      for (const effect of effects) perform(effect);
    };
    const perform = (effect: ReadEffect): void => {
      switch (effect.kind) {
        case 'send':
          sent = send(effect.bytes, effect.port ?? port);
          return;
        case 'store':
          blocks.push(effect.bytes);
          return;
        case 'wait':
          clearTimeout(timer);
          timer = setTimeout(() => take({ kind: 'timeout' }), effect.seconds * 1000 * waitScale);
          return;
        case 'end':
          clearTimeout(timer);
          socket.removeAllListeners('message');
          // A socket that closes at once takes its last ACK with it.
          void sent.then(() => resolve({ end: effect.end, bytes: Buffer.concat(blocks) }));
      }
    };
    socket.on('message', (bytes, from) => {
      if (from.address === wanted.server) take({ kind: 'packet', bytes, port: from.port });
    });
    for (const effect of effects) perform(effect);
  });
}
