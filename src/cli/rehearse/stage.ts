import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '../../common/error.ts';
import { SILENT_LOG } from '../../common/port.ts';
import { callControl, controlPath } from '../../io/control-client.ts';
import { makeSets } from '../../rehearsal/io/sets.ts';
import { startSimulatedHost } from '../../rehearsal/io/simulated-host.ts';
import type { Fault } from '../../rehearsal/options.ts';
import { canBind, freePorts } from './ports.ts';
import { LONE_NETWORK, NETWORK, renderConfig } from './stage-config.ts';

/** A whole puffboot with a simulated vmd host, in a directory of its own. */
export interface Stage {
  readonly directory: string;
  readonly configFile: string;
  readonly serveLog: string;
  readonly web: string;
  readonly serve: ChildProcess;
  /** Is there an address for a second VM? */
  readonly roomForTwo: boolean;
  /** Ends everything that was started; with `remove` the directory goes too. */
  close(remove: boolean): Promise<void>;
}

export interface StageOptions {
  /** The compiled main program, as node runs it. */
  readonly program: string;
  readonly release: string;
  /** Another release whose sets are there, for upgrades. */
  readonly nextRelease?: string;
  readonly pace: number;
  readonly faults: readonly Fault[];
  /** VMs that stand for real machines: they boot by PXE. */
  readonly pxe?: readonly string[];
  /** VMs that ignore a request to shut down, and those that not even vmctl's force ends. */
  readonly hung?: readonly string[];
  readonly wedged?: readonly string[];
  /** Lines of the host's table that say how it is reached; left out, as a rehearsal's host. */
  readonly reach?: (root: string) => Promise<string>;
  /** How often the host is asked about its VMs; 0, the default: never. */
  readonly telemetrySeconds?: number;
  /** Use 127.0.0.1 alone, as on a system that has no other loopback address. */
  readonly lone?: boolean;
}

export async function setStage({
  program,
  release,
  nextRelease,
  pace,
  faults,
  pxe = [],
  hung = [],
  wedged = [],
  reach = async (root) => `access = "rehearsal"\nroot = "${root}"`,
  telemetrySeconds = 0,
  lone = false,
}: StageOptions): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'puffboot-rehearsal-'));
  await chmod(directory, 0o711);
  const network = !lone && (await canBind(NETWORK.boot)) ? NETWORK : LONE_NETWORK;
  const ports = await freePorts(network.boot);
  const configFile = join(directory, 'puffboot.toml');
  const root = join(directory, 'host');
  await mkdir(join(directory, 'state'), { mode: 0o750 });
  const releases = nextRelease === undefined ? [release] : [release, nextRelease];
  for (const each of releases) await makeSets(join(directory, 'sets'), each, 'amd64');
  const told = { release, telemetrySeconds, reach: await reach(root) };
  await writeFile(configFile, renderConfig(directory, network, ports, told));
  const host = await startSimulatedHost({
    root,
    options: {
      server: network.boot,
      relayAddress: network.relay,
      dhcpPort: ports.dhcp,
      tftpPort: ports.tftp,
      httpPort: ports.http,
      release,
      pace,
      pxe,
      hung,
      wedged,
      faults,
    },
    log: SILENT_LOG,
  });
  const serveLog = join(directory, 'serve.log');
  const serve = startServe(program, configFile, serveLog);
  const stage: Stage = {
    directory,
    configFile,
    serveLog,
    web: `http://127.0.0.1:${ports.web}`,
    serve,
    roomForTwo: network === NETWORK,
    async close(remove) {
      await endServe(serve);
      await host.stop();
      if (remove) await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  try {
    await untilReady(join(directory, 'state'), serve, serveLog);
  } catch (error) {
    await stage.close(true);
    throw error;
  }
  return stage;
}

/** The service runs as its users run it: as a process of its own. */
export function startServe(program: string, configFile: string, log: string): ChildProcess {
  const out = openSync(log, 'a');
  const serve = spawn(process.execPath, [program, 'serve', '--until-eof', '-f', configFile], {
    stdio: ['pipe', out, out],
  });
  closeSync(out);
  return serve;
}

export async function endServe(serve: ChildProcess): Promise<void> {
  if (serve.exitCode !== null || serve.signalCode !== null) return;
  const gone = new Promise((resolve) => serve.once('exit', resolve));
  serve.kill('SIGTERM');
  await gone;
}

const READY_MS = 90_000;

export async function untilReady(stateDirectory: string, serve: ChildProcess, log: string): Promise<void> {
  const socket = controlPath(stateDirectory);
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline && serve.exitCode === null) {
    try {
      await callControl(socket, 'GET', '/ping');
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const tail = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-5).join('\n  ');
  throw new OperatorError('REHEARSAL_FAILED', `serve did not start:\n  ${tail}`);
}
