import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BootEvent, Catalog, CatalogClient } from '../../../netboot/catalog.ts';
import { type BoundSockets, bindSockets } from '../../../netboot/io/bind.ts';
import { type NetbootParts, type RunningNetboot, startNetboot } from '../../../netboot/io/service.ts';
import type { Cidr4, Ipv4, Lladdr } from '../../../src/common/address.ts';
import { SILENT_LOG } from '../../../src/common/port.ts';
import { SYSTEM_CLOCK } from '../../../src/io/clock.ts';
import { ARMED } from '../example.ts';

/** Server and clients share the one loopback address that every system has. */
export const LOOPBACK = '127.0.0.1' as Ipv4;

/** Armed, and reserved on the address from which tests ask. */
export const LOCAL: CatalogClient = {
  name: 'local',
  lladdr: '52:54:00:12:34:56' as Lladdr,
  address: LOOPBACK,
  dhcp: true,
  hostName: 'local',
  armed: { ...ARMED, until: Date.now() + 3_600_000 },
};

export const LOCAL_CATALOG: Catalog = {
  subnets: [
    {
      cidr: '127.0.0.0/24' as Cidr4,
      router: LOOPBACK,
      dns: [],
      domain: null,
      leaseSeconds: 600,
      bootAddress: LOOPBACK,
    },
  ],
  clients: [LOCAL],
};

export interface Running {
  readonly netboot: RunningNetboot;
  readonly events: BootEvent[];
  readonly ports: { readonly dhcp: number; readonly tftp: number; readonly http: number };
  readonly setsDirectory: string;
  /** Resolves with the next event that `accepts`, or one that came before. */
  event(accepts: (event: BootEvent) => boolean): Promise<BootEvent>;
  close(): Promise<void>;
}

/** The whole service on ports of the system's choice, over a directory with these files. */
export async function startRunning(
  files: Readonly<Record<string, Uint8Array>> = {},
  more: Partial<NetbootParts> = {},
): Promise<Running> {
  const setsDirectory = await mkdtemp(join(tmpdir(), 'puffboot-netboot-'));
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(await mkdirFor(join(setsDirectory, name)), bytes);
  }
  const sockets = await bindSockets({
    addresses: [LOOPBACK],
    broadcast: false,
    dhcpPort: 0,
    tftpPort: 0,
    httpPort: 0,
  });
  const ports = portsOf(sockets);
  const netboot = startNetboot({ ...sockets, setsDirectory, clock: SYSTEM_CLOCK, log: SILENT_LOG, ...more });
  await netboot.push(LOCAL_CATALOG);
  const events: BootEvent[] = [];
  netboot.onEvent((event) => events.push(event));
  return {
    netboot,
    events,
    ports,
    setsDirectory,
    event: (accepts) =>
      new Promise((resolve) => {
        const seen = events.find(accepts);
        if (seen !== undefined) return resolve(seen);
        const stop = netboot.onEvent((event) => {
          if (!accepts(event)) return;
          stop();
          resolve(event);
        });
      }),
    async close() {
      await netboot.close();
      await rm(setsDirectory, { recursive: true });
    },
  };
}

/** Makes the directory of a file. @returns the file */
export async function mkdirFor(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  return file;
}

export function portsOf({ dhcp, tftp, http }: BoundSockets): Running['ports'] {
  const portOf = (socket: { address(): AddressInfo | string | null } | undefined) => {
    const address = socket?.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };
  return { dhcp: portOf(dhcp[0]), tftp: portOf(tftp[0]), http: portOf(http[0]) };
}

/** A UDP socket of a test. */
export interface Udp {
  readonly port: number;
  send(bytes: Uint8Array, port: number): void;
  /** The next datagram, in the order of arrival, with the port that it came from. */
  receive(): Promise<{ readonly bytes: Uint8Array; readonly port: number }>;
  /** Once everything is on its way. */
  close(): void;
}

export async function openUdp(port = 0, address: string = LOOPBACK): Promise<Udp> {
  const socket: Socket = createSocket('udp4');
  socket.bind(port, address);
  await once(socket, 'listening');
  const arrived: { bytes: Uint8Array; port: number }[] = [];
  const awaited: ((datagram: { bytes: Uint8Array; port: number }) => void)[] = [];
  socket.on('message', (bytes, from) => {
    const datagram = { bytes: Uint8Array.from(bytes), port: from.port };
    const next = awaited.shift();
    if (next === undefined) arrived.push(datagram);
    else next(datagram);
  });
  let [unsent, closing] = [0, false];
  const sent = () => {
    unsent -= 1;
    if (closing && unsent === 0) socket.close();
  };
  return {
    port: socket.address().port,
    send(bytes, to) {
      unsent += 1;
      socket.send(bytes, to, LOOPBACK, sent);
    },
    receive: () =>
      new Promise((resolve) => {
        const datagram = arrived.shift();
        if (datagram === undefined) awaited.push(resolve);
        else resolve(datagram);
      }),
    close() {
      closing = true;
      if (unsent === 0) socket.close();
    },
  };
}
