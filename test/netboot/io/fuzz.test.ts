import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePacket, encodePacket, type Packet } from '../../../netboot/dhcp/packet.ts';
import { decodeTftp, encodeTftp } from '../../../netboot/tftp/packet.ts';
import { until } from '../../support/puffboot.ts';
import { fixturePacket } from '../example.ts';
import { cases, mutated, type Random, randomFrom, seedOf } from '../fuzz.ts';
import { bounded } from './growth.ts';
import { LOCAL, LOOPBACK, openUdp, type Running, startRunning, type Udp } from './running.ts';

const DHCP_PACKETS = cases(30_000);
const TFTP_PACKETS = cases(30_000);
const HTTP_REQUESTS = cases(10_000);
const SETS = 'pub/OpenBSD/7.6/amd64';

let running: Running;
beforeAll(async () => {
  running = await startRunning({
    [`${SETS}/bsd.rd`]: new Uint8Array(20_000).fill(1),
    [`${SETS}/pxeboot`]: new Uint8Array(4 * 512).fill(2),
  });
});
afterAll(() => running.close());

describe('over the wire', { timeout: 300_000 }, () => {
  it(`${DHCP_PACKETS} mutated packets of DHCP`, async () => {
    const random = randomFrom(seedOf('DHCP over the wire'));
    const relay = await openUdp();
    await bounded(DHCP_PACKETS / 32, async (index) => {
      for (let count = 0; count < 31; count += 1) {
        relay.send(kept(mutated(DHCP_SAMPLES, random)), running.ports.dhcp);
      }
      relay.send(discover(index), running.ports.dhcp);
      expect((await reply(relay, index)).yourAddress).toBe(LOCAL.address);
      running.events.length = 0;
    });
    relay.close();
  });

  it(`${TFTP_PACKETS} mutated packets of TFTP, to the port of the service and to those of transfers`, async () => {
    const random = randomFrom(seedOf('TFTP over the wire'));
    await bounded(TFTP_PACKETS / 16, async () => {
      const peer = await openUdp();
      for (let count = 0; count < 8; count += 1) peer.send(mutated(RRQ_SAMPLES, random), running.ports.tftp);
      await spoil(peer, random);
      expect(await fetchBootConf()).toContain('boot tftp:/bsd.rd');
      peer.close();
      running.events.length = 0;
    });
  });

  it(`${HTTP_REQUESTS} broken requests of HTTP`, async () => {
    const random = randomFrom(seedOf('HTTP'));
    const statuses = new Set<string>();
    await bounded(HTTP_REQUESTS / 16, async () => {
      const answers = await Promise.all(Array.from({ length: 16 }, () => exchange(broken(random))));
      for (const answer of answers) {
        if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 (?:[1234]\d\d|505) /);
        statuses.add(answer.slice(9, 12));
      }
      running.events.length = 0;
    });
    expect([...statuses]).toEqual(expect.arrayContaining(['200', '400', '404']));
    const valid = await exchange(Buffer.from('GET /install.conf HTTP/1.0\r\n\r\n'));
    expect(valid).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*System hostname = web\n/);
  });
});

/** Its answer comes back to the port that it was sent from (RFC 8357), so that no privilege is needed. */
function discover(xid: number, options: Packet['options'] = {}): Uint8Array {
  const decoded = decodePacket(fixturePacket('ipxe-discover.hex'));
  if (!decoded.ok) throw new Error(decoded.reason);
  const { packet } = decoded;
  const relayInfo = Uint8Array.of(19, 0);
  return encodePacket({
    ...packet,
    xid,
    relayAddress: LOOPBACK,
    options: { ...packet.options, relayInfo, ...options },
  });
}

const NOBODY = 0xffffffff;
const DHCP_SAMPLES = [
  discover(NOBODY),
  discover(NOBODY, { messageType: 'request', requestedAddress: LOOPBACK }),
  discover(NOBODY, { messageType: 'inform' }),
  discover(NOBODY, { messageType: 'release' }),
  fixturePacket('uefi-discover.hex'),
];

