import { describe, expect, it } from 'vitest';
import { CU_START, stepCu } from '../../src/rehearsal/cu.ts';
import { pathOnHost } from '../../src/rehearsal/host-path.ts';
import {
  claimTty,
  EMPTY_HOST,
  forgetStopped,
  loadConf,
  setRun,
  toStart,
} from '../../src/rehearsal/host-state.ts';
import { parseOptions } from '../../src/rehearsal/options.ts';
import { encodeMessage, parseRequest } from '../../src/rehearsal/protocol.ts';
import { renderStatus, scaled } from '../../src/rehearsal/status.ts';
import { parseVmConf, type VmDefinition } from '../../src/rehearsal/vm-conf.ts';
import { parseVmctl } from '../../src/rehearsal/vmctl.ts';

describe('vmctl', () => {
  it.each([
    ['create -s 20G a.qcow2', { kind: 'create', path: 'a.qcow2', format: 'qcow2', sizeMiB: 20_480 }],
    ['create -s 512m raw:a.img', { kind: 'create', path: 'a.img', format: 'raw', sizeMiB: 512 }],
    ['cr -s 1G qcow2:a', { kind: 'create', path: 'a', format: 'qcow2', sizeMiB: 1024 }],
    ['load /etc/x.conf', { kind: 'load', file: '/etc/x.conf' }],
    ['rel', { kind: 'reload', file: null }],
    ['status', { kind: 'status', vm: null, runningOnly: false }],
    ['sh -r 3', { kind: 'status', vm: { id: 3 }, runningOnly: true }],
    ['start -c -b /bsd.rd web1', { kind: 'start', vm: { name: 'web1' }, console: true, kernel: '/bsd.rd' }],
    ['star -cB net web1', { kind: 'start', vm: { name: 'web1' }, console: true, kernel: null }],
    ['stop -fw web1', { kind: 'stop', vm: { name: 'web1' }, force: true, wait: true }],
    ['stop 7', { kind: 'stop', vm: { id: 7 }, force: false, wait: false }],
    ['con web.1', { kind: 'console', vm: { name: 'web.1' } }],
  ])('%s', (line, command) => {
    expect(parseVmctl(line.split(' '))).toEqual(command);
  });

  it.each([
    ['st web1', /^ambiguous argument: st\nusage: {2}vmctl/],
    ['re', /^ambiguous argument: re\n/],
    ['frob', /^unknown argument: frob\nusage/],
    ['start', /^usage: {2}vmctl \[-v\] start /],
    ['start -x web1', /^vmctl: unknown option -- x\n/],
    ['start -b', /^vmctl: option requires an argument -- b\n/],
    ['start -web1', /^vmctl: unknown option -- w\n/],
    ['create a.img', /missing size argument/],
    ['create -s 10 a.img', /invalid size: 10/],
    ['console .web', /invalid VM name/],
    ['pause 1', /not part of the simulated host/],
    ['', /^unknown argument|^ambiguous/],
  ])('refuses: %s', (line, stderr) => {
    const refusal = parseVmctl(line.split(' '));
    expect(refusal).toMatchObject({ kind: 'refused', stderr: expect.stringMatching(stderr) });
  });
});

describe('vmctl status', () => {
  it('prints vmctl(8) columns, which a long owner pushes aside', () => {
    const base = { id: 1, memoryMiB: 1024, name: 'web1' };
    const rows = [
      {
        ...base,
        pid: 91_234,
        usedBytes: 273 * 1024 ** 2,
        tty: 'ttyp3',
        owner: 'puffy',
        state: 'running' as const,
      },
      {
        ...base,
        id: 12,
        pid: null,
        usedBytes: null,
        tty: null,
        owner: 'averylongowner:group',
        state: 'stopped' as const,
      },
    ];
    expect(renderStatus(rows)).toBe(
      [
        '   ID   PID VCPUS  MAXMEM  CURMEM     TTY        OWNER    STATE NAME',
        '    1 91234     1    1.0G    273M   ttyp3        puffy  running web1',
        '   12     -     1    1.0G       -       - averylongowner:  stopped web1',
        '',
      ].join('\n'),
    );
  });

  it.each([
    [0, '0B'],
    [512 * 1024 ** 2, '512M'],
    [1536 * 1024 ** 2, '1.5G'],
    [20 * 1024 ** 3, '20.0G'],
  ])('scales %d to %s', (bytes, text) => {
    expect(scaled(bytes)).toBe(text);
  });
});

