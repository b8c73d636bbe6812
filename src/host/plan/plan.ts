import { posix } from 'node:path';
import { messageOf, OperatorError } from '../../common/error.ts';
import { ownedPart, replaceOwned } from '../owned-block.ts';
import { type Part, planAccounts, planLeavers } from './accounts.ts';
import type { Observation, PendingMark } from './observation.ts';
import { ONLY_WITH, SERVICES } from './services.ts';
import { CHECKS, type Mark, type Step } from './step.ts';
import { planSwitches } from './switches.ts';
import { unifiedDiff } from './unified-diff.ts';
import { planVmd, type VmdPlan } from './vmd.ts';
import type { AppliedFile, Wanted, WantedFile } from './wanted.ts';

/** What is to be done to a host, in this order. */
export interface HostPlan {
  readonly host: string;
  readonly diffs: readonly { readonly path: string; readonly text: string }[];
  readonly steps: readonly Step[];
  /** What a human should know; an apply does nothing about it. */
  readonly remarks: readonly string[];
  /** What a human has to put right before anything is applied. */
  readonly faults: readonly string[];
}

/**
 * What makes a host as it is wanted: accounts, kernels, disks and switches; then each new file is checked by the program
 * that reads it; then they replace the old ones; then the gentlest action that makes each live. Never a restart
 * of vmd(8), never a change to a VM that runs.
 */
export function planHost(wanted: Wanted, seen: Observation): HostPlan {
  const accounts = planAccounts(wanted, seen);
  const images = planImages(wanted, seen);
  const switches = planSwitches(wanted, seen);
  const files = wanted.files.flatMap((file) => planFile(file, wanted, seen));
  const changed = files.filter(({ text, before }) => text !== before);
  const newFile = (file: FilePlan): readonly Step[] => [
    {
      kind: 'replace',
      path: file.path,
      before: file.before,
      text: file.text,
      mode: MODES[file.kind],
      marks: file.marks,
    },
  ];
  const check = ({ kind, path, text }: FilePlan): readonly Step[] => {
    const candidate = posix.join(wanted.configDirectory, `new.${posix.basename(path)}`);
    return CHECKS[kind] === null ? [] : [{ kind: 'check', file: kind, path, text, candidate }];
  };
  return {
    host: wanted.host,
    diffs: [...changed, ...switches.files.map((file) => ({ ...file, before: null }))].map(
      ({ path, before, text }) => ({ path, text: unifiedDiff(path, before, text) }),
    ),
    steps: [
      ...accounts.steps,
      ...images.steps,
      ...switches.steps,
      ...changed.flatMap(check),
      ...changed.flatMap(newFile),
      ...files.flatMap(({ live }) => live),
      ...planSocket(wanted, seen),
      ...planLeavers(wanted, seen),
    ],
    remarks: [...files.flatMap(({ remarks }) => remarks), ...accounts.remarks, ...images.remarks],
    faults: [...files.flatMap(({ faults }) => faults), ...images.faults],
  };
}

/** Without it, neither customers nor puffboot could use vmctl(8) before the next reload, which may be far away. */
function planSocket({ groups }: Wanted, { socketGroup }: Observation): readonly Step[] {
  return socketGroup === null || socketGroup === groups.socket
    ? []
    : [{ kind: 'socket', group: groups.socket }];
}

/** Permission bits of files that are not there yet; of others, they stay as they are. */
const MODES: Readonly<Record<AppliedFile, number>> = {
  'vm.conf': 0o600,
  'doas.conf': 0o600,
  'dhcpd.conf': 0o644,
  'hostname.if': 0o640,
  'pf.conf': 0o600,
  sensors: 0o755,
  'sensorsd.conf': 0o644,
  'httpd.conf': 0o644,
};

function planImages(wanted: Wanted, seen: Observation): Part & { readonly faults: readonly string[] } {
  const owner = seen.me.login;
  const kernels = wanted.kernels.map(({ release, path, source }): Part & { fault?: string } => {
    if (source.kind === 'refused')
      return { steps: [], remarks: [], fault: `bsd.rd of ${release}: ${source.why}` };
    if (source.kind === 'missing') {
      return { steps: [], remarks: [`VMs of ${release} cannot be installed: ${source.why}`] };
    }
    if (seen.kernels[path] === source.sha256) return { steps: [], remarks: [] };
    const { file, sha256 } = source;
    return {
      steps: [{ kind: 'kernel', path, file, sha256 }],
      remarks: source.kind === 'signed' ? [] : [`bsd.rd of ${release} is not verified: ${source.why}`],
    };
  });
  const isThere = (path: string) =>
    seen.directories[posix.dirname(path)]?.includes(posix.basename(path)) ?? false;
  const missing = wanted.disks.filter(({ path }) => !isThere(path));
  const isOwn = ({ path }: { readonly path: string }) => posix.dirname(path) === wanted.diskDirectory;
  return {
    steps: [
      ...kernels.flatMap(({ steps }) => steps),
      ...(seen.directories[wanted.diskDirectory] === null
        ? [{ kind: 'directory', path: wanted.diskDirectory, owner } as const]
        : []),
      ...missing.filter(isOwn).map((disk) => ({ kind: 'disk', ...disk }) as const),
    ],
    remarks: kernels.flatMap(({ remarks }) => remarks),
    faults: [
      ...kernels.flatMap(({ fault }) => fault ?? []),
      ...missing
        .filter((disk) => !isOwn(disk))
        .map(({ vm, path }) => `disk ${path} of ${vm} is not there, and is not puffboot's to create`),
    ],
  };
}

