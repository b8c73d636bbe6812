import type { RunResult } from '../access.ts';
import { VMD_SOCKET } from '../vmctl.ts';

/** What a doctor asks a host. None of it changes anything. */
export interface Probe {
  readonly argv: (scene: DoctorScene) => readonly string[];
  readonly asRoot?: boolean;
}

/** What a host is for, as far as its health depends on it. */
export interface DoctorScene {
  readonly vms: readonly { readonly name: string; readonly memoryMiB: number; readonly nics: number }[];
  /** Sum of what its thin disk images may grow to. */
  readonly disksMiB: number;
  readonly diskDirectory: string;
  /** Where fragments, kernels and the lock are put, by puffboot's own login. */
  readonly configDirectory: string;
  readonly socketGroup: string;
  readonly ownGroup: string;
  readonly dhcp: 'own' | 'relay' | 'dhcpd' | 'local';
  readonly hasIpv6: boolean;
  /** Files of which a part is puffboot's. */
  readonly files: readonly string[];
}

export const SYSCTLS = [
  'net.inet.ip.arpq.maxlen',
  'net.inet6.ip6.forwarding',
  'kern.timecounter.hardware',
  'kern.timecounter.choice',
  'kern.clockrate',
] as const;

export const PROBES = {
  login: { argv: () => ['id', '-un'] },
  groups: { argv: () => ['id', '-Gn'] },
  root: { argv: () => ['true'], asRoot: true },
  vmctl: { argv: () => ['vmctl', 'status'], asRoot: true },
  vmd: { argv: () => ['rcctl', 'check', 'vmd'], asRoot: true },
  services: { argv: () => ['rcctl', 'ls', 'started'], asRoot: true },
  devices: { argv: () => ['ls', '-1', '/dev'] },
  firmware: { argv: () => ['ls', '-1', '/etc/firmware'] },
  socket: { argv: () => ['ls', '-l', VMD_SOCKET] },
  sysctls: { argv: () => ['sysctl', ...SYSCTLS] },
  configDirectory: { argv: ({ configDirectory }) => ['test', '-d', configDirectory] },
  mayConfigure: { argv: ({ configDirectory }) => ['test', '-w', configDirectory] },
  mayMakeDisks: { argv: ({ diskDirectory }) => ['test', '-w', diskDirectory] },
  space: { argv: ({ diskDirectory }) => ['df', '-k', diskDirectory] },
  used: { argv: ({ diskDirectory }) => ['du', '-sk', diskDirectory] },
  pf: { argv: () => ['pfctl', '-s', 'info'], asRoot: true },
  pfRules: { argv: () => ['pfctl', '-s', 'rules'], asRoot: true },
} as const satisfies Record<string, Probe>;
export type ProbeName = keyof typeof PROBES;

/** Files that are looked into. */
export const FACT_FILES = [
  '/etc/group',
  '/etc/login.conf',
  '/etc/sensorsd.conf',
  '/etc/sysctl.conf',
] as const;

export interface Facts {
  /** Null where the command could not be run at all. */
  readonly said: Readonly<Record<ProbeName, RunResult | null>>;
  /** `FACT_FILES` and the scene's; null: not there. */
  readonly files: Readonly<Record<string, string | null>>;
  /** Of the programs that sensorsd.conf(5) names, those that are not there. */
  readonly missingPrograms: readonly string[];
}

/** Standard output, empty where there is none. */
export const textOf = ({ said }: Facts, probe: ProbeName): string => said[probe]?.stdout ?? '';

export const succeeded = ({ said }: Facts, probe: ProbeName): boolean => said[probe]?.status === 0;

/** sysctl(8) prints `name=value`. */
export function sysctlOf(facts: Facts, name: (typeof SYSCTLS)[number]): string | null {
  const line = textOf(facts, 'sysctls')
    .split('\n')
    .find((each) => each.startsWith(`${name}=`));
  return line === undefined ? null : line.slice(name.length + 1);
}

/** The second row of df(1) -k, in KiB. */
export function spaceOf(facts: Facts): { readonly available: number; readonly total: number } | null {
  const [, , row = ''] = /^([^\n]*)\n([\s\S]*)/.exec(textOf(facts, 'space')) ?? [];
  const [, total, , available] = /\s(\d+)\s+(\d+)\s+(-?\d+)\s+\d+%/.exec(row.replace(/\n/g, ' ')) ?? [];
  return total === undefined || available === undefined
    ? null
    : { available: Number(available), total: Number(total) };
}

/**
 * `datasize` of a class of login.conf(5) in MiB, of the classes that it continues too; null without a limit.
 */
export function datasizeMiB(text: string, login: string): number | null {
  const entries = text
    .replace(/^\s*#.*$/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  let name: string | undefined = login;
  for (let depth = 0; name !== undefined && depth < 8; depth += 1) {
    const wanted: string = name;
    const entry = entries.find((each) => each.split(':')[0]?.trim().split('|').includes(wanted));
    const size = /:datasize(?:-cur|-max)?=(\d+)([KMGT]?)[bB]?|:datasize(?:-cur|-max)?=(infinity)/i.exec(
      entry ?? '',
    );
    if (size?.[3] !== undefined) return null;
    if (size !== null)
      return (Number(size[1]) * 1024 ** ' KMGT'.indexOf((size[2] ?? '').toUpperCase() || ' ')) / 1024 ** 2;
    name = /:tc=([^:]+)/.exec(entry ?? '')?.[1];
  }
  return null;
}

/** The programs that sensorsd.conf(5) runs. */
export const sensorPrograms = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(/command=["']?(?:\/bin\/sh )?(\/[^\s:"']+)/g)].map(([, path = '']) => path)),
];
