import { describe, expect, it } from 'vitest';
import { examine, withLine } from '../../../src/host/doctor/check.ts';
import {
  type DoctorScene,
  datasizeMiB,
  type Facts,
  type ProbeName,
  sensorPrograms,
} from '../../../src/host/doctor/facts.ts';
import { ownedBlock } from '../../../src/host/owned-block.ts';

const SCENE: DoctorScene = {
  vms: [
    { name: 'web1', memoryMiB: 1024, nics: 1 },
    { name: 'web2', memoryMiB: 4096, nics: 2 },
  ],
  disksMiB: 40 * 1024,
  diskDirectory: '/home/vm',
  configDirectory: '/etc/puffboot',
  socketGroup: 'vmdusers',
  ownGroup: '_puffboot',
  dhcp: 'own',
  hasIpv6: true,
  files: ['/etc/vm.conf'],
};

const PTYS = Array.from(
  { length: 62 },
  (_, at) => `ttyp${'0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'[at]}`,
);
const HEALTHY: Record<ProbeName, string> = {
  login: '_puffboot\n',
  groups: '_puffboot vmdusers\n',
  root: '',
  vmctl: '   ID   PID VCPUS  MAXMEM  CURMEM     TTY        OWNER    STATE NAME\n',
  vmd: 'vmd(ok)\n',
  services: 'sshd\nvmd\n',
  devices: ['tap0', 'tap1', 'tap2', 'tap3', 'ttyC0', ...PTYS].join('\n'),
  firmware: 'vmm-bios\n',
  socket: 'srw-rw----  1 root  vmdusers  0 Jan  2 03:04 /var/run/vmd.sock\n',
  sysctls:
    'net.inet.ip.arpq.maxlen=1024\nnet.inet6.ip6.forwarding=1\nkern.timecounter.hardware=tsc\nkern.timecounter.choice=i8254(0) tsc(2000)\nkern.clockrate=tick = 1000, hz = 1000\n',
  configDirectory: '',
  mayConfigure: '',
  mayMakeDisks: '',
  space:
    'Filesystem  1K-blocks  Used  Avail Capacity  Mounted on\n/dev/sd0k   200000000  1000  190000000    1%    /home\n',
  used: '1000\t/home/vm\n',
  pf: 'Status: Enabled for 1 days\n',
  pfRules:
    'block return all\npass in quick on vport0 inet proto tcp from <puffboot_vms> to 192.0.2.2 port = 80\n',
};
const GROUP = '_puffboot:*:1000:_puffboot\nvmdusers:*:1002:_puffboot,puffy\n';
const LOGIN_CONF =
  '# vmd: 1M\ndaemon:\\\n\t:datasize=4096M:\\\n\t:tc=default:\nvmd:\\\n\t:datasize=16384M:\\\n\t:tc=daemon:\n';

interface Change {
  readonly said?: Partial<Record<ProbeName, string | number>>;
  readonly files?: Record<string, string>;
  readonly missing?: readonly string[];
  readonly scene?: Partial<DoctorScene>;
}

function findingsOf({ said = {}, files = {}, missing = [], scene = {} }: Change) {
  const facts: Facts = {
    said: Object.fromEntries(
      Object.entries({ ...HEALTHY, ...said }).map(([name, words]) => [
        name,
        typeof words === 'number'
          ? { status: words, stdout: '', stderr: 'no\n' }
          : { status: 0, stdout: words, stderr: '' },
      ]),
    ) as unknown as Facts['said'],
    files: { '/etc/group': GROUP, '/etc/login.conf': LOGIN_CONF, ...files },
    missingPrograms: missing,
  };
  return examine(facts, { ...SCENE, ...scene }).flatMap(({ name, findings }) =>
    findings.map(({ level, says, fix, safe }) => ({ name, level, says, fix, safe: safe !== null })),
  );
}

