import { parseDiskImage } from '../../disk-image.ts';
import type { Options } from '../../root/getopt.ts';
import { type Call, each, type HostProgram, onFile, withOptions } from './call.ts';

/** What tells of a disk image how much is in it: simulated ones are small files that stand for large ones. */
export const IMAGE_PROGRAMS: Readonly<Record<string, HostProgram>> = {
  du: withOptions('ks', du),
  od: withOptions('A:N:t:', od),
};

function du(call: Call, { rest }: Options): number {
  return each(rest, (path) => onFile(call, path, () => call.out(`${kibibytes(call, path)}\t${path}\n`)));
}

/** What a new qcow2 image takes, and what a system in one does. */
const [NEW_IMAGE, SYSTEM] = [320, 600 * 1024];

function kibibytes(call: Call, path: string): number {
  const { kind, size } = call.files.stat(path);
  const image = kind === 'file' ? imageOf(call, path) : null;
  return image === null ? Math.ceil(size / 1024) : image.installed === null ? NEW_IMAGE : SYSTEM;
}

function imageOf({ files }: Call, path: string) {
  return parseDiskImage(files.as('root').read(path).toString('utf8'));
}

/** `od -A n -t x1 -N COUNT FILE`: disk images as they would really begin. */
function od(call: Call, { flags, rest: [path = ''] }: Options): number {
  return onFile(call, path, () => {
    const text = call.files.read(path);
    const image = imageOf(call, path);
    const magic = Buffer.from(image?.format === 'qcow2' ? '514649fb00000003' : '', 'hex');
    const bytes = (image === null ? text : Buffer.concat([magic, Buffer.alloc(512)])).subarray(
      0,
      Number(flags.get('N') ?? 16),
    );
    call.out(`         ${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('  ')}\n`);
  });
}
