import type { Lladdr } from '../../common/address.ts';
import { type DhcpClient, octetsOfLladdr } from '../dhcp-client.ts';
import type { Board, BootSource } from '../guest/board.ts';
import { runPxeboot } from './pxeboot.ts';

/** RFC 4578 and what iPXE asks for: mask, routers, DNS, names, vendor options, boot server and file. */
const REQUESTED = [
  ...[1, 3, 6, 7, 12, 15, 17, 26, 43, 60, 66, 67, 119],
  ...[128, 129, 130, 131, 132, 133, 134, 135, 175, 203],
] as const;

const CLASS = 'PXEClient:Arch:00000:UNDI:002001';
const LARGEST_REPLY = 1472;
/** Of a PC with a BIOS. */
const ARCHITECTURE = 0;

/** The DHCP client of a PXE ROM. Where nobody answers as a PXE server, it goes on listening for one. */
export const ROM_DHCP: DhcpClient = {
  options: (lladdr) => [
    { code: 57, value: [LARGEST_REPLY >>> 8, LARGEST_REPLY & 255] },
    { code: 93, value: [ARCHITECTURE >>> 8, ARCHITECTURE & 255] },
    { code: 94, value: [1, 2, 1] },
    { code: 60, value: ascii(CLASS) },
    { code: 77, value: ascii('iPXE') },
    { code: 61, value: [1, ...octetsOfLladdr(lladdr)] },
    { code: 97, value: [0, ...uuidOf(lladdr)] },
    { code: 55, value: REQUESTED },
  ],
  patience: ({ vendorClass }) => (vendorClass === 'PXEClient' ? 1 : 3),
};

/** iPXE fills an Ethernet frame. */
const LOADER_OPTIONS = [
  ['blksize', 1432],
  ['tsize', 0],
] as const;

/**
 * The first boot device of a machine with a PXE ROM: an address, a loader, and whatever that loads. The ROM
 * speaks to the screen, so nothing of it is seen on com0; what goes wrong is in the host's log.
 * @returns the disk, which is the next boot device, where nothing could be booted
 */
export async function bootFromNetwork(board: Board): Promise<BootSource> {
  const lease = await board.requestLease(ROM_DHCP);
  if (lease === null) return giveUp(board, 'no DHCP offer');
  const { nextServer, filename } = lease;
  if (nextServer === null || filename === '') return giveUp(board, 'nothing to boot');
  const loader = await board.download({
    server: nextServer,
    file: filename,
    options: LOADER_OPTIONS,
    leaveAfter: null,
    clientPort: 0,
  });
  if (loader.kind !== 'read') return giveUp(board, `${filename}: ${loader.kind}`);
  board.log(`received ${filename}, ${loader.bytes.length} bytes, SHA256 ${loader.sha256}`);
  const [, version] =
    /PXEBOOT (\d+\.\d+)\0/.exec(String.fromCharCode(...loader.bytes.subarray(0, 256))) ?? [];
  if (version === undefined) return giveUp(board, `${filename} is no loader`);
  const loaded = await runPxeboot(board, nextServer, version);
  return typeof loaded === 'string' ? giveUp(board, loaded) : loaded;
}

function giveUp(board: Board, why: string): BootSource {
  board.log(`network boot failed: ${why}; next: the disk`);
  return { kind: 'disk' };
}

const ascii = (text: string): readonly number[] => [...text].map((character) => character.charCodeAt(0));

/** Sixteen bytes that are always the same for the same machine. */
const uuidOf = (lladdr: Lladdr): readonly number[] => [
  ...[0x70, 0x75, 0x66, 0x66, 0x62, 0x6f, 0x4f, 0x74, 0x80, 0x01],
  ...octetsOfLladdr(lladdr),
];
