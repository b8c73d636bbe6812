import type { Mode } from '../catalog.ts';
import { NO_ADDRESS, type Packet } from './packet.ts';

/** What OpenBSD's installer takes from an OFFER or ACK. */
export interface Reading {
  /** Null: it asks for the response file on its console. */
  readonly location: { readonly server: string; readonly directory: string; readonly mode: Mode } | null;
  /** The same, in one sentence. */
  readonly sentence: string;
}

/** From here on dhcpleased(8) reads the header alone; dhclient(8) before it read more. */
const FIRST_WITH_DHCPLEASED = 7.0;

const MODE = /^(?:(.*)\/)?auto_(install|upgrade)$/s;

/**
 * autoinstall(8), get_responsefile() of install.sub: the server and the file name decide between an unattended
 * install, an unattended upgrade and a question on the console.
 * @param release such as `7.6`; `snapshots` reads as the newest
 */
export function installerReading(packet: Packet, release: string): Reading {
  const who = `OpenBSD ${release}`;
  const headerOnly = !(Number.parseFloat(release) < FIRST_WITH_DHCPLEASED);
  const { options } = packet;
  const inHeader = packet.nextServer === NO_ADDRESS ? '' : packet.nextServer;
  const server = headerOnly ? inHeader : packet.serverName || options.tftpServerName || inHeader;
  const file = headerOnly ? packet.bootfile : packet.bootfile || (options.bootfileName ?? '');
  const unread = headerOnly ? unreadOptions(packet) : '';
  const match = MODE.exec(file);
  if (match === null) {
    const found = file === '' ? 'there is no file name in it' : `its file name is ${JSON.stringify(file)}`;
    const sentence = `${who} says "Could not determine auto mode", as ${found}${unread}: it needs auto_install or auto_upgrade`;
    return { location: null, sentence };
  }
  if (server === '') {
    const sentence = `${who} says "Could not determine auto server", as siaddr (next-server) is empty${unread}`;
    return { location: null, sentence };
  }
  const [, path, mode] = match;
  const directory = path === undefined ? '' : `${path}/`;
  const url = `http://${server}/${directory}${packet.lladdr}-${mode}.conf`;
  return {
    location: { server, directory, mode: mode as Mode },
    sentence: `${who} asks for its response file at ${url}`,
  };
}

/** Names what the operator may believe to be enough. */
function unreadOptions({ options, bootfile, nextServer }: Packet): string {
  const unread = [
    ...(options.tftpServerName !== undefined && nextServer === NO_ADDRESS ? ['66'] : []),
    ...(options.bootfileName !== undefined && bootfile === '' ? ['67'] : []),
  ];
  return unread.length === 0 ? '' : ` (option ${unread.join(' and ')} is not read by 7.0 and later)`;
}
