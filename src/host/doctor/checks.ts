import { OperatorError } from '../../common/error.ts';
import { ownedPart } from '../owned-block.ts';
import { parseGroups } from '../plan/observation.ts';
import type { Check, Finding, Remedy } from './check.ts';
import { type DoctorScene, datasizeMiB, type Facts, spaceOf, succeeded, sysctlOf, textOf } from './facts.ts';

const fault = (says: string, fix: string, safe: readonly Remedy[] | null = null): readonly Finding[] => [
  { level: 'fault', says, fix, safe },
];
const warning = (says: string, fix: string, safe: readonly Remedy[] | null = null): readonly Finding[] => [
  { level: 'warning', says, fix, safe },
];
const FINE: readonly Finding[] = [];

/** MAKEDEV(8) works in the directory that it is called in. */
const makedev = (...devices: readonly string[]): readonly Remedy[] => [
  { kind: 'run', argv: ['sh', '-c', 'cd /dev && exec sh MAKEDEV "$@"', 'MAKEDEV', ...devices] },
];

const setSysctl = (name: string, value: string): readonly Remedy[] => [
  { kind: 'run', argv: ['sysctl', `${name}=${value}`] },
  { kind: 'line', path: '/etc/sysctl.conf', begins: `${name}=`, line: `${name}=${value}` },
];

export const CHECKS: readonly Check[] = [
  { name: 'vmd', fine: 'runs, and answers', find: vmd },
  { name: 'firmware', fine: 'vmm-bios is there', find: firmware },
  { name: 'root', fine: 'doas lets puffboot do what apply needs', find: root },
  { name: 'groups', fine: 'puffboot is a member of its groups', find: groups },
  { name: 'socket', fine: "vmd's socket belongs to socketGroup", find: socket },
  { name: 'taps', fine: 'one for each interface of a VM', find: taps },
  { name: 'ptys', fine: 'one for each console', find: ptys },
  { name: 'memory', fine: 'datasize of class vmd is enough for the largest VM', find: memory },
  { name: 'space', fine: 'the disk images can grow to their size', find: space },
  { name: 'arp', fine: 'net.inet.ip.arpq.maxlen holds what VMs start with', find: arpQueue },
  { name: 'ipv6', fine: 'packets of the VMs are forwarded', find: ipv6 },
  { name: 'dhcp', fine: 'nobody else is in the way', find: dhcp },
  { name: 'pf', fine: 'lets VMs boot', find: pf },
  { name: 'clock', fine: 'a good time counter', find: clock },
  { name: 'sensorsd', fine: 'its programs are there', find: sensorsd },
  { name: 'files', fine: "nobody changed puffboot's lines", find: files },
];

function vmd(facts: Facts): readonly Finding[] {
  if (!succeeded(facts, 'vmd')) return fault('vmd(8) does not run', 'rcctl enable vmd && rcctl start vmd');
  // Without any VM, vmctl prints its header and exits with 1.
  return /^\s*ID\b/.test(textOf(facts, 'vmctl'))
    ? FINE
    : fault(
        `vmctl status fails: ${lastLine(facts.said.vmctl?.stderr)}`,
        'see /var/log/daemon and `rcctl check vmd`',
      );
}

function firmware(facts: Facts): readonly Finding[] {
  return lines(facts, 'firmware').includes('vmm-bios')
    ? FINE
    : fault('there is no /etc/firmware/vmm-bios, without which no VM boots from its disk', 'fw_update vmm');
}

function root(facts: Facts): readonly Finding[] {
  if (succeeded(facts, 'root')) return FINE;
  const login = textOf(facts, 'login').trim();
  const rule = `permit nopass ${login} as root`;
  return succeeded(facts, 'vmctl') || textOf(facts, 'vmctl') !== ''
    ? warning(
        'puffboot may run vmctl as root and nothing else, so that it cannot apply',
        `in /etc/doas.conf: ${rule}`,
      )
    : fault('puffboot may run nothing as root', `in /etc/doas.conf: ${rule}`);
}

function groups(facts: Facts, { socketGroup, ownGroup }: DoctorScene): readonly Finding[] {
  const login = textOf(facts, 'login').trim();
  const member = new Set(textOf(facts, 'groups').trim().split(/\s+/));
  if (login === 'root') return FINE;
  const missing = [...new Set([socketGroup, ownGroup])]
    .filter((group) => !member.has(group))
    .flatMap((group) =>
      fault(
        `${login} is not in group ${group}`,
        `puffboot apply (or usermod -G ${group} ${login}), then start puffboot again`,
      ),
    );
  // vmd(8) looks at the members that group(5) lists: whose primary group it is does not count there.
  const listed = parseGroups(facts.files['/etc/group'] ?? '').find(({ name }) => name === ownGroup)?.members;
  return listed === undefined || listed.includes(login) || !member.has(ownGroup)
    ? missing
    : [
        ...missing,
        ...fault(
          `/etc/group does not list ${login} in ${ownGroup}, its primary group: vmd(8) lets it start no VM and open no console`,
          `puffboot apply (or usermod -G ${ownGroup} ${login})`,
        ),
      ];
}

