import type { Lookup } from '../lookup.ts';
import { installerReading } from './installer-reading.ts';
import type { Packet } from './packet.ts';

/** Another DHCP server that was heard answering where only we should, and what follows from it. */
export interface OtherServer {
  readonly server: string;
  /** Each is told of by itself, as it says something else. */
  readonly sign: 'chosen' | 'refusal' | 'answer';
  /** One sentence. */
  readonly warning: string;
}

/**
 * Three signs: an answer or a refusal of it that was broadcast, and a client that chooses it. Only machines that are ours to
 * answer count; where another server is expected there is nothing to warn of.
 */
export function otherServer(packet: Packet, lookup: Lookup): OtherServer | null {
  const { serverId, messageType } = packet.options;
  const client = lookup.byLladdr(packet.lladdr);
  const subnet = client === null ? lookup.attachedPool : lookup.subnetOf(client);
  const isOurs = client === null ? subnet?.pool !== undefined : client.dhcp && !subnet?.proxy;
  if (serverId === undefined || subnet === null || !isOurs || lookup.isOwnServer(serverId)) return null;
  const name = client?.name ?? packet.lladdr;
  if (packet.kind === 'request') {
    if (messageType !== 'request') return null;
    const warning = `${name} takes its address from ${serverId}: another DHCP server answers in ${subnet.cidr}`;
    return { server: serverId, sign: 'chosen', warning };
  }
  const release = client?.armed?.release ?? 'snapshots';
  const where = `${serverId}, another DHCP server in ${subnet.cidr},`;
  if (messageType === 'nak') {
    const warning = `${where} refuses ${name} its address: with that answer OpenBSD ${release} gives it up and asks anew`;
    return { server: serverId, sign: 'refusal', warning };
  }
  if (messageType !== 'offer' && messageType !== 'ack') return null;
  const { sentence } = installerReading(packet, release);
  const warning = `${where} answers ${name}: with that answer ${sentence}`;
  return { server: serverId, sign: 'answer', warning };
}
