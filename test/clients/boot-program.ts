import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { requireProgram } from '../support/require.ts';

const SOURCES = resolve('fixtures/boot-programs');
/** Debian calls them so on every architecture, where the package is there. */
const AS = requireProgram('x86_64-linux-gnu-as', 'as');
const LD = requireProgram('x86_64-linux-gnu-ld', 'ld');

export const PROGRAMS_SKIP: string | false = AS.skip || LD.skip;

/** How `puffboot drive` understands what they print. */
export const PROMPTS = join(SOURCES, 'prompts.toml');

/** Where each is loaded to, for what is absolute in it. */
const LOADED_AT = { bios: '0x7c00', efi: '0', disk: '0x7c00' } as const;

/** The bytes of fixtures/boot-programs/NAME.s, flat: what a TFTP server sends. */
export function assembleBootProgram(name: keyof typeof LOADED_AT, directory: string): Uint8Array {
  const [object, flat] = [join(directory, `${name}.o`), join(directory, `${name}.bin`)];
  execFileSync(AS.path, ['--64', '-I', SOURCES, '-o', object, join(SOURCES, `${name}.s`)]);
  const layout = ['-m', 'elf_x86_64', `-Ttext=${LOADED_AT[name]}`, '-e', 'start', '--oformat=binary'];
  execFileSync(LD.path, [...layout, '-o', flat, object]);
  return readFileSync(flat);
}

/** FNV-1a, 32 bits, as the boot programs print it. */
export function sumOf(bytes: Uint8Array): string {
  let sum = 2166136261;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 16777619);
  return (sum >>> 0).toString(16).padStart(8, '0');
}
