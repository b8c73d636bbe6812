import { createHash } from 'node:crypto';
import { parseStatus } from '../../src/host/vmctl.ts';
import { renderStatus } from '../../src/rehearsal/status.ts';
import { type FakeHost, fakeHost } from '../fakes/host.ts';

/** A vmd host in memory whose programs do what those of OpenBSD do, as far as an apply can see. */
export interface ModelHost {
  readonly host: FakeHost;
  /** VMs that vmd knows, and whether each runs. */
  readonly vms: Map<string, { running: boolean }>;
}

const PASSWD = 'root:*:0:0:Charlie &:/root:/bin/ksh\n_puffboot:*:900:900::/var/puffboot:/sbin/nologin\n';

export function modelHost(): ModelHost {
  const host = fakeHost({
    '/etc/passwd': PASSWD,
    '/etc/group': 'wheel:*:0:root\n_puffboot:*:900:\n',
    '/etc/doas.conf': 'permit nopass _puffboot as root\n',
  });
  host.directories.add('/etc/puffboot');
  const vms: ModelHost['vms'] = new Map();
  const edit = (path: string, change: (text: string) => string) =>
    host.put(path, change(host.text(path) ?? ''));
  const text = (path: string) => host.text(path) ?? '';
  const failed = (stderr: string) => ({ status: 1, stderr: `${stderr}\n` });
  const namesIn = (conf: string) => [...conf.matchAll(/^vm "([^"]+)"/gm)].map(([, name = '']) => name);

  host.on(/^id -un$/, '_puffboot\n');
  host.on(/^id -Gn$/, '_puffboot\n');
  host.on(/^ls -1 /, ({ argv: [, , directory = ''] }) => {
    if (!host.directories.has(directory)) return failed(`ls: ${directory}: No such file or directory`);
    const names = [...host.files.keys()].filter((path) => path.replace(/\/[^/]*$/, '') === directory);
    return names.map((path) => `${path.slice(directory.length + 1)}\n`).join('');
  });
  host.on(/^sha256 -q /, ({ argv }) => {
    const file = host.files.get(argv.at(-1) ?? '');
    if (file === undefined) return failed('sha256: No such file or directory');
    return `${createHash('sha256').update(file.bytes).digest('hex')}\n`;
  });
  host.on(/^ln /, ({ argv: [, from = '', to = ''] }) => {
    const file = host.files.get(from);
    if (file === undefined || host.files.has(to)) return failed(`ln: ${to}: File exists`);
    host.files.set(to, file);
    return '';
  });
  host.on(/^install -d /, ({ argv }) => {
    host.directories.add(argv.at(-1) ?? '');
    return '';
  });
  host.on(/^groupadd /, ({ argv: [, group = ''] }) => {
    if (text('/etc/group').includes(`\n${group}:`))
      return failed(`groupadd: group \`${group}' already exists`);
    edit('/etc/group', (groups) => `${groups}${group}:*:${1000 + groups.length}:\n`);
    return '';
  });
  const join = (login: string, group: string) =>
    edit('/etc/group', (groups) =>
      groups.replace(
        new RegExp(`^(${group}:\\*:\\d+:)(.*)$`, 'm'),
        (_, head, members) =>
          `${head}${[
            ...String(members)
              .split(',')
              .filter((each) => each !== ''),
            login,
          ].join(',')}`,
      ),
    );
  host.on(/^usermod -G /, ({ argv: [, , group = '', login = ''] }) => {
    join(login, group);
    return '';
  });
  host.on(/^useradd /, ({ argv }) => {
    const login = argv.at(-1) ?? '';
    if (text('/etc/passwd').includes(`\n${login}:`)) return failed(`useradd: already a \`${login}' user`);
    const comment = argv[argv.indexOf('-c') + 1];
    edit('/etc/passwd', (all) => `${all}${login}:*:1001:1001:${comment}:/home/${login}:/bin/ksh\n`);
    edit('/etc/group', (all) => `${all}${login}:*:1001:\n`);
    join(login, argv[argv.indexOf('-G') + 1] ?? '');
    host.put(`/home/${login}/.ssh/authorized_keys`, '', 0o600, login);
    return '';
  });
  host.on(/^su -s \/bin\/sh /, ({ argv, stdin }) => {
    host.put(`/home/${argv[3]}/.ssh/authorized_keys`, stdin, 0o600, argv[3]);
    return '';
  });
  host.on(/^vmctl create /, ({ argv }) => {
    const path = argv.at(-1) ?? '';
    if (!host.directories.has('/home/vm'))
      return failed('vmctl: create imagefile operation failed: No such file');
    host.put(path, 'blank', 0o600, '_puffboot');
    return '';
  });
  host.on(/^vmctl status$/, () => {
    const rows = [...vms].map(([name, { running }], index) => ({
      id: index + 1,
      pid: running ? 100 + index : null,
      memoryMiB: 512,
      usedBytes: null,
      tty: null,
      owner: 'root',
      state: running ? ('running' as const) : ('stopped' as const),
      name,
    }));
    return { status: rows.length === 0 ? 1 : 0, stdout: renderStatus(rows) };
  });
  host.on(/^vmctl load /, ({ argv }) => {
    for (const name of namesIn(text(argv[2] ?? ''))) if (!vms.has(name)) vms.set(name, { running: false });
    return '';
  });
  host.on(/^vmctl reload$/, () => {
    for (const [name, { running }] of vms) if (!running) vms.delete(name);
    for (const name of namesIn(text('/etc/vm.conf'))) if (!vms.has(name)) vms.set(name, { running: false });
    return '';
  });
  // As vmd does: every login and every disk has to exist.
  host.on(/^vmd -n -f /, ({ argv }) => {
    const conf = text(argv[3] ?? '');
    const owners = [...conf.matchAll(/owner ([a-z_]+):/g)].map(([, login]) => login);
    const stranger = owners.find((login) => !text('/etc/passwd').includes(`\n${login}:`));
    if (stranger !== undefined) return failed(`${argv[3]}:1: failed to get user: ${stranger}`);
    const disk = [...conf.matchAll(/disk "([^"]+)"/g)].find(([, path = '']) => !host.files.has(path));
    return disk === undefined
      ? { stderr: 'configuration OK\n' }
      : failed(`failed to parse disks: ${disk[1]}`);
  });
  host.on(/^(doas -C|dhcpd -n -c|pfctl -n -f) /, '');
  host.on(/^(rcctl restart dhcpd|pfctl -f .*|ifconfig .*)$/, '');
  return { host, vms };
}

/** Names of the VMs that vmd knows, by the product's own parser. */
export const known = async ({ host }: ModelHost): Promise<readonly string[]> =>
  parseStatus((await host.run(['vmctl', 'status'])).stdout).map(({ name }) => name);