function socket(facts: Facts, { socketGroup }: DoctorScene): readonly Finding[] {
  const [, , , group] = textOf(facts, 'socket').trim().split(/\s+/);
  // Where vmd does not run there is none, which is told already.
  if (group === undefined || group === socketGroup) return FINE;
  return warning(
    `vmd's socket belongs to group ${group} and not to ${socketGroup}, so that customers cannot use vmctl`,
    'puffboot apply; it counts after the next `vmctl reload`, or when vmd is started again',
  );
}

function taps(facts: Facts, { vms }: DoctorScene): readonly Finding[] {
  const there = lines(facts, 'devices').filter((name) => /^tap\d+$/.test(name));
  const needed = vms.reduce((sum, { nics }) => sum + nics, 0);
  if (there.length >= needed) return FINE;
  const missing = Array.from({ length: needed }, (_, number) => `tap${number}`).filter(
    (name) => !there.includes(name),
  );
  const [first, last] = [missing[0], missing.at(-1)];
  return fault(
    `${there.length} tap devices for ${needed} interfaces`,
    `cd /dev && sh MAKEDEV ${first === last ? first : `${first} ... ${last}`}`,
    makedev(...missing),
  );
}

/** MAKEDEV(8) makes 62 a set: pty0 is ttyp0 to ttypZ, pty1 ttyq0 to ttyqZ. */
const PTY_SET = 62;
/** For logins on the host itself. */
const SPARE_PTYS = 16;

function ptys(facts: Facts, { vms }: DoctorScene): readonly Finding[] {
  const there = lines(facts, 'devices').filter((name) => /^tty[p-zP-T][0-9a-zA-Z]$/.test(name)).length;
  const needed = vms.length + SPARE_PTYS;
  if (there >= needed) return FINE;
  const [from, to] = [Math.floor(there / PTY_SET), Math.ceil(needed / PTY_SET)];
  const sets = Array.from({ length: Math.max(1, to - from) }, (_, at) => `pty${from + at}`);
  return fault(
    `${there} ptys for the consoles of ${vms.length} VMs and ${SPARE_PTYS} logins`,
    `cd /dev && sh MAKEDEV ${sets.join(' ')}`,
    makedev(...sets),
  );
}

function memory(facts: Facts, { vms }: DoctorScene): readonly Finding[] {
  const limit = datasizeMiB(facts.files['/etc/login.conf'] ?? '', 'vmd');
  const largest = vms.reduce((max, vm) => (vm.memoryMiB > max.memoryMiB ? vm : max), {
    name: '',
    memoryMiB: 0,
  });
  if (limit === null || largest.memoryMiB <= limit) return FINE;
  return fault(
    `${largest.name} has ${largest.memoryMiB}M of memory, and class vmd of login.conf may use ${limit}M`,
    `in /etc/login.conf, class vmd: datasize=${largest.memoryMiB + 1024}M; it counts when vmd is started again`,
  );
}

function space(facts: Facts, { disksMiB, diskDirectory }: DoctorScene): readonly Finding[] {
  const found = spaceOf(facts);
  if (found === null)
    return disksMiB === 0 ? FINE : warning(`there is no ${diskDirectory}`, 'puffboot apply');
  const used = Number(/^(\d+)/.exec(textOf(facts, 'used').trim())?.[1] ?? 0);
  const [promised, room] = [disksMiB, Math.floor((used + found.available) / 1024)];
  const [gibibytes, of] = [Math.ceil(promised / 1024), Math.floor(room / 1024)];
  if (found.available < found.total / 20) {
    const left = `${Math.max(0, Math.floor(found.available / 1024))}M of ${diskDirectory} are left`;
    return fault(
      `${left}: VMs stop when their images cannot grow`,
      'free space there, or move images to another disk',
    );
  }
  return promised <= room
    ? FINE
    : warning(
        `the images in ${diskDirectory} may grow to ${gibibytes}G, and there is room for ${of}G`,
        'watch `df`, or give fewer or smaller disks',
      );
}

const ARP_QUEUE = 512;

function arpQueue(facts: Facts): readonly Finding[] {
  const name = 'net.inet.ip.arpq.maxlen';
  const value = sysctlOf(facts, name);
  if (value === null || Number(value) >= ARP_QUEUE) return FINE;
  return warning(
    `${name} is ${value}: packets are lost when many VMs start together`,
    `sysctl ${name}=${ARP_QUEUE}, and the same in /etc/sysctl.conf`,
    setSysctl(name, String(ARP_QUEUE)),
  );
}

