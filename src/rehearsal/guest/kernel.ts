import type { Board, MachineFacts } from './board.ts';

/** Time between two lines of dmesg. */
const LINE_SECONDS = 0.02;

/** What the ramdisk kernel prints before init(8) starts. vmd(8) loads it itself, without a word of a loader. */
export async function bootRamdisk(board: Board, release: string): Promise<void> {
  const { facts } = board;
  await printLines(board, ramdiskMessages(facts, release));
}

/** As dmesg(8) says them again. */
export const ramdiskMessages = (facts: MachineFacts, release: string): readonly string[] => [
  ...copyright(),
  `OpenBSD ${release} (RAMDISK_CD) #233: Mon Sep 30 08:00:00 MDT 2024`,
  '    deraadt@amd64.openbsd.org:/usr/src/sys/arch/amd64/compile/RAMDISK_CD',
  ...devices(facts),
  ...(facts.netbooted ? [`PXE boot MAC address ${facts.lladdr}, interface vio0`] : []),
  'root on rd0a swap on rd0b dump on rd0b',
  'WARNING: CHECK AND RESET THE DATE!',
];

/** The same behind boot(8), which takes the kernel that sysupgrade(8) left, without asking. */
export async function bootUpgrade(board: Board, release: string): Promise<void> {
  await printLines(board, [
    ...loader(board.facts),
    'booting hd0a:/bsd.upgrade: 3969732+1655808+3890312+0+704512 [109+448592+302115]=0xa79000',
    'entry point at 0xffffffff81001000',
    ...ramdiskMessages(board.facts, release),
  ]);
}

/**
 * The same for the kernel on the disk, which the BIOS and boot(8) load.
 * @param tried an upgrade's kernel lies there, which the loader has booted once already
 */
export async function bootInstalled(
  board: Board,
  release: string,
  duid: string,
  tried: boolean,
): Promise<void> {
  await printLines(board, [
    ...loader(board.facts),
    ...(tried ? ['/bsd.upgrade is not u+x'] : []),
    'boot> ',
    'booting hd0a:/bsd: 15763576+3781640+368688+0+1241088 [1156489+128+1273776+970212]=0x176f7a0',
    'entry point at 0xffffffff81001000',
    ...copyright(),
    `OpenBSD ${release} (GENERIC) #332: Mon Sep 30 08:45:30 MDT 2024`,
    '    deraadt@amd64.openbsd.org:/usr/src/sys/arch/amd64/compile/GENERIC',
    ...devices(board.facts),
    'vscsi0 at root',
    'scsibus3 at vscsi0: 256 targets',
    `root on sd0a (${duid}.a) swap on sd0b dump on sd0b`,
  ]);
}

export async function printLines(board: Board, lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    board.print(`${line}\n`);
    await board.pause(LINE_SECONDS);
  }
}

/** A disklabel's unique id: always the same for the same machine. */
export function diskUid({ lladdr }: MachineFacts): string {
  const hash = [...lladdr].reduce(
    (sum, char) => (sum * 31n + BigInt(char.charCodeAt(0))) & 0xffffffffffffn,
    7n,
  );
  return `84${hash.toString(16).padStart(14, '0')}`.slice(0, 16);
}

const loader = ({ memoryMiB }: MachineFacts): readonly string[] => [
  'Booting from Hard Disk...',
  'Using drive 0, partition 3.',
  'Loading......',
  `probing: pc0 com0 mem[638K ${memoryMiB - 2}M a20=on]`,
  'disk: hd0+',
  '>> OpenBSD/amd64 BOOT 3.65',
];

const copyright = (): readonly string[] => [
  'Copyright (c) 1982, 1986, 1989, 1991, 1993',
  '\tThe Regents of the University of California.  All rights reserved.',
  'Copyright (c) 1995-2024 OpenBSD. All rights reserved.  https://www.OpenBSD.org',
  '',
];

/** Memory that the BIOS and the kernel keep for themselves, as a VM of 1 GiB shows it. */
const RESERVED = { real: 16_793_600, avail: 37_867_520 };

/** What differs in dmesg(8) between a VM of vmd(8) and a PC. */
const HARDWARE = {
  vmd: {
    bus: ['pvbus0 at mainbus0: OpenBSD', 'pvclock0 at pvbus0'],
    bridge: '"OpenBSD VMM Host" rev 0x00',
    serial: 'ns8250, no fifo',
  },
  pc: { bus: [], bridge: '"Intel 82441FX" rev 0x02', serial: 'ns16550a, 16 byte fifo' },
} as const;

function devices({ memoryMiB, lladdr, disksMiB, hardware }: MachineFacts): readonly string[] {
  const real = memoryMiB * 1024 ** 2 - RESERVED.real;
  const avail = real - RESERVED.avail;
  return [
    `real mem = ${real} (${Math.floor(real / 1024 ** 2)}MB)`,
    `avail mem = ${avail} (${Math.floor(avail / 1024 ** 2)}MB)`,
    'random: good seed from bootblocks',
    'mainbus0 at root',
    'bios0 at mainbus0',
    'acpi at bios0 not configured',
    'cpu0 at mainbus0: (uniprocessor)',
    'cpu0: Rehearsal virtual processor, 2600.00 MHz, 06-9e-0a',
    ...HARDWARE[hardware].bus,
    'pci0 at mainbus0 bus 0',
    `pchb0 at pci0 dev 0 function 0 ${HARDWARE[hardware].bridge}`,
    'virtio0 at pci0 dev 1 function 0 "Qumranet Virtio RNG" rev 0x00',
    'viornd0 at virtio0',
    'virtio0: irq 3',
    'virtio1 at pci0 dev 2 function 0 "Qumranet Virtio Network" rev 0x00',
    `vio0 at virtio1: address ${lladdr}`,
    'virtio1: irq 5',
    ...disksMiB.flatMap(diskLines),
    ...(hardware === 'vmd' ? controlLines(disksMiB.length + 2) : []),
    'isa0 at mainbus0',
    `com0 at isa0 port 0x3f8/8 irq 4: ${HARDWARE[hardware].serial}`,
    'com0: console',
    'softraid0 at root',
    `scsibus${disksMiB.length + 1} at softraid0: 256 targets`,
  ];
}

function diskLines(sizeMiB: number, index: number): readonly string[] {
  const [device, bus] = [`virtio${index + 2}`, `scsibus${index + 1}`];
  return [
    `${device} at pci0 dev ${index + 3} function 0 "Qumranet Virtio Storage" rev 0x00`,
    `vioblk${index} at ${device}`,
    `${bus} at vioblk${index}: 1 targets`,
    `sd${index} at ${bus} targ 0 lun 0: <OpenBSD, Block Device, >`,
    `sd${index}: ${sizeMiB}MB, 512 bytes/sector, ${sizeMiB * 2048} sectors`,
    `${device}: irq ${index + 6}`,
  ];
}

const controlLines = (number: number): readonly string[] => [
  `virtio${number} at pci0 dev ${number + 1} function 0 "OpenBSD VMM Control" rev 0x00`,
  `vmmci0 at virtio${number}`,
  `virtio${number}: irq ${number + 4}`,
];
