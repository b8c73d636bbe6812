import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bindSockets } from '../../../netboot/io/bind.ts';
import { type RunningNetboot, startNetboot } from '../../../netboot/io/service.ts';
import { decodeTftp, encodeTftp } from '../../../netboot/tftp/packet.ts';
import { SILENT_LOG } from '../../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../../src/io/clock.ts';
import { LOCAL, LOCAL_CATALOG, LOOPBACK, mkdirFor } from './running.ts';

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.address === '::1');

const MOST_WITH_STRANGERS = 300;

let directory: string;
let netboot: RunningNetboot;
let unixSocket: Server;
const ports = { 4: 0, 6: 0 };
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'puffboot-tftp-'));
  const inside = join(directory, 'tftp');
  const files = {
    'firmware/rpi/start.elf': 'firmware',
    auto_install: 'of yesterday',
    'bsd.upgrade': 'never',
    large: 'x'.repeat(5000),
    'grün/grüße': 'UTF-8',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(await mkdirFor(join(inside, name)), text);
  await writeFile(join(directory, 'secret'), 'secret');
  await symlink('../secret', join(inside, 'leads-out'));
  await writeFile(await mkdirFor(join(directory, 'tftp-too/secret')), 'secret');
  await symlink('../tftp-too/secret', join(inside, 'leads-beside'));
  unixSocket = createServer().listen(join(inside, 'socket'));
  await once(unixSocket, 'listening');
  execFileSync('mkfifo', [join(inside, 'pipe')]);
  await symlink('firmware/rpi/start.elf', join(inside, 'leads-on'));
  await writeFile(await mkdirFor(join(directory, 'sets/pub/OpenBSD/7.6/amd64/bsd.rd')), 'ramdisk');
  const none = { dhcpPort: 0, tftpPort: 0, httpPort: 0, broadcast: false };
  const sockets = await bindSockets({ addresses: [LOOPBACK], addresses6: hasIpv6 ? ['::1'] : [], ...none });
  for (const socket of sockets.tftp) {
    const { address, port } = socket.address();
    ports[address.includes(':') ? 6 : 4] = port;
  }
  const parts = { setsDirectory: join(directory, 'sets'), tftpDirectory: inside };
  netboot = startNetboot({ ...sockets, ...parts, clock: SYSTEM_CLOCK, log: SILENT_LOG });
});
afterAll(async () => {
  await netboot.close();
  unixSocket.close();
  await rm(directory, { recursive: true });
});

/** The first packet that comes back: the file, where it is short, or the error. */
async function ask(file: string, family: 4 | 6 = 4): Promise<string> {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  const request = encodeTftp({ kind: 'rrq', file, mode: 'octet', options: new Map() });
  socket.send(request, ports[family], family === 4 ? LOOPBACK : '::1');
  const [bytes, from] = await once(socket, 'message');
  const decoded = decodeTftp(bytes);
  if (!decoded.ok) throw new Error(decoded.reason);
  if (decoded.packet.kind === 'data') {
    await new Promise((sent) =>
      socket.send(encodeTftp({ kind: 'ack', block: 1 }), from.port, from.address, sent),
    );
  }
  socket.close();
  const { packet } = decoded;
  if (packet.kind === 'data') return Buffer.from(packet.bytes).toString();
  return packet.kind === 'error' ? `error ${packet.code}` : packet.kind;
}

