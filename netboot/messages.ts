import { z } from 'zod';
import {
  type Cidr4,
  type Ipv4,
  ipv4ToNumber,
  type Lladdr,
  parseCidr4,
  parseIpv4,
  parseLladdr,
} from '../src/common/address.ts';
import { type BootEvent, type Catalog, DHCP_MESSAGES } from './catalog.ts';

/** What goes across the channel between netboot and the rest. Everything that arrives is checked. */
export type ToNetboot = {
  readonly kind: 'push';
  readonly id: number;
  readonly catalog: Catalog;
  /** Milliseconds since the epoch, by the sender's clock. */
  readonly sentAt: number;
  /** What has to be added to the sender's times; given by whoever took the message from another machine. */
  readonly skew?: number;
};

export type FromNetboot =
  /** It has started, and knows nothing yet. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'pushed'; readonly id: number }
  | { readonly kind: 'refused'; readonly id: number; readonly reason: string }
  /** Numbered where it may have to be said again. */
  | { readonly kind: 'event'; readonly event: BootEvent; readonly number?: EventNumber }
  /** So many events were not kept until somebody heard them. */
  | { readonly kind: 'forgotten'; readonly count: number; readonly number?: EventNumber };

/** Ascending within one stream; a stream ends with the process that numbers. */
export interface EventNumber {
  readonly stream: string;
  readonly seq: number;
}

/** What the other end has heard: everything up to this number. */
export type Heard = EventNumber & { readonly kind: 'heard' };

const canonical = <T extends string>(parse: (text: string) => T | null, what: string) =>
  z
    .string()
    .refine((text) => parse(text) === text, `expected ${what}`)
    .transform((text) => text as T);
const ipv4 = canonical<Ipv4>(parseIpv4, 'an IPv4 address');
const cidr4 = canonical<Cidr4>(parseCidr4, 'a network');
const lladdr = canonical<Lladdr>(parseLladdr, 'an lladdr in lower case');
const moment = z.number().min(0);
const mode = z.enum(['install', 'upgrade']);
/** Both become parts of paths and URLs. */
const release = z.string().regex(/^(\d{1,2}\.\d|snapshots)$/);
const arch = z.string().regex(/^[a-z0-9]+$/);

const answer = z.strictObject({
  key: z.string(),
  value: z.string(),
  secret: z.exactOptional(z.boolean()),
});

const armed = z.strictObject({
  token: z.string().regex(/^[A-Za-z0-9_-]{16,128}$/, 'expected a token of 16 to 128 characters'),
  mode,
  release,
  arch,
  answers: z.array(answer),
  passwords: z.exactOptional(z.array(z.string().regex(/^[a-z_][a-z0-9_-]{0,30}$/)).max(2)),
  console: z.exactOptional(
    z.strictObject({ tty: z.enum(['com0', 'com1', 'com2', 'com3']), speed: z.int().min(9600).max(115200) }),
  ),
  until: moment,
});

const client = z.strictObject({
  name: z.string().min(1),
  lladdr,
  address: ipv4,
  ipv6: z.string().max(64).exactOptional(),
  dhcp: z.boolean(),
  hostName: z.string().regex(/^[A-Za-z0-9.-]{1,255}$/),
  armed: armed.nullable(),
});

/** Each takes memory. */
const MOST_IN_POOL = 65536;

const subnet = z.strictObject({
  cidr: cidr4,
  router: ipv4,
  dns: z.array(ipv4),
  domain: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,255}$/)
    .nullable(),
  leaseSeconds: z.int().min(1).max(0xffffffff),
  bootAddress: ipv4,
  pool: z
    .strictObject({ first: ipv4, last: ipv4 })
    .refine(({ first, last }) => {
      const size = ipv4ToNumber(last) - ipv4ToNumber(first) + 1;
      return size >= 1 && size <= MOST_IN_POOL;
    }, 'expected a range')
    .exactOptional(),
  relayed: z.boolean().exactOptional(),
  proxy: z.boolean().exactOptional(),
});

const catalogSchema = z.strictObject({ subnets: z.array(subnet), clients: z.array(client) });

