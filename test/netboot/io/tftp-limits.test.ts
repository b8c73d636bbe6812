import type { Socket } from 'node:dgram';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { BootEvent, CatalogClient } from '../../../netboot/catalog.ts';
import type { OpenedFile } from '../../../netboot/files.ts';
import { bindSockets, closeSockets } from '../../../netboot/io/bind.ts';
import { serveTftp, type TftpService } from '../../../netboot/io/tftp-service.ts';
import type { TransferJob } from '../../../netboot/io/tftp-start.ts';
import { lookupOf } from '../../../netboot/lookup.ts';
import { encodeTftp } from '../../../netboot/tftp/packet.ts';
import type { Ipv4 } from '../../../src/common/address.ts';
import { SILENT_LOG } from '../../../src/common/port.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { LOCAL, LOCAL_CATALOG, LOOPBACK } from './running.ts';

const MOST_IN_ALL = 400;

/** Loopback addresses, so that a refusal goes nowhere else. */
const MACHINES: readonly CatalogClient[] = Array.from({ length: 60 }, (_, index) => ({
  ...LOCAL,
  address: `127.0.2.${index + 1}` as Ipv4,
  ...(index < 2 && { ipv6: `2001:db8:0:${index}::/64` }),
}));

type Opened = OpenedFile | { readonly missing: string };

let socket: Socket;
let service: TftpService;
let jobs: TransferJob[];
let refused: (string | null)[];
let opening: ((opened: Opened) => void)[];
let opensAtOnce: boolean;
const kernel: OpenedFile = { size: 3, modifiedAt: 0, read: async () => 3, close: async () => undefined };

beforeEach(async () => {
  [jobs, refused, opening, opensAtOnce] = [[], [], [], true];
  const none = { dhcpPort: 0, tftpPort: 0, httpPort: 0, broadcast: false };
  const sockets = await bindSockets({ addresses: [LOOPBACK], ...none });
  await closeSockets({ ...sockets, tftp: [] });
  [socket] = sockets.tftp as [Socket];
  const lookup = lookupOf({ ...LOCAL_CATALOG, clients: MACHINES });
  service = serveTftp({
    sockets: [socket],
    lookup: () => lookup,
    report: (event: BootEvent) => event.kind === 'tftp' && refused.push(event.reason),
    architectureOf: () => null,
    openFile: () => (opensAtOnce ? Promise.resolve(kernel) : new Promise((resolve) => opening.push(resolve))),
    // A transfer that never gets on.
    startTransfer(job) {
      jobs.push(job);
      let end = () => undefined as unknown;
      const done = new Promise<{ outcome: 'aborted'; bytes: 0; reason: null }>((resolve) => {
        end = () => resolve({ outcome: 'aborted', bytes: 0, reason: null });
      });
      const nothing = () => undefined;
      return { done, hasBegun: () => true, askAgain: nothing, hush: nothing, leave: end, abort: end };
    },
    clock: new FakeClock(0),
    log: SILENT_LOG,
  });
});
afterEach(async () => {
  await service.close();
  socket.close();
});

async function ask(address: string, port: number, file = '/bsd.rd'): Promise<void> {
  const bytes = Buffer.from(encodeTftp({ kind: 'rrq', file, mode: 'octet', options: new Map() }));
  const family = address.includes(':') ? 'IPv6' : 'IPv4';
  socket.emit('message', bytes, { address, family, port, size: bytes.length });
  await new Promise((turn) => setImmediate(turn));
}

it('has so many transfers in all, also of machines that are known', async () => {
  for (const { address } of MACHINES) {
    for (let port = 2000; port < 2008 && jobs.length < MOST_IN_ALL; port += 1) await ask(address, port);
  }
  expect([jobs.length, refused]).toEqual([MOST_IN_ALL, []]);
  await ask('127.0.2.60', 2000);
  expect([jobs.length, refused]).toEqual([MOST_IN_ALL, ['too many transfers']]);
});

it('counts the addresses of one /64 together', async () => {
  for (let host = 1; host <= 9; host += 1) await ask(`2001:db8::${host}`, 2000);
  expect([jobs.length, refused]).toEqual([8, ['too many transfers']]);
  await ask('2001:db8:0:1::1', 2000);
  expect(jobs).toHaveLength(9);
});

it.each<[string, Opened]>([
  ['there', kernel],
  ['not there', { missing: 'no such file' }],
])(
  'sends nothing of a file that was asked for first and is %s, once another was asked for',
  async (_, first) => {
    opensAtOnce = false;
    await ask('127.0.2.1', 2000, '/bsd.rd');
    await ask('127.0.2.1', 2000, '/bsd');
    opening[0]?.(first);
    await new Promise((turn) => setImmediate(turn));
    expect([jobs.length, refused]).toEqual([0, []]);
    opening[1]?.(kernel);
    await new Promise((turn) => setImmediate(turn));
    expect([jobs.length, refused]).toEqual([1, []]);
  },
);
