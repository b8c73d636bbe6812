import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TransferThreads, transferThreads } from '../../../netboot/io/tftp-threads.ts';
import { decodeTftp, encodeTftp, type TftpPacket } from '../../../netboot/tftp/packet.ts';
import { SILENT_LOG } from '../../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../../src/io/clock.ts';
import { LOCAL_CATALOG, LOOPBACK, openUdp, type Running, startRunning, type Udp } from './running.ts';

interface PeerStream extends NodeJS.ReadableStream {
  on(event: string, listener: (value: never) => void): this;
}
const require = createRequire(import.meta.url);
/** The client of the `tftp` package: somebody else's reading of the same RFCs. */
const peer: {
  createClient(options: object): { createGetStream(name: string): PeerStream };
} = require('tftp');

const RELEASE = 'pub/OpenBSD/7.6/amd64';
const KERNEL = randomBytes(300_000);
const PXEBOOT = randomBytes(1468 * 4);

/** As the last build left it. */
const THREAD = new URL('../../../dist/src/cli/processes/tftp-thread.js', import.meta.url);

describe.each([
  ['one thread for all', 0],
  ['threads for what is in files', 2],
])('%s', (_, count) => {
  let threads: TransferThreads;
  let running: Running;
  let udp: Udp;
  const start = () =>
    startRunning(
      { [`${RELEASE}/bsd.rd`]: KERNEL, [`${RELEASE}/pxeboot`]: PXEBOOT },
      { startTransfer: threads.start },
    );
  beforeAll(async () => {
    threads = transferThreads({ program: THREAD, count, least: 0, clock: SYSTEM_CLOCK, log: SILENT_LOG });
    running = await start();
  });
  afterAll(async () => {
    await running.close();
    await threads.close();
  });
  // What was sent once more, because its ACK came late, must not be what the next test receives.
  beforeEach(async () => {
    udp = await openUdp();
  });
  afterEach(() => udp.close());

  function fetched(name: string, options: object): Promise<Buffer> {
    const client = peer.createClient({
      host: LOOPBACK,
      port: running.ports.tftp,
      retries: 3,
      timeout: 2000,
      ...options,
    });
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const stream = client.createGetStream(name);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('end', () => resolve(Buffer.concat(chunks)));
    });
  }

  const request = (file: string, options: Record<string, string> = {}, mode = 'octet'): Uint8Array =>
    encodeTftp({ kind: 'rrq', file, mode, options: new Map(Object.entries(options)) });

  async function received(socket = udp): Promise<{ packet: TftpPacket; port: number }> {
    const { bytes, port } = await socket.receive();
    const decoded = decodeTftp(bytes);
    if (!decoded.ok) throw new Error(decoded.reason);
    return { packet: decoded.packet, port };
  }

  interface Ended {
    readonly port: number;
    readonly bytes: Uint8Array;
  }

  /**
   * Reads a file as pxeboot does: no options, one block at a time, until the short one.
   * @param ended earlier transfers to this socket, which may repeat their last block
   */
  async function readPlainly(file: string, socket = udp, ended: Ended[] = []): Promise<Buffer> {
    socket.send(request(file), running.ports.tftp);
    const blocks: Uint8Array[] = [];
    for (;;) {
      const { packet, port } = await received(socket);
      if (packet.kind !== 'data') throw new Error(JSON.stringify(packet));
      const { bytes } = packet;
      if (ended.some((last) => last.port === port && Buffer.from(bytes).equals(last.bytes))) continue;
      if (packet.block !== blocks.length + 1) continue;
      blocks.push(packet.bytes);
      socket.send(encodeTftp({ kind: 'ack', block: packet.block }), port);
      if (packet.bytes.length < 512) {
        ended.push({ port, bytes: packet.bytes });
        return Buffer.concat(blocks);
      }
    }
  }

  describe('the client of the tftp package', () => {
    it.each([
      ['a window of one', { windowSize: 1, blockSize: 512 }],
      ['a window of 16', { windowSize: 16, blockSize: 1024 }],
      ['big blocks', { windowSize: 4, blockSize: 1468 }],
    ])('fetches a kernel with %s', async (_, options) => {
      expect((await fetched('/bsd.rd', options)).equals(KERNEL)).toBe(true);
    });

    it('gets a file of full blocks whole', async () => {
      expect((await fetched('auto_install', { blockSize: 1468, windowSize: 1 })).equals(PXEBOOT)).toBe(true);
    });

    it('is told that there is no such file', async () => {
      await expect(fetched('bsd.upgrade', {})).rejects.toThrow(/no such name|not found/i);
    });
  });

  describe('a plain loader', () => {
    it('reads everything from one port, one after another', async () => {
      udp.send(request('/bsd.upgrade'), running.ports.tftp);
      expect((await received()).packet).toMatchObject({ kind: 'error', code: 1 });
      const ended: Ended[] = [];
      const read = (file: string) => readPlainly(file, udp, ended);
      expect((await read('/etc/boot.conf')).toString()).toContain('boot tftp:/bsd.rd\n');
      const seeds = [await read('/etc/random.seed'), await read('/etc/random.seed')];
      expect(seeds.map((seed) => seed.length)).toEqual([512, 512]);
      expect(seeds[0]?.equals(seeds[1] ?? Buffer.alloc(0))).toBe(false);
      expect((await read('/bsd.rd')).equals(KERNEL)).toBe(true);
    });

    it('may leave and begin again from the same port', async () => {
      const socket = await openUdp();
      socket.send(request('/bsd.rd'), running.ports.tftp);
      const first = await received(socket);
      socket.send(encodeTftp({ kind: 'ack', block: 1 }), first.port);
      const second = await received(socket);
      expect(second.packet).toMatchObject({ kind: 'data', block: 2 });
      // The transfer before is over without a word, so what arrives next is the new one.
      socket.send(request('/bsd.rd'), running.ports.tftp);
      const again = await received(socket);
      expect(again.packet).toMatchObject({ kind: 'data', block: 1 });
      expect(again.port).not.toBe(first.port);
      socket.send(encodeTftp({ kind: 'error', code: 3, message: '' }), again.port);
      await running.event((event) => event.kind === 'tftp' && /error 3/.test(event.reason ?? ''));
      socket.close();
    });

    it('may go on with what it has, when an old request of its own arrives late', async () => {
      const socket = await openUdp();
      socket.send(request('/bsd.rd'), running.ports.tftp);
      const first = await received(socket);
      socket.send(encodeTftp({ kind: 'ack', block: 1 }), first.port);
      expect((await received(socket)).packet).toMatchObject({ kind: 'data', block: 2 });
      socket.send(request('/bsd.rd'), running.ports.tftp);
      const other = await received(socket);
      expect(other.packet).toMatchObject({ kind: 'data', block: 1 });
      socket.send(encodeTftp({ kind: 'error', code: 5, message: 'unknown transfer' }), other.port);
      socket.send(encodeTftp({ kind: 'ack', block: 2 }), first.port);
      const next = await received(socket);
      expect(next).toMatchObject({ packet: { kind: 'data', block: 3 }, port: first.port });
      socket.send(encodeTftp({ kind: 'error', code: 0, message: 'seen' }), first.port);
      await running.event((event) => event.kind === 'tftp' && /seen/.test(event.reason ?? ''));
      socket.close();
    });

    it('hears the same transfer when it repeats its request', async () => {
      const socket = await openUdp();
      socket.send(request('/bsd.rd'), running.ports.tftp);
      const first = await received(socket);
      socket.send(request('/bsd.rd'), running.ports.tftp);
      const repeated = await received(socket);
      expect(repeated).toEqual(first);
      socket.send(encodeTftp({ kind: 'error', code: 0, message: 'enough' }), first.port);
      await running.event((event) => event.kind === 'tftp' && /enough/.test(event.reason ?? ''));
      socket.close();
    });

    it('gets what it asks for once more, in one breath with what does not exist', async () => {
      const socket = await openUdp();
      for (const name of ['/bsd.rd', '/bsd.upgrade', '/bsd.rd'])
        socket.send(request(name), running.ports.tftp);
      while ((await received(socket)).packet.kind !== 'error'); // before it the first transfer may have begun
      const { packet, port } = await received(socket);
      expect(packet).toMatchObject({ kind: 'data', block: 1 });
      socket.send(encodeTftp({ kind: 'error', code: 0, message: 'in one breath' }), port);
      await running.event((event) => event.kind === 'tftp' && /in one breath/.test(event.reason ?? ''));
      socket.close();
    });

    it('gets a lost block again', async () => {
      const socket = await openUdp();
      socket.send(request('/etc/boot.conf'), running.ports.tftp);
      const lost = await received(socket);
      const again = await received(socket);
      expect(again).toEqual(lost);
      socket.send(encodeTftp({ kind: 'ack', block: 1 }), again.port);
      socket.close();
    });
  });

  describe('refusals', () => {
    it.each<[string, Uint8Array, number, RegExp]>([
      [
        'a write',
        encodeTftp({ kind: 'wrq', file: 'bsd', mode: 'octet', options: new Map() }),
        2,
        /read only/,
      ],
      ['another mode', request('bsd', {}, 'mail'), 4, /mode/],
      ['a name that leads out', request('../../../etc/passwd'), 1, /no such name/],
      ['a kernel that is not there', request('bsd'), 1, /no such file/],
      ['a request without a mode', Uint8Array.from(Buffer.from('\0\x01bsd\0')), 4, /malformed/],
      ['a request that is too long', request('x'.repeat(600)), 4, /609 bytes/],
    ])('%s', async (_, bytes, code, message) => {
      udp.send(bytes, running.ports.tftp);
      expect((await received()).packet).toMatchObject({
        kind: 'error',
        code,
        message: expect.stringMatching(message),
      });
    });

    it('limits what one client may have open', async () => {
      const fresh = await start();
      const sockets = await Promise.all(Array.from({ length: 9 }, () => openUdp()));
      const kinds: string[] = [];
      for (const socket of sockets) {
        socket.send(request('/bsd.rd'), fresh.ports.tftp);
        kinds.push((await received(socket)).packet.kind);
      }
      expect(kinds).toEqual([...Array(8).fill('data'), 'error']);
      for (const socket of sockets) socket.close();
      await fresh.close();
    });

    it('tells of a client that is no longer known', async () => {
      await running.netboot.push({ ...LOCAL_CATALOG, clients: [] });
      udp.send(request('/etc/boot.conf'), running.ports.tftp);
      expect((await received()).packet).toMatchObject({ kind: 'error', code: 1 });
      const told = await running.event((event) => event.kind === 'tftp' && event.name === null);
      expect(told).toMatchObject({
        from: LOOPBACK,
        outcome: 'refused',
        reason: 'asks from an unknown address',
      });
      await running.netboot.push(LOCAL_CATALOG);
    });
  });

  describe('hostile packets', () => {
    it('do not stop the service or a transfer', async () => {
      const hostile = await openUdp();
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 32 }), async (packets) => {
          for (const bytes of packets) {
            hostile.send(bytes, running.ports.tftp);
            hostile.send(Uint8Array.of(0, 1, ...bytes), running.ports.tftp);
          }
          const loader = await openUdp();
          expect((await readPlainly('/etc/boot.conf', loader)).length).toBeGreaterThan(0);
          loader.close();
        }),
        { numRuns: 50 },
      );
      hostile.close();
    });
  });

  describe('a name that does not exist', () => {
    it('is refused each time and told of once for each catalog', async () => {
      const told = () =>
        running.events.filter((event) => event.kind === 'tftp' && event.file === '/bsd.dr').length;
      for (const expected of [1, 2]) {
        await running.netboot.push(LOCAL_CATALOG);
        for (let count = 0; count < 3; count += 1) {
          udp.send(request('/bsd.dr'), running.ports.tftp);
          expect((await received()).packet).toMatchObject({ kind: 'error', code: 1 });
        }
        expect(told()).toBe(expected);
      }
    });
  });
});
