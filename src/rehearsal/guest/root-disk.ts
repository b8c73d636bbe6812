import type { MachineFacts } from './board.ts';
import { diskUid } from './kernel.ts';
import type { Session } from './session.ts';

/** Partitions that disklabel(8) makes by itself on a disk of 20 GiB; on another one in proportion. */
const LAYOUT = [
  { letter: 'a', mebibytes: 569, mount: '/' },
  { letter: 'b', mebibytes: 256, mount: null },
  { letter: 'd', mebibytes: 791, mount: '/tmp' },
  { letter: 'e', mebibytes: 1171, mount: '/var' },
  { letter: 'f', mebibytes: 2339, mount: '/usr' },
  { letter: 'g', mebibytes: 635, mount: '/usr/X11R6' },
  { letter: 'h', mebibytes: 2283, mount: '/usr/local' },
  { letter: 'i', mebibytes: 2767, mount: '/usr/src' },
  { letter: 'j', mebibytes: 5455, mount: '/usr/obj' },
  { letter: 'k', mebibytes: 3543, mount: '/home' },
] as const;

const LAYOUT_DISK_MIB = 20_480;
const MOUNT_ORDER = 'akdfghjie';

interface Partition {
  readonly letter: string;
  readonly sectors: number;
  readonly offset: number;
  readonly mount: string | null;
}

/** Chooses, partitions and formats the root disk. */
export async function prepareRootDisk(session: Session): Promise<void> {
  const disk = await askRootDisk(session);
  await askEncryption(session);
  await partition(session, disk);
  const sizeMiB = session.board.facts.disksMiB[Number(disk.slice(2))] ?? 0;
  await askTemplate(session);
  session.say(`The auto-allocated layout for ${disk} is:\n`);
  await session.wait(0.1);
  const partitions = layout(sizeMiB);
  session.say(renderLayout(partitions, sizeMiB));
  await askLayout(session);
  session.labelled = true;
  await format(session, disk, partitions);
  await initializeOthers(session, disk);
  await mount(session, disk, partitions, 'rw, asynchronous, local');
}

/** Also for an upgrade, where the disk has to hold a system. */
export async function askRootDisk(session: Session, upgrade = false): Promise<string> {
  const disks = session.board.facts.disksMiB.map((_, index) => `sd${index}`);
  for (;;) {
    session.say(`Available disks are: ${disks.join(' ') || 'none'}.\n`);
    const answer = await session.ask("Which disk is the root disk? ('?' for details)", disks[0] ?? '');
    if (disks.includes(answer)) {
      if (!upgrade || session.board.readDisk() !== null) return answer;
      session.say(`${answer} is not a valid root disk.\n`);
    } else if (answer === '?') session.say(diskDetails(session));
    else if (answer !== '') session.say('no such disk\n');
    session.abortUnattended();
  }
}

function diskDetails({ board }: Session): string {
  const lines = board.facts.disksMiB.map(
    (size, index) => `    sd${index}: OpenBSD, Block Device  (${(size / 1024).toFixed(1)}G)\n`,
  );
  return lines.join('');
}

/** Only the default is simulated: an encrypted disk would wait for its passphrase at every boot. */
async function askEncryption(session: Session): Promise<void> {
  for (;;) {
    const question = 'Encrypt the root disk with a (p)assphrase or (k)eydisk?';
    const answer = await session.ask(question, 'no');
    if (/^no?$/i.test(answer)) return;
    session.refuse(answer);
  }
}

async function partition(session: Session, disk: string): Promise<void> {
  const used = session.board.readDisk() !== null;
  await session.wait(0.1);
  session.say(used ? partitionTable(session, disk) : 'No valid MBR or GPT.\n');
  const area = used ? ', (O)penBSD area' : '';
  for (;;) {
    const question = `Use (W)hole disk MBR, whole disk (G)PT${area} or (E)dit?`;
    const answer = await session.ask(question, used ? 'OpenBSD' : 'whole');
    if (used && /^o/i.test(answer)) return;
    if (/^[wg]/i.test(answer)) {
      session.say(`Setting OpenBSD ${/^g/i.test(answer) ? 'GPT' : 'MBR'} partition to whole ${disk}...`);
      await session.wait(0.1);
      session.say('done.\n');
      return;
    }
    session.refuse(answer);
  }
}

function partitionTable({ board }: Session, disk: string): string {
  const sectors = (board.facts.disksMiB[Number(disk.slice(2))] ?? 0) * 2048;
  const unused = '0: 00      0   0   0 -      0   0   0 [           0:           0 ] Unused';
  return [
    `Disk: ${disk}\tgeometry: ${Math.floor(sectors / 16_065)}/255/63 [${sectors} Sectors]`,
    'Offset: 0\tSignature: 0xAA55',
    '            Starting         Ending         LBA Info:',
    ' #: id      C   H   S -      C   H   S [       start:        size ]',
    '-------------------------------------------------------------------------------',
    ...[0, 1, 2].map((index) => ` ${index}${unused.slice(1)}`),
    `*3: A6      0   1   2 - ${String(Math.floor(sectors / 16_065) - 1).padStart(6)} 254  63 [          64: ${String(sectors - 64).padStart(11)} ] OpenBSD`,
    '',
  ].join('\n');
}

async function askTemplate(session: Session): Promise<void> {
  if (!session.unattended) return;
  const url = await session.ask('URL to autopartitioning template for disklabel?', 'none');
  if (url === 'none') return;
  const template = await session.board.fetch(url);
  if (template.kind === 'ok') return;
  session.say('Autopartitioning failed.\n');
  session.abortUnattended();
}

async function askLayout(session: Session): Promise<void> {
  const question = 'Use (A)uto layout, (E)dit auto layout, or create (C)ustom layout?';
  while (!/^a/i.test(await session.ask(question, 'a'))) session.abortUnattended();
}

