import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ipv4, Lladdr } from '../../src/common/address.ts';
import type { AllocationHost } from '../../src/inventory/allocate.ts';
import { type Imported, importVm } from '../../src/inventory/import-vm.ts';
import { UNSAID, type Vm } from '../../src/inventory/vm.ts';
import { parseVmFile, renderVmFile } from '../../src/inventory/vm-file.ts';
import { sampleVm } from '../contract/store.ts';

const HOST: AllocationHost = {
  name: 'vmm1',
  capacity: 40,
  lladdrPrefix: 'fe:e1:bb:d1:4c',
  firstIpv4: '192.0.2.10' as Ipv4,
  lastIpv4: '192.0.2.49' as Ipv4,
  ipv6Prefix: '2001:db8:0:100::/56',
  vmDefaults: {
    memoryMiB: 1024,
    diskSizesMiB: [20480],
    diskFormat: 'raw',
    release: '7.6',
    arch: 'amd64',
    sets: ['-game*'],
    timezone: 'UTC',
    disklabel: 'http://192.0.2.1/label',
    ipv4Method: 'dhcp',
    passwords: false,
  },
};
const OLD = readFileSync('fixtures/vm-file/old-world.txt', 'utf8');

const RESERVED = new Set(['192.0.2.14', 'fe:e1:bb:d1:4c:01']);

/** Takes the file in as `puffboot vm import` does, into an inventory that holds `existing`. */
function take(text: string, existing: readonly Vm[] = [], update = false): Imported {
  const { said, lines, faults } = parseVmFile(text);
  expect(faults).toEqual([]);
  return importVm(
    { said: { name: 'web1', ...said }, lines },
    { hosts: [HOST], existing, now: 1, update, reserved: RESERVED },
  );
}

function added(text: string, existing: readonly Vm[] = []): Vm {
  const result = take(text, existing);
  if (result.outcome === 'refused') throw new Error(result.faults.map(({ message }) => message).join('\n'));
  return result.vm;
}

describe('a text file of the old world', () => {
  it('is understood whole', () => {
    expect(parseVmFile(OLD)).toMatchObject({
      said: {
        orderedOn: '2019/09/21 14:03',
        fullName: 'Jane "JJ" Doe, Inc.',
        hostName: 'web1',
        owner: 'jane',
        note: 'wants "quotes" = and # signs',
        sshKeys: [expect.stringMatching(/ jane@laptop$/), expect.stringMatching(/^ssh-ed25519 \S+$/)],
        diskSizesMiB: [20480, 102400],
        memoryMiB: 2048,
        lladdr: 'fe:e1:bb:d1:4c:07',
        ipv6: '2001:db8:0:106::/64',
      },
      unknown: [
        { line: 12, key: 'Colour' },
        { line: 13, key: 'colour' },
      ],
      faults: [],
    });
  });

  it('keeps id and addresses, and is written back with what was allocated behind it', async () => {
    const vm = added(OLD);
    expect(vm).toMatchObject({ host: 'vmm1', id: 7, lladdr: 'fe:e1:bb:d1:4c:07', ipv4: '192.0.2.16' });
    await expect(renderVmFile(vm)).toMatchFileSnapshot('../../fixtures/vm-file/written-back.txt');
  });

  it('changes nothing the second time, nor when it comes back from an export', () => {
    const vm = added(OLD);
    expect(take(OLD, [vm])).toEqual({ outcome: 'unchanged', vm });
    expect(take(renderVmFile(vm), [vm])).toEqual({ outcome: 'unchanged', vm });
  });

  it('follows what has changed since', () => {
    const vm = { ...added(OLD), memoryMiB: 512, sshKeys: [], note: null, diskSizesMiB: [1024, 1, 2, 3] };
    const text = renderVmFile(vm);
    expect(added(text)).toEqual({ ...vm, fileLines: parseVmFile(text).lines });
    expect(text).toContain('MEMORY="512M"\n');
    expect(text).toContain('note=""\n');
  });

  it('is taken over where it differs only when that is wanted', () => {
    const vm = added(OLD);
    const changed = OLD.replace('"2G"', '"4G"').replace('"blue"', '"green"');
    expect(take(changed, [vm])).toEqual({
      outcome: 'refused',
      faults: [{ field: 'memoryMiB', message: 'memoryMiB of web1 is 2048 in the inventory, not 4096' }],
    });
    expect(take(changed, [vm], true)).toMatchObject({ outcome: 'updated', vm: { memoryMiB: 4096 } });
    expect(take(OLD.replace('"192.0.2.16"', '"192.0.2.17"'), [vm], true)).toMatchObject({
      outcome: 'refused',
    });
  });
});

