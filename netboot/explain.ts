import type { Ipv4, Lladdr } from '../src/common/address.ts';
import type { Armed, CatalogClient, CatalogSubnet } from './catalog.ts';
import { decide, type Reply } from './dhcp/decide.ts';
import { installerReading } from './dhcp/installer-reading.ts';
import { leaseBook } from './dhcp/lease-book.ts';
import { NO_ADDRESS, type Packet } from './dhcp/packet.ts';
import { route } from './http/routes.ts';
import { armedNow, type Lookup } from './lookup.ts';
import { resolveName } from './tftp/names.ts';

export interface Explaining {
  readonly lladdr: Lladdr;
  /** Option 93 of its ROM; null: no ROM asks, but an installer. */
  readonly arch: number | null;
  /** Of the ramdisk kernel that asks, where it is another than the VM's. */
  readonly release: string | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What this machine would be told now, and why: a sentence for each decision, in the order of a boot. */
export function explain(lookup: Lookup, asking: Explaining): readonly string[] {
  const client = lookup.byLladdr(asking.lladdr);
  const armed = client === null ? `${asking.lladdr} is unknown` : armedNow(client, asking.now);
  const elsewhere = client !== null && (!client.dhcp || lookup.subnetOf(client)?.proxy === true);
  return [
    who(lookup, asking.lladdr, client),
    ...arming(client, armed),
    ...waysOf(lookup, client).flatMap((relayed) => dhcp(lookup, asking, relayed, armed, elsewhere)),
    ...(client === null ? [] : [...tftp(client, armed, asking), ...http(lookup, client, armed, asking)]),
  ];
}

/** The subnets whose relay its question may come through; null for a broadcast. */
function waysOf(lookup: Lookup, client: CatalogClient | null): readonly (CatalogSubnet | null)[] {
  const { attachedPool, relayedPools } = lookup;
  if (client === null) {
    const isHeard = attachedPool?.pool !== undefined || relayedPools.length === 0;
    return [...(isHeard ? [null] : []), ...relayedPools];
  }
  const subnet = lookup.subnetOf(client);
  return [subnet?.relayed === true ? subnet : null];
}

function who(lookup: Lookup, lladdr: Lladdr, client: CatalogClient | null): string {
  if (client === null) return `${lladdr} is no VM's lladdr.`;
  const subnet = lookup.subnetOf(client);
  const where = subnet === null ? 'which lies in no subnet' : `in ${subnet.cidr}`;
  return `${lladdr} is ${client.name}; ${client.address}, ${where}, is reserved for it.`;
}

function arming(client: CatalogClient | null, armed: Armed | string): readonly string[] {
  if (client === null) return [];
  if (typeof armed === 'string')
    return [`${armed}, so there is nothing for it to boot and no response file.`];
  const until = new Date(armed.until).toISOString();
  return [`It is armed for an ${armed.mode} of ${armed.release}/${armed.arch} until ${until}.`];
}

const ASKS_ON_CONSOLE =
  "Unless the other server names our boot file and address, the installer asks for its response file on its console, where puffboot's driver types the URL.";

function dhcp(
  lookup: Lookup,
  asking: Explaining,
  relayed: CatalogSubnet | null,
  armed: Armed | string,
  elsewhere: boolean,
): readonly string[] {
  const { arch, release } = asking;
  const arrival = { address: NO_ADDRESS, port: 68 };
  const discover = discoverOf(asking, relayed);
  const decision = decide(discover, arrival, lookup, asking.now, undefined, leaseBook());
  const { reply, reason, client } = decision;
  const who = arch === null ? 'A DISCOVER of its installer' : `A DISCOVER of its ROM, architecture ${arch},`;
  const asks = relayed === null ? who : `${who} through a relay of ${relayed.cidr}`;
  if (reply === null) {
    const why = `${asks} gets no answer: ${reason?.startsWith('is ') ? 'it ' : ''}${reason}.`;
    return elsewhere && typeof armed !== 'string' ? [why, ASKS_ON_CONSOLE] : [why];
  }
  const { packet, from } = reply;
  const pool = client === null ? (relayed ?? lookup.attachedPool)?.pool : undefined;
  const which =
    pool === undefined
      ? `the address ${packet.yourAddress}`
      : `an address of ${pool.first}-${pool.last}, if any is free,`;
  const address =
    packet.yourAddress === NO_ADDRESS
      ? 'no address, which another server gives,'
      : `${which} for ${packet.options.leaseSeconds} s`;
  const nothing = arch === null ? 'no boot file' : 'nothing but to go on to its disk';
  const file = packet.bootfile === '' ? nothing : `the boot file ${packet.bootfile}`;
  const told = `${asks} is offered ${address} and ${file} by ${from}, ${where(reply, relayed)}.`;
  const reader = release ?? (typeof armed === 'string' ? null : armed.release);
  // A ROM boots whatever name it is told; only the installer reads a mode from it.
  if (reader === null || packet.yourAddress === NO_ADDRESS) return [told];
  return [told, `${installerReading(packet, reader).sentence}.`];
}

function where({ to, also }: Reply, relayed: CatalogSubnet | null): string {
  if (relayed !== null) return 'sent to that relay';
  return also === null ? `sent to ${to.address}` : `sent to ${to.address} and ${also}`;
}

function tftp(client: CatalogClient, armed: Armed | string, { arch, now }: Explaining): readonly string[] {
  const names = typeof armed === 'string' ? ['auto_install'] : [`auto_${armed.mode}`, 'bsd.rd'];
  return names.map((name) => {
    const named = resolveName(name, client, arch, now);
    switch (named.kind) {
      case 'file':
        return `TFTP gives ${client.address} the file ${named.path} as ${name}.`;
      case 'refused':
        return `TFTP refuses ${name} to ${client.address}: ${named.reason}.`;
      default:
        return `TFTP gives ${client.address} ${name}, made when it is asked for.`;
    }
  });
}

function http(
  lookup: Lookup,
  client: CatalogClient,
  armed: Armed | string,
  { release, now }: Explaining,
): readonly string[] {
  if (typeof armed === 'string') return [];
  const path = `/${client.lladdr}-${armed.mode}.conf`;
  const directory = `${release ?? armed.release}/${armed.arch}`;
  const request = { method: 'GET', url: `${path}?path=${directory}`, remoteAddress: client.address };
  const answer = route(request, lookup, now);
  if (answer.kind === 'refused') return [`Boot HTTP refuses ${path} to ${client.address}: ${answer.reason}.`];
  const whom = client.ipv6 === undefined ? client.address : `${client.address} and ${client.ipv6}`;
  return [`Boot HTTP gives ${path} to ${whom} alone.`];
}

function discoverOf({ lladdr, arch }: Explaining, relayed: CatalogSubnet | null): Packet {
  const rom = arch === null ? {} : { vendorClass: `PXEClient:Arch:${arch}`, clientArch: [arch] };
  return {
    kind: 'request',
    hops: 0,
    xid: 1,
    secs: 0,
    broadcast: false,
    clientAddress: NO_ADDRESS,
    yourAddress: NO_ADDRESS,
    nextServer: NO_ADDRESS as Ipv4,
    relayAddress: relayed?.router ?? NO_ADDRESS, // any of its network would do
    lladdr,
    serverName: '',
    bootfile: '',
    options: { messageType: 'discover', ...rom },
    others: [],
  };
}
