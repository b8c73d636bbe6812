/** What a checksum file says of one set. */
export interface SetSum {
  readonly name: string;
  /** SHA-256, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** A set's name: one file in the directory, never a way out of it. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * The lines of a SHA256 file as sha256(1) writes them: `SHA256 (base76.tgz) = 9f86...`.
 * @returns the sums in the order of the file, or what is wrong with it. A file is taken whole or not at all:
 *          a line that is not understood could be the one that matters.
 */
export function parseSums(text: string): { readonly sums: readonly SetSum[] } | { readonly fault: string } {
  const sums: SetSum[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const [, name = '', sha256 = ''] = /^SHA256 \((.+)\) = ([0-9a-f]{64})$/.exec(line) ?? [];
    if (!NAME.test(name)) return { fault: `line ${index + 1} is no SHA256 line of a set` };
    if (sums.some((sum) => sum.name === name)) return { fault: `line ${index + 1} has ${name} again` };
    sums.push({ name, sha256 });
  }
  return sums.length > 0 ? { sums } : { fault: 'it is empty' };
}
