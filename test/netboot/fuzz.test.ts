import { describe, expect, it } from 'vitest';
import { decide } from '../../netboot/dhcp/decide.ts';
import { decodePacket, encodePacket, type Packet } from '../../netboot/dhcp/packet.ts';
import { encodeWithin } from '../../netboot/dhcp/shorten.ts';
import { lookupOf } from '../../netboot/lookup.ts';
import { resolveName } from '../../netboot/tftp/names.ts';
import { decodeTftp, encodeTftp, type RequestOptions } from '../../netboot/tftp/packet.ts';
import {
  openTransfer,
  stepTransfer,
  type Transfer,
  type TransferEffect,
} from '../../netboot/tftp/transfer.ts';
import type { Ipv4 } from '../../src/common/address.ts';
import { CATALOG, fixturePacket, NOON, WEB } from './example.ts';
import { cases, heapInUse, mutated, randomFrom, seedOf } from './fuzz.ts';

/** With those over the wire (io/fuzz.test.ts) a million. */
const DHCP_PACKETS = cases(450_000);
const TFTP_PACKETS = cases(490_000);
/** What a heap may differ by, with all the same in it. */
const SLACK = 8 * 1024 * 1024;

const lookup = lookupOf(CATALOG);
const captured = ['ipxe-discover.hex', 'ipxe-request.hex', 'uefi-discover.hex', 'dhcpleased-discover.hex'];

function packetOf(name: string, change: Partial<Packet> = {}, options: Packet['options'] = {}): Uint8Array {
  const decoded = decodePacket(fixturePacket(name));
  if (!decoded.ok) throw new Error(decoded.reason);
  const { packet } = decoded;
  return encodePacket({ ...packet, ...change, options: { ...packet.options, ...options } });
}

const relayed = { relayAddress: '10.77.0.254' as Ipv4 };
const DHCP_SAMPLES = [
  ...captured.map(fixturePacket),
  packetOf('ipxe-discover.hex', relayed, { relayInfo: Uint8Array.of(1, 2, 7, 7, 19, 0) }),
  packetOf('ipxe-request.hex', { clientAddress: WEB.address }),
  packetOf('ipxe-request.hex', {}, { messageType: 'decline' }),
  packetOf('ipxe-request.hex', { clientAddress: WEB.address }, { messageType: 'release' }),
  packetOf('ipxe-request.hex', { clientAddress: WEB.address }, { messageType: 'inform' }),
];

/** What the answer may be: a packet that any client can read, and nothing for anybody else. */
function judgeReply(bytes: Uint8Array, asked: Packet): void {
  if (bytes.length < 300 || bytes.length > 1472) throw new Error(`a reply of ${bytes.length} bytes`);
  const reply = decodePacket(bytes);
  if (!reply.ok) throw new Error(`an unreadable reply: ${reply.reason}`);
  const { lladdr, xid, kind } = reply.packet;
  if (lladdr !== asked.lladdr || xid !== asked.xid || kind !== 'reply')
    throw new Error('the reply of another');
}

const options = (named: Readonly<Record<string, string>>): RequestOptions => new Map(Object.entries(named));
const rrq = (file: string, named: Readonly<Record<string, string>>, mode = 'octet') =>
  encodeTftp({ kind: 'rrq', file, mode, options: options(named) });
const TFTP_SAMPLES = [
  rrq('auto_install', { tsize: '0', blksize: '1468', windowsize: '4' }),
  rrq('/bsd.rd', {}),
  rrq('/etc/boot.conf', { blksize: '1432', timeout: '3' }, 'netascii'),
  encodeTftp({ kind: 'wrq', file: 'bsd', mode: 'octet', options: new Map() }),
  encodeTftp({ kind: 'ack', block: 1 }),
  encodeTftp({ kind: 'ack', block: 65535 }),
  encodeTftp({ kind: 'error', code: 3, message: '' }),
  encodeTftp({ kind: 'data', block: 1, bytes: new Uint8Array(64) }),
  encodeTftp({ kind: 'oack', options: options({ blksize: '512' }) }),
];

/** Nothing outside of the file may be sent, and no more than a window. */
function judgeEffects(transfer: Transfer, effects: readonly TransferEffect[]): void {
  const { terms, size, sent, acknowledged } = transfer;
  if (sent - Math.max(acknowledged, 0) > terms.window) throw new Error('more than a window is on its way');
  for (const effect of effects) {
    if (effect.kind !== 'data') continue;
    const { offset, length, number } = effect;
    const within = offset >= 0 && length >= 0 && offset + length <= size && length <= terms.blockSize;
    if (!within || number < 0 || number > 0xffff) throw new Error(`block ${number}: ${offset}+${length}`);
  }
}

/** Runs half, measures, runs the other half. */
function halves(count: number, run: (count: number) => void): void {
  run(Math.ceil(count / 2));
  const before = heapInUse();
  run(Math.floor(count / 2));
  expect(heapInUse() - before).toBeLessThan(SLACK);
}

describe('mutated packets', { timeout: 300_000 }, () => {
  it(`${DHCP_PACKETS} of DHCP`, () => {
    const random = randomFrom(seedOf('DHCP'));
    const outcomes = new Map<string, number>();
    halves(DHCP_PACKETS, (count) => {
      for (let done = 0; done < count; done += 1) {
        const decoded = decodePacket(mutated(DHCP_SAMPLES, random));
        if (!decoded.ok) {
          tally(outcomes, 'malformed');
          continue;
        }
        const { packet } = decoded;
        const { reply } = decide(packet, { address: '10.77.0.254' as Ipv4, port: 67 }, lookup, NOON);
        tally(outcomes, reply === null ? 'ignored' : 'answered');
        if (reply !== null) judgeReply(encodeWithin(reply.packet, reply.most), packet);
      }
    });
    expect([...outcomes.keys()].sort()).toEqual(['answered', 'ignored', 'malformed']);
  });

  it(`${TFTP_PACKETS} of TFTP`, () => {
    const random = randomFrom(seedOf('TFTP'));
    const kinds = new Map<string, number>();
    let [transfer] = openTransfer(new Map(), 100_000, NOON);
    halves(TFTP_PACKETS, (count) => {
      for (let done = 0; done < count; done += 1) {
        const decoded = decodeTftp(mutated(TFTP_SAMPLES, random));
        tally(kinds, decoded.ok ? decoded.packet.kind : 'malformed');
        if (!decoded.ok) continue;
        const { packet } = decoded;
        let effects: readonly TransferEffect[] = [];
        if (packet.kind === 'rrq') {
          resolveName(packet.file, WEB, random(12), NOON);
          [transfer, effects] = openTransfer(packet.options, random(2_000_000), NOON);
        } else {
          [transfer, effects] = stepTransfer(transfer, { kind: 'packet', packet }, NOON + done);
        }
        judgeEffects(transfer, effects);
        if (random(8) === 0) {
          [transfer, effects] = stepTransfer(transfer, { kind: 'timeout' }, NOON + done);
          judgeEffects(transfer, effects);
        }
      }
    });
    expect([...kinds.keys()].sort()).toEqual(['ack', 'data', 'error', 'malformed', 'oack', 'rrq', 'wrq']);
  });
});

function tally(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}