interface FilePlan {
  readonly kind: AppliedFile;
  readonly path: string;
  readonly before: string | null;
  readonly text: string;
  readonly marks: readonly Mark[];
  /** What makes it live. */
  readonly live: readonly Step[];
  readonly remarks: readonly string[];
  readonly faults: readonly string[];
}

function planFile(file: WantedFile, wanted: Wanted, seen: Observation): readonly FilePlan[] {
  const { kind, path, block } = file;
  const before = seen.files[path] ?? null;
  try {
    if (!isAskedFor(kind, wanted, seen)) return [];
    const part = before === null ? null : ownedPart(before, path);
    const body = ownedPart(block, path)?.body ?? '';
    if (part === null && body === '' && kind !== 'vm.conf') return [];
    // A marker line of another version is no change.
    const text = part?.body === body ? (before ?? '') : replaceOwned(before ?? '', block, path);
    const live = liveOf(file, wanted, seen, before, text);
    const edited = part?.edited && text !== before;
    const told = `somebody changed ${path} between puffboot's marker lines: that is replaced, and kept in the backup`;
    return [{ kind, path, before, text, ...live, remarks: [...(edited ? [told] : []), ...live.remarks] }];
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const faults = [messageOf(error)];
    return [{ kind, path, before, text: before ?? '', marks: [], live: [], remarks: [], faults }];
  }
}

function isAskedFor(kind: AppliedFile, { files }: Wanted, seen: Observation): boolean {
  if (ONLY_WITH[kind] === undefined) return true;
  const other = files.find((file) => file.kind === ONLY_WITH[kind])?.path ?? '';
  return ownedPart(seen.files[other] ?? '', other) !== null;
}

type Live = Pick<FilePlan, 'marks' | 'live' | 'remarks' | 'faults'>;

function liveOf(
  { kind, path, block }: WantedFile,
  wanted: Wanted,
  seen: Observation,
  before: string | null,
  text: string,
): Live {
  if (kind === 'vm.conf') {
    const { steps, ...rest }: VmdPlan = planVmd(wanted, seen, before, block);
    return { ...rest, live: steps };
  }
  const follow = (mark: PendingMark, steps: readonly Step[]): Live => {
    const changed = text !== before;
    const due = changed || seen.pending[mark] !== undefined;
    return {
      marks: changed ? [{ mark, names: [] }] : [],
      live: due ? [...steps, { kind: 'unmark', mark, rest: [] }] : [],
      remarks: [],
      faults: [],
    };
  };
  if (kind === 'dhcpd.conf')
    return follow('dhcpd', [{ kind: 'service', service: 'dhcpd', action: 'restart' }]);
  const served = SERVICES[kind];
  if (served !== undefined) {
    const { service } = served;
    if (seen.services[service] === true) return follow(service, [{ kind: 'service', ...served }]);
    const says = `${service} does not run, for which ${path} is kept: \`rcctl enable ${service} && rcctl start ${service}\``;
    return { ...follow(service, []), remarks: [says] };
  }
  if (kind === 'pf.conf') return follow('pf', [{ kind: 'load-pf', path }]);
  if (kind === 'hostname.if') return follow('addresses', newAddresses(wanted, seen, before, block));
  return { marks: [], live: [], remarks: [], faults: [] };
}

/** All of them where an earlier apply was interrupted: giving an interface an address twice changes nothing. */
function newAddresses(
  { gatewayInterface }: Wanted,
  seen: Observation,
  before: string | null,
  block: string,
): readonly Step[] {
  const had = new Set(seen.pending.addresses === undefined ? addressesOf(before ?? '') : []);
  return addressesOf(block)
    .filter((address) => !had.has(address))
    .map((address) => ({ kind: 'address', interface: gatewayInterface, address }));
}

/** hostname.if(5): `inet6 alias ADDRESS 64` */
function addressesOf(text: string): readonly string[] {
  return [...text.matchAll(/^inet6 alias (\S+) 64$/gm)].map(([, address = '']) => address);
}
