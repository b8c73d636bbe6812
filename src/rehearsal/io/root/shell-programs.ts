import { posix } from 'node:path';
import { userOf } from '../../root/accounts.ts';
import type { Options } from '../../root/getopt.ts';
import { shellWords } from '../../root/shell-words.ts';
import { type Call, complain, type HostProgram, withOptions } from './call.ts';
import { netstart } from './network-programs.ts';

/** What runs other programs for somebody: su(1), sh(1) with a script of commands joined by `&&`, MAKEDEV(8), and
 * netstart(8). */
export const SHELL_PROGRAMS: Readonly<Record<string, HostProgram>> = {
  su: withOptions('s:', su),
  sh: withOptions('c:', sh),
};

interface Script {
  readonly user: string;
  readonly home: string;
  readonly text: string;
  /** Behind the script's name: `"$@"`. */
  readonly words: readonly string[];
}

/** `su -s SHELL LOGIN -c SCRIPT` */
function su(call: Call, { rest: [login = '', option, text = ''] }: Options): number | Promise<number> {
  const user = userOf(call.files.accounts, login);
  if (call.files.user !== 'root') return complain(call, 'Sorry');
  if (user === null) return complain(call, `unknown login ${login}`);
  if (option !== '-c') return complain(call, 'an interactive shell is not part of the simulated host');
  return runScript(call, { user: login, home: user.home, text, words: [] });
}

/** `sh -c SCRIPT NAME WORD...`, `sh /etc/netstart INTERFACE...` */
function sh(call: Call, { flags, rest: [script, ...words] }: Options): number | Promise<number> {
  const { user, accounts } = call.files;
  const text = flags.get('c');
  if (text === undefined && script === '/etc/netstart') return netstart(call, words);
  if (text === undefined) return complain(call, 'reading commands is not part of the simulated host');
  return runScript(call, { user, home: userOf(accounts, user)?.home ?? '/', text, words });
}

/** Each command of the script as if it had been typed; the first that fails is the last. */
async function runScript(call: Call, script: Script): Promise<number> {
  let directory = script.home;
  for (const command of script.text.split(/\s*&&\s*/)) {
    const [, counted, length] = /^test \$\(wc -c <(\S+)\) -eq (\d+)$/.exec(command) ?? [];
    if (counted !== undefined) {
      const { size } = call.files.as(script.user).stat(posix.resolve(directory, counted));
      if (size !== Number(length)) return 1;
      continue;
    }
    const [, line = '', target] = /^(.*?)(?:\s*>\s*(\S+))?$/.exec(command) ?? [];
    const parsed = shellWords(expand(line, script));
    if ('error' in parsed) return complain(call, parsed.error);
    const [name = '', ...words] = parsed.words[0] === 'exec' ? parsed.words.slice(1) : parsed.words;
    const there = (word: string) => (word.startsWith('-') ? word : posix.resolve(directory, word));
    let status = 0;
    if (name === 'cd') directory = there(words[0] ?? script.home);
    else if (name === 'sh' && words[0] === 'MAKEDEV') status = makeDevices(call, directory, words.slice(1));
    else if (name === 'cat' && target !== undefined)
      status = await call.instead(script.user, ['tee', there(target)]);
    else if (name !== 'umask') status = await call.instead(script.user, [name, ...words.map(there)]);
    if (status !== 0) return status;
  }
  return 0;
}

const expand = (line: string, { home, words }: Script): string =>
  line.replaceAll('$HOME', home).replaceAll('"$@"', words.map((word) => `'${word}'`).join(' '));

/** MAKEDEV(8): `tap4`, and `pty1`, which stands for a set of 62. */
function makeDevices(call: Call, directory: string, names: readonly string[]): number {
  const letters = [...'0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  for (const name of names) {
    const [, number] = /^pty(\d)$/.exec(name) ?? [];
    const set = number === undefined ? null : `tty${'pqrstuvwxyz'[Number(number)]}`;
    for (const device of set === null ? [name] : letters.map((letter) => `${set}${letter}`)) {
      call.files.write(posix.join(directory, device), new Uint8Array());
    }
  }
  return 0;
}
