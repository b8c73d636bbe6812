import { describe, expect, it } from 'vitest';
import { joinNetwork, leaveNetwork, networksOf } from '../../src/inventory/network.ts';
import { UNSAID, type Vm } from '../../src/inventory/vm.ts';
import { sampleVm } from '../contract/store.ts';

const vm = (id: number, change: Partial<Vm> = {}): Vm => ({
  ...sampleVm(id),
  ...UNSAID,
  owner: 'puffy',
  ...change,
});
const ALL = [vm(1), vm(2), vm(3), vm(4, { owner: 'alice' }), vm(5, { host: 'vmm2' })];
const uplink = () => 'uplink';

/** The inventory when these networks have been made. */
function made(...steps: readonly (readonly [string, ...string[]])[]): readonly Vm[] {
  return steps.reduce<readonly Vm[]>((all, [name, ...vms]) => {
    const changed = new Map(joinNetwork(name, vms, all, uplink).map((each) => [each.name, each]));
    return all.map((each) => changed.get(each.name) ?? each);
  }, ALL);
}

describe('a private network', () => {
  it('gives each VM a further interface, with lladdrs that nobody has', () => {
    const all = made(['lan', 'vm1', 'vm2'], ['db', 'vm2', 'vm3'], ['lan', 'vm3', 'vm1']);
    expect(networksOf(all)).toEqual([
      { name: 'lan', host: 'vmm1', owner: 'puffy', number: 1, vms: ['vm1', 'vm2', 'vm3'] },
      { name: 'db', host: 'vmm1', owner: 'puffy', number: 2, vms: ['vm2', 'vm3'] },
    ]);
    expect(all.slice(0, 3).map(({ nics }) => nics.map(({ lladdr }) => lladdr))).toEqual([
      ['fa:e1:bb:d1:4c:01'],
      ['fa:e1:bb:d1:4c:02', 'f6:e1:bb:d1:4c:02'],
      ['fa:e1:bb:d1:4c:03', 'f6:e1:bb:d1:4c:03'],
    ]);
  });

  it('passes over an lladdr that another host gave a VM', () => {
    const taken = vm(9, { host: 'vmm2', lladdr: 'fa:e1:bb:d1:4c:01' as Vm['lladdr'] });
    const [first] = joinNetwork('lan', ['vm1', 'vm2'], [...ALL, taken], uplink);
    expect(first?.nics[0]?.lladdr).toBe('f6:e1:bb:d1:4c:01');
  });

  it('changes nothing when all are in it', () => {
    expect(joinNetwork('lan', ['vm2', 'vm1', 'vm2'], made(['lan', 'vm1', 'vm2']), uplink)).toEqual([]);
  });

  it('is left by some or by all, and its number is free again', () => {
    const all = made(['lan', 'vm1', 'vm2', 'vm3']);
    expect(leaveNetwork('lan', ['vm2'], all).map(({ name, nics }) => [name, nics])).toEqual([['vm2', []]]);
    const ended = leaveNetwork('lan', [], all);
    expect(networksOf(ended)).toEqual([]);
    expect(joinNetwork('new', ['vm1', 'vm2'], ended, uplink)[0]?.nics[0]).toMatchObject({ number: 1 });
  });

  it.each([
    ['one VM alone', 'lan', ['vm1', 'vm1'], 'a private network begins with two VMs (found 1)'],
    ['another owner', 'lan', ['vm1', 'vm4'], 'vm4 belongs to alice, and the network to puffy'],
    ['another host', 'lan', ['vm1', 'vm5'], 'vm5 is on vmm2, and the network on vmm1'],
    ['an unknown VM', 'lan', ['vm1', 'nix'], 'there is no VM "nix"'],
    ['the name of the uplink', 'uplink', ['vm1', 'vm2'], 'uplink is the switch of all VMs of vmm1'],
    ['a quote', 'la"n', ['vm1', 'vm2'], /^a private network is named by a letter.* \(found "la\\"n"\)$/],
    ['a name of 32', 'l'.repeat(32), ['vm1', 'vm2'], /^a private network is named by a letter/],
    ['two faults', '1', ['vm1', 'vm4', 'vm5'], /named by.*\nvm4 belongs.*\nvm5 is on vmm2/],
  ])('is refused: %s', (_, name, vms, message) => {
    const told = typeof message === 'string' ? message : expect.stringMatching(message);
    expect(() => joinNetwork(name, vms, ALL, uplink)).toThrowError(
      expect.objectContaining({ message: told }),
    );
  });

  it('is refused to a VM that has four interfaces', () => {
    const full = made(['a', 'vm1', 'vm2'], ['b', 'vm1', 'vm2'], ['c', 'vm1', 'vm2']);
    expect(() => joinNetwork('d', ['vm1', 'vm3'], full, uplink)).toThrowError(
      /^vm1 has 4 interfaces already, all that vmd\(8\) gives it$/,
    );
  });

  it.each([
    ['an unknown network', 'nix', [], 'there is no private network "nix"'],
    ['a VM that is not in it', 'lan', ['vm3'], 'vm3 is not in private network lan'],
  ])('is not left: %s', (_, name, vms, message) => {
    expect(() => leaveNetwork(name, vms, made(['lan', 'vm1', 'vm2']))).toThrowError(message);
  });
});
