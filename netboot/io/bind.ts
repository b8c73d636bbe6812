import { createSocket, type Socket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import type { Ipv4 } from '../../src/common/address.ts';
import { type ErrorCode, errnoOf, messageOf, OperatorError } from '../../src/common/error.ts';

export interface BindOptions {
  /** The boot address of each subnet. */
  readonly addresses: readonly Ipv4[];
  /** Where TFTP and boot HTTP answer over IPv6. */
  readonly addresses6?: readonly string[];
  /** False where another program serves TFTP. */
  readonly serveTftp?: boolean;
  /** Also receive DHCP broadcasts, on 0.0.0.0. */
  readonly broadcast: boolean;
  readonly dhcpPort: number;
  readonly tftpPort: number;
  readonly httpPort: number;
  /** Also a boot server's socket on each address, for ROMs that are told what to boot beside another DHCP server. */
  readonly bootServerPort?: number;
  /** Where other servers' broadcasts are heard, on 0.0.0.0; done without where it cannot be had. */
  readonly clientPort?: number;
}

/** All that netboot listens on: a DHCP socket for each boot address, a TFTP socket and an HTTP listener over IPv6 too. */
export interface BoundSockets {
  readonly dhcp: readonly Socket[];
  readonly tftp: readonly Socket[];
  readonly http: readonly Server[];
  readonly bootServer: readonly Socket[];
  readonly clientPort: readonly Socket[];
}

const ANY = '0.0.0.0';

/**
 * Opens everything or nothing. Node reads from a socket as soon as it is bound, so a process that hands these
 * on to a child must close its own copies (`closeSockets`) once they are sent, and bind again for the next
 * child: as long as both hold them, each gets some of the packets.
 * @throws OperatorError ADDRESS_IN_USE, ADDRESS_UNAVAILABLE, PORT_PRIVILEGED
 */
export async function bindSockets(options: BindOptions): Promise<BoundSockets> {
  const { broadcast, dhcpPort, tftpPort, httpPort, bootServerPort } = options;
  const addresses = [...new Set<string>(options.addresses)];
  const dhcp: Socket[] = [];
  const tftp: Socket[] = [];
  const http: Server[] = [];
  const bootServer: Socket[] = [];
  try {
    if (broadcast) await probe(dhcpPort);
    for (const address of broadcast ? [ANY, ...addresses] : addresses) {
      dhcp.push(await bindUdp('DHCP', address, dhcpPort, broadcast));
    }
    const both = [...addresses, ...new Set(options.addresses6 ?? [])];
    for (const address of options.serveTftp === false ? [] : both) {
      tftp.push(await bindUdp('TFTP', address, tftpPort, false));
    }
    for (const address of both) http.push(await listenTcp(address, httpPort));
    if (bootServerPort !== undefined) {
      for (const address of addresses) bootServer.push(await bindUdp('PXE', address, bootServerPort, false));
    }
    return { dhcp, tftp, http, bootServer, clientPort: await listenForOthers(options) };
  } catch (error) {
    await closeSockets({ dhcp, tftp, http, bootServer, clientPort: [] });
    throw error;
  }
}

/** Closes this process's copies; those of other processes stay open. */
export async function closeSockets(bound: BoundSockets): Promise<void> {
  await Promise.all(
    Object.values(bound)
      .flat()
      .map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
  );
}

/** A DHCP client of this machine may hold the port: then only what clients say tells of other servers. */
async function listenForOthers({ broadcast, clientPort }: BindOptions): Promise<readonly Socket[]> {
  if (!broadcast || clientPort === undefined) return [];
  return bindUdp('DHCP', ANY, clientPort, true).then(
    (socket) => [socket],
    () => [],
  );
}

/**
 * 0.0.0.0 and one address of it share a port only if both sockets allow that, and two that allow it may even
 * share the same address unnoticed. So see first, without allowing it, that the port is free.
 */
async function probe(port: number): Promise<void> {
  const socket = await bindUdp('DHCP', ANY, port, false);
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

function bindUdp(service: string, address: string, port: number, shared: boolean): Promise<Socket> {
  const family = address.includes(':')
    ? ({ type: 'udp6', ipv6Only: true } as const)
    : ({ type: 'udp4' } as const);
  const socket = createSocket({ ...family, reuseAddr: shared });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(bindError(error, service, 'UDP', address, port));
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function listenTcp(address: string, port: number): Promise<Server> {
  // Who connects before the socket is handed on would wait for ever: cut off, a client tries again.
  const server = createServer((early) => early.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(bindError(error, 'boot HTTP', 'TCP', address, port)));
    server.listen({ host: address, port, exclusive: true, ipv6Only: true }, () => {
      server.removeAllListeners('error');
      resolve(server);
    });
  });
}

const REFUSALS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  EADDRINUSE: ['ADDRESS_IN_USE', 'another program holds it'],
  EADDRNOTAVAIL: ['ADDRESS_UNAVAILABLE', 'this machine does not have that address'],
  EACCES: ['PORT_PRIVILEGED', 'this user may not listen there'],
};

function bindError(error: Error, service: string, protocol: string, address: string, port: number): Error {
  const refusal = REFUSALS[errnoOf(error) ?? ''];
  const where = `${protocol} port ${port} of ${address} for ${service}`;
  if (refusal === undefined) return new Error(`cannot open ${where}: ${messageOf(error)}`, { cause: error });
  const [code, why] = refusal;
  return new OperatorError(code, `cannot open ${where}: ${why}`, { cause: error });
}