function ipv6(facts: Facts, { hasIpv6 }: DoctorScene): readonly Finding[] {
  const name = 'net.inet6.ip6.forwarding';
  if (!hasIpv6 || sysctlOf(facts, name) !== '0') return FINE;
  return fault(
    `${name} is 0: no VM reaches anything by IPv6`,
    `sysctl ${name}=1, and the same in /etc/sysctl.conf`,
    setSysctl(name, '1'),
  );
}

/** Who has port 67, by what rc(8) started. */
function dhcp(facts: Facts, { dhcp: server }: DoctorScene): readonly Finding[] {
  const started = new Set(lines(facts, 'services'));
  if (server === 'own' && started.has('dhcpd')) {
    return fault(
      'dhcpd(8) runs and has port 67, which puffboot needs',
      'rcctl stop dhcpd && rcctl disable dhcpd, or dhcp = "dhcpd" for this host',
    );
  }
  if (server === 'dhcpd' && !started.has('dhcpd')) {
    return fault(
      'dhcpd(8) does not run, and this host has dhcp = "dhcpd"',
      'rcctl enable dhcpd && rcctl start dhcpd',
    );
  }
  if (server === 'relay' && started.has('dhcpd')) {
    return warning(
      'dhcpd(8) runs beside the relay and may answer VMs before puffboot does',
      'rcctl stop dhcpd && rcctl disable dhcpd',
    );
  }
  return FINE;
}

function pf(facts: Facts): readonly Finding[] {
  const rules = lines(facts, 'pfRules');
  if (!/^Status: Enabled/m.test(textOf(facts, 'pf')) || rules.some((rule) => rule.includes('<puffboot_vms>')))
    return FINE;
  const blocking = rules.find(
    (rule) => /^block (?!.*<)/.test(rule) && !/block return in on ! lo0 proto tcp .* port 6000/.test(rule),
  );
  return blocking === undefined
    ? FINE
    : warning(
        `pf has \`${blocking}\` and none of puffboot's rules: it may stop DHCP, TFTP and HTTP of the VMs`,
        'puffboot render pf.conf --into /etc/pf.conf, look at it, then pfctl -f',
      );
}

function clock(facts: Facts): readonly Finding[] {
  const hardware = sysctlOf(facts, 'kern.timecounter.hardware');
  const hasTsc = /\btsc\((?!-)/.test(sysctlOf(facts, 'kern.timecounter.choice') ?? '');
  const slow: readonly Finding[] =
    hardware === null || hardware === 'tsc' || !hasTsc
      ? FINE
      : warning(
          `the time counter is ${hardware} although there is tsc, which is much quicker to read`,
          'sysctl kern.timecounter.hardware=tsc, and the same in /etc/sysctl.conf',
          setSysctl('kern.timecounter.hardware', 'tsc'),
        );
  const hz = Number(/\bhz = (\d+)/.exec(sysctlOf(facts, 'kern.clockrate') ?? '')?.[1] ?? 0);
  if (hz === 0 || hz > GUEST_HZ) return slow;
  const hint: Finding = {
    level: 'hint',
    says: `hz is ${hz}, no more than a guest's own: guests that do not use tsc lose time`,
    fix: 'in guests: sysctl kern.timecounter.hardware=tsc (site sets of puffboot do), or ntpd(8)',
    safe: null,
  };
  return [...slow, hint];
}

/** How often an OpenBSD guest's clock ticks each second. */
const GUEST_HZ = 100;

function sensorsd({ missingPrograms }: Facts): readonly Finding[] {
  return missingPrograms.flatMap((path) =>
    fault(
      `sensorsd.conf runs ${path}, which is not there: nobody would hear of a failing disk`,
      `put the script at ${path}, mode 755`,
    ),
  );
}

function files(facts: Facts, scene: DoctorScene): readonly Finding[] {
  return scene.files.flatMap((path) => {
    try {
      const part = ownedPart(facts.files[path] ?? '', path);
      return part?.edited
        ? warning(
            `somebody changed ${path} between puffboot's marker lines`,
            'move those lines out; the next apply replaces them',
          )
        : FINE;
    } catch (error) {
      if (error instanceof OperatorError) return fault(error.message, error.fix);
      throw error;
    }
  });
}

const lines = (facts: Facts, probe: Parameters<typeof textOf>[1]): readonly string[] =>
  textOf(facts, probe)
    .split('\n')
    .map((line) => line.trim());

const lastLine = (text: string | undefined): string => text?.trim().split('\n').at(-1) || 'nothing said';
