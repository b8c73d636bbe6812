import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Call } from './call.ts';

/** What the simulated system remembers of itself: ROOT/var/db/NAME.json, which a test may write too. */
export function readNote({ files: { root } }: Call, name: string): Readonly<Record<string, string>> {
  const path = join(root, 'var/db', `${name}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}

export function writeNote(
  { files: { root } }: Call,
  name: string,
  note: Readonly<Record<string, string>>,
): void {
  const path = join(root, 'var/db', `${name}.json`);
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(note, null, 2));
  renameSync(`${path}.${process.pid}`, path);
}
