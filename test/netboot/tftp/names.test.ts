import { describe, expect, it } from 'vitest';
import { resolveName } from '../../../netboot/tftp/names.ts';
import { ARMED, MAIL, NOON, WEB } from '../example.ts';

const file = (name: string) => ({ kind: 'file', path: `pub/OpenBSD/7.6/amd64/${name}` });

describe('names of an armed client', () => {
  it.each([
    ['auto_install', file('pxeboot')],
    ['/auto_install', file('pxeboot')],
    ['auto_upgrade', file('pxeboot')],
    ['/bsd', file('bsd')],
    ['bsd.rd', file('bsd.rd')],
    ['//bsd.rd', file('bsd.rd')],
    ['/etc//random.seed', { kind: 'random', bytes: 512 }],
    ['/etc/random.seed', { kind: 'random', bytes: 512 }],
  ])('%s', (name, expected) => {
    expect(resolveName(name, WEB, null, NOON)).toEqual(expected);
  });

  it('makes boot.conf speak on the serial port that is the console', () => {
    const armed = { ...ARMED, console: { tty: 'com1', speed: 19200 } } as const;
    expect(resolveName('/etc/boot.conf', { ...WEB, armed }, null, NOON)).toEqual({
      kind: 'text',
      text: 'stty com1 19200\nset tty com1\nset timeout 1\nboot tftp:/bsd.rd\n',
    });
  });

  it('makes boot.conf speak on the serial port of a VM', () => {
    expect(resolveName('/etc/boot.conf', WEB, null, NOON)).toEqual({
      kind: 'text',
      text: 'stty com0 115200\nset tty com0\nset timeout 1\nboot tftp:/bsd.rd\n',
    });
  });

  it.each([
    [0, 'pxeboot'],
    [6, 'BOOTIA32.EFI'],
    [7, 'BOOTX64.EFI'],
    [9, 'BOOTX64.EFI'],
    [11, 'BOOTAA64.EFI'],
    [27, 'BOOTRISCV64.EFI'],
  ])('hands architecture %i its loader', (arch, name) => {
    expect(resolveName('auto_install', WEB, arch, NOON)).toEqual(file(name));
  });

  it.each([
    '../bsd',
    '/etc/../bsd',
    'etc/./boot.conf',
    '/bsd.rd/',
    './bsd',
    'bsd\0.rd',
    '\\bsd',
    '\\..\\bsd',
    '/pub/OpenBSD/7.6/amd64/bsd',
    'BSD',
    '',
    '/',
    '__proto__',
    'constructor',
  ])('%j is not found', (name) => {
    expect(resolveName(name, WEB, null, NOON)).toMatchObject({ kind: 'refused', unknown: true });
  });

  it.each([
    ['/bsd.upgrade', 'no such name'],
    ['bsd.upgrade', 'no such name'],
    ['/etc/firmware/intel/06-55-07', 'no such name'],
    ['/bsd.dr', 'no such name; the nearest is bsd.rd'],
    ['AUTO_INSTALL', 'no such name; the nearest is auto_install'],
    ['/etc/boot.cfg', 'no such name; the nearest is etc/boot.conf'],
    [
      'pxelinux.0',
      'no such name; there are auto_install, auto_upgrade, etc/boot.conf, etc/random.seed, bsd, bsd.rd',
    ],
  ])('%s: %s', (name, reason) => {
    expect(resolveName(name, WEB, null, NOON)).toEqual({ kind: 'refused', reason, unknown: true });
  });

  it('has no loader for an architecture that OpenBSD does not boot', () => {
    expect(resolveName('auto_install', WEB, 16, NOON)).toMatchObject({ kind: 'refused' });
  });
});

describe('everybody else', () => {
  it.each([
    ['a stranger', null, NOON, /unknown address/],
    ['a client that is not armed', MAIL, NOON, /mail is not armed/],
    ['a client whose time is over', WEB, ARMED.until, /expired/],
  ])('%s', (_, client, now, reason) => {
    for (const name of ['auto_install', '/etc/boot.conf', '/etc/random.seed', '/bsd', '/bsd.rd']) {
      const named = resolveName(name, client, null, now);
      expect(named.kind === 'refused' && named.reason).toMatch(reason);
    }
  });
});
