import { type Call, complain, type HostProgram } from './call.ts';
import { readNote, writeNote } from './notes.ts';

export const NETWORK_PROGRAMS: Readonly<Record<string, HostProgram>> = { ifconfig };

const INTERFACES = ['lo0', 'em0', 'enc0', 'veb0', 'vport0', 'tap0', 'tap1', 'tap2', 'tap3', 'pflog0'];

function interfacesOf(call: Call): readonly string[] {
  const names = Object.keys(readNote(call, 'interfaces'));
  return names.length > 0 ? names : INTERFACES;
}

/** `ifconfig`, `ifconfig NAME|CLASS`, `ifconfig NAME create|destroy`. */
function ifconfig(call: Call): number {
  const present = interfacesOf(call);
  const [name, verb] = call.words;
  if (name === undefined || verb === undefined) {
    const shown = present.filter(
      (each) => name === undefined || each === name || each.replace(/\d+$/, '') === name,
    );
    if (shown.length === 0) return complain(call, `${name}: no such interface`);
    for (const each of shown)
      call.out(`${each}: flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> mtu 1500\n`);
    return 0;
  }
  if (call.files.user !== 'root') return complain(call, 'SIOCSIFFLAGS: Operation not permitted');
  if (verb === 'create' && present.includes(name)) return complain(call, 'SIOCIFCREATE: File exists');
  if (verb === 'destroy' && !present.includes(name))
    return complain(call, `SIOCIFDESTROY: No such interface`);
  const after =
    verb === 'create'
      ? [...present, name]
      : verb === 'destroy'
        ? present.filter((each) => each !== name)
        : present;
  if (!after.includes(name) && verb !== 'destroy') return complain(call, `${name}: no such interface`);
  writeNote(call, 'interfaces', Object.fromEntries(after.map((each) => [each, 'up'])));
  return 0;
}

/** netstart(8) for single interfaces: each is created if need be; one without a file is told, and no failure. */
export async function netstart(call: Call, names: readonly string[]): Promise<number> {
  const told = { ...call, name: 'netstart' };
  if (call.files.user !== 'root') return complain(told, 'need root privileges');
  for (const name of names) {
    const file = `/etc/hostname.${name}`;
    if (call.files.find(file) === null) complain(told, `${file}: No such file or directory`);
    else if (!interfacesOf(call).includes(name)) await call.instead('root', ['ifconfig', name, 'create']);
  }
  return 0;
}
