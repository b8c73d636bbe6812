import { armedNow } from '../lookup.ts';
import { type Exchange, ignore, type Verdict } from './exchange.ts';

/** Boot servers listen on 67 for the first question and on 4011 for the second (PXE 2.1 §2.2). */
export type ProxyPort = 'dhcp' | 'boot-server';

/**
 * Beside somebody else's DHCP server: addresses are that one's, and a ROM (RFC 4578) is told its boot server
 * and file alone. Whoever is no ROM hears nothing. An OpenBSD installer is none, so it finds no response file
 * by itself and asks for it on its console.
 */
export function judgeProxied({ packet, client, now }: Exchange, port: ProxyPort): Verdict {
  const { messageType, vendorClass } = packet.options;
  const name = client?.name ?? packet.lladdr;
  if (!vendorClass?.startsWith('PXEClient')) {
    return ignore(`${name} gets its address from another DHCP server, and is no PXE ROM`);
  }
  const armed = client === null ? 'is an unknown lladdr' : armedNow(client, now);
  if (typeof armed === 'string') return ignore(armed);
  if (port === 'dhcp') {
    if (messageType === 'discover') return { kind: 'proxy', message: 'offer' };
    return ignore(`${name} takes its address from another DHCP server`);
  }
  if (messageType === 'request' || messageType === 'inform') return { kind: 'proxy', message: 'ack' };
  return ignore('is no question to a boot server');
}
