import { lstat, open, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf, messageOf, OperatorError } from '../../src/common/error.ts';

/**
 * How a release lies on disk: `amd64` is a link to `.amd64.1764168000000`, so that one rename of a link replaces the
 * whole release, and a transfer that is under way keeps what it began with. `.amd64.draft` is a release being made.
 */
export const draftOf = (directory: string): string =>
  join(dirname(directory), `.${basename(directory)}.draft`);

/** Makes the draft the release, in one rename. @throws OperatorError SETS_UNWRITABLE */
export async function publish(directory: string): Promise<void> {
  const name = basename(directory);
  const beside = (file: string): string => join(dirname(directory), file);
  const now = Date.now();
  const edition = `.${name}.${now}`;
  try {
    await rename(draftOf(directory), beside(edition));
    await rm(beside(`.${name}.link`), { force: true });
    await symlink(edition, beside(`.${name}.link`));
    // A directory that somebody filled by hand cannot be replaced by a rename of anything: it steps aside first.
    if (await isDirectory(directory)) await rename(directory, beside(`.${name}.${now - 1}`));
    await rename(beside(`.${name}.link`), directory);
    await sync(dirname(directory));
    for (const old of await editionsOf(directory)) {
      if (old !== edition) await rm(beside(old), { recursive: true, force: true });
    }
  } catch (cause) {
    throw new OperatorError('SETS_UNWRITABLE', `${directory} cannot be published: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** Removes a release with all that belongs to it, drafts too. */
export async function removeRelease(directory: string): Promise<void> {
  const parent = dirname(directory);
  const names = [
    ...(await editionsOf(directory)),
    basename(draftOf(directory)),
    `.${basename(directory)}.link`,
  ];
  try {
    // First the name that is served, then what it stood for.
    await rm(directory, { recursive: true, force: true });
    for (const name of names) await rm(join(parent, name), { recursive: true, force: true });
  } catch (cause) {
    throw new OperatorError('SETS_UNWRITABLE', `${directory} cannot be removed: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** What lies beside a release and is not served: drafts and editions that it does not point to. */
export async function leftoversOf(directory: string): Promise<readonly string[]> {
  const current = await readlink(directory).catch(() => null);
  const names = await namesIn(dirname(directory));
  const draft = basename(draftOf(directory));
  return [...(await editionsOf(directory)), ...names.filter((name) => name === draft)]
    .filter((name) => name !== current)
    .map((name) => join(dirname(directory), name));
}

/** @throws OperatorError SETS_UNWRITABLE */
export async function removeLeftovers(paths: readonly string[]): Promise<void> {
  try {
    for (const path of paths) await rm(path, { recursive: true, force: true });
  } catch (cause) {
    throw new OperatorError('SETS_UNWRITABLE', messageOf(cause), { cause });
  }
}

/** Bytes of the files in these directories. */
export async function sizeBelow(directories: readonly string[]): Promise<number> {
  let size = 0;
  for (const directory of directories) {
    for (const name of await namesIn(directory)) {
      size += await stat(join(directory, name)).then(
        (facts) => (facts.isFile() ? facts.size : 0),
        () => 0,
      );
    }
  }
  return size;
}

async function editionsOf(directory: string): Promise<readonly string[]> {
  const pattern = new RegExp(`^\\.${basename(directory)}\\.\\d+$`);
  return (await namesIn(dirname(directory))).filter((name) => pattern.test(name));
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch((error) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
}

const isDirectory = (path: string): Promise<boolean> =>
  lstat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );

async function sync(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
}
