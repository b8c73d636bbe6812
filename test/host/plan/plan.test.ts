import { describe, expect, it } from 'vitest';
import { ownedBlock } from '../../../src/host/owned-block.ts';
import type { Observation } from '../../../src/host/plan/observation.ts';
import { type HostPlan, planHost } from '../../../src/host/plan/plan.ts';
import { commandsOf, isTold, describe as say } from '../../../src/host/plan/step.ts';
import type { Wanted } from '../../../src/host/plan/wanted.ts';
import { EMPTY_HOST, KEY, settledHost, vmConfBlock, wantedHost } from './scene.ts';

const saysOf = ({ steps }: HostPlan) => steps.filter(isTold).map(say);
const block = (body: string) => ownedBlock(body);
const dhcpd = (body: string) =>
  ({ kind: 'dhcpd.conf', path: '/etc/dhcpd.conf', block: block(body) }) as const;
const withFile = (seen: Observation, path: string, text: string | null): Observation => ({
  ...seen,
  files: { ...seen.files, [path]: text },
});

const login = (comment: string, shell = '/bin/ksh') => ({
  name: 'puffy',
  comment,
  home: '/home/puffy',
  shell,
});
const SENSORS = [
  { kind: 'sensors', path: '/etc/puffboot/sensors', block: ownedBlock('script\n') },
  { kind: 'sensorsd.conf', path: '/etc/sensorsd.conf', block: ownedBlock('drive:command=x\n') },
] as const;
const NO_FILES = { files: [], disks: [] };
const CLOSES = 'close login puffy, who has no VM here any more: locked, his home stays';

