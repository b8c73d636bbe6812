import { DHCPLEASED, type Lease } from '../dhcp-client.ts';
import type { Session } from './session.ts';

/** What the installer found out about the network. */
export interface NetworkConfig {
  readonly hostName: string;
  readonly domain: string;
}

interface Interface {
  readonly lease: Lease | null;
  readonly autoconf4: boolean;
  readonly static4: boolean;
  readonly static6: boolean;
}

const NO_INTERFACE: Interface = { lease: null, autoconf4: false, static4: false, static6: false };

/** `donetconfig` of install.sub. */
export async function configureNetwork(session: Session, hostName: string): Promise<NetworkConfig> {
  const nic = await configureInterfaces(session);
  if (nic.static4) await session.askUntil("Default IPv4 route? (IPv4 address or 'none')");
  if (nic.static6) await session.ask("IPv6 default router? (IPv6 address or 'none')", 'none');
  await session.wait(0.1);
  const domain = await domainName(session, nic, hostName);
  await nameServers(session, nic);
  return { hostName: hostName.split('.')[0] ?? hostName, domain };
}

async function configureInterfaces(session: Session): Promise<Interface> {
  let nic = NO_INTERFACE;
  const { lladdr, furtherLladdrs } = session.board.facts;
  const nics = [lladdr, ...furtherLladdrs].map((each, index) => ({ name: `vio${index}`, lladdr: each }));
  let fallback = 'vio0';
  for (;;) {
    session.say(`Available network interfaces are: ${nics.map((each) => each.name).join(' ')} vlan0.\n`);
    const name = await session.ask(
      "Network interface to configure? (name, lladdr, '?', or 'done')",
      fallback,
    );
    if (name === 'done') return nic;
    const chosen = nics.find((each) => each.name === name || each.lladdr === name);
    if (name === '?') {
      session.say(nics.map((each) => ` ${each.name}: lladdr ${each.lladdr}\n`).join(''));
    } else if (chosen !== undefined) {
      const configured = await configureInterface(session, chosen.name);
      // What the system is told of its network comes in by the first one.
      if (chosen.name === 'vio0') nic = configured;
      fallback = 'done';
    } else session.refuse(name);
  }
}

async function configureInterface(session: Session, name: string): Promise<Interface> {
  const { lease, isStatic: static4, autoconf } = await configureIpv4(session, name);
  const address6 = await session.ask(`IPv6 address for ${name}? (or 'autoconf' or 'none')`, 'none');
  const static6 = !['none', 'autoconf'].includes(address6);
  if (static6 && !address6.includes('/')) await session.askUntil(`IPv6 prefix length for ${name}?`, '64');
  return { lease, autoconf4: autoconf, static4, static6 };
}

async function configureIpv4(
  session: Session,
  name: string,
): Promise<{ lease: Lease | null; isStatic: boolean; autoconf: boolean }> {
  const address = await session.ask(`IPv4 address for ${name}? (or 'autoconf' or 'none')`, 'autoconf');
  if (address === 'none') return { lease: null, isStatic: false, autoconf: false };
  if (address === 'autoconf' || address === 'dhcp') {
    return { lease: await session.board.requestLease(DHCPLEASED), isStatic: false, autoconf: true };
  }
  if (!address.includes('/')) await session.askUntil(`Netmask for ${name}?`, '255.255.255.0');
  return { lease: null, isStatic: true, autoconf: false };
}

/** With DHCP on the only interface it is told, not asked. */
async function domainName(session: Session, nic: Interface, hostName: string): Promise<string> {
  const fallback = nic.lease?.domain ?? (hostName.split('.').slice(1).join('.') || 'my.domain');
  if (!nic.autoconf4) return session.ask("DNS domain name? (e.g. 'example.com')", fallback);
  session.say(`Using DNS domainname ${fallback}\n`);
  return fallback;
}

async function nameServers(session: Session, nic: Interface): Promise<void> {
  const offered = nic.lease?.dns ?? [];
  if (offered.length > 0) session.say(`Using DNS nameservers at ${offered.join(' ')}\n`);
  else await session.ask("DNS nameservers? (IP address list or 'none')", 'none');
}