describe('doctor', () => {
  it('finds nothing on a healthy host', () => expect(findingsOf({})).toEqual([]));

  it.each<[string, Change, object]>([
    [
      'vmd that does not run',
      { said: { vmd: 1 } },
      { name: 'vmd', level: 'fault', fix: expect.stringContaining('rcctl start vmd') },
    ],
    ['vmctl that fails', { said: { vmctl: 1 } }, { name: 'vmd', says: 'vmctl status fails: no' }],
    ['no firmware', { said: { firmware: 'iwm\n' } }, { name: 'firmware', fix: 'fw_update vmm' }],
    [
      'a doas rule for vmctl alone',
      { said: { root: 1 } },
      { name: 'root', level: 'warning', fix: expect.stringContaining('permit nopass _puffboot as root') },
    ],
    [
      'a group without puffboot',
      { said: { groups: '_puffboot\n' } },
      { name: 'groups', says: '_puffboot is not in group vmdusers' },
    ],
    [
      'a primary group that does not list its member',
      { files: { '/etc/group': '_puffboot:*:1000:\nvmdusers:*:1002:_puffboot\n' } },
      {
        name: 'groups',
        level: 'fault',
        says: expect.stringContaining('/etc/group does not list _puffboot in _puffboot'),
        fix: expect.stringContaining('usermod -G _puffboot _puffboot'),
      },
    ],
    [
      'a socket of wheel',
      { said: { socket: 'srw-rw---- 1 root wheel 0 Jan 2 03:04 /var/run/vmd.sock\n' } },
      { name: 'socket', level: 'warning' },
    ],
    [
      'no directory for the configuration',
      { said: { configDirectory: 1, mayConfigure: 1 } },
      { name: 'directories', fix: 'install -d -o _puffboot -m 750 /etc/puffboot', safe: true },
    ],
    [
      "a directory of the configuration that is root's",
      { said: { mayConfigure: 1 } },
      { name: 'directories', fix: 'chown _puffboot /etc/puffboot', safe: false },
    ],
    [
      "a directory of disks that is root's",
      { said: { mayMakeDisks: 1 } },
      { name: 'directories', fix: 'chown _puffboot /home/vm', safe: false },
    ],
    [
      'too few taps',
      { said: { devices: ['tap0', 'tap1', ...PTYS].join('\n') } },
      { name: 'taps', says: '2 tap devices for 3 interfaces', fix: 'cd /dev && sh MAKEDEV tap2', safe: true },
    ],
    [
      'too few ptys',
      { scene: { vms: Array.from({ length: 50 }, (_, at) => ({ name: `v${at}`, memoryMiB: 1, nics: 0 })) } },
      { name: 'ptys', fix: 'cd /dev && sh MAKEDEV pty1', safe: true },
    ],
    [
      'a VM larger than datasize',
      { scene: { vms: [{ name: 'big', memoryMiB: 32768, nics: 1 }] } },
      { name: 'memory', says: expect.stringMatching(/^big has 32768M .* 16384M$/) },
    ],
    [
      'thin images that outgrow the disk',
      { scene: { disksMiB: 300 * 1024 } },
      {
        name: 'space',
        level: 'warning',
        says: expect.stringMatching(/grow to 300G, and there is room for 181G/),
      },
    ],
    [
      'a disk that is nearly full',
      {
        said: { space: 'F 1K-blocks Used Avail Capacity Mounted\n/dev/sd0k 200000000 1 1000000 99% /home\n' },
      },
      { name: 'space', level: 'fault' },
    ],
    ['no disk directory', { said: { space: 1 } }, { name: 'space', says: 'there is no /home/vm' }],
    [
      'a short ARP queue',
      { said: { sysctls: 'net.inet.ip.arpq.maxlen=50\n' } },
      { name: 'arp', level: 'warning', safe: true },
    ],
    [
      'no IPv6 forwarding',
      { said: { sysctls: 'net.inet6.ip6.forwarding=0\n' } },
      { name: 'ipv6', level: 'fault', safe: true },
    ],
    [
      'dhcpd on our port',
      { said: { services: 'dhcpd\n' } },
      { name: 'dhcp', says: expect.stringContaining('port 67') },
    ],
    [
      'no dhcpd where one is wanted',
      { scene: { dhcp: 'dhcpd' } },
      { name: 'dhcp', fix: 'rcctl enable dhcpd && rcctl start dhcpd' },
    ],
    [
      'pf that blocks',
      { said: { pfRules: 'block return all\n' } },
      { name: 'pf', says: expect.stringContaining('`block return all`') },
    ],
    [
      'a slow time counter',
      { said: { sysctls: 'kern.timecounter.hardware=acpihpet0\nkern.timecounter.choice=tsc(2000)\n' } },
      { name: 'clock', level: 'warning', safe: true },
    ],
    [
      'a clock no quicker than a guest',
      { said: { sysctls: 'kern.clockrate=tick = 10000, hz = 100\n' } },
      { name: 'clock', level: 'hint' },
    ],
    [
      'a sensor script that is not there',
      { missing: ['/etc/sensorsd/disk'] },
      { name: 'sensorsd', level: 'fault' },
    ],
    [
      'an edit between marker lines',
      { files: { '/etc/vm.conf': ownedBlock('a\n').replace('a\n', 'b\n') } },
      { name: 'files', level: 'warning' },
    ],
    [
      'damaged marker lines',
      { files: { '/etc/vm.conf': '# END puffboot\n' } },
      { name: 'files', level: 'fault' },
    ],
  ])('finds %s', (_, change, expected) => {
    expect(findingsOf(change)).toEqual([expect.objectContaining(expected)]);
  });

  it.each<[string, Change]>([
    ['puffboot as root needs no group', { said: { login: 'root\n', groups: 'wheel\n' } }],
    ['pf that is off blocks nothing', { said: { pf: 'Status: Disabled\n', pfRules: 'block all\n' } }],
    [
      "OpenBSD's own rule against X11 is no block",
      { said: { pfRules: 'block return in on ! lo0 proto tcp from any to any port 6000:6010\n' } },
    ],
    [
      'without IPv6 nothing need be forwarded',
      { said: { sysctls: 'net.inet6.ip6.forwarding=0\n' }, scene: { hasIpv6: false } },
    ],
    [
      'a class without a limit holds any VM',
      {
        files: { '/etc/login.conf': 'vmd:\\\n\t:datasize=infinity:\n' },
        scene: { vms: [{ name: 'big', memoryMiB: 99999, nics: 1 }] },
      },
    ],
  ])('%s', (_, change) => expect(findingsOf(change)).toEqual([]));

  it.each([
    ['its own', LOGIN_CONF, 'vmd', 16384],
    ['that of the class it continues', 'vmd:\\\n\t:tc=daemon:\ndaemon:datasize-cur=2G:\n', 'vmd', 2048],
    ['none', 'default:\\\n\t:tc=default:\n', 'default', null],
  ])('reads datasize of login.conf: %s', (_, text, name, expected) => {
    expect(datasizeMiB(text, name)).toBe(expected);
  });

  it('finds the programs of sensorsd.conf', () => {
    expect(sensorPrograms('drive:command="/etc/sensorsd/drive %2":\nhw.x:command=/bin/a %n\n')).toEqual([
      '/etc/sensorsd/drive',
      '/bin/a',
    ]);
  });

  it('puts a line in the place of those like it', () => {
    const remedy = { kind: 'line', path: '/etc/sysctl.conf', begins: 'a=', line: 'a=2' } as const;
    expect(['', '# x', 'a=1\nb=1\n'].map((text) => withLine(text, remedy))).toEqual([
      'a=2\n',
      '# x\na=2\n',
      'b=1\na=2\n',
    ]);
  });
});