describe('vm.conf', () => {
  const parse = (text: string) => parseVmConf(text, '/etc/vm.conf', (path) => !path.includes('missing'));

  it('reads what is rendered for a VM, comments and continued lines', () => {
    const text = `# a host
switch "uplink" { interface bridge0 }
staggered start parallel 4 delay 30
socket owner :vmdusers

vm "web1" {
\tdisable # for now
\tmemory 1G
\tdisk "/home/vm/a b.qcow2" format qcow2
\tdisk /home/vm/b.img
\tinterface { switch "uplink" locked lladdr FE:e1:bb:d1:4c:07 }
\towner puffy:_puffboot
\tboot \\
\t\t"/etc/bsd.rd"
\tboot device net
}
vm next { enable }`;
    expect(parse(text)).toEqual({
      conf: {
        switches: ['uplink'],
        vms: [
          {
            name: 'web1',
            disabled: true,
            memoryMiB: 1024,
            disks: ['/home/vm/a b.qcow2', '/home/vm/b.img'],
            lladdrs: ['fe:e1:bb:d1:4c:07'],
            owner: 'puffy:_puffboot',
            kernel: '/etc/bsd.rd',
            bootDevice: 'net',
          },
          {
            name: 'next',
            disabled: false,
            memoryMiB: 512,
            disks: [],
            lladdrs: [],
            owner: 'root',
            kernel: null,
            bootDevice: null,
          },
        ],
      },
    });
  });

  it.each([
    ['an unknown word', 'vm "a" {\n  frob\n}\n', '2: syntax error'],
    ['two options in a line', 'vm "a" {\n disable\n memory 1G disk "/a"\n}\n', '3: syntax error'],
    ['an open block', 'vm "a" {\n disable\n', '2: syntax error'],
    ['no option at all', 'vm "a" { }\n', '1: syntax error'],
    ['a statement behind a block', 'vm "a" { disable } vm "b" { disable }\n', '1: syntax error'],
    ['an open string', 'vm "a {\n disable\n}\n', '1: syntax error'],
    ['a missing disk', 'vm "a" {\n disk "/missing"\n}\n', '2: failed to parse disks: /missing'],
    [
      'a missing kernel',
      'vm "a" {\n boot "/missing"\n}\n',
      '2: kernel path not found: No such file or directory',
    ],
    ['an unknown format', 'vm "a" {\n disk "/x" format vmdk\n}\n', '2: unrecognized disk format vmdk'],
    ['a bad address', 'vm "a" {\n interface { lladdr fe:e1 }\n}\n', '2: invalid address: fe:e1'],
    ['no size', 'vm "a" {\n memory lots\n}\n', '2: failed to parse size: lots'],
    ['a switch without interface', 'switch "a" { enable }\n', '1: switch "a" is missing interface name'],
    ['a name that starts with a dot', 'vm ".a" { disable }\n', '1: vm ".a" failed: Invalid argument'],
  ])('refuses %s', (_, text, error) => {
    expect(parse(text)).toEqual({ error: `/etc/vm.conf:${error}` });
  });
});

describe('the host', () => {
  const vm = (name: string, more: Partial<VmDefinition> = {}): VmDefinition => ({
    name,
    disabled: true,
    memoryMiB: 512,
    disks: [],
    lladdrs: [],
    owner: 'root',
    kernel: null,
    bootDevice: null,
    ...more,
  });
  const load = (state: typeof EMPTY_HOST, ...vms: VmDefinition[]) => loadConf(state, { vms, switches: [] });

  it('replaces nothing but the kernel of a VM that it knows', () => {
    const before = load(EMPTY_HOST, vm('a'), vm('b'));
    const after = load(before, vm('a', { kernel: '/bsd.rd', memoryMiB: 4096 }));
    expect(after.vms.map(({ id, definition }) => [id, definition.memoryMiB, definition.kernel])).toEqual([
      [1, 512, '/bsd.rd'],
      [2, 512, null],
    ]);
  });

  it('reload forgets the stopped ones, starts what is enabled, and keeps ids', () => {
    const running = setRun(load(EMPTY_HOST, vm('a'), vm('b')), 2, { pid: 1, tty: 'ttyp0', stopping: false });
    const after = load(forgetStopped(running), vm('c', { disabled: false }), vm('a'));
    expect(after.vms.map(({ id, definition: { name } }) => [id, name])).toEqual([
      [2, 'b'],
      [3, 'c'],
      [1, 'a'],
    ]);
    expect(toStart(after).map(({ definition }) => definition.name)).toEqual(['c']);
  });

  it('hands out a tty that nobody has, and another one each time', () => {
    const first = claimTty(load(EMPTY_HOST, vm('a')));
    expect(first?.tty).toBe('ttyp0');
    expect(claimTty(first?.state ?? EMPTY_HOST)?.tty).toBe('ttyp1');
  });

  it.each([
    ['/etc/vm.conf', '/srv/host/etc/vm.conf'],
    ['/srv/host/etc/vm.conf', '/srv/host/etc/vm.conf'],
    ['/../../etc/vm.conf', '/srv/host/etc/vm.conf'],
    ['vm.conf', '/tmp/vm.conf'],
  ])('finds %s at %s', (path, found) => {
    expect(pathOnHost('/srv/host', '/tmp', path)).toBe(found);
  });

  it.each([{ server: '192.0.2.1' }, { pace: -1 }, { frob: 1 }, { release: 'x' }, { faults: ['flood'] }])(
    'refuses options %j',
    (options) => {
      expect(() => parseOptions(options)).toThrow();
    },
  );
});

describe('the socket', () => {
  it.each([
    '',
    '{',
    '[]',
    'null',
    '{"kind":"frob"}',
    '{"kind":"stop"}',
    '{"kind":"constructor"}',
    '{"kind":"start","vm":{"id":"x"},"kernel":null}',
  ])('takes no request from %j', (line) => {
    expect(parseRequest(line)).toBeNull();
  });

  it('takes what vmctl sends', () => {
    const request = { kind: 'stop', vm: { name: 'web1' }, force: true, wait: false } as const;
    expect(parseRequest(encodeMessage(request))).toEqual(request);
  });
});

describe('cu', () => {
  it.each([
    ['~.', '', true],
    ['a~.', 'a~.', false],
    ['a\r~.b', 'a\r', true],
    ['a\n~.', 'a\n~.', false],
    ['~~.', '~.', false],
    ['\r~x', '\r~x', false],
    ['\r~', '\r', false],
  ])('%j', (typed, sent, leave) => {
    let state = CU_START;
    let text = '';
    for (const byte of new TextEncoder().encode(typed)) {
      const step = stepCu(state, Uint8Array.of(byte));
      state = step.state;
      text += new TextDecoder().decode(step.send);
      if (step.leave) {
        expect([text, true]).toEqual([sent, leave]);
        return;
      }
    }
    expect([text, false]).toEqual([sent, leave]);
  });
});
