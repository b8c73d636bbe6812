import { chown, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes an empty file that nobody else can read, unless it is there already, and its directory. Root gives it
 * to the directory's owner: a command that an operator runs as root may come before the first `serve`, which
 * works as a user of its own.
 */
export async function makeOwnFile(file: string): Promise<void> {
  const directory = dirname(file);
  await mkdir(directory, { recursive: true, mode: 0o750 });
  const made = await open(file, 'a', 0o600);
  await made.close();
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(directory);
  await chown(file, uid, gid);
}