const base = { at: moment, name: z.string().nullable(), from: z.string() };
const count = z.number().min(0);
const reason = z.string().nullable();
const dhcpMessage = z.enum(DHCP_MESSAGES);

const eventSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...base,
    kind: z.literal('dhcp'),
    message: dhcpMessage,
    reply: dhcpMessage.nullable(),
    reason,
  }),
  z.strictObject({
    ...base,
    kind: z.literal('tftp'),
    file: z.string(),
    outcome: z.enum(['sent', 'refused', 'aborted']),
    bytes: count,
    reason,
  }),
  z.strictObject({
    ...base,
    kind: z.literal('response-file'),
    path: z.string(),
    outcome: z.enum(['served', 'refused']),
    reason,
  }),
  z.strictObject({
    ...base,
    kind: z.literal('set'),
    path: z.string(),
    status: count,
    bytes: count,
    seconds: count,
    reason: z.string().exactOptional(),
  }),
  z.strictObject({ ...base, kind: z.literal('http'), path: z.string(), status: count, reason: z.string() }),
  z.strictObject({
    ...base,
    kind: z.literal('install-done'),
    token: z.string(),
    outcome: z.enum(['accepted', 'refused']),
  }),
]);

const pushSchema = z.strictObject({
  kind: z.literal('push'),
  id: z.int(),
  catalog: z.unknown(),
  sentAt: z.number().exactOptional(),
  skew: z.number().exactOptional(),
});

const eventNumber = { stream: z.string().max(100), seq: z.int().min(1) };
const heardSchema = z.strictObject({ kind: z.literal('heard'), ...eventNumber });
const numbered = { number: z.strictObject(eventNumber).exactOptional() };

const fromSchema: z.ZodType<FromNetboot> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready') }),
  z.strictObject({ kind: z.literal('pushed'), id: z.int() }),
  z.strictObject({ kind: z.literal('refused'), id: z.int(), reason: z.string() }),
  z.strictObject({ kind: z.literal('event'), event: eventSchema, ...numbered }),
  z.strictObject({ kind: z.literal('forgotten'), count: z.int().min(1), ...numbered }),
]);

/** A push with a catalog that is none is answered with the reason, so it is told apart from noise. */
export type ParsedPush =
  | { readonly kind: 'push'; readonly id: number; readonly catalog: Catalog }
  | { readonly kind: 'refused'; readonly id: number; readonly reason: string };

/** @returns null for what is not a push at all */
export function parsePush(message: unknown): ParsedPush | null {
  const push = pushSchema.safeParse(message);
  if (!push.success) return null;
  const { id, skew = 0 } = push.data;
  const parsed = parseCatalog(push.data.catalog);
  return parsed.ok
    ? { kind: 'push', id, catalog: skewed(parsed.catalog, skew) }
    : { kind: 'refused', id, reason: parsed.reason };
}

/** The catalog with the times of armings in our own clock. */
function skewed(catalog: Catalog, skew: number): Catalog {
  if (skew === 0) return catalog;
  const clients = catalog.clients.map((client) =>
    client.armed === null
      ? client
      : { ...client, armed: { ...client.armed, until: Math.max(0, client.armed.until + skew) } },
  );
  return { ...catalog, clients };
}

export const isPush = (value: unknown): value is { readonly kind: 'push'; readonly sentAt?: unknown } =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'push';

/** @returns null for any other message */
export function parseHeard(message: unknown): Heard | null {
  const heard = heardSchema.safeParse(message);
  return heard.success ? heard.data : null;
}

/** @returns null for what netboot does not say */
export function parseFromNetboot(message: unknown): FromNetboot | null {
  const parsed = fromSchema.safeParse(message);
  return parsed.success ? parsed.data : null;
}

export type ParsedCatalog =
  | { readonly ok: true; readonly catalog: Catalog }
  | { readonly ok: false; readonly reason: string };

/** The reason names the place (`clients.3.address`) but no value, which may be secret. */
export function parseCatalog(value: unknown): ParsedCatalog {
  const parsed = catalogSchema.safeParse(value);
  if (parsed.success) return { ok: true, catalog: parsed.data };
  const [issue] = parsed.error.issues;
  return { ok: false, reason: `the catalog is malformed at ${issue?.path.join('.') || 'its top'}` };
}
