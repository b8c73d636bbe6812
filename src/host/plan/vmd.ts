import { posix } from 'node:path';
import { ownedPart } from '../owned-block.ts';
import type { Part } from './accounts.ts';
import type { Observation } from './observation.ts';
import { list, type Mark, type Step } from './step.ts';
import { type ConfBlock, confBlocks, disabled } from './vm-conf-blocks.ts';
import type { Wanted } from './wanted.ts';

/** What is to be done for vmd(8), beside the file itself. */
export interface VmdPlan extends Part {
  /** What makes this vm.conf impossible. */
  readonly faults: readonly string[];
  /** To be noted before the file is replaced. */
  readonly marks: readonly Mark[];
}

interface Scene {
  readonly wanted: Wanted;
  readonly seen: Observation;
  /** Blocks of puffboot's part as it is, as it is to be, and of the rest of the file. */
  readonly before: readonly ConfBlock[];
  readonly after: readonly ConfBlock[];
  readonly outside: readonly ConfBlock[];
}

/**
 * The gentlest way to make a vm.conf(5) live. `vmctl load` adds what is new and touches nothing else. Only
 * `vmctl reload` gives a known VM another definition; it forgets every stopped VM and then starts each that is
 * not `disable`d, so it is done only where it starts and forgets nothing. Neither gives a running VM another
 * definition, nor a known switch another interface.
 *
 * @param text the file as it is; null: there is none
 * @param block puffboot's part as it is to be
 */
export function planVmd(wanted: Wanted, seen: Observation, text: string | null, block: string): VmdPlan {
  const part = text === null ? null : ownedPart(text, 'vm.conf');
  const scene = {
    wanted,
    seen,
    before: confBlocks(part?.body ?? ''),
    after: confBlocks(block),
    outside: confBlocks(part?.outside ?? text ?? ''),
  };
  const faults = [...clashes(scene), ...strangers(scene)];
  if (faults.length > 0) return { steps: [], remarks: [], faults, marks: [] };
  const [load, changed] = [planLoad(scene), planReload(scene)];
  return {
    faults,
    marks: [...load.marks, ...changed.marks],
    steps: [...load.steps, ...changed.steps],
    remarks: [
      ...load.remarks,
      ...changed.remarks,
      ...strays(scene),
      ...settings(part?.outside ?? text ?? ''),
    ],
  };
}

const vms = (blocks: readonly ConfBlock[]): readonly ConfBlock[] =>
  blocks.filter(({ kind }) => kind === 'vm');
const switches = (blocks: readonly ConfBlock[]): readonly ConfBlock[] =>
  blocks.filter(({ kind }) => kind === 'switch');
const named = (blocks: readonly ConfBlock[], name: string): ConfBlock | undefined =>
  blocks.find((block) => block.name === name);

/** vmd(8) does not notice a name that is there twice. */
function clashes({ after, outside }: Scene): readonly string[] {
  const twice = vms(after).filter(({ name }) => named(vms(outside), name) !== undefined);
  const names = list(twice.map(({ name }) => name));
  return [
    ...(twice.length === 0
      ? []
      : [`vm.conf defines ${names} outside of puffboot's lines too: remove that there`]),
    ...switches(after).flatMap(({ name, interface: wanted }) => {
      const other = named(switches(outside), name)?.interface ?? wanted;
      const fix = 'remove it there, or name that interface in puffboot.toml';
      return other === wanted
        ? []
        : [
            `vm.conf has switch ${name} on ${other} outside of puffboot's lines, and on ${wanted} in them: ${fix}`,
          ];
    }),
  ];
}

/**
 * With the wrong state directory, or a database from an old backup, an apply would take VMs off the host that are
 * somebody's: what puffboot wrote there and nobody removed is not unknown for nothing.
 */
function strangers({ wanted, before, after, outside }: Scene): readonly string[] {
  const names = vms(before)
    .map(({ name }) => name)
    .filter((name) => named([...vms(after), ...vms(outside)], name) === undefined)
    .filter((name) => !wanted.removed.includes(name));
  return names.length === 0
    ? []
    : [
        `vm.conf has ${list(names)} in puffboot's lines, and this inventory never had ${names.length === 1 ? 'it' : 'them'} on ${wanted.host}: is this the right stateDirectory, and no old backup? Else remove the blocks there, or the two marker lines alone before \`puffboot host import ${wanted.host}\`, which takes them in`,
      ];
}

