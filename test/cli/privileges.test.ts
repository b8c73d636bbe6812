import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bindSockets, closeSockets } from '../../netboot/io/bind.ts';
import { LOOPBACK, portsOf } from '../netboot/io/running.ts';
import { PROGRAM } from '../support/puffboot.ts';

/** Only root has privileges to give up, and only Linux tells about them in /proc. */
const SKIP = process.getuid?.() !== 0 || !existsSync('/proc/self/status');

/** Users that every Linux has. */
const USERS = { netboot: 'nobody', 'boot-http': 'nobody', operate: 'daemon' } as const;
type Name = keyof typeof USERS;
const NAMES = Object.keys(USERS) as Name[];

const idOf = (flag: '-u' | '-g', user: string) =>
  execFileSync('id', [flag, user], { encoding: 'utf8' }).trim();

describe.skipIf(SKIP)('serve, started as root', () => {
  let directory: string;
  let close: () => Promise<void>;
  const pids = new Map<string, number>();
  const at = (...path: string[]) => join(directory, ...path);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-privileges-'));
    await chmod(directory, 0o711); // the way to what is theirs
    await mkdir(at('sets'));
    const sockets = await bindSockets({
      addresses: [LOOPBACK],
      ...{ dhcpPort: 0, tftpPort: 0, httpPort: 0, broadcast: false },
    });
    const ports = portsOf(sockets);
    await closeSockets(sockets);
    await writeFile(
      at('puffboot.toml'),
      `stateDirectory = "${at('state')}"
       web = { enabled = false }
       telemetry = { intervalSeconds = 0 }
       serve = { operateUser = "${USERS.operate}", netbootUser = "${USERS.netboot}" }
       [netboot]
       broadcast = false
       dhcpPort = ${ports.dhcp}
       tftpPort = ${ports.tftp}
       httpPort = ${ports.http}
       setsDirectory = "${at('sets')}"
       leasesDirectory = "${at('leases')}"
       [[subnets]]
       cidr = "127.0.0.0/24"
       router = "127.0.0.2"
       bootAddress = "127.0.0.1"
       pool = "127.0.0.100-127.0.0.109"
       [[hosts]]
       name = "vmm1"
       access = "rehearsal"
       root = "${at('host')}"
       capacity = 2
       lladdrPrefix = "fe:e1:bb:d1:4c"
       ipv4Range = "127.0.0.10-127.0.0.19"\n`,
      { mode: 0o600 },
    );
    const serve = spawn(process.execPath, [PROGRAM, 'serve', '-f', at('puffboot.toml')], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    close = async () => {
      serve.kill('SIGTERM');
      await once(serve, 'exit');
      await rm(directory, { recursive: true });
    };
    await once(createInterface({ input: serve.stdout }), 'line');
    const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
    const below = (parent: number, name: Name) =>
      rows
        .map((row) => row.trim().split(/\s+/))
        .find(
          ([, ppid, ...args]) => Number(ppid) === parent && args.join(' ').endsWith(`processes/${name}.js`),
        );
    for (const name of NAMES) {
      const parent = name === 'boot-http' ? pids.get('netboot') : serve.pid;
      pids.set(name, Number(below(parent ?? 0, name)?.[0]));
    }
  });
  afterAll(() => close());

  it.each(NAMES)(
    'has %s run as its own user in every thread, without a group or capability beside',
    async (name) => {
      const tasks = `/proc/${pids.get(name)}/task`;
      for (const task of await readdir(tasks)) {
        const status = await readFile(join(tasks, task, 'status'), 'utf8');
        const field = (wanted: string) =>
          new RegExp(`^${wanted}:[\\t ]*(.*)$`, 'm').exec(status)?.[1]?.trim().split(/\s+/);
        const told = ['Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff', 'CapAmb'].map(field);
        const four = (flag: '-u' | '-g') => Array(4).fill(idOf(flag, USERS[name]));
        expect(told).toEqual([four('-u'), four('-g'), [''], ...Array(4).fill(['0000000000000000'])]);
      }
    },
  );

  it.each([
    ['netboot', /^\/dev\/(?:null|urandom)$|\/leases\/leases$/],
    ['boot-http', /^\/dev\/(?:null|urandom)$/],
    ['operate', /^\/dev\/(?:null|urandom)$|\/state\//],
  ] as const)('hands %s no file of anybody else', async (name, own) => {
    const descriptors = `/proc/${pids.get(name)}/fd`;
    const open = (await readdir(descriptors)).map((fd) =>
      readlink(join(descriptors, fd)).catch(() => 'gone'),
    );
    const files = (await Promise.all(open)).filter((target) => target.startsWith('/'));
    expect(files.filter((target) => !own.test(target))).toEqual([]);
  });

  it.each([
    ['netboot', ['state', 'state/puffboot.sqlite', 'puffboot.toml']],
    ['operate', ['leases', 'leases/leases', 'puffboot.toml']],
  ] as const)('has %s open nothing of the other, nor of root', (name, paths) => {
    const ids = { uid: Number(idOf('-u', USERS[name])), gid: Number(idOf('-g', USERS[name])) };
    for (const path of [...paths.map((each) => at(each)), '/etc/shadow']) {
      expect([path, existsSync(path)]).toEqual([path, true]);
      // As a file, as a directory, or to write.
      const tried = `exec 2>/dev/null; cat "$1" || ls "$1/" || : >>"$1"`;
      const end = spawnSyncStatus(['sh', '-c', tried, 'sh', path], ids);
      expect([path, end]).not.toEqual([path, 0]);
    }
  });

  it.each(NAMES)('tells %s nothing of its own environment but what a program needs', async (name) => {
    const environment = (await readFile(`/proc/${pids.get(name)}/environ`, 'utf8'))
      .split('\0')
      .filter(Boolean);
    const known = /^(?:PATH|HOME|TZ|LANG|PUFFBOOT_LOG|TMPDIR|NODE_CHANNEL_\w+)=/;
    expect(environment.filter((each) => !known.test(each))).toEqual([]);
  });
});

function spawnSyncStatus(
  argv: readonly string[],
  ids: { readonly uid: number; readonly gid: number },
): number {
  const [command = '', ...args] = argv;
  try {
    execFileSync(command, args, { ...ids, stdio: 'ignore' });
    return 0;
  } catch {
    return 1;
  }
}
