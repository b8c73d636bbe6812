/** How a value of puffboot.toml is described: what it must be, for the parser and for people. */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { type Cidr4, type Ipv4, ipv4ToNumber, parseCidr4, parseIpv4 } from '../common/address.ts';
import { parseSize } from '../common/form.ts';

/** What a value must be, in words: told when it is refused, and printed in the README. */
export const WORDS = z.registry<{ readonly words: string }>();

export const matching = (form: RegExp, words: string) => z.string().regex(form).register(WORDS, { words });
export const whole = (from: number, to: number, words: string) =>
  z.int().min(from).max(to).register(WORDS, { words });
/** A text whose value is what `parse` makes of it; null refuses it. */
export const parsed = <T>(parse: (text: string) => T | null, words: string) =>
  z
    .string()
    .transform((text, context) => {
      const value = parse(text);
      if (value !== null) return value;
      context.addIssue({ code: 'custom', message: words });
      return z.NEVER;
    })
    .register(WORDS, { words });

/** Addresses from `first` to `last`, both included. */
export interface Ipv4Range {
  readonly first: Ipv4;
  readonly last: Ipv4;
}

export const ipv4 = parsed(parseIpv4, 'an IPv4 address such as 192.0.2.1');
export const cidr4 = parsed<Cidr4>(parseCidr4, 'a network such as 192.0.2.0/24, without host bits');
export const ipv4Range = parsed(
  parseRange,
  'FIRST-LAST such as 192.0.2.10-192.0.2.49, the first not above the last',
);
export const ipv6 = parsed(
  (text) => (ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text).toRFC5952String() : null),
  'an IPv6 address such as 2001:db8::1',
);
export const ipv6Prefix = parsed(
  parsePrefix,
  'an IPv6 network such as 2001:db8:0:100::/56, from /48 to /64, without host bits',
);
/** A network with two octets of its own. */
export const cidr16 = parsed<Cidr4>(parseCidr16, 'a network of 16 bits such as 10.64.0.0/16');
export const size = parsed(parseSize, 'a size such as 512M or 20G');
export const memory = parsed(parseMemory, 'a size from 64M to 128G');
/** One recording takes up to 64 MiB. */
export const recordingsSize = parsed(parseRecordingsSize, 'a size from 64M such as 10G');
export const port = whole(1, 65535, 'a port from 1 to 65535');
export const absolutePath = matching(
  /^\/[^\u0000-\u001f\u007f"]*$/,
  'an absolute path without quotes or control characters',
);
export const login = matching(
  /^[a-z_][a-z0-9_-]{0,30}$/,
  'a login name: a lower-case letter or _, then up to 30 of a-z 0-9 _ -',
);
export const groupName = matching(
  /^[a-z_]([a-z0-9_-]{0,13}[a-z_-])?$/,
  'a group name: a lower-case letter or _, then up to 14 of a-z 0-9 _ -, no digit at the end',
);
export const nodeName = matching(/^[A-Za-z0-9.-]{1,63}$/, 'a name of letters, digits, dots and hyphens');

/** vmd(8) takes no less than the guest needs to boot, and no more than 128 GiB. */
function parseMemory(text: string): number | null {
  const mebibytes = parseSize(text);
  return mebibytes !== null && mebibytes >= 64 && mebibytes <= 128 * 1024 ? mebibytes : null;
}

function parseRecordingsSize(text: string): number | null {
  const mebibytes = parseSize(text);
  return mebibytes !== null && mebibytes >= 64 ? mebibytes : null;
}

function parseCidr16(text: string): Cidr4 | null {
  return text.endsWith('/16') ? parseCidr4(text) : null;
}

function parseRange(text: string): Ipv4Range | null {
  const [first, last, ...rest] = text.split('-').map((part) => parseIpv4(part.trim()));
  if (!first || !last || rest.length > 0) return null;
  return ipv4ToNumber(first) <= ipv4ToNumber(last) ? { first, last } : null;
}

/** Canonical (RFC 5952), or null. */
function parsePrefix(text: string): string | null {
  if (!/^[0-9a-f:]+\/\d{2}$/i.test(text) || !ipaddr.IPv6.isValidCIDR(text)) return null;
  const [address, bits] = ipaddr.IPv6.parseCIDR(text);
  const network = ipaddr.IPv6.networkAddressFromCIDR(text).toString();
  if (bits < 48 || bits > 64 || network !== address.toString()) return null;
  return `${address.toRFC5952String()}/${bits}`;
}
