import type { Observation } from './observation.ts';
import type { Step } from './step.ts';
import type { Wanted } from './wanted.ts';

/** hostname.if(5) of a switch: that it is up, and nothing else. */
const UP = 'up\n';
/** As netstart(8) wants it: a key may stand in such a file. */
const MODE = 0o640;

/** What the switch of a private network needs besides vm.conf(5). */
export interface SwitchPlan {
  /** Files that are not there yet. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly steps: readonly Step[];
}

/** hostname.if(5) of an interface. */
export const hostnameIfOf = (name: string): string => `/etc/hostname.${name}`;

/**
 * The interface of each private network, now and when the host boots. A hostname.if(5) that is there is somebody's and
 * stays as it is; the interface of a network that ended stays too.
 */
export function planSwitches({ privateInterfaces }: Wanted, seen: Observation): SwitchPlan {
  const isNew = (name: string) => (seen.files[hostnameIfOf(name)] ?? null) === null;
  const files = privateInterfaces.filter(isNew).map((name) => ({ path: hostnameIfOf(name), text: UP }));
  return {
    files,
    steps: [
      ...files.map((file) => ({ kind: 'replace', before: null, mode: MODE, marks: [], ...file }) as const),
      ...privateInterfaces
        .filter((name) => seen.interfaces[name] !== true)
        .map((name) => ({ kind: 'interface', interface: name }) as const),
    ],
  };
}
