import type { Lladdr } from '../common/address.ts';
import { OperatorError } from '../common/error.ts';
import { show } from '../common/form.ts';
import { holdings } from './allocate.ts';
import type { PrivateNic, Vm } from './vm.ts';

/** A network between VMs of one owner on one host, on a switch of its own. */
export interface PrivateNetwork {
  readonly name: string;
  readonly host: string;
  readonly owner: string | null;
  readonly number: number;
  readonly vms: readonly string[];
}

/** vm.conf(5) names a switch so; longer names are cut in the description of its interface. */
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,30}$/;
/** vio1 to vio3: vmd(8) gives a VM four interfaces. */
const MOST_NICS = 3;
/** The number is an octet of the addresses. */
const MOST_NETWORKS = 255;

/** Every private network, by host and number. */
export function networksOf(vms: readonly Vm[]): readonly PrivateNetwork[] {
  const networks = new Map<string, PrivateNetwork>();
  for (const { name: vm, host, owner, nics } of vms) {
    for (const { network, number } of nics) {
      const known = networks.get(network) ?? { name: network, host, owner, number, vms: [] };
      networks.set(network, { ...known, vms: [...known.vms, vm] });
    }
  }
  return [...networks.values()].sort((a, b) =>
    a.host < b.host ? -1 : a.host > b.host ? 1 : a.number - b.number,
  );
}

/**
 * Connects VMs to a private network, which is made with its first two.
 * @param uplinkOf the switch of a host to which all of its VMs are connected
 * @returns the VMs that changed; none when all were in it already
 * @throws OperatorError VM_NOT_FOUND, or VM_REFUSED with every broken rule
 */
export function joinNetwork(
  name: string,
  names: readonly string[],
  existing: readonly Vm[],
  uplinkOf: (host: string) => string,
): readonly Vm[] {
  const wanted = [...new Set(names)].map((each) => vmNamed(each, existing));
  const known = networksOf(existing).find((network) => network.name === name);
  const joining = wanted.filter(({ nics }) => !nics.some(({ network }) => network === name));
  const number = known?.number ?? lowestNumber(wanted[0]?.host ?? '', existing);
  const faults = faultsOf(name, wanted, joining, known, uplinkOf);
  if (number > MOST_NETWORKS)
    faults.push(`${wanted[0]?.host} has ${MOST_NETWORKS} private networks, and no number for one more`);
  if (faults.length > 0) throw new OperatorError('VM_REFUSED', faults.join('\n'));
  const taken = new Set(existing.flatMap((vm) => holdings(vm.host, vm)));
  return joining.map((vm) => {
    const lladdr = furtherLladdr(vm, taken);
    taken.add(lladdr);
    const nic: PrivateNic = { network: name, number, lladdr };
    return { ...vm, nics: [...vm.nics, nic] };
  });
}

/** @param names none: all of its VMs. @returns the VMs that changed. @throws OperatorError VM_NOT_FOUND, VM_REFUSED */
export function leaveNetwork(name: string, names: readonly string[], existing: readonly Vm[]): readonly Vm[] {
  const network = networksOf(existing).find((each) => each.name === name);
  if (network === undefined)
    throw new OperatorError('VM_REFUSED', `there is no private network ${show(name)}`);
  const leaving = (names.length === 0 ? network.vms : [...new Set(names)]).map((each) =>
    vmNamed(each, existing),
  );
  const stranger = leaving.find((vm) => !network.vms.includes(vm.name));
  if (stranger !== undefined)
    throw new OperatorError('VM_REFUSED', `${stranger.name} is not in private network ${name}`);
  return leaving.map((vm) => ({ ...vm, nics: vm.nics.filter((nic) => nic.network !== name) }));
}

function vmNamed(name: string, existing: readonly Vm[]): Vm {
  const vm = existing.find((each) => each.name === name);
  if (vm !== undefined) return vm;
  throw new OperatorError('VM_NOT_FOUND', `there is no VM ${show(name)}`);
}

function faultsOf(
  name: string,
  wanted: readonly Vm[],
  joining: readonly Vm[],
  known: PrivateNetwork | undefined,
  uplinkOf: (host: string) => string,
): string[] {
  const [first] = wanted;
  const host = known?.host ?? first?.host ?? '';
  const owner = known === undefined ? (first?.owner ?? null) : known.owner;
  const ownerName = owner ?? 'the operator';
  const faults: string[] = [];
  if (!NAME.test(name))
    faults.push(
      `a private network is named by a letter, then up to 30 letters, digits, dots, _ and - (found ${show(name)})`,
    );
  if (name === uplinkOf(host)) faults.push(`${name} is the switch of all VMs of ${host}`);
  if (known === undefined && wanted.length < 2)
    faults.push(`a private network begins with two VMs (found ${wanted.length})`);
  for (const vm of wanted) {
    if (vm.host !== host) faults.push(`${vm.name} is on ${vm.host}, and the network on ${host}`);
    if (vm.owner !== owner)
      faults.push(`${vm.name} belongs to ${vm.owner ?? 'the operator'}, and the network to ${ownerName}`);
  }
  for (const { name: vm, nics } of joining) {
    if (nics.length >= MOST_NICS)
      faults.push(`${vm} has ${MOST_NICS + 1} interfaces already, all that vmd(8) gives it`);
  }
  return faults;
}

function lowestNumber(host: string, existing: readonly Vm[]): number {
  const taken = new Set(
    networksOf(existing)
      .filter((each) => each.host === host)
      .map(({ number }) => number),
  );
  let number = 1;
  while (taken.has(number)) number += 1;
  return number;
}

/**
 * The lladdr of a further interface: that of the first one, with bits of the first octet turned: fe becomes fa, f6,
 * f2. It stays that of one machine, and a prefix that another host has by chance is passed over.
 */
function furtherLladdr({ name, lladdr }: Vm, taken: ReadonlySet<string>): Lladdr {
  for (let bits = 1; bits < 64; bits += 1) {
    const octet = (Number.parseInt(lladdr, 16) ^ (bits << 2)).toString(16).padStart(2, '0');
    const further = `${octet}${lladdr.slice(2)}` as Lladdr;
    if (!taken.has(further)) return further;
  }
  throw new OperatorError('VM_REFUSED', `there is no lladdr left for a further interface of ${name}`);
}