function planLoad({ wanted, seen, before, after, outside }: Scene): Part & Pick<VmdPlan, 'marks'> {
  const known = new Set(seen.vms.map(({ name }) => name));
  const newVms = vms(after).filter(({ name }) => !known.has(name));
  const had = [...switches(before), ...switches(outside)];
  const waiting = seen.pending.switch ?? [];
  const newSwitches = switches(after).filter(
    ({ name }) => named(had, name) === undefined || waiting.includes(name),
  );
  const marks =
    newSwitches.length === 0 ? [] : [{ mark: 'switch', names: newSwitches.map(({ name }) => name) } as const];
  const changed = switches(after).filter(({ name, interface: on }) => {
    const old = named(switches(before), name);
    return old !== undefined && old.interface !== on;
  });
  const remarks = changed.map(
    ({ name, interface: on }) =>
      `switch ${name} is on ${on} only after \`vmctl reset switches\` and a reload, or the host's next start: vmd keeps the switch that it knows`,
  );
  if (newVms.length + newSwitches.length === 0) return { steps: [], remarks, marks };
  const load: Step = {
    kind: 'load',
    path: posix.join(wanted.configDirectory, 'load.conf'),
    text: [...newSwitches.map(({ text }) => text), ...newVms.map(disabled)].join('\n'),
    names: [...newSwitches, ...newVms].map(({ name }) => name),
  };
  const done: Step[] = newSwitches.length === 0 ? [] : [{ kind: 'unmark', mark: 'switch', rest: [] }];
  return { steps: [load, ...done], remarks, marks };
}

function planReload(scene: Scene): Part & Pick<VmdPlan, 'marks'> {
  const { wanted, seen, before, after } = scene;
  const stateOf = (name: string) => seen.vms.find((vm) => vm.name === name)?.state;
  const changed = vms(after).filter((vm) => {
    const old = named(vms(before), vm.name);
    return old !== undefined && disabled(old) !== disabled(vm);
  });
  const waiting = (seen.pending.reload ?? []).filter((name) => named(vms(after), name) !== undefined);
  const names = [...new Set([...waiting, ...changed.map(({ name }) => name)])].filter(
    (name) => stateOf(name) !== undefined,
  );
  const marks = changed.length === 0 ? [] : [{ mark: 'reload', names } as const];
  const forgotten: Step[] =
    names.length === 0 && seen.pending.reload !== undefined
      ? [{ kind: 'unmark', mark: 'reload', rest: [] }]
      : [];
  const stopped = names.filter((name) => stateOf(name) === 'stopped');
  const running = names.filter((name) => stateOf(name) !== 'stopped');
  const later = running.map(
    (name) => `${name} keeps its old definition as long as it runs; \`vmctl stop ${name}\`, then apply again`,
  );
  if (stopped.length === 0) return { steps: forgotten, remarks: later, marks };
  const against = [...objections(scene), ...wanted.busy.map((name) => `interrupt the install of ${name}`)];
  if (against.length > 0) {
    const why = `${list(stopped)} would have the new definition after \`vmctl reload\`, which would also ${list(against)}`;
    return { steps: forgotten, remarks: [...later, why], marks };
  }
  return {
    steps: [
      ...forgotten,
      { kind: 'reload', names: stopped },
      { kind: 'unmark', mark: 'reload', rest: running },
    ],
    remarks: later,
    marks,
  };
}

/** What a reload would do besides. */
function objections({ seen, before, after, outside }: Scene): readonly string[] {
  const future = [...vms(after), ...vms(outside)];
  const runs = new Set(seen.vms.filter(({ state }) => state !== 'stopped').map(({ name }) => name));
  const mine = new Set(vms(before).map(({ name }) => name));
  return [
    ...future.filter(({ name, enabled }) => enabled && !runs.has(name)).map(({ name }) => `start ${name}`),
    ...seen.vms
      .filter(
        ({ name, state }) => state === 'stopped' && named(future, name) === undefined && !mine.has(name),
      )
      .map(({ name }) => `forget ${name}`),
  ];
}

/** VMs that left the inventory are nobody's to stop but a human's. */
function strays({ seen, before, after, outside }: Scene): readonly string[] {
  return vms(before)
    .filter(({ name }) => named([...vms(after), ...vms(outside)], name) === undefined)
    .filter(({ name }) => seen.vms.some((vm) => vm.name === name && vm.state !== 'stopped'))
    .map(({ name }) => `${name} left the inventory and still runs; \`vmctl stop ${name}\` ends it`);
}

/** Of a setting that is there twice, vmd(8) takes the last. */
function settings(outside: string): readonly string[] {
  return ['socket owner', 'staggered start']
    .filter((words) => new RegExp(`^[ \\t]*${words.replace(' ', '[ \\t]+')}\\b`, 'm').test(outside))
    .map(
      (words) =>
        `vm.conf has \`${words}\` outside of puffboot's lines too: the last one counts; remove that there`,
    );
}
