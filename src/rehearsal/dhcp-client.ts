import { type Ipv4, ipv4FromNumber, ipv4ToNumber, type Lladdr } from '../common/address.ts';

/**
 * The messages of a DHCP client as a relay passes them on. A codec of its own: a peer that shared the server's
 * would agree with its mistakes.
 *
 *   0       1       2       3
 *   | op    | htype | hlen  | hops  |
 *   | xid                           |
 *   | secs          | flags         |
 *   | ciaddr, yiaddr, siaddr, giaddr: 4 bytes each
 *   | chaddr (16) | sname (64) | file (128) | 63 82 53 63 | options   (RFC 2131 §2)
 */
export interface ClientMessage {
  readonly kind: 'discover' | 'request';
  readonly xid: number;
  readonly secs: number;
  readonly lladdr: Lladdr;
  readonly relayAddress: Ipv4;
  readonly options: readonly ClientOption[];
  /** Only in a request: what was offered, and by whom. */
  readonly offer?: { readonly address: Ipv4; readonly serverId: Ipv4 };
}

/** What one program's messages carry besides their type and what a request repeats of its offer. */
export interface DhcpClient {
  readonly options: (lladdr: Lladdr) => readonly ClientOption[];
  /** Seconds for which it waits for other offers once it has this one. */
  readonly patience: (offer: ServerMessage) => number;
}

export interface ClientOption {
  readonly code: number;
  readonly value: readonly number[];
}

export interface ServerMessage {
  readonly kind: 'offer' | 'ack' | 'nak';
  readonly xid: number;
  readonly lladdr: string;
  /** Option 60. */
  readonly vendorClass: string | null;
  readonly lease: Lease;
}

/** What dhcpleased(8) keeps. Server and boot file come from the header alone: it never asks for 66 and 67. */
export interface Lease {
  readonly address: Ipv4;
  readonly nextServer: Ipv4 | null;
  readonly filename: string;
  readonly serverId: Ipv4 | null;
  readonly hostName: string | null;
  readonly domain: string | null;
  readonly dns: readonly Ipv4[];
}

const COOKIE = [0x63, 0x82, 0x53, 0x63] as const;
/** frontend.c of dhcpleased: mask, routers, DNS, host name, domain, broadcast, search list, classless routes. */
const REQUESTED = [1, 3, 6, 12, 15, 28, 119, 121] as const;
const OPTION = {
  dns: 6,
  hostName: 12,
  domain: 15,
  address: 50,
  type: 53,
  serverId: 54,
  wanted: 55,
  vendorClass: 60,
  clientId: 61,
  relay: 82,
};

/** dhcpleased(8), which takes the first offer. */
export const DHCPLEASED: DhcpClient = {
  options: (lladdr) => [
    { code: OPTION.clientId, value: [1, ...octetsOfLladdr(lladdr)] },
    { code: OPTION.wanted, value: REQUESTED },
  ],
  patience: () => 0,
};

/** RFC 8357: an empty suboption 19 asks for the reply at the port from which the relay sent. */
const RELAY_SOURCE_PORT = [19, 0] as const;

export function encodeClientMessage(message: ClientMessage): Uint8Array {
  const header = new Uint8Array(236);
  const view = new DataView(header.buffer);
  header.set([1, 1, 6, 1]);
  view.setUint32(4, message.xid);
  view.setUint16(8, message.secs);
  view.setUint32(24, ipv4ToNumber(message.relayAddress));
  header.set(octetsOfLladdr(message.lladdr), 28);
  const { offer } = message;
  const options = [
    ...option(OPTION.type, [message.kind === 'discover' ? 1 : 3]),
    ...message.options.flatMap(({ code, value }) => option(code, value)),
    ...(offer === undefined ? [] : option(OPTION.address, octets(offer.address))),
    ...(offer === undefined ? [] : option(OPTION.serverId, octets(offer.serverId))),
    ...option(OPTION.relay, RELAY_SOURCE_PORT),
  ];
  const packet = Uint8Array.from([...header, ...COOKIE, ...options, 255]);
  if (packet.length >= 300) return packet;
  const padded = new Uint8Array(300);
  padded.set(packet);
  return padded;
}

/** @returns null for anything but a server's offer, ack or nak. */
export function decodeServerMessage(bytes: Uint8Array): ServerMessage | null {
  if (bytes.length < 240 || bytes[0] !== 2 || COOKIE.some((byte, index) => bytes[236 + index] !== byte))
    return null;
  const options = decodeOptions(bytes.subarray(240));
  const kind = ({ 2: 'offer', 5: 'ack', 6: 'nak' } as const)[options.get(OPTION.type)?.[0] ?? 0];
  if (kind === undefined) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const nextServer = view.getUint32(20);
  return {
    kind,
    xid: view.getUint32(4),
    lladdr: [...bytes.subarray(28, 34)].map((octet) => octet.toString(16).padStart(2, '0')).join(':'),
    vendorClass: text(options.get(OPTION.vendorClass) ?? []) || null,
    lease: {
      address: ipv4FromNumber(view.getUint32(16)),
      nextServer: nextServer === 0 ? null : ipv4FromNumber(nextServer),
      filename: text(bytes.subarray(108, 236)),
      serverId: addresses(options.get(OPTION.serverId))[0] ?? null,
      hostName: text(options.get(OPTION.hostName) ?? []) || null,
      domain: text(options.get(OPTION.domain) ?? []) || null,
      dns: addresses(options.get(OPTION.dns)),
    },
  };
}

/** A repeated option continues the first one (RFC 3396); a truncated one ends the list. */
function decodeOptions(bytes: Uint8Array): ReadonlyMap<number, readonly number[]> {
  const options = new Map<number, readonly number[]>();
  for (let at = 0; at < bytes.length; ) {
    const code = bytes[at] ?? 255;
    if (code === 255) break;
    if (code === 0) {
      at += 1;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    const value = bytes.subarray(at + 2, at + 2 + length);
    if (value.length < length) break;
    options.set(code, [...(options.get(code) ?? []), ...value]);
    at += 2 + length;
  }
  return options;
}

const option = (code: number, value: readonly number[]): readonly number[] => [code, value.length, ...value];

export const octetsOfLladdr = (lladdr: Lladdr): readonly number[] =>
  lladdr.split(':').map((octet) => Number.parseInt(octet, 16));

const octets = (address: Ipv4): readonly number[] => address.split('.').map(Number);

function addresses(value: readonly number[] = []): readonly Ipv4[] {
  const found: Ipv4[] = [];
  for (let at = 0; at + 4 <= value.length; at += 4) found.push(value.slice(at, at + 4).join('.') as Ipv4);
  return found;
}

/** Up to the first zero byte. Anything but printable ASCII becomes `?`: it is shown on a console. */
function text(bytes: Iterable<number>): string {
  const all = [...bytes];
  const end = all.indexOf(0);
  const shown = end < 0 ? all : all.slice(0, end);
  return shown.map((byte) => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?')).join('');
}
