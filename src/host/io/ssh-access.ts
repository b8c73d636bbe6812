import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Line } from '../../common/line.ts';
import type { HostAccess } from '../access.ts';
import { commandArgv, fitsSocket, type SshTarget } from '../ssh-argv.ts';
import { sshTrouble } from '../ssh-trouble.ts';
import { commandFiles, type HostCommand } from './command-files.ts';
import { execute } from './execute.ts';
import { openGate } from './gate.ts';
import { resultOf } from './local-access.ts';
import { openSshConsole } from './ssh-console.ts';
import { openMaster } from './ssh-master.ts';

export interface SshAccessOptions {
  /** Its name in puffboot.toml. */
  readonly host: string;
  readonly target: SshTarget;
  /** Put before a command that only root may run on the host. */
  readonly become: readonly string[];
  /** The whole environment of ssh(1). */
  readonly env: Readonly<Record<string, string>>;
  /** Where the control socket lies; made where it is missing. */
  readonly directory: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly openPty: (
    argv: readonly string[],
    options: { readonly env: Readonly<Record<string, string>> },
  ) => Line;
}

const SSH_FAILED = 255;
/** Sessions on the shared connection; sshd(8) takes ten unless MaxSessions says otherwise, and one is ours. */
const COMMANDS_AT_ONCE = 8;
/** Connections that have not logged in yet; sshd(8) begins to drop them at ten (MaxStartups 10:30:100). */
const LOGINS_AT_ONCE = 4;

/** A host behind the system's ssh(1). Nothing is connected before the first command. */
export function sshAccess(options: SshAccessOptions): HostAccess {
  const { host, target, become, env, now, openPty } = options;
  const place = openPlace(options.directory, host);
  const master = openMaster({ host, target, env, socket: place.socket });
  const commands = openGate(COMMANDS_AT_ONCE);
  const logins = openGate(LOGINS_AT_ONCE);
  let consoles = 0;

  const command: HostCommand = async (argv, { asRoot, ...rest }) => {
    const words = asRoot ? [...become, ...argv] : argv;
    const ssh = commandArgv(target, place.socket, words);
    const leave = await commands.enter();
    try {
      await master.ready();
      const title = `${words.join(' ')} on ${host}`;
      const done = await execute(ssh, { env, ...rest, title });
      if (done.status === SSH_FAILED) throw sshTrouble(host, target.address, done.stderr);
      return done;
    } finally {
      leave();
    }
  };

  return {
    ...commandFiles(command, now),
    run: async (argv, { asRoot = false, ...rest } = {}) => resultOf(await command(argv, { asRoot, ...rest })),
    openConsole(argv) {
      consoles += 1;
      const log = `${place.socket}.${consoles}.log`;
      return openSshConsole({ host, target, env, openPty, gate: logins, log }, argv);
    },
    loginAnew: () => master.close(),
    async close() {
      await master.close();
      place.clear();
    },
  };
}

/**
 * Where the socket of this process lies: below the state directory, or in /tmp where that path is too long for a
 * socket. What processes that are gone left there is removed.
 */
function openPlace(directory: string, host: string): { readonly socket: string; clear(): void } {
  const name = createHash('sha256').update(host).digest('hex').slice(0, 8);
  const own = `${name}.${process.pid}`;
  if (!fitsSocket(join(directory, own))) {
    const short = mkdtempSync('/tmp/puffboot-ssh-');
    return { socket: join(short, own), clear: () => rmSync(short, { recursive: true, force: true }) };
  }
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const file of readdirSync(directory)) {
    const [, pid] = new RegExp(`^${name}\\.(\\d+)(?:\\.|$)`).exec(file) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(directory, file), { force: true });
  }
  const socket = join(directory, own);
  return { socket, clear: () => rmSync(socket, { force: true }) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
