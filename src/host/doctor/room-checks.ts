import type { Finding, Remedy } from './check.ts';
import { type DoctorScene, datasizeMiB, type Facts, spaceOf, succeeded, textOf } from './facts.ts';
import { FINE, fault, lines, warning } from './findings.ts';

/** MAKEDEV(8) works in the directory that it is called in. */
const makedev = (...devices: readonly string[]): readonly Remedy[] => [
  { kind: 'run', argv: ['sh', '-c', 'cd /dev && exec sh MAKEDEV "$@"', 'MAKEDEV', ...devices] },
];

export function directories(facts: Facts, scene: DoctorScene): readonly Finding[] {
  const { configDirectory, diskDirectory } = scene;
  const login = textOf(facts, 'login').trim();
  return [
    ...(succeeded(facts, 'mayConfigure') ? FINE : noConfigDirectory(facts, login, configDirectory)),
    // One that is missing is told with the space on it, and made by apply.
    ...(succeeded(facts, 'mayMakeDisks') || spaceOf(facts) === null
      ? FINE
      : fault(`${login} may not make disk images in ${diskDirectory}`, `chown ${login} ${diskDirectory}`)),
  ];
}

/** Only a directory that is not there is nobody else's. */
function noConfigDirectory(facts: Facts, login: string, path: string): readonly Finding[] {
  if (succeeded(facts, 'configDirectory')) {
    return fault(`${login} may not write to ${path}: nothing can be applied`, `chown ${login} ${path}`);
  }
  const argv = ['install', '-d', '-o', login, '-m', '750', path];
  return fault(`there is no ${path}: nothing can be applied`, argv.join(' '), [{ kind: 'run', argv }]);
}

export function taps(facts: Facts, { vms }: DoctorScene): readonly Finding[] {
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

export function ptys(facts: Facts, { vms }: DoctorScene): readonly Finding[] {
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

export function memory(facts: Facts, { vms }: DoctorScene): readonly Finding[] {
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

export function space(facts: Facts, { disksMiB, diskDirectory }: DoctorScene): readonly Finding[] {
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
