import { posix } from 'node:path';
import { groupOf, parseOwner, userOf } from '../../root/accounts.ts';
import type { Options } from '../../root/getopt.ts';
import { type Call, complain, each, type HostProgram, onFile, withOptions } from './call.ts';
import { FileError } from './file-error.ts';

/** The base system's commands that change files, as far as puffboot uses them. */
export const FILE_PROGRAMS: Readonly<Record<string, HostProgram>> = {
  mkdir: withOptions('m:p', mkdir),
  install: withOptions('CcDdFm:o:g:pS', install),
  tee: withOptions('a', tee),
  cp: withOptions('fp', cp),
  mv: withOptions('f', mv),
  rm: withOptions('fr', rm),
  ln: withOptions('fs', ln),
  chmod: withOptions('', ({ ...call }, { rest: [mode = '', ...paths] }) =>
    /^[0-7]{3,4}$/.test(mode)
      ? each(paths, (path) => onFile(call, path, () => call.files.chmod(path, Number.parseInt(mode, 8))))
      : complain(call, `invalid file mode: ${mode}`),
  ),
  chown: withOptions('', chown),
  chgrp: withOptions('', ({ ...call }, given) =>
    chown(call, { ...given, rest: [`:${given.rest[0] ?? ''}`, ...given.rest.slice(1)] }),
  ),
  sync: () => 0,
};

function mkdir(call: Call, { flags, rest }: Options): number {
  const mode = Number.parseInt(flags.get('m') ?? '755', 8);
  return each(rest, (path) =>
    onFile(call, path, () => {
      if (flags.has('p')) makeAll(call, path, mode);
      else call.files.mkdir(path, mode);
    }),
  );
}

function makeAll({ files }: Call, path: string, mode: number): void {
  const parts = path.split('/').filter((part) => part !== '');
  for (const [at] of parts.entries()) {
    const part = `/${parts.slice(0, at + 1).join('/')}`;
    const found = files.find(part);
    if (found === null) files.mkdir(part, at === parts.length - 1 ? mode : 0o755);
    else if (found.kind !== 'directory') throw new FileError('ENOTDIR');
  }
}

function install(call: Call, { flags, rest }: Options): number {
  const { files } = call;
  const mode = Number.parseInt(flags.get('m') ?? '755', 8);
  const owner = parseOwner(files.accounts, `${flags.get('o') ?? ''}:${flags.get('g') ?? ''}`);
  if (owner.unknown !== null) {
    const what = owner.unknown === flags.get('o') ? 'user' : 'group';
    return complain(call, `unknown ${what} ${owner.unknown}`, 67);
  }
  const finish = (path: string) => {
    if (owner.uid !== null || owner.gid !== null) files.chown(path, owner.uid, owner.gid);
    files.chmod(path, mode);
  };
  if (flags.has('d')) {
    return each(rest, (path) =>
      onFile(call, path, () => {
        makeAll(call, path, mode);
        finish(path);
      }),
    );
  }
  const [from = '', to = ''] = rest;
  const target = targetOf(call, from, to);
  return onFile(call, target, () => {
    const bytes = from === '/dev/null' ? new Uint8Array() : files.read(from);
    if (flags.has('D')) makeAll(call, posix.dirname(target), 0o755);
    // As install(1): what was there is removed first, so that other links to it keep what they have.
    if (files.find(target, false) !== null) files.remove(target, false);
    files.write(target, bytes, mode);
    finish(target);
  });
}

async function tee(call: Call, { flags, rest }: Options): Promise<number> {
  const bytes = await call.input();
  call.out(bytes);
  return each(rest, (path) => onFile(call, path, () => call.files.write(path, bytes, 0o644, flags.has('a'))));
}

/** Into a directory under its own name, else to that name. */
function targetOf({ files }: Call, from: string, to: string): string {
  return files.find(to)?.kind === 'directory' ? `${to}/${posix.basename(from)}` : to;
}

function cp(call: Call, { flags, rest: [from = '', to = ''] }: Options): number {
  return onFile(call, from, () => {
    const target = targetOf(call, from, to);
    call.files.copy(from, target);
    if (!flags.has('p')) return;
    const { mode, uid, gid } = call.files.stat(from);
    call.files.chmod(target, mode);
    call.files.chown(target, uid, gid);
  });
}

function mv(call: Call, { rest: [from = '', to = ''] }: Options): number {
  try {
    call.files.stat(from, false);
    call.files.rename(from, targetOf(call, from, to));
    return 0;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return complain(call, `rename ${from} to ${to}: ${error.message}`);
  }
}

function rm(call: Call, { flags, rest }: Options): number {
  return each(rest, (path) => {
    if (flags.has('f') && call.files.find(path, false) === null) return 0;
    return onFile(call, path, () => call.files.remove(path, flags.has('r')));
  });
}

function ln(call: Call, { flags, rest: [from = '', to = ''] }: Options): number {
  const { files } = call;
  return onFile(call, flags.has('s') || files.find(from) !== null ? to : from, () => {
    if (!flags.has('s')) files.stat(from);
    if (flags.has('f') && files.find(to, false) !== null) files.remove(to, false);
    files.link(from, to, flags.has('s'));
  });
}

function chown(call: Call, { rest: [owner = '', ...paths] }: Options): number {
  const { uid, gid, unknown } = parseOwner(call.files.accounts, owner);
  if (unknown !== null) {
    const isUser = userOf(call.files.accounts, unknown) === null && owner.startsWith(unknown);
    const what = isUser || groupOf(call.files.accounts, unknown) !== null ? 'user' : 'group';
    return complain(call, `${what} is invalid: ${unknown}`);
  }
  return each(paths, (path) => onFile(call, path, () => call.files.chown(path, uid, gid)));
}
