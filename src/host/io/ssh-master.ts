import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, OperatorError } from '../../common/error.ts';
import { masterArgv, type SshTarget } from '../ssh-argv.ts';
import { AGAIN_AFTER, isTurnedAway, sshTrouble } from '../ssh-trouble.ts';

export interface MasterParts {
  readonly host: string;
  readonly target: SshTarget;
  /** Path of the control socket. */
  readonly socket: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The one connection to a host that its commands share; made when it is first needed, and again when lost. */
export interface Master {
  /** @throws OperatorError HOST_UNREACHABLE, HOST_KEY, HOST_DENIED */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Long enough for a slow name server before ssh's own ConnectTimeout. Milliseconds. */
const READY_WITHIN = 40_000;
const READY = 'ready\n';

export function openMaster(parts: MasterParts): Master {
  let current: Promise<ChildProcessWithoutNullStreams> | null = null;
  return {
    async ready() {
      current ??= connect(parts).then(
        (child) => {
          child.once('exit', () => {
            current = null;
          });
          if (child.exitCode !== null || child.signalCode !== null) current = null;
          return child;
        },
        (error) => {
          current = null;
          throw error;
        },
      );
      await current;
    },
    async close() {
      const child = await current?.catch(() => null);
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.stdin.end();
      const late = setTimeout(() => child.kill('SIGTERM'), 1_000);
      await gone;
      clearTimeout(late);
    },
  };
}

/** Only a connection that sshd(8) turned away is tried again. */
async function connect(parts: MasterParts): Promise<ChildProcessWithoutNullStreams> {
  for (const pause of AGAIN_AFTER) {
    const made = await tryConnect(parts);
    if (typeof made !== 'string') return made;
    if (!isTurnedAway(made)) throw sshTrouble(parts.host, parts.target.address, made);
    await sleep(pause);
  }
  const made = await tryConnect(parts);
  if (typeof made !== 'string') return made;
  throw sshTrouble(parts.host, parts.target.address, made);
}

/** @returns what ssh(1) said where there is no connection */
function tryConnect({ target, socket, env }: MasterParts): Promise<ChildProcessWithoutNullStreams | string> {
  rmSync(socket, { force: true });
  const [command = '', ...args] = masterArgv(target, socket);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env });
    let said = '';
    let echoed = '';
    const late = setTimeout(() => {
      said += '\nOperation timed out';
      child.kill('SIGKILL');
    }, READY_WITHIN);
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (bytes) => {
      said = `${said}${bytes}`.slice(-4096);
    });
    child.stdout.on('data', (bytes) => {
      echoed += String(bytes);
      if (!echoed.includes(READY)) return;
      clearTimeout(late);
      resolve(child);
    });
    child.once('error', (cause) => {
      clearTimeout(late);
      reject(new OperatorError('HOST_UNREACHABLE', `cannot run ssh: ${messageOf(cause)}`, { cause }));
    });
    child.once('close', () => {
      clearTimeout(late);
      resolve(said.trim() === '' ? 'Connection closed' : said);
    });
    // The host's cat gives it back: then commands get through.
    child.stdin.write(READY);
  });
}