it.each([
  ['no quotes', 'memory=2G', 'expected key="value" (found "memory=2G")'],
  ['a cut line', 'memory="2G', 'expected key="value" (found "memory=\\"2G")'],
  ['no size', 'memory="2 gigs"', 'memory must be a size such as 512M or 20G (found "2 gigs")'],
  ['a key twice', 'hostname="a"\nHostname="b"', 'Hostname was said before, in line 1; keep one of the two'],
  [
    'two keys for one thing',
    'ip="192.0.2.10"\naddress="192.0.2.11"',
    'address was said before, in line 1; keep one of the two',
  ],
  ['disks in two ways', 'disk="1G"\ndisk1="1G"', 'disk1 was said before, in line 1; keep one of the two'],
  ['a missing disk', 'disk1="1G"\ndisk3="1G"', 'disk2 is missing'],
  ['a NUL', 'note="a\0b"', 'is no text: it holds control characters or broken UTF-8'],
  ['an escape', 'note="\x1b[2J"', 'is no text: it holds control characters or broken UTF-8'],
  ['broken UTF-8', 'note="\uFFFD"', 'is no text: it holds control characters or broken UTF-8'],
  [
    'an address of 300',
    'ip="192.0.2.300"',
    'ip must be an IPv4 address such as 192.0.2.10 (found "192.0.2.300")',
  ],
])('tells %s with its line', (_, text, message) => {
  const { faults } = parseVmFile(`# first\n${text.replaceAll('\n', '\r\n')}`);
  expect(faults.map((fault) => fault.message.replace('line 2', 'line 1'))).toEqual([message]);
});

it('shows no key that it refuses', () => {
  const result = take('sshkey="ssh-ed25519 AAAA first-password"');
  expect(JSON.stringify(result)).not.toContain('first-password');
  expect(result).toMatchObject({ outcome: 'refused', faults: [{ field: 'sshKeys' }] });
});

describe('ids and addresses', () => {
  const taken = sampleVm(3, {
    name: 'old',
    lladdr: 'fe:e1:bb:d1:4c:03' as Lladdr,
    ipv4: '192.0.2.12' as Ipv4,
  });
  it.each([
    ['by lladdr', 'mac="fe:e1:bb:d1:4c:09"', { id: 9, ipv4: '192.0.2.18', ipv6: '2001:db8:0:108::/64' }],
    ['by address', 'ip="192.0.2.20"', { id: 11, lladdr: 'fe:e1:bb:d1:4c:0b' }],
    ['by id', 'id="6"', { id: 6, lladdr: 'fe:e1:bb:d1:4c:06', ipv4: '192.0.2.15' }],
    ['nothing, past what others have', 'note="x"', { id: 2, ipv4: '192.0.2.11' }],
    ['an lladdr of no host', 'mac="52:54:00:12:34:56"', { id: 1, lladdr: '52:54:00:12:34:56' }],
    [
      'lladdr and address of different ids',
      'mac="fe:e1:bb:d1:4c:09"\nip="192.0.2.10"',
      { id: 9, ipv4: '192.0.2.10' },
    ],
    ['an address whose id is taken', 'ip="192.0.2.12"\nid="1"', 'ipv4: 192.0.2.12 belongs to old'],
    ['a taken id', 'id="3"', 'id: id 3 of vmm1 belongs to old'],
    ['a taken lladdr', 'mac="fe:e1:bb:d1:4c:03"', 'lladdr: fe:e1:bb:d1:4c:03 belongs to old'],
    ['an id beyond the host', 'id="41"', 'id: id must be from 1 to 40, the capacity of vmm1 (found 41)'],
    [
      'an address beyond the host',
      'ip="198.51.100.1"',
      'ipv4: ipv4 must lie in 192.0.2.10-192.0.2.49, the ipv4Range of vmm1 (found 198.51.100.1)',
    ],
    [
      'a group lladdr',
      'mac="01:00:5e:00:00:01"',
      'lladdr: lladdr must be that of one machine, its first octet even (found 01:00:5e:00:00:01)',
    ],
    ['an unknown host', 'host="nix"', 'null: there is no host "nix"; the hosts are vmm1'],
  ])('%s', (_, text, expected) => {
    const result = take(text, [taken]);
    if (typeof expected !== 'string') expect(result).toMatchObject({ outcome: 'added', vm: expected });
    else {
      const faults = result.outcome === 'refused' ? result.faults : [];
      expect(faults.map(({ field, message }) => `${field}: ${message}`)).toContain(expected);
    }
  });
});

