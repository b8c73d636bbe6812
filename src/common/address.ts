/**
 * Addresses in canonical text form. They are branded strings and not bytes because they are compared, used
 * as keys and sent as JSON far more often than they are computed with.
 */
declare const brand: unique symbol;
/** `192.0.2.7`, no leading zeros. */
export type Ipv4 = string & { readonly [brand]: 'Ipv4' };
/** `fe:e1:bb:d1:4c:7a`, lower case, as ifconfig(8) prints it. */
export type Lladdr = string & { readonly [brand]: 'Lladdr' };
/** `192.0.2.0/24`, host bits zero. */
export type Cidr4 = string & { readonly [brand]: 'Cidr4' };

/** @returns null unless `text` is a dotted quad without leading zeros. */
export function parseIpv4(text: string): Ipv4 | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  const valid = parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return valid ? (text as Ipv4) : null;
}

const ZERO = '0'.charCodeAt(0);
const DOT = '.'.charCodeAt(0);

/** The address as an unsigned 32-bit number. */
export function ipv4ToNumber(address: Ipv4): number {
  let [sum, octet] = [0, 0];
  for (let index = 0; index < address.length; index += 1) {
    const code = address.charCodeAt(index);
    if (code !== DOT) octet = octet * 10 + code - ZERO;
    else {
      sum = sum * 256 + octet;
      octet = 0;
    }
  }
  return sum * 256 + octet;
}

/** The address of an unsigned 32-bit number; higher bits are dropped. */
export function ipv4FromNumber(value: number): Ipv4 {
  if (value === 0) return '0.0.0.0' as Ipv4;
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}` as Ipv4;
}

/** @returns null unless `text` is six hexadecimal octets with colons; upper case is accepted. */
export function parseLladdr(text: string): Lladdr | null {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ? (text.toLowerCase() as Lladdr) : null;
}

export interface Network {
  readonly base: number;
  readonly bits: number;
  readonly mask: number;
  /** The directed broadcast address. */
  readonly broadcast: number;
}

/** @returns null unless `text` is `a.b.c.d/bits` with no host bits set. */
export function parseCidr4(text: string): Cidr4 | null {
  const [address = '', bits = '', ...rest] = text.split('/');
  const parsed = parseIpv4(address);
  if (parsed === null || rest.length > 0 || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return null;
  const mask = maskOf(Number(bits));
  return ipv4ToNumber(parsed) === (ipv4ToNumber(parsed) & mask) >>> 0 ? (text as Cidr4) : null;
}

/** Networks are few and asked about with every packet. */
const NETWORKS = new Map<Cidr4, Network>();
const MOST_NETWORKS = 1000;

export function networkOf(cidr: Cidr4): Network {
  const known = NETWORKS.get(cidr);
  if (known !== undefined) return known;
  const network = makeNetwork(cidr);
  if (NETWORKS.size < MOST_NETWORKS) NETWORKS.set(cidr, network);
  return network;
}

function makeNetwork(cidr: Cidr4): Network {
  const [address = '', bits = '0'] = cidr.split('/');
  const base = ipv4ToNumber(address as Ipv4);
  const mask = maskOf(Number(bits));
  return { base, bits: Number(bits), mask, broadcast: (base | ~mask) >>> 0 };
}

/** `255.255.255.0` of a network with 24 bits. */
export const netmaskOf = (cidr: Cidr4): Ipv4 => ipv4FromNumber(networkOf(cidr).mask);

export function contains(cidr: Cidr4, address: Ipv4): boolean {
  const { base, mask } = networkOf(cidr);
  return (ipv4ToNumber(address) & mask) >>> 0 === base;
}

function maskOf(bits: number): number {
  return bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
}
