import { describe, expect, it } from 'vitest';
import { endedUnclean, parsePsTime } from '../../src/host/boots.ts';
import { explainVmctl } from '../../src/host/vmctl-failure.ts';

describe('what vmctl says when it cannot', () => {
  it.each([
    ['start', 'vmctl: start vm command failed: Operation already in progress\n', 'retry', /still has it/],
    ['start', 'vmctl: could not open disk image(s)\n', 'retry', /disk image is missing/],
    ['start', 'vmctl: could not open specified disk image(s)\n', 'retry', /disk image is missing/],
    ['start', 'vmctl: vmm bios firmware file not found.\n', 'refused', /fw_update/],
    ['start', 'vmctl: start vm command failed: Operation not permitted\n', 'refused', /three times/],
    ['start', 'vmctl: start vm command failed: Cannot allocate memory\n', 'refused', /datasize/],
    ['start', 'vmctl: connect: /var/run/vmd.sock: Connection refused\n', 'refused', /rcctl start vmd/],
    ['start', 'vmctl: start vm command failed: Bad address\n', 'refused', /Bad address/],
    ['start', '', 'refused', /says nothing/],
    ['stop', 'stopping vm a: cannot stop vm that is not running\n', 'there', /does not run/],
    ['stop', 'stopping vm a: vm not found\n', 'there', /does not know/],
    ['stop', 'vmctl: connect: /var/run/vmd.sock: Permission denied\n', 'refused', /may not use/],
  ] as const)('to %s: %j', (what, said, kind, meaning) => {
    expect(explainVmctl(what, said)).toEqual({ kind, meaning: expect.stringMatching(meaning) });
  });
});

describe('how a host went down', () => {
  it.each([
    ['in order', 'reboot    ~     Mon\nshutdown  ~     Mon\nreboot    ~     Sun\n\nwtmp begins Sun\n', false],
    ['by a power cut', 'reboot    ~     Mon\nreboot    ~     Sun\nshutdown  ~     Sun\n', true],
    ['twice noted, by reboot(8) and init(8)', 'reboot ~ Mon\nshutdown ~ Mon\nshutdown ~ Mon\n', false],
    ['before wtmp was rotated', 'reboot    ~     Mon\n\nwtmp begins Mon\n', false],
    ['unknown to an empty wtmp', '\nwtmp begins Mon\n', false],
  ])('%s', (_, output, unclean) => {
    expect(endedUnclean(output)).toBe(unclean);
  });

  it.each([
    ['04:05', 245],
    ['  1:02:03\n', 3723],
    ['3-01:02:03', 262_923],
    ['12:34.56', 754.56],
    ['-', null],
    ['', null],
  ])('%j is so many seconds', (text, seconds) => {
    expect(parsePsTime(text)).toBe(seconds);
  });
});