const oneLine = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((text) => text.trim() !== '' && !/[\p{Cc}\uFFFD\u2028\u2029]/u.test(text));
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const anyVm: fc.Arbitrary<Vm> = fc
  .record({
    fullName: maybe(oneLine),
    note: maybe(oneLine),
    orderedOn: maybe(oneLine),
    payment: maybe(oneLine),
    subscription: maybe(oneLine),
    email: maybe(fc.constantFrom('a@b', '"q"@x.net')),
    paidUntil: maybe(fc.constantFrom('2024-02-29', '1999-12-31')),
    owner: maybe(fc.constantFrom('puffy', 'a-b_c')),
    sshKeys: fc.array(fc.constantFrom(...(OLD.match(/ssh-ed25519 [^"\n]+/g) ?? [])), { maxLength: 3 }),
    diskSizesMiB: fc.array(fc.integer({ min: 1, max: 9_999 }), { minLength: 1, maxLength: 4 }),
    sets: fc.array(fc.constantFrom('-game*', '+site*', 'bsd'), { maxLength: 3 }),
    passwords: fc.boolean(),
    ipv4Method: fc.constantFrom('dhcp', 'static'),
  })
  .map((change) => ({
    ...sampleVm(7),
    ...UNSAID,
    ...change,
    name: 'web1',
    ipv4: '192.0.2.16' as Ipv4,
    ipv6: '2001:db8:0:106::/64',
  }));

it('loses nothing on the way out and in again, whatever a VM holds', () => {
  fc.assert(
    fc.property(anyVm, (vm) => {
      const text = renderVmFile(vm);
      const back = added(text);
      expect(back).toEqual({
        ...vm,
        fileLines: parseVmFile(text).lines,
        createdAt: 1,
      });
      expect(renderVmFile(back)).toBe(text);
    }),
    { numRuns: 300 },
  );
});

it('loses no line on the way in and out again, in whatever order they come', () => {
  const lines = OLD.trimEnd().split('\n');
  // A second disk without a first one is refused.
  const someLines = fc
    .shuffledSubarray(lines, { minLength: 1 })
    .filter(
      (some) =>
        some.some((line) => line.startsWith('disk1')) || !some.some((line) => line.startsWith('disk2')),
    );
  const extra = fc.constantFrom('', '# "note"', 'x="y"', 'x = "a"b"" ', '\tz="=#"');
  fc.assert(
    fc.property(someLines, fc.array(extra), (some, kept) => {
      const text = `${[...some, ...kept].join('\n')}\n`;
      const first = renderVmFile(added(text));
      expect(
        first
          .split('\n')
          .slice(0, some.length + kept.length)
          .map((line) => line.toLowerCase().replace('::2/64', '::/64')),
      ).toEqual([...some, ...kept].map((line) => line.toLowerCase().replace('::2/64', '::/64')));
      expect(renderVmFile(added(first))).toBe(first);
    }),
    { numRuns: 300 },
  );
});