describe("the operator's own TFTP directory", () => {
  it.each([
    ['firmware/rpi/start.elf', 'firmware'],
    ['/firmware/rpi/start.elf', 'firmware'],
    ['leads-on', 'firmware'],
    ['leads-out', 'error 1'],
    ['leads-beside', 'error 1'],
    ['pipe', 'error 1'],
    ['../secret', 'error 1'],
    ['firmware/../../secret', 'error 1'],
    ['firmware//rpi///start.elf', 'firmware'],
    ['firmware/./rpi/start.elf', 'error 1'],
    [Buffer.from('grün/grüße').toString('latin1'), 'UTF-8'],
    ['gr\xfcn/gr\xfc\xdfe', 'error 1'],
    ['firmware', 'error 1'],
    ['nothing', 'error 1'],
    ['', 'error 1'],
    ['auto_install', 'error 1'],
    ['/bsd.upgrade', 'error 1'],
  ])('%s, asked by a stranger: %s', async (name, answer) => {
    await netboot.push({ ...LOCAL_CATALOG, clients: [] });
    expect(await ask(name)).toBe(answer);
  });

  it.each([
    ['Firmware', 'local is not armed'],
    ['firmware', 'is not a regular file'],
    ['pipe', 'is not a regular file'],
    ['socket', 'is not a regular file'],
    ['leads-out', 'leads out of the directory that is served'],
    ['firmware/rpi/START.ELF', 'local is not armed; netboot.tftpDirectory has firmware/rpi/start.elf'],
    ['/firmware/rpi/start4.elf', 'local is not armed; netboot.tftpDirectory has firmware/rpi/start.elf'],
    ['larg', 'local is not armed; netboot.tftpDirectory has large'],
    ['firmware/rpi/pieeprom.upd', 'local is not armed'],
    ['../tftp/larg', 'local is not armed'],
  ])('%s, asked by who is not armed, is told of once: %s', async (name, reason) => {
    const told: unknown[] = [];
    const stop = netboot.onEvent((event) => event.kind === 'tftp' && told.push(event.reason));
    await netboot.push({ ...LOCAL_CATALOG, clients: [{ ...LOCAL, armed: null }] });
    expect([await ask(name), await ask(name)]).toEqual(['error 1', 'error 1']);
    stop();
    // A name that can be nobody's is the asker's affair: he is told of, each time.
    expect(told).toEqual(name.startsWith('..') ? [reason, reason] : [reason]);
  });

  it('is where a machine that is armed may have meant to ask', async () => {
    await netboot.push(LOCAL_CATALOG);
    const told = new Promise((resolve) => netboot.onEvent(resolve));
    expect(await ask('firmware/rpi/start.el')).toBe('error 1');
    expect(await told).toMatchObject({
      reason: expect.stringMatching(/^no such name; .*; netboot.tftpDirectory has firmware\/rpi\/start.elf$/),
    });
  });

  it('comes after what is made for an armed machine', async () => {
    await netboot.push(LOCAL_CATALOG);
    expect([await ask('bsd.rd'), await ask('/bsd.upgrade'), await ask('leads-on')]).toEqual([
      'ramdisk',
      'error 1',
      'firmware',
    ]);
  });
});

// Only Linux has more than one loopback address from the start.
it.skipIf(process.platform !== 'linux')(
  'leaves room for machines that are known, however many strangers ask',
  async () => {
    await netboot.push(LOCAL_CATALOG);
    const rrq = encodeTftp({ kind: 'rrq', file: 'large', mode: 'octet', options: new Map() });
    const first = async (address: string) => {
      const socket = createSocket('udp4').bind(0, address);
      await once(socket, 'listening');
      socket.send(rrq, ports[4], LOOPBACK);
      const [bytes] = await once(socket, 'message');
      const decoded = decodeTftp(bytes);
      return { socket, kind: decoded.ok ? decoded.packet.kind : decoded.reason };
    };
    // Eight transfers of each address, that never get on.
    const addresses = Array.from(
      { length: MOST_WITH_STRANGERS },
      (_, index) => `127.0.1.${(index >> 3) + 1}`,
    );
    const strangers = await Promise.all(addresses.map(first));
    expect(new Set(strangers.map(({ kind }) => kind))).toEqual(new Set(['data']));
    const late = await first('127.0.1.100');
    const known = await first(LOOPBACK);
    expect([late.kind, known.kind]).toEqual(['error', 'data']);
    for (const { socket } of [...strangers, late, known]) socket.close();
  },
);

describe.skipIf(!hasIpv6)('TFTP over IPv6', () => {
  it.each([
    ['its own /64', '::/64', 'ramdisk'],
    ['another /64', '2001:db8::/64', 'error 1'],
  ])('knows a machine by %s', async (_, ipv6, answer) => {
    await netboot.push({ ...LOCAL_CATALOG, clients: [{ ...LOCAL, ipv6 }] });
    expect(await ask('bsd.rd', 6)).toBe(answer);
  });
});
