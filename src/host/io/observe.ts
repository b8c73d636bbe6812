import { posix } from 'node:path';
import { mapLimited } from '../../common/each.ts';
import type { HostAccess } from '../access.ts';
import { keyFileOf } from '../plan/accounts.ts';
import {
  type Login,
  type Observation,
  PENDING_MARKS,
  parseGroups,
  parseLogins,
} from '../plan/observation.ts';
import { SERVICES } from '../plan/services.ts';
import { isOurs } from '../plan/step.ts';
import { hostnameIfOf } from '../plan/switches.ts';
import type { Wanted } from '../plan/wanted.ts';
import { parseStatus, VMCTL, VMD_SOCKET, type VmStatus } from '../vmctl.ts';
import { must, refused } from './must.ts';

/** How many commands run on one host at once: sshd(8) takes ten sessions of a connection. */
const AT_ONCE = 6;

/**
 * Looks at everything of a host that a plan depends on; changes nothing.
 * @throws OperatorError HOST_COMMAND and what `access` throws
 */
export async function observeHost(access: HostAccess, wanted: Wanted): Promise<Observation> {
  const [me, vms, socket, groups, logins, marks] = await Promise.all([
    whoAmI(access),
    vmsOf(access),
    access.run(['ls', '-l', VMD_SOCKET]),
    access.read('/etc/group').then((text) => parseGroups(text ?? '')),
    access.read('/etc/passwd').then((text) => parseLogins(text ?? '')),
    namesIn(access, pendingDirectory(wanted)),
  ]);
  const files = [...wanted.files.map(({ path }) => path), ...wanted.privateInterfaces.map(hostnameIfOf)];
  const kernels = wanted.kernels.map(({ path }) => path);
  const pending = PENDING_MARKS.filter((mark) => marks?.includes(mark));
  const texts = await table(files, (path) => access.read(path, { asRoot: true }));
  const services = wanted.files.flatMap(({ kind, path }) =>
    texts[path] === null ? [] : (SERVICES[kind]?.service ?? []),
  );
  return {
    me,
    vms,
    socketGroup: socket.stdout.trim().split(/\s+/)[3] ?? null,
    groups,
    logins,
    directories: await table(diskDirectories(wanted), (path) => namesIn(access, path)),
    files: texts,
    // As root: rc.d(8) lets nobody else ask after some of them.
    services: await table(services, async (name) => {
      return (await access.run(['rcctl', 'check', name], { asRoot: true })).status === 0;
    }),
    interfaces: await table(wanted.privateInterfaces, async (name) => {
      return (await access.run(['ifconfig', name])).status === 0;
    }),
    kernels: await table(kernels, (path) => kernelSum(access, path)),
    keyFiles: await table(keyFiles(logins), (path) => access.read(path, { asRoot: true })),
    pending: await table(pending, async (mark) => {
      const text = await access.read(posix.join(pendingDirectory(wanted), mark));
      return (text ?? '').split('\n').filter((name) => name !== '');
    }),
  };
}

/** Where marks of unfinished applies lie. */
export const pendingDirectory = ({ configDirectory }: Pick<Wanted, 'configDirectory'>): string =>
  posix.join(configDirectory, 'pending');

/** SHA-256 of a file of the host; null where it cannot be read. */
export async function kernelSum(access: HostAccess, path: string): Promise<string | null> {
  const { status, stdout } = await access.run(['sha256', '-q', path]);
  return status === 0 ? stdout.trim() : null;
}

/** Every VM that vmd(8) knows. @throws OperatorError HOST_COMMAND where vmd(8) does not answer */
export async function vmsOf(access: HostAccess): Promise<readonly VmStatus[]> {
  // As root: before the first apply, vmd's socket may be nobody else's.
  const result = await access.run(VMCTL.status, { asRoot: true });
  // vmctl exits 1 with nothing but the header when there is no VM at all, so the text decides.
  if (result.status !== 0 && !/^\s*ID\b/.test(result.stdout)) throw refused(VMCTL.status, result);
  return parseStatus(result.stdout);
}

async function whoAmI(access: HostAccess): Promise<Observation['me']> {
  const [login, groups] = await Promise.all([must(access, ['id', '-un']), must(access, ['id', '-Gn'])]);
  return { login: login.stdout.trim(), groups: groups.stdout.trim().split(/\s+/) };
}

async function namesIn(access: HostAccess, directory: string): Promise<readonly string[] | null> {
  const { status, stdout } = await access.run(['ls', '-1', directory]);
  return status === 0 ? stdout.split('\n').filter((name) => name !== '') : null;
}

/** Only of logins that puffboot made: what others keep in their homes is none of its business. */
const keyFiles = (logins: readonly Login[]): readonly string[] => logins.filter(isOurs).map(keyFileOf);

const diskDirectories = ({ diskDirectory, disks }: Wanted): readonly string[] => [
  ...new Set([diskDirectory, ...disks.map(({ path }) => posix.dirname(path))]),
];

async function table<K extends string, T>(
  keys: readonly K[],
  look: (key: K) => Promise<T>,
): Promise<Record<K, T>> {
  const values = await mapLimited(keys, AT_ONCE, async (key) => [key, await look(key)] as const);
  return Object.fromEntries(values) as Record<K, T>;
}
