import { randomBytes } from 'node:crypto';
import { OperatorError } from '../../common/error.ts';
import type { Clock } from '../../common/port.ts';
import type { HostAccess } from '../access.ts';
import { type LockNote, mayTakeOver, parseLockNote, renderLockNote } from '../lock-note.ts';

export interface HostLockParts {
  readonly access: HostAccess;
  readonly host: string;
  /** Where the lock lies on the host. */
  readonly path: string;
  /** Which puffboot this is: node, machine and state directory, which only one process holds at a time. */
  readonly holder: string;
  readonly clock: Clock;
}

export interface HostLock {
  /** To be called before each change. @throws OperatorError HOST_LOCKED where somebody took it over */
  renew(): Promise<void>;
  release(): Promise<void>;
}

/** The lock says anew that it is alive when it is older than this. */
const RENEW_MS = 60_000;
/** Nobody takes over a lock that was alive ten minutes ago: to look more often would only be one more command a step. */
const LOOK_MS = 5_000;

/**
 * Takes a host for one puffboot alone: a file that is linked to its name, which only the first can do. The lock of
 * a puffboot that died is taken over at once by the same one started anew, and by others after ten minutes.
 *
 * @throws OperatorError HOST_LOCKED naming the holder
 */
export async function lockHost(parts: HostLockParts): Promise<HostLock> {
  const { access, path, holder, clock } = parts;
  const claim = randomBytes(8).toString('hex');
  const note = (): LockNote => ({ holder, pid: process.pid, claim, at: clock.now() });
  const read = async () => parseLockNote((await access.read(path)) ?? '');
  const mine = async () => (await read())?.claim === claim;
  let said = clock.now();
  let looked = said;

  await link(access, path, renderLockNote(note()));
  if (!(await mine())) {
    const other = await read();
    if (other !== null && !mayTakeOver(other, holder, clock.now())) throw busy(parts.host, other);
    await access.write(path, renderLockNote(note()));
    if (!(await mine())) throw busy(parts.host, await read());
  }
  return {
    async renew() {
      if (clock.now() - looked < LOOK_MS) return;
      looked = clock.now();
      if (!(await mine())) throw busy(parts.host, await read());
      if (clock.now() - said < RENEW_MS) return;
      said = clock.now();
      await access.write(path, renderLockNote(note()));
    },
    async release() {
      if (await mine()) await access.run(['rm', '-f', path]);
    },
  };
}

/**
 * Makes the lock where there is none. Two may use the same temporary file at once: then the lock is the one's whose
 * note was linked, whoever linked it, and a crash leaves one such file at most.
 */
async function link(access: HostAccess, path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  await access.write(temporary, text);
  await access.run(['ln', temporary, path]);
  await access.run(['rm', '-f', temporary]);
}

function busy(host: string, note: LockNote | null): OperatorError {
  const by = note === null ? 'somebody else' : `${note.holder} (process ${note.pid})`;
  const since = note === null ? '' : ` since ${new Date(note.at).toISOString()}`;
  return new OperatorError('HOST_LOCKED', `${host} is being changed by ${by}${since}`);
}
