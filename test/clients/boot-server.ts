import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import type { BootEvent, Catalog, CatalogClient, CatalogSubnet } from '../../netboot/catalog.ts';
import type { Cidr4, Ipv4, Lladdr } from '../../src/common/address.ts';
import { ARMED } from '../netboot/example.ts';
import { LAN6_SKIP, type Lan, NETWORK, openLan, SERVER, SERVER6 } from './lan.ts';
import type { Said, ServeSettings } from './serve.ts';

export const SETS = 'pub/OpenBSD/7.6/amd64';

/** A machine that may boot from the LAN. */
export function machine(name: string, lladdr: string, address: string): CatalogClient {
  return {
    name,
    lladdr: lladdr as Lladdr,
    address: address as Ipv4,
    dhcp: true,
    hostName: name,
    armed: { ...ARMED, token: `${ARMED.token}-${name}`, until: Date.now() + 3_600_000 },
  };
}

export interface BootServer {
  readonly lan: Lan;
  /** A directory for the files of clients, which goes with the server. */
  readonly directory: string;
  readonly events: readonly BootEvent[];
  /** What it warned of: `event fields`. */
  readonly warnings: readonly string[];
  /** Kills it without a word and starts it again, with what is on its disk. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The netboot service on its real ports, as a process in the server's namespace of a new LAN.
 * @param files by their names below the sets of the release
 * @param routed networks behind relays, each with its router on the LAN
 * @param others files of the operator's own, by their names in TFTP
 * @param special what the server's network has beside the usual
 */
export async function startBootServer(
  clients: readonly CatalogClient[],
  files: Readonly<Record<string, Uint8Array>> = {},
  routed: readonly string[] = [],
  others: Readonly<Record<string, Uint8Array>> = {},
  special: Pick<CatalogSubnet, 'pool' | 'proxy'> = {},
): Promise<BootServer> {
  const directory = await mkdtemp(join(tmpdir(), 'puffboot-clients-'));
  const setsDirectory = join(directory, 'sets');
  const tftpDirectory = join(directory, 'tftp');
  const leasesDirectory = join(directory, 'leases');
  await writeBelow(join(setsDirectory, SETS), files);
  await writeBelow(tftpDirectory, others);
  await mkdir(leasesDirectory);
  const program = join(directory, 'serve.mjs');
  await build({
    entryPoints: [resolve('test/clients/serve.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
    logLevel: 'silent',
  });
  const settings = join(directory, 'settings.json');
  const catalog = catalogOf(clients, [NETWORK, ...routed], special);
  const addresses6 = LAN6_SKIP === false ? [SERVER6] : [];
  const directories = { setsDirectory, tftpDirectory, leasesDirectory };
  await writeFile(settings, JSON.stringify({ catalog, ...directories, addresses6 } satisfies ServeSettings));
  const lan = await openLan();
  const events: BootEvent[] = [];
  const warnings: string[] = [];
  const close = async () => {
    await lan.close();
    await rm(directory, { recursive: true, force: true });
  };
  const start = () =>
    launch(lan.server.inside([process.execPath, program, settings]), (said) => {
      if (said.kind === 'event') events.push(said.event);
      if (said.kind === 'log') warnings.push(`${said.event} ${JSON.stringify(said.fields)}`);
    });
  try {
    let running = await start();
    const restart = async () => {
      const ended = once(running, 'exit');
      running.kill('SIGKILL');
      await ended;
      running = await start();
    };
    return { lan, directory, events, warnings, restart, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function writeBelow(root: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), bytes);
  }
}

/** Resolves when the server is ready; it is ended with its namespace. */
function launch(
  [command = '', ...args]: readonly string[],
  hear: (said: Said) => void,
): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint += String(chunk);
  });
  return new Promise((ready, fail) => {
    child.once('error', fail);
    child.once('exit', (status) => fail(new Error(`the server ended with ${status}: ${complaint}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as Said;
      if (said.kind === 'ready') ready(child);
      else hear(said);
    });
  });
}

function catalogOf(
  clients: readonly CatalogClient[],
  networks: readonly string[],
  special: Pick<CatalogSubnet, 'pool' | 'proxy'>,
): Catalog {
  return {
    clients,
    subnets: networks.map((cidr) => ({
      cidr: cidr as Cidr4,
      router: cidr.replace(/0\/24$/, '254') as Ipv4,
      dns: [SERVER as Ipv4],
      domain: 'example.org',
      leaseSeconds: 3600,
      bootAddress: SERVER as Ipv4,
      ...(cidr === NETWORK && special),
    })),
  };
}
