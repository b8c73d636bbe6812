import { describe, expect, it } from 'vitest';
import { NO_BOOT_CONF, parseBootConf } from '../../src/rehearsal/pxe/boot-conf.ts';
import { bootFromNetwork } from '../../src/rehearsal/pxe/rom.ts';
import { type FakeBoardOptions, fakeBoard } from './peer/fake-board.ts';

const BOOT_CONF = 'stty com0 115200\nset tty com0\nset timeout 1\nboot tftp:/bsd.rd\n';
const TFTP = {
  auto_install: '..>> OpenBSD/amd64 PXEBOOT 3.65\0noise',
  '/etc/boot.conf': BOOT_CONF,
  '/etc/random.seed': 'seed',
  '/bsd.rd': '\x7fELF....OpenBSD 7.5 (RAMDISK_CD) #1',
};

async function netboot(options: FakeBoardOptions) {
  const board = fakeBoard(options);
  return { board, source: await bootFromNetwork(board) };
}

describe('a machine with a PXE ROM', () => {
  it('asks for everything in the order of ROM and pxeboot, and starts what it received', async () => {
    const { board, source } = await netboot({ tftp: TFTP });
    expect(source).toEqual({ kind: 'ramdisk', release: '7.5' });
    const port = 2000 + (Math.floor(board.now() / 1000) & 1023);
    expect(board.downloads).toEqual([
      'auto_install blksize=1432 tsize=0 from 0',
      `/bsd.upgrade from ${port} leaves after 1`,
      `/etc/boot.conf from ${port}`,
      `/etc/random.seed from ${port}`,
      `/bsd.rd from ${port} leaves after 8`,
      ...Array(3).fill(`/bsd.rd from ${port}`),
      `/etc/firmware/intel/06-9e-0a from ${port}`,
    ]);
    expect(board.text()).toBe(
      [
        '>> OpenBSD/amd64 PXEBOOT 3.65',
        'booting tftp:/bsd.rd: 3924676+1647616+3886216+0+704512 [109+440424+293778]=0xa667f0',
        'entry point at 0xffffffff81001000',
        '',
      ].join('\n'),
    );
    expect(board.logged[1]).toMatch(/^received \/bsd\.rd, 35 bytes, SHA256 [0-9a-f]{64}$/);
  });

  it('misses the seed aloud', async () => {
    const { '/etc/random.seed': _, ...tftp } = TFTP;
    const { board } = await netboot({ tftp });
    expect(board.text()).toContain(
      'PXEBOOT 3.65\ncannot open tftp:/etc/random.seed: No such file or directory\nbooting ',
    );
  });

  it.each<[string, FakeBoardOptions, string]>([
    ['no lease', { lease: null }, 'no DHCP offer'],
    ['no boot file in the lease', { lease: { filename: '' } }, 'nothing to boot'],
    ['no server in the lease', { lease: { nextServer: null } }, 'nothing to boot'],
    ['a refused loader', { tftp: {} }, 'auto_install: refused'],
    ['something else as loader', { tftp: { ...TFTP, auto_install: '<html>' } }, 'auto_install is no loader'],
    [
      'no boot.conf',
      { tftp: { auto_install: TFTP.auto_install } },
      'boot.conf leaves the console on the screen',
    ],
    [
      'another kernel than a ramdisk',
      { tftp: { ...TFTP, '/bsd.rd': '\x7fELF OpenBSD 7.5 (GENERIC)' } },
      '/bsd.rd is no ramdisk kernel',
    ],
    ['a kernel that is none', { tftp: { ...TFTP, '/bsd.rd': '<html>' } }, '/bsd.rd is no ELF file'],
    [
      'a kernel that is not there',
      { tftp: { ...TFTP, '/etc/boot.conf': 'set tty com0\nboot bsd.sp' } },
      'bsd.sp: refused',
    ],
  ])('goes on to its disk after %s', async (_, options, why) => {
    const { board, source } = await netboot(options);
    expect(source).toEqual({ kind: 'disk' });
    expect(board.logged.at(-1)).toBe(`network boot failed: ${why}; next: the disk`);
  });
});

describe('boot.conf', () => {
  it.each([
    ['nothing', '', NO_BOOT_CONF],
    ['ours', BOOT_CONF, { serial: true, image: '/bsd.rd' }],
    ['a kernel without its device', 'set tty com0\nboot bsd.rd\n', { serial: true, image: 'bsd.rd' }],
    ['set image', 'set image tftp:/bsd.mp\nset tty com0', { serial: true, image: '/bsd.mp' }],
    ['a boot that ends it', 'boot\nset tty com0\n', NO_BOOT_CONF],
    ['back to the screen', 'set tty com0\nset tty pc0\n', NO_BOOT_CONF],
    ['a line that is too long', `${' '.repeat(132)}set tty com0`, NO_BOOT_CONF],
  ])('%s', (_, text, conf) => {
    expect(parseBootConf(text)).toEqual(conf);
  });
});
