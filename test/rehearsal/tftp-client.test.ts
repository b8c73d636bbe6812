import { createSocket, type RemoteInfo } from 'node:dgram';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Ipv4 } from '../../src/common/address.ts';
import { download } from '../../src/rehearsal/io/tftp.ts';
import {
  openReading,
  type ReadEffect,
  type ReadRequest,
  stepReading,
} from '../../src/rehearsal/tftp-client.ts';

const SERVER = 4000;
const PLAIN: ReadRequest = { file: '/bsd.rd', options: [], leaveAfter: null };
const OPTIONS = [
  ['blksize', 1432],
  ['tsize', 0],
] as const;

const data = (block: number, length: number): Buffer =>
  Buffer.concat([Buffer.from([0, 3, block >>> 8, block & 255]), Buffer.alloc(length, block)]);
const oack = (...words: string[]): Buffer =>
  Buffer.from(`\0\x06${words.map((word) => `${word}\0`).join('')}`);
const refusal = Buffer.from('\0\x05\0\x01no such name\0', 'latin1');

/** The packets sent after the request, and how it ended. */
function play(request: ReadRequest, packets: readonly (Buffer | 'timeout' | [number, Buffer])[]) {
  let [reading, effects] = openReading(request);
  const all: ReadEffect[] = [];
  for (const packet of packets) {
    if (packet === 'timeout') [reading, effects] = stepReading(reading, { kind: 'timeout' });
    else {
      const [port, bytes] = Array.isArray(packet) ? packet : ([SERVER, packet] as const);
      [reading, effects] = stepReading(reading, { kind: 'packet', bytes, port });
    }
    all.push(...effects);
  }
  return {
    sent: all.flatMap((effect) =>
      effect.kind === 'send' ? [Buffer.from(effect.bytes).toString('hex')] : [],
    ),
    stored: all.reduce((sum, effect) => sum + (effect.kind === 'store' ? effect.bytes.length : 0), 0),
    waits: all.flatMap((effect) => (effect.kind === 'wait' ? [effect.seconds] : [])),
    end: all.find((effect) => effect.kind === 'end')?.end ?? null,
  };
}

describe('a read', () => {
  it.each([
    ['without options', PLAIN, '\0\x01/bsd.rd\0octet\0'],
    ['as a ROM', { ...PLAIN, options: OPTIONS }, '\0\x01/bsd.rd\0octet\0blksize\x001432\0tsize\x000\0'],
  ])('is asked for %s', (_, request, bytes) => {
    const [, effects] = openReading(request);
    expect(effects[0]).toEqual({ kind: 'send', bytes: Uint8Array.from(Buffer.from(bytes)), port: null });
  });

  const whole = { kind: 'read' };
  it.each<[string, ReadRequest, Parameters<typeof play>[1], object]>([
    [
      'ends with a short block',
      PLAIN,
      [data(1, 512), data(2, 3)],
      { sent: ['00040001', '00040002'], end: whole },
    ],
    ['ends with an empty block', PLAIN, [data(1, 512), data(2, 0)], { stored: 512, end: whole }],
    [
      'is left after the first block',
      { ...PLAIN, leaveAfter: 1 },
      [data(1, 512)],
      { sent: ['0005000300'], end: whole },
    ],
    [
      'gives a lost ACK again',
      PLAIN,
      [data(1, 512), data(1, 512)],
      { sent: ['00040001', '00040001'], stored: 512 },
    ],
    ['overlooks blocks out of turn', PLAIN, [data(2, 512)], { sent: [], stored: 0, end: null }],
    ['overlooks blocks that are too long', PLAIN, [data(1, 513)], { sent: [], stored: 0, end: null }],
    ['overlooks other ports', PLAIN, [data(1, 512), [SERVER + 1, data(2, 9)]], { stored: 512, end: null }],
    ['is refused', PLAIN, [refusal], { end: { kind: 'refused', code: 1, message: 'no such name' } }],
    [
      'takes a smaller block',
      { ...PLAIN, options: OPTIONS },
      [oack('blksize', '1428', 'tsize', '90000'), data(1, 1428), data(2, 1)],
      { sent: ['00040000', '00040001', '00040002'], end: whole },
    ],
    [
      'takes 512 bytes where no option was taken',
      { ...PLAIN, options: OPTIONS },
      [data(1, 512), data(2, 1)],
      { sent: ['00040001', '00040002'], end: whole },
    ],
    [
      'refuses a larger block',
      { ...PLAIN, options: OPTIONS },
      [oack('blksize', '1468')],
      { sent: ['0005000800'], end: { kind: 'lost', reason: 'the server chose blksize 1468' } },
    ],
    [
      'refuses an option that nobody asked for',
      PLAIN,
      [oack('tsize', '5')],
      { sent: ['0005000800'], end: { kind: 'lost', reason: 'the server chose tsize 5' } },
    ],
    [
      'gives up after its last wait',
      PLAIN,
      [data(1, 512), 'timeout', 'timeout', 'timeout', 'timeout'],
      { waits: [2, 4, 8, 16], end: { kind: 'lost', reason: 'no answer' } },
    ],
  ])('%s', (_, request, packets, outcome) => {
    expect(play(request, packets)).toMatchObject(outcome);
  });

  it('never fails on any packet', () => {
    const packet = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
    fc.assert(fc.property(fc.array(packet), (packets) => play(PLAIN, packets).stored >= 0));
  });
});

describe('over UDP', () => {
  const opened: (() => void)[] = [];
  afterEach(() => {
    for (const close of opened.splice(0)) close();
  });

  /** A server that loses its first answer to a request, and otherwise sends `bytes` in lock step. */
  async function openServer(bytes: Buffer): Promise<{ port: number; requests: RemoteInfo[] }> {
    const socket = createSocket('udp4');
    const requests: RemoteInfo[] = [];
    socket.on('message', (packet, from) => {
      if (packet[1] === 1) requests.push(from);
      if (packet[1] === 1 && requests.length === 1) return;
      if (packet[1] !== 1 && packet[1] !== 4) return;
      const block = packet[1] === 1 ? 1 : packet.readUInt16BE(2) + 1;
      const part = bytes.subarray((block - 1) * 512, block * 512);
      if (block <= Math.floor(bytes.length / 512) + 1) {
        socket.send(
          Buffer.concat([Buffer.from([0, 3, block >>> 8, block & 255]), part]),
          from.port,
          from.address,
        );
      }
    });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    opened.push(() => socket.close());
    return { port: socket.address().port, requests };
  }

  const wanted = { ...PLAIN, server: '127.0.0.1' as Ipv4, clientPort: 0 };

  it('reads a whole file, asking again where it must', async () => {
    const bytes = Buffer.alloc(5 * 512, 'block of data ');
    const { port, requests } = await openServer(bytes);
    const got = await download(wanted, { from: '127.0.0.1', port, waitScale: 0.01 });
    expect(got.kind === 'read' ? Buffer.from(got.bytes).equals(bytes) : got).toBe(true);
    expect(requests).toHaveLength(2);
  });

  it('gives up on a server that is not there', async () => {
    const { port } = await openServer(Buffer.alloc(0));
    opened.pop()?.();
    const got = await download(wanted, { from: '127.0.0.1', port, waitScale: 0.001 });
    expect(got).toEqual({ kind: 'lost', reason: 'no answer' });
  });

  it('never leaves this machine', async () => {
    const away = { ...wanted, server: '192.0.2.1' as Ipv4 };
    const got = await download(away, { from: '127.0.0.1', port: 69, waitScale: 0.001 });
    expect(got).toEqual({ kind: 'lost', reason: 'no route to 192.0.2.1' });
  });
});
