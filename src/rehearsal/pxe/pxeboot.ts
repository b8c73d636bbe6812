import type { Ipv4 } from '../../common/address.ts';
import type { Board, BootSource, Downloaded } from '../guest/board.ts';
import { NO_BOOT_CONF, parseBootConf } from './boot-conf.ts';

/** Seen of a kernel before it is taken for one, in blocks. */
const HEADER_BLOCKS = 8;
/** Families, model and stepping of the simulated processor, as its dmesg says. */
const MICROCODE = '/etc/firmware/intel/06-9e-0a';

/**
 * pxeboot(8), second-stage loader: reads what the server has for it, without options and in blocks of 512
 * bytes, and starts the kernel. It prints on com0 what the genuine one prints there.
 * @param server siaddr out of the ROM's reply
 * @returns the kernel that was loaded, or why there is none
 */
export async function runPxeboot(board: Board, server: Ipv4, version: string): Promise<BootSource | string> {
  const read = (file: string, leaveAfter: number | null = null): Promise<Downloaded> =>
    board.download({ server, file, options: [], leaveAfter, clientPort: clientPort(board.now()) });

  const upgrade = await read('/bsd.upgrade', 1);
  // The genuine loader can't see here that the file is executable, says so on the screen and goes on.
  if (upgrade.kind === 'read') board.log('/bsd.upgrade is not u+x');
  const found = await read('/etc/boot.conf');
  const conf = found.kind === 'read' ? parseBootConf(new TextDecoder().decode(found.bytes)) : NO_BOOT_CONF;
  // There is no screen behind this machine, so that nobody would see the rest.
  if (!conf.serial) return 'boot.conf leaves the console on the screen';
  board.print(`>> OpenBSD/amd64 PXEBOOT ${version}\n`);
  if ((await read('/etc/random.seed')).kind !== 'read') {
    board.print('cannot open tftp:/etc/random.seed: No such file or directory\n');
  }
  return loadKernel(board, conf.image, read);
}

/** An uncompressed kernel is opened four times: for its header, segments, section names and symbols. */
async function loadKernel(
  board: Board,
  image: string,
  read: (file: string, leaveAfter?: number) => Promise<Downloaded>,
): Promise<BootSource | string> {
  board.print(`booting tftp:${image}: `);
  const header = await read(image, HEADER_BLOCKS);
  if (header.kind !== 'read') {
    board.print(`open tftp:${image}: No such file or directory\n failed(2). will try /bsd\n`);
    return `${image}: ${header.kind}`;
  }
  if (ELF.some((byte, at) => header.bytes[at] !== byte)) return `${image} is no ELF file`;
  const segments = await read(image);
  board.print('3924676+1647616+3886216+0+704512');
  const names = await read(image);
  const symbols = await read(image);
  board.print(' [109+440424+293778]=0xa667f0\n');
  await read(MICROCODE);
  board.print('entry point at 0xffffffff81001000\n');
  if (segments.kind !== 'read' || names.kind !== 'read' || symbols.kind !== 'read') {
    return `${image}: not every read of it was answered`;
  }
  board.log(`received ${image}, ${segments.bytes.length} bytes, SHA256 ${segments.sha256}`);
  if (names.sha256 !== segments.sha256 || symbols.sha256 !== segments.sha256) {
    return `${image}: its reads differ`;
  }
  const [, release] =
    /OpenBSD (\d+\.\d) \(RAMDISK/.exec(String.fromCharCode(...segments.bytes.subarray(0, 256))) ?? [];
  return release === undefined ? `${image} is no ramdisk kernel` : { kind: 'ramdisk', release };
}

const ELF = [0x7f, 0x45, 0x4c, 0x46] as const;

/** The clock chooses it (lib/libsa/tftp.c): requests within one second come from the same port. */
const clientPort = (now: number): number => 2000 + (Math.floor(now / 1000) & 1023);