describe('the plan of a host', () => {
  it('has nothing to do where all is as it is wanted', () => {
    expect(planHost(wantedHost(), settledHost())).toEqual({
      host: 'vmm1',
      diffs: [],
      steps: [],
      remarks: [],
      faults: [],
    });
  });

  it('does everything on an empty host, in order', async () => {
    const plan = planHost(wantedHost(), EMPTY_HOST);
    const text = [...plan.diffs.map(({ text: diff }) => diff), ...saysOf(plan), ...plan.remarks].join('\n');
    await expect(`${text}\n`).toMatchFileSnapshot('../../../fixtures/plan/empty-host.txt');
  });

  const rows: readonly [
    string,
    Wanted,
    Observation,
    { says?: readonly string[]; remarks?: readonly string[]; faults?: readonly string[] },
  ][] = [
    [
      'loads a new VM and starts nothing',
      wantedHost({}, { web1: {}, web2: { enabled: true } }),
      settledHost(),
      {
        says: [
          'create disk /home/vm/web2-0.qcow2 of 20480M',
          'check the new /etc/vm.conf with vmd',
          'replace /etc/vm.conf',
          'load into vmd: web2',
        ],
      },
    ],
    [
      'enables a VM without a word to vmd',
      wantedHost({}, { web1: { enabled: true } }),
      settledHost({}, { web1: { state: 'running' } }),
      { says: ['check the new /etc/vm.conf with vmd', 'replace /etc/vm.conf'] },
    ],
    [
      'reloads for a stopped VM with another definition',
      wantedHost({}, { web1: { memoryMiB: 2048 } }),
      settledHost(),
      {
        says: [
          'check the new /etc/vm.conf with vmd',
          'replace /etc/vm.conf',
          'reload vmd for web1; nothing is started',
        ],
      },
    ],
    [
      'does not reload where that would start something',
      wantedHost({}, { web1: { memoryMiB: 2048 }, web2: { enabled: true } }),
      settledHost({}, { web1: {}, web2: { enabled: true } }),
      {
        says: ['check the new /etc/vm.conf with vmd', 'replace /etc/vm.conf'],
        remarks: [expect.stringMatching(/^web1 would have the new definition .* also start web2$/)],
      },
    ],
    [
      'does not reload where that would start what somebody else defined',
      wantedHost({}, { web1: { memoryMiB: 2048 } }),
      withFile(settledHost(), '/etc/vm.conf', `vm "mine" {\n\tmemory 1G\n}\n${vmConfBlock({ web1: {} })}`),
      { remarks: [expect.stringContaining('also start mine')] },
    ],
    [
      'does not reload where that would forget a VM made by hand',
      wantedHost({}, { web1: { memoryMiB: 2048 } }),
      settledHost({
        vms: [
          { id: 1, name: 'web1', state: 'stopped', pid: null, tty: null },
          { id: 9, name: 'hand', state: 'stopped', pid: null, tty: null },
        ],
      }),
      { remarks: [expect.stringContaining('also forget hand')] },
    ],
    [
      'does not reload while a VM is being installed',
      wantedHost({ busy: ['web2'] }, { web1: { memoryMiB: 2048 }, web2: {} }),
      settledHost({}, { web1: {}, web2: {} }),
      { remarks: [expect.stringContaining('also interrupt the install of web2')] },
    ],
    [
      'leaves a running VM its definition',
      wantedHost({}, { web1: { memoryMiB: 2048, enabled: true } }),
      settledHost({}, { web1: { enabled: true, state: 'running' } }),
      {
        says: ['check the new /etc/vm.conf with vmd', 'replace /etc/vm.conf'],
        remarks: [expect.stringMatching(/^web1 keeps its old definition as long as it runs/)],
      },
    ],
    [
      'remembers a definition that could not be given yet',
      wantedHost({}, { web1: { memoryMiB: 2048 } }),
      settledHost({ pending: { reload: ['web1'] } }, { web1: { memoryMiB: 2048 } }),
      { says: ['reload vmd for web1; nothing is started'] },
    ],
    [
      'tells what a changed switch takes',
      wantedHost({
        files: [{ kind: 'vm.conf', path: '/etc/vm.conf', block: vmConfBlock({ web1: {} }, 'veb7') }],
      }),
      settledHost(),
      { remarks: [expect.stringMatching(/^switch uplink is on veb7 only after `vmctl reset switches`/)] },
    ],
    [
      'tells of a VM that left and runs on',
      wantedHost({ removed: ['web1'] }, {}),
      settledHost({}, { web1: { state: 'running' } }),
      { remarks: ['web1 left the inventory and still runs; `vmctl stop web1` ends it'] },
    ],
    [
      'refuses to take away VMs that nobody removed',
      wantedHost({ removed: ['web2'] }, {}),
      settledHost({}, { web1: {}, web2: {} }),
      {
        faults: [
          expect.stringMatching(/^vm.conf has web1 in puffboot's lines, and this inventory never had it/),
        ],
      },
    ],
    [
      'refuses a VM that is defined twice',
      wantedHost(),
      withFile(settledHost(), '/etc/vm.conf', `vm web1 {\n}\n${vmConfBlock({ web1: {} })}`),
      { faults: ["vm.conf defines web1 outside of puffboot's lines too: remove that there"] },
    ],
    [
      'refuses a switch that somebody else puts elsewhere',
      wantedHost(),
      withFile(
        settledHost(),
        '/etc/vm.conf',
        `switch "uplink" {\n\tinterface veb3\n}\n${vmConfBlock({ web1: {} })}`,
      ),
      { faults: [expect.stringContaining('switch uplink on veb3')] },
    ],
    [
      'tells of a setting that somebody else has too',
      wantedHost(),
      withFile(settledHost(), '/etc/vm.conf', `socket owner :wheel\n${vmConfBlock({ web1: {} })}`),
      { says: [], remarks: [expect.stringContaining('vm.conf has `socket owner` outside')] },
    ],
    [
      'takes the same switch of somebody else as vmd does',
      wantedHost(),
      withFile(
        settledHost(),
        '/etc/vm.conf',
        `switch "uplink" {\n\tinterface veb0\n}\n${vmConfBlock({ web1: {} })}`,
      ),
      { says: [], faults: [] },
    ],
    [
      'refuses damaged marker lines',
      wantedHost(),
      withFile(settledHost(), '/etc/doas.conf', '# END puffboot\n'),
      { faults: [expect.stringContaining('/etc/doas.conf needs one BEGIN')] },
    ],
    [
      'tells of an edit between the marker lines',
      wantedHost(),
      withFile(
        settledHost(),
        '/etc/doas.conf',
        block('permit nopass "puffy" as root cmd pkill\n').replace('nopass', 'persist'),
      ),
      { remarks: [expect.stringMatching(/^somebody changed \/etc\/doas.conf between/)] },
    ],
    [
      'leaves a login alone that was there before',
      wantedHost(),
      settledHost({
        logins: [login('Puffy')],
        groups: [
          { name: '_puffboot', members: ['_puffboot'] },
          { name: 'vmdusers', members: ['_puffboot'] },
        ],
      }),
      {
        says: [],
        remarks: [
          expect.stringMatching(/^login puffy was there before puffboot .*usermod -G vmdusers puffy/),
        ],
      },
    ],
    [
      'closes the login that it made with the last VM, and takes its keys away',
      wantedHost({ ...NO_FILES, owners: [] }),
      settledHost(),
      { says: [CLOSES, 'take the keys of puffy away'] },
    ],
    [
      'closes no login that was there before, nor one without anything of puffboot',
      wantedHost({ ...NO_FILES, owners: [] }),
      settledHost({ logins: [login('Puffy'), { ...login('Root &,'), name: 'root' }] }),
      { says: [], remarks: [] },
    ],
    [
      'closes no login while a VM of its owner is being removed',
      wantedHost({ ...NO_FILES, owners: [], leaving: ['puffy'] }),
      settledHost(),
      { says: [] },
    ],
    [
      'takes the keys of a closed login away that an earlier apply could not',
      wantedHost({ ...NO_FILES, owners: [] }),
      settledHost({ logins: [login('Puffy,puffboot closed', '/bin/ksh-')] }),
      { says: ['take the keys of puffy away'] },
    ],
    [
      'leaves a closed login open that somebody opened by hand',
      wantedHost({ ...NO_FILES, owners: [] }),
      settledHost({ logins: [login('Puffy,puffboot closed')], keyFiles: {} }),
      { says: [] },
    ],
    [
      'opens what it closed for an owner who has a VM again',
      wantedHost(),
      settledHost({
        logins: [login('Puffy,puffboot closed,2nd floor', '/bin/ksh-')],
        groups: [
          { name: '_puffboot', members: ['_puffboot'] },
          { name: 'vmdusers', members: ['_puffboot'] },
        ],
        keyFiles: { '/home/puffy/.ssh/authorized_keys': block('') },
      }),
      { says: ['open login puffy again', 'put puffy in group vmdusers', 'write the keys of puffy'] },
    ],
    [
      'does not open what somebody else locked',
      wantedHost(),
      settledHost({ logins: [login('Puffy,puffboot', '/bin/ksh-')] }),
      { says: [], remarks: [expect.stringMatching(/^login puffy was locked by somebody else and stays so/)] },
    ],
    [
      'keeps the keys that an owner added himself',
      wantedHost({ owners: [{ login: 'puffy', fullName: 'P', keys: ['ssh-ed25519 BBBB'] }] }),
      settledHost({ keyFiles: { '/home/puffy/.ssh/authorized_keys': `own key\n${block(`${KEY}\n`)}` } }),
      { says: ['write the keys of puffy'] },
    ],
    [
      'refuses a kernel that is not what was signed',
      wantedHost({
        kernels: [{ release: '7.6', arch: 'amd64', path: '/k', source: { kind: 'refused', why: 'wrong' } }],
      }),
      settledHost(),
      { faults: ['bsd.rd of 7.6: wrong'] },
    ],
    [
      'goes on without the kernel of a release that is not there',
      wantedHost({
        kernels: [{ release: '7.3', arch: 'amd64', path: '/k', source: { kind: 'missing', why: 'no sets' } }],
      }),
      settledHost(),
      { says: [], remarks: ['VMs of 7.3 cannot be installed: no sets'] },
    ],
    [
      'says that a kernel is not verified',
      wantedHost({
        kernels: [
          {
            release: '7.6',
            arch: 'amd64',
            path: '/k',
            source: { kind: 'unsigned', file: '/b', sha256: 'x', why: 'no key' },
          },
        ],
      }),
      settledHost(),
      { says: ['put the ramdisk kernel at /k'], remarks: ['bsd.rd of 7.6 is not verified: no key'] },
    ],
    [
      'creates no disk outside of its directory',
      wantedHost({ disks: [{ vm: 'web1', path: '/data/x.img', sizeMiB: 1 }] }),
      settledHost(),
      { says: [], faults: ["disk /data/x.img of web1 is not there, and is not puffboot's to create"] },
    ],
    [
      'restarts dhcpd only when its file changed',
      wantedHost({ files: [dhcpd('new\n')] }),
      settledHost({ files: { '/etc/dhcpd.conf': block('old\n') } }),
      { says: ['check the new /etc/dhcpd.conf with dhcpd', 'replace /etc/dhcpd.conf', 'restart dhcpd'] },
    ],
    [
      'restarts dhcpd when an earlier apply could not',
      wantedHost({ files: [dhcpd('new\n')] }),
      settledHost({ files: { '/etc/dhcpd.conf': block('new\n') }, pending: { dhcpd: [] } }),
      { says: ['restart dhcpd'] },
    ],
    [
      'leaves a pf.conf alone that does not have its part',
      wantedHost({ files: [{ kind: 'pf.conf', path: '/etc/pf.conf', block: block('pass\n') }] }),
      settledHost({ files: { '/etc/pf.conf': 'pass in\n' } }),
      { says: [] },
    ],
    [
      'keeps its part of pf.conf and loads it',
      wantedHost({ files: [{ kind: 'pf.conf', path: '/etc/pf.conf', block: block('pass\n') }] }),
      settledHost({ files: { '/etc/pf.conf': `pass in\n${block('block\n')}` } }),
      {
        says: ['check the new /etc/pf.conf with pfctl', 'replace /etc/pf.conf', 'load /etc/pf.conf into pf'],
      },
    ],
    [
      'leaves sensorsd.conf alone, and writes no script, where its part is not in it',
      wantedHost({ files: SENSORS }),
      settledHost({ files: { '/etc/sensorsd.conf': 'fan:low=1\n' }, services: { sensorsd: true } }),
      { says: [], remarks: [] },
    ],
    [
      'writes the script before sensorsd.conf and restarts sensorsd',
      wantedHost({ files: SENSORS }),
      settledHost({ files: { '/etc/sensorsd.conf': block('old\n') }, services: { sensorsd: true } }),
      { says: ['replace /etc/puffboot/sensors', 'replace /etc/sensorsd.conf', 'restart sensorsd'] },
    ],
    [
      'does not restart sensorsd for its script alone',
      wantedHost({ files: SENSORS }),
      settledHost({
        files: { '/etc/sensorsd.conf': SENSORS[1].block, '/etc/puffboot/sensors': block('old\n') },
        services: { sensorsd: true },
      }),
      { says: ['replace /etc/puffboot/sensors'] },
    ],
    [
      'starts no sensorsd that does not run, and tells of it',
      wantedHost({ files: SENSORS }),
      settledHost({ files: { '/etc/sensorsd.conf': block('old\n') }, services: { sensorsd: false } }),
      {
        says: ['replace /etc/puffboot/sensors', 'replace /etc/sensorsd.conf'],
        remarks: [expect.stringMatching(/^sensorsd does not run, .*rcctl start sensorsd/)],
      },
    ],
    [
      'keeps its part of httpd.conf, checked, and reloads httpd also when an earlier apply could not',
      wantedHost({ files: [{ kind: 'httpd.conf', path: '/etc/httpd.conf', block: block('new\n') }] }),
      settledHost({
        files: { '/etc/httpd.conf': block('old\n') },
        services: { httpd: true },
        pending: { httpd: [] },
      }),
      { says: ['check the new /etc/httpd.conf with httpd', 'replace /etc/httpd.conf', 'reload httpd'] },
    ],
    [
      'makes the switch of a private network before vmd hears of it',
      wantedHost({ privateInterfaces: ['veb100'] }, { web1: {}, web2: {} }),
      settledHost({ interfaces: { veb100: false } }),
      {
        says: [
          'create disk /home/vm/web2-0.qcow2 of 20480M',
          'replace /etc/hostname.veb100',
          'create interface veb100',
          'check the new /etc/vm.conf with vmd',
          'replace /etc/vm.conf',
          'load into vmd: web2',
        ],
      },
    ],
    [
      'lists puffboot in its own primary group, without which vmd(8) does not count it',
      wantedHost(NO_FILES),
      settledHost({
        groups: [
          { name: '_puffboot', members: [] },
          { name: 'vmdusers', members: ['_puffboot', 'puffy'] },
        ],
      }),
      { says: ['put _puffboot in group _puffboot'], remarks: [] },
    ],
    [
      'leaves a switch alone that somebody made, and creates only what is not there',
      wantedHost({ privateInterfaces: ['veb100', 'veb101'] }),
      withFile(
        withFile(settledHost({ interfaces: { veb100: true } }), '/etc/hostname.veb100', 'link0 up\n'),
        '/etc/hostname.veb101',
        '',
      ),
      { says: ['create interface veb101'] },
    ],
    [
      'gives the interface the addresses that are new',
      wantedHost({
        files: [
          {
            kind: 'hostname.if',
            path: '/etc/hostname.vport0',
            block: block('inet6 alias 2001:db8::1 64\ninet6 alias 2001:db8:0:1::1 64\n'),
          },
        ],
      }),
      settledHost({ files: { '/etc/hostname.vport0': `up\n${block('inet6 alias 2001:db8::1 64\n')}` } }),
      { says: ['replace /etc/hostname.vport0', 'give vport0 the address 2001:db8:0:1::1'] },
    ],
  ];
  it.each(rows)('%s', (_, wanted, seen, expected) => {
    const plan = planHost(wanted, seen);
    expect({ says: saysOf(plan), remarks: plan.remarks, faults: plan.faults }).toMatchObject(expected);
    if (expected.faults === undefined) expect(plan.faults).toEqual([]);
  });

  it('closes a login in one command that keeps its other groups and the rest of its comment', () => {
    const seen = settledHost({
      logins: [login('Puffy,puffboot,2nd floor')],
      groups: [
        { name: 'vmdusers', members: ['puffy'] },
        { name: 'staff', members: ['puffy'] },
      ],
    });
    const { steps } = planHost(wantedHost({ ...NO_FILES, owners: [] }), seen);
    const argvs = steps.flatMap(commandsOf).map(({ argv }) => argv.join(' '));
    expect(argvs).toContain('usermod -Z -S staff -c Puffy,puffboot closed,2nd floor puffy');
  });

  it('never plans a restart of vmd, whatever is found', () => {
    for (const [, wanted, seen] of rows) {
      expect(JSON.stringify(planHost(wanted, seen).steps)).not.toMatch(
        /restart.{0,9}vmd|vmctl.{0,9}(stop|reset)/,
      );
    }
  });
});