/** No answer may leave this machine: addresses that answers go to stay what they were. */
function kept(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= 16) bytes.fill(0, 12, 16);
  if (bytes.length >= 28) bytes.set([127, 0, 0, 1], 24);
  return bytes;
}

async function reply(relay: Udp, xid: number): Promise<Packet> {
  for (;;) {
    const decoded = decodePacket((await relay.receive()).bytes);
    if (!decoded.ok) throw new Error(decoded.reason);
    if (decoded.packet.xid === xid) return decoded.packet;
  }
}

const rrq = (file: string, options: Readonly<Record<string, string>> = {}) =>
  encodeTftp({ kind: 'rrq', file, mode: 'octet', options: new Map(Object.entries(options)) });
const RRQ_SAMPLES = [
  rrq('auto_install', { tsize: '0', blksize: '1468', windowsize: '4' }),
  rrq('/bsd.rd'),
  rrq('/etc/random.seed', { timeout: '1' }),
];
const ANSWER_SAMPLES = [
  encodeTftp({ kind: 'ack', block: 0 }),
  encodeTftp({ kind: 'ack', block: 1 }),
  encodeTftp({ kind: 'data', block: 1, bytes: new Uint8Array(8) }),
  encodeTftp({ kind: 'error', code: 3, message: 'enough' }),
];
const ERROR = 5;
const ENOUGH = encodeTftp({ kind: 'error', code: 0, message: 'enough' });

/** Answers the first that is no refusal with eight broken packets, and ends it. */
async function spoil(peer: Udp, random: Random): Promise<void> {
  peer.send(rrq('/bsd.rd'), running.ports.tftp);
  for (;;) {
    const { bytes, port } = await peer.receive();
    if (bytes[1] === ERROR && /too many/.test(Buffer.from(bytes).toString())) return;
    if (bytes[1] === ERROR) continue;
    for (let count = 0; count < 8; count += 1) peer.send(mutated(ANSWER_SAMPLES, random), port);
    return peer.send(ENOUGH, port);
  }
}

async function fetchBootConf(): Promise<string> {
  const peer = await openUdp();
  try {
    return await until(async () => {
      peer.send(rrq('/etc/boot.conf'), running.ports.tftp);
      const { bytes, port } = await peer.receive();
      const decoded = decodeTftp(bytes);
      if (!decoded.ok || decoded.packet.kind !== 'data') return null; // as long as there are too many transfers
      peer.send(encodeTftp({ kind: 'ack', block: 1 }), port);
      return Buffer.from(decoded.packet.bytes).toString();
    });
  } finally {
    peer.close();
  }
}

const REQUESTS = [
  'GET /install.conf?path=7.6/amd64 HTTP/1.1\r\nHost: boot\r\n\r\n',
  `GET /${SETS}/bsd.rd HTTP/1.1\r\nHost: boot\r\nRange: bytes=100-199\r\nIf-None-Match: "x"\r\nIf-Unmodified-Since: Fri, 27 Nov 2099 01:10:03 GMT\r\n\r\n`,
  `HEAD /${SETS}/bsd.rd HTTP/1.0\r\n\r\nGET /${SETS}/index.txt HTTP/1.1\r\nHost: boot\r\n\r\n`,
  'POST /install.conf HTTP/1.1\r\nHost: boot\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  `GET /${'%2e%2e/'.repeat(40)}etc/passwd HTTP/1.1\r\nHost: boot\r\nX-Long: ${'x'.repeat(9000)}\r\n\r\n`,
  'GET /install-done/q7Zr0c1JbX3vWm5nT9dKfA HTTP/1.1\r\nHost: boot\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
].map((text) => new TextEncoder().encode(text));

const broken = (random: Random): Uint8Array => mutated(REQUESTS, random);

/** Sends it, says that no more will come, and resolves with all that came back when the other end has closed. */
function exchange(request: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(running.ports.http, LOOPBACK);
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
    });
    socket.on('error', () => undefined); // cut off: that is an answer too
    socket.on('close', () => resolve(text));
    socket.end(request);
  });
}
