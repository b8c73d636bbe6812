import type { Socket } from 'node:dgram';
import type { Server } from 'node:net';
import type { MakePasswords } from '../../src/autoinstall/passwords.ts';
import type { Clock, Log } from '../../src/common/port.ts';
import { type BootEvent, EMPTY_CATALOG, type Netboot } from '../catalog.ts';
import { floodGate, MOST_DHCP_TOLD, MOST_TOLD, machineGate } from '../flood-gate.ts';
import { lookupOf } from '../lookup.ts';
import { serveBootHttp } from './boot-http.ts';
import { type DhcpParts, serveDhcp } from './dhcp-service.ts';
import { cachedFiles } from './file-cache.ts';
import { renderWith } from './fresh-passwords.ts';
import { filesBelow, listingBelow, namesBeside } from './sets-directory.ts';
import { serveTftp } from './tftp-service.ts';
import type { StartTransfer } from './tftp-start.ts';
import { serveRewriter } from './tftpd-rewriter.ts';

export interface NetbootParts {
  /** Bound and listening already, as `bindSockets` opens them; closed with the service. */
  readonly dhcp: readonly Socket[];
  readonly tftp: readonly Socket[];
  readonly http: readonly Server[];
  readonly bootServer?: readonly Socket[];
  readonly clientPort?: readonly Socket[];
  /** Holds pub/OpenBSD/RELEASE/ARCH. */
  readonly setsDirectory: string;
  /** Files for anybody who asks TFTP for them, beside what is made for armed machines. */
  readonly tftpDirectory?: string;
  /** The directory of the base system's tftpd(8), where that serves TFTP and asks us for the files. */
  readonly tftpdDirectory?: string;
  /** Of the pools, with the journal that outlives this service; closed with it. */
  readonly leases?: NonNullable<DhcpParts['leases']>;
  /** Makes the passwords of VMs that have any; the opener's to end. */
  readonly makePasswords?: MakePasswords;
  /** How often a minute a known machine is told of by DHCP. */
  readonly mostDhcpTold?: number;
  /** Runs the transfers of TFTP; the opener's to end. */
  readonly startTransfer?: StartTransfer;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunningNetboot extends Netboot {
  /** Rejects where tftpd's directory cannot be used. */
  readonly ready: Promise<void>;
  /** Ends transfers and connections and closes every socket. */
  close(): Promise<void>;
}

/**
 * DHCP, TFTP and boot HTTP over the given sockets. Until the first push everybody is a stranger. Boot HTTP waits for the
 * disk itself, so that where it matters it has a process of its own: one service without its listeners, one with nothing else.
 */
export function startNetboot({ clock, log, ...parts }: NetbootParts): RunningNetboot {
  let lookup = lookupOf(EMPTY_CATALOG);
  let architectures = new Map<string, number>();
  const listeners = new Set<(event: BootEvent) => void>();
  const gate = floodGate();
  const byDhcp = machineGate(parts.mostDhcpTold ?? MOST_DHCP_TOLD);
  const byOthers = machineGate(MOST_TOLD);
  const renderAnswers = renderWith(parts.makePasswords);
  const openFile = cachedFiles(filesBelow(parts.setsDirectory));

  /** What a machine asks for costs it one packet each, and tells no more the thousandth time. */
  const mayTell = ({ kind, name, from, at }: BootEvent): boolean => {
    if (name === null) return gate.admits(`${kind} ${from}`, at);
    const [share, machine] = kind === 'dhcp' ? [byDhcp, from] : [byOthers, `${kind} ${name}`];
    const taken = share.take(machine, at);
    if (taken === 'last') {
      const reason = `asks more than ${share.most} times a minute; it is answered, but told of again in a minute only`;
      log.warn(`${kind}.flood`, { name, from, reason });
    }
    return taken !== 'over';
  };
  const note = (event: BootEvent, audit: object = {}): boolean => {
    const isTold = mayTell(event);
    if (isTold) log.info(`netboot.${event.kind}`, fieldsOf(event, audit));
    return isTold;
  };
  const report = (event: BootEvent, audit: object = {}) => {
    if (note(event, audit)) for (const listener of listeners) listener(event);
  };
  const listFiles = listingBelow(parts.setsDirectory);
  const shared = { lookup: () => lookup, report, note, openFile, listFiles, clock, log };

  serveDhcp({
    ...shared,
    sockets: parts.dhcp,
    bootServer: parts.bootServer ?? [],
    clientPort: parts.clientPort ?? [],
    ...(parts.leases && { leases: parts.leases }),
    onArchitecture: (address, arch) => architectures.set(address, arch),
  });
  const others = parts.tftpDirectory && {
    openOther: cachedFiles(filesBelow(parts.tftpDirectory)),
    othersBeside: namesBeside(parts.tftpDirectory),
  };
  const tftp = serveTftp({
    ...shared,
    ...others,
    sockets: parts.tftp,
    architectureOf: (address) => architectures.get(address) ?? null,
    ...(parts.startTransfer && { startTransfer: parts.startTransfer }),
  });
  const rewriter =
    parts.tftpdDirectory === undefined
      ? null
      : serveRewriter({
          ...shared,
          ...others,
          directory: parts.tftpdDirectory,
          architectureOf: (address) => architectures.get(address) ?? null,
        });
  rewriter?.catch(() => undefined); // told by `ready`
  const fromDisk = { openFile: filesBelow(parts.setsDirectory, 'process'), renderAnswers };
  const http = parts.http.map((server) => serveBootHttp({ ...shared, ...fromDisk, server }));

  return {
    ready: Promise.resolve(rewriter).then(() => undefined),
    async push(catalog) {
      lookup = lookupOf(catalog);
      const known = new Set<string>(catalog.clients.map(({ address }) => address));
      architectures = new Map([...architectures].filter(([address]) => known.has(address)));
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      const { dhcp, tftp: requests, bootServer = [], clientPort = [] } = parts;
      const sockets = [...dhcp, ...requests, ...bootServer, ...clientPort];
      await Promise.all([tftp.close(), ...http.map((service) => service.close())]);
      await Promise.all(
        sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
      );
      await (await rewriter?.catch(() => null))?.close();
      await parts.leases?.journal.close();
    },
  };
}

/** A token is a key to a response file: the log never holds it. */
function fieldsOf(
  { kind: _, at: __, ...event }: BootEvent,
  audit: object,
): Readonly<Record<string, unknown>> {
  return Object.assign(event, audit, 'token' in event ? { token: '***' } : null);
}