function layout(sizeMiB: number): readonly Partition[] {
  let offset = 64;
  return LAYOUT.map(({ letter, mebibytes, mount: directory }) => {
    const sectors = Math.max(1, Math.floor((mebibytes * sizeMiB) / LAYOUT_DISK_MIB)) * 2048;
    const made = { letter, sectors, offset, mount: directory };
    offset += sectors;
    return made;
  });
}

function renderLayout(partitions: readonly Partition[], sizeMiB: number): string {
  const rows = partitions.map(({ letter, sectors, offset, mount: directory }) => {
    const start = `  ${letter}: ${human(sectors).padStart(16)} ${String(offset).padStart(16)}`;
    return directory === null ? `${start}    swap` : `${start}  4.2BSD   2048 16384     1 # ${directory}`;
  });
  const whole = `  c: ${human(sizeMiB * 2048).padStart(16)} ${'0'.padStart(16)}  unused`;
  const head = '#                size           offset  fstype [fsize bsize   cpg]';
  return `${[head, ...rows.slice(0, 2), whole, ...rows.slice(2)].join('\n')}\n`;
}

/** disklabel(8) of a disk, with the layout or without any. */
export function diskLabel(facts: MachineFacts, disk: string, sizeMiB: number, labelled: boolean): string {
  const sectors = sizeMiB * 2048;
  const row = (letter: string, size: number, offset: number, rest: string) =>
    `  ${letter}: ${String(size).padStart(16)} ${String(offset).padStart(16)}  ${rest}`;
  const partitions = labelled && disk === 'sd0' ? layout(sizeMiB) : [];
  const rows = partitions.map(({ letter, sectors: size, offset, mount: directory }) =>
    row(letter, size, offset, directory === null ? '  swap' : `4.2BSD   2048 16384     1 # ${directory}`),
  );
  return [
    `# /dev/r${disk}c:`,
    'type: SCSI',
    'disk: SCSI disk',
    'label: Block Device',
    `duid: ${labelled ? diskUid(facts) : '0000000000000000'}`,
    'flags:',
    'bytes/sector: 512',
    'sectors/track: 63',
    'tracks/cylinder: 255',
    'sectors/cylinder: 16065',
    `cylinders: ${Math.floor(sectors / 16_065)}`,
    `total sectors: ${sectors}`,
    `boundstart: ${labelled ? 64 : 0}`,
    `boundend: ${sectors}`,
    '',
    '16 partitions:',
    '#                size           offset  fstype [fsize bsize   cpg]',
    ...rows.slice(0, 2),
    row('c', sectors, 0, 'unused'),
    ...rows.slice(2),
    '',
  ].join('\n');
}

function human(sectors: number): string {
  const mebibytes = sectors / 2048;
  return mebibytes >= 1024 ? `${(mebibytes / 1024).toFixed(1)}G` : `${mebibytes.toFixed(1)}M`;
}

async function format(session: Session, disk: string, partitions: readonly Partition[]): Promise<void> {
  for (const { letter, sectors } of partitions.filter((made) => made.mount !== null)) {
    const mebibytes = sectors / 2048;
    const groups = Math.max(4, Math.ceil(mebibytes / 202.5));
    session.say(
      `/dev/r${disk}${letter}: ${mebibytes.toFixed(1)}MB in ${sectors} sectors of 512 bytes\n` +
        `${groups} cylinder groups of 202.50MB, 12960 blocks, 25920 inodes each\n`,
    );
    await session.wait(0.06);
  }
}

async function initializeOthers(session: Session, root: string): Promise<void> {
  const others = session.board.facts.disksMiB.map((_, index) => `sd${index}`).filter((disk) => disk !== root);
  while (others.length > 0) {
    const question = "Which disk do you wish to initialize? (or 'done')";
    const answer = await session.askWhich('disk', question, others, 'done');
    if (answer === 'done') return;
    others.splice(others.indexOf(answer), 1);
  }
}

/** Prints each file system as mount(8) -v does. */
export async function mount(
  session: Session,
  disk: string,
  partitions: readonly Partition[],
  options: string,
): Promise<void> {
  const uid = diskUid(session.board.facts);
  for (const letter of MOUNT_ORDER) {
    const directory = partitions.find((made) => made.letter === letter)?.mount;
    if (directory === undefined || directory === null) continue;
    const where = directory === '/' ? '/mnt' : `/mnt${directory}`;
    const flags =
      directory === '/'
        ? ''
        : /^\/usr/.test(directory) && !/src|obj/.test(directory)
          ? ', nodev'
          : ', nodev, nosuid';
    session.say(`/dev/${disk}${letter} (${uid}.${letter}) on ${where} type ffs (${options}${flags})\n`);
    await session.wait(0.03);
  }
}

/** The file systems of a disk that was installed before: checked, then mounted. */
export async function mountInstalled(session: Session, disk: string): Promise<void> {
  const uid = diskUid(session.board.facts);
  session.say(`Checking root filesystem (fsck -fp /dev/${disk}a)...`);
  await session.wait(0.1);
  session.say(` OK.\nMounting root filesystem (mount -o ro /dev/${disk}a /mnt)...`);
  await session.wait(0.1);
  session.say(' OK.\n');
  const force = await session.askYesNo('Force checking of clean non-root filesystems?');
  for (const letter of MOUNT_ORDER.slice(1)) {
    session.say(`fsck -${force ? 'f' : ''}p ${uid}.${letter}...`);
    await session.wait(0.03);
    session.say(' OK.\n');
  }
  const sizeMiB = session.board.facts.disksMiB[Number(disk.slice(2))] ?? 0;
  await mount(session, disk, layout(sizeMiB), 'rw, local');
}
