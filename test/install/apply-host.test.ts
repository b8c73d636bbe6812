import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPty } from '../../console/io/pty.ts';
import { SILENT_LOG } from '../../src/common/port.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { HostAccess } from '../../src/host/access.ts';
import { ownedBlock } from '../../src/host/owned-block.ts';
import { type HostService, openHostService } from '../../src/install/io/host-service.ts';
import { retirementOf } from '../../src/install/retire.ts';
import { allocate } from '../../src/inventory/allocate.ts';
import { joinNetwork } from '../../src/inventory/network.ts';
import { openStore, type Store } from '../../src/io/store/store.ts';
import { HOST } from '../../src/rehearsal/host-path.ts';
import { rehearsalAccess } from '../../src/rehearsal/io/rehearsal-access.ts';
import { makeSets } from '../../src/rehearsal/io/sets.ts';
import { type SimulatedHost, startSimulatedHost } from '../../src/rehearsal/io/simulated-host.ts';
import type { HostFault } from '../../src/rehearsal/root/faults.ts';
import { allocationHost } from '../../src/web/routes/allocation-host.ts';
import { FakeClock } from '../fakes/clock.ts';
import { KEY } from '../support/rig.ts';

const CONFIG = (directory: string) => `
subnets = [{ cidr = "192.0.2.0/24", router = "192.0.2.1", bootAddress = "192.0.2.2", domain = "example.net" }]
netboot.setsDirectory = "${directory}/sets"
netboot.httpPort = 8080
[[hosts]]
name = "vmm1"
access = "rehearsal"
root = "${directory}/host"
dhcp = "dhcpd"
lladdrPrefix = "fe:e1:bb:d1:4c"
ipv4Range = "192.0.2.10-192.0.2.49"
ipv6Prefix = "2001:db8:0:100::/56"
`;

describe('apply on a simulated host, as _puffboot with doas', () => {
  let directory: string;
  let host: SimulatedHost;
  let store: Store;
  let access: HostAccess;
  let service: HostService;
  let order: (owner: string, name: string) => Promise<unknown>;
  let leave: (name: string, meanwhile?: () => Promise<void>) => Promise<void>;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puffboot-apply-'));
    const config = parseConfig(CONFIG(directory), 'puffboot.toml');
    const [first] = config.hosts;
    if (first === undefined) throw new Error('no host');
    await makeSets(join(directory, 'sets'), '7.6', 'amd64');
    host = await startSimulatedHost({ root: join(directory, 'host'), options: {}, log: SILENT_LOG });
    store = await openStore(join(directory, 'state'), { log: SILENT_LOG });
    order = (owner, name) =>
      store.addVm((existing) =>
        allocate({ name, host: null, owner, sshKeys: [KEY] }, [allocationHost(first)], existing, 0),
      );
    /** Removes a VM as `vm rm` does, as far as the inventory. @param meanwhile before its disks are put aside */
    leave = async (name, meanwhile) => {
      const vm = await store.findVm(name);
      if (vm === null) throw new Error(`no ${name}`);
      const order = { key: name, fate: 'keep', holdDays: 0, now: 0 } as const;
      const retired = retirementOf(vm, first, order);
      await store.orderRetirement(retired);
      await store.leaveInventory(name);
      await meanwhile?.();
      await store.saveRetired({ ...retired, stage: 'retired', retiredAt: 0 });
    };
    for (const owner of ['puffy', 'blowfish']) await order(owner, `vm-${owner}`);
    access = rehearsalAccess({
      root: join(directory, 'host'),
      become: ['doas'],
      now: Date.now,
      openPty,
    });
    service = openHostService({
      config,
      store,
      accessOf: () => access,
      keyDirectories: [],
      holder: 'here',
      clock: new FakeClock(),
      log: SILENT_LOG,
    });
  });
  afterEach(async () => {
    await service.settled();
    await host.stop();
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  const onHost = (path: string) => readFile(join(directory, 'host', path), 'utf8');
  const faults = (...rows: readonly HostFault[]) =>
    writeFile(join(directory, 'host/fail.json'), JSON.stringify(rows));
  const apply = async () => {
    const { id } = await service.apply('vmm1', null);
    await service.settled();
    return service.applied('vmm1', id);
  };
  const nothingToDo = { diffs: [], steps: [], faults: [] };

  it('makes it as it is wanted, from nothing; an owner who was there is left as he is', async () => {
    expect(await apply()).toMatchObject({ state: 'done', error: null });
    expect(await service.plan('vmm1')).toMatchObject({
      ...nothingToDo,
      remarks: [expect.stringContaining('login puffy was there before puffboot')],
    });
    expect(await onHost('etc/vm.conf')).toContain('vm "vm-blowfish" {\n\tdisable\n');
    const keys = await onHost('home/blowfish/.ssh/authorized_keys');
    expect(keys).toContain(`${KEY.replace(' hidden-password', '')}\n`);
    expect(await onHost('etc/passwd')).toMatch(/^blowfish:.*:blowfish,puffboot:/m);
  });

  it("closes an owner's login with his last VM, and opens it when he has one again", async () => {
    const passwdOf = async (login: string) =>
      (await onHost('etc/passwd')).split('\n').find((line) => line.startsWith(`${login}:`));
    const members = async () => /^vmdusers:.*:(.*)$/m.exec(await onHost('etc/group'))?.[1];
    await apply();
    const puffy = await passwdOf('puffy');
    await leave('vm-puffy');
    await leave('vm-blowfish', async () => {
      expect((await service.plan('vmm1')).steps.join()).not.toContain('close login');
    });
    expect((await service.plan('vmm1')).steps.slice(-2)).toEqual([
      expect.stringMatching(/^close login blowfish/),
      'take the keys of blowfish away',
    ]);
    expect(await apply()).toMatchObject({ state: 'done', error: null });
    expect(await passwdOf('blowfish')).toMatch(/:blowfish,puffboot closed:.*:\/bin\/ksh-$/);
    expect(await passwdOf('puffy')).toBe(puffy);
    expect(await members()).toBe('_puffboot');
    expect(await onHost('home/blowfish/.ssh/authorized_keys')).not.toContain('ssh-ed25519');
    expect(await service.plan('vmm1')).toMatchObject(nothingToDo);
    await order('blowfish', 'vm-again');
    expect(await apply()).toMatchObject({ state: 'done', error: null });
    expect(await passwdOf('blowfish')).toMatch(/:blowfish,puffboot:.*:\/bin\/ksh$/);
    expect(await members()).toBe('_puffboot,blowfish');
    expect(await onHost('home/blowfish/.ssh/authorized_keys')).toContain('ssh-ed25519');
    expect(await service.plan('vmm1')).toMatchObject(nothingToDo);
  });

  it('keeps its parts of sensorsd.conf and httpd.conf, where they are', async () => {
    for (const daemon of ['sensorsd', 'httpd'])
      await access.run(['rcctl', 'start', daemon], { asRoot: true });
    const put = (name: string, text: string) => writeFile(join(directory, 'host/etc', name), text);
    await put('sensorsd.conf', `fan:low=1\n${ownedBlock('')}`);
    await put('httpd.conf', `servr "www" {\n}\n${ownedBlock('')}`);
    expect(await apply()).toMatchObject({
      state: 'failed',
      error: { message: expect.stringContaining('new.httpd.conf:1: syntax error') },
    });
    await put('httpd.conf', `server "www" {\n}\n${ownedBlock('')}`);
    expect(await apply()).toMatchObject({ state: 'done', error: null });
    const [, script = ''] = /command=\/bin\/sh (\S+)/.exec(await onHost('etc/sensorsd.conf')) ?? [];
    expect(await onHost('etc/sensorsd.conf')).toMatch(/^fan:low=1\n# BEGIN puffboot/);
    expect(await onHost(script.slice(1))).toContain('logger -t puffboot');
    expect(await onHost('etc/httpd.conf')).toContain('location "/*install.conf" {');
    const commands = (await readFile(join(directory, 'host', HOST.commands), 'utf8')).split('\n');
    const told = commands.flatMap((line) => /rcctl (?:restart|reload) (?!dhcpd).*$/.exec(line) ?? []);
    expect(told).toEqual(['rcctl restart sensorsd', 'rcctl reload httpd']);
    expect(await service.plan('vmm1')).toMatchObject(nothingToDo);
  });

  it('makes the switch of a private network, and goes on where that was cut off', async () => {
    await order('blowfish', 'vm-second');
    const uplinkOf = () => 'uplink';
    await store.changeVms((all) => joinNetwork('lan', ['vm-blowfish', 'vm-second'], all, uplinkOf));
    const says = (await service.plan('vmm1')).steps;
    expect(says.indexOf('create interface veb100')).toBeLessThan(
      says.findIndex((step) => step.startsWith('load into vmd')),
    );
    await faults({ command: '^sh /etc/netstart veb100$', do: 'drop', times: 1 });
    expect(await apply()).toMatchObject({ state: 'failed' });
    expect(await apply()).toMatchObject({ state: 'done', error: null });
    expect(await onHost('etc/hostname.veb100')).toBe('up\n');
    expect(await service.plan('vmm1')).toMatchObject(nothingToDo);
  });

  it.each<[string, HostFault]>([
    [
      'vmd that refuses to load',
      { command: '^vmctl load', do: 'exit', stderr: 'vmctl: command failed\n', times: 1 },
    ],
    [
      'a connection that is lost after dhcpd was restarted',
      { command: '^rcctl restart', do: 'drop', after: true, times: 1 },
    ],
    [
      'a connection that is lost while a file is replaced',
      { command: '^mv .*/etc/vm.conf$', do: 'drop', times: 1 },
    ],
    ['a full disk', { command: '^tee /etc/doas.conf', do: 'full', times: 1 }],
  ])('stops at %s, and goes on the next time', async (_, fault) => {
    await faults(fault);
    expect(await apply()).toMatchObject({ state: 'failed' });
    await rm(join(directory, 'host/fail.json'), { force: true });
    expect(await apply()).toMatchObject({ state: 'done', error: null });
    expect(await service.plan('vmm1')).toMatchObject(nothingToDo);
  });

  it('doctor finds what a fresh host lacks, and --fix mends what is safe', async () => {
    const found = await service.diagnose('vmm1');
    const told = found.checks.flatMap(({ name, findings }) =>
      findings.map(({ level, safe }) => `${name} ${level}${safe ? ' *' : ''}`),
    );
    expect(told).toEqual([
      'groups fault',
      'socket warning',
      'arp warning *',
      'ipv6 fault *',
      'dhcp fault',
      'clock hint',
    ]);
    await apply();
    const after = await service.remedy('vmm1');
    expect(after.fixed).toHaveLength(2);
    const left = after.checks.flatMap(({ name, findings }) => findings.map(() => name));
    expect(left).toEqual(['clock']);
    expect(await onHost('etc/sysctl.conf')).toContain('net.inet6.ip6.forwarding=1\n');
  });
});
