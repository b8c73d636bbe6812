import { groupOf, groupsOf, userOf } from '../../root/accounts.ts';
import { checkDhcpdConf, checkHttpdConf, checkPfConf } from '../../root/conf-checks.ts';
import { doasPermits, parseDoasConf } from '../../root/doas-rules.ts';
import type { Options } from '../../root/getopt.ts';
import { parseVmConf } from '../../vm-conf.ts';
import { type Call, complain, type HostProgram, withOptions } from './call.ts';
import { FileError } from './file-error.ts';

/** The programs that look at a configuration file before it is used, and doas(1). */
export const CHECK_PROGRAMS: Readonly<Record<string, HostProgram>> = {
  vmd: withOptions('D:df:nv', vmd),
  dhcpd: withOptions('c:dfl:nuAY', dhcpd),
  httpd: withOptions('dD:f:nv', httpd),
  pfctl: withOptions('f:nvq', pfctl),
  doas,
};

/** @returns null when it said why there is no text */
function textOf(call: Call, path: string, say: (why: string) => void): string | null {
  try {
    return call.files.read(path).toString('utf8');
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    say(error.message);
    return null;
  }
}

/** `vmd -n` wants every login, group, kernel and disk to be there. It does not see names that are there twice. */
function vmd(call: Call, { flags }: Options): number {
  if (!flags.has('n')) return complain(call, 'another instance is running');
  const file = flags.get('f') ?? '/etc/vm.conf';
  const text = textOf(call, file, (why) => call.err(`failed to open ${file}: ${why}\n`));
  if (text === null) return 1;
  const { accounts } = call.files;
  const parsed = parseVmConf(text, file, (path) => call.files.as('root').find(path) !== null, {
    user: (name) => userOf(accounts, name) !== null || /^\d+$/.test(name),
    group: (name) => groupOf(accounts, name) !== null || /^\d+$/.test(name),
  });
  if ('error' in parsed) {
    call.err(`${parsed.error}\n`);
    return 1;
  }
  call.err('configuration OK\n');
  return 0;
}

function dhcpd(call: Call, { flags }: Options): number {
  if (!flags.has('n')) return complain(call, 'already running');
  const file = flags.get('c') ?? '/etc/dhcpd.conf';
  const text = textOf(call, file, (why) => call.err(`Can't open ${file}: ${why}\n`));
  if (text === null) return 1;
  const complaint = checkDhcpdConf(text, file);
  if (complaint !== null) call.err(complaint);
  return complaint === null ? 0 : 1;
}

function httpd(call: Call, { flags }: Options): number {
  if (call.files.user !== 'root') return complain(call, 'need root privileges');
  if (!flags.has('n')) return complain(call, 'already running');
  const file = flags.get('f') ?? '/etc/httpd.conf';
  const text = textOf(call, file, (why) => complain(call, `${file}: ${why}`));
  if (text === null) return 1;
  const complaint = checkHttpdConf(text, file);
  call.err(complaint ?? 'configuration OK\n');
  return complaint === null ? 0 : 1;
}

function pfctl(call: Call, { flags }: Options): number {
  if (call.files.user !== 'root') return complain(call, '/dev/pf: Permission denied');
  const file = flags.get('f');
  if (file === undefined) return 0;
  const text = textOf(call, file, (why) =>
    call.err(`${file}: ${why}\npfctl: cannot open the main config file!: ${why}\n`),
  );
  if (text === null) return 1;
  const complaint = checkPfConf(text, file);
  if (complaint !== null) call.err(complaint);
  return complaint === null ? 0 : 1;
}

/** `-C FILE` checks it; `-C FILE COMMAND` says whether it would be permitted. */
function doas(call: Call): Promise<number> | number {
  const [option, file, ...asked] = call.words;
  if (option === '-C') return checkDoas(call, file ?? '', asked);
  const argv = option === '-n' ? call.words.slice(1) : call.words;
  if (argv.length === 0) {
    call.err('usage: doas [-Lns] [-a style] [-C config] [-u user] command [arg ...]\n');
    return 1;
  }
  const conf = readRules(call, '/etc/doas.conf');
  if (conf === null) return 1;
  const decision = doasPermits(conf, call.files.user, groupNames(call), argv);
  if (decision === 'permit') return call.instead('root', argv);
  if (decision === 'deny') return complain(call, 'Operation not permitted');
  return complain(call, option === '-n' ? 'Authentication required' : 'a tty is required');
}

function checkDoas(call: Call, file: string, asked: readonly string[]): number {
  const text = textOf(call, file, (why) => complain(call, `could not open config file ${file}: ${why}`));
  if (text === null) return 1;
  const conf = parseDoasConf(text);
  if ('error' in conf) {
    call.err(`${conf.error}\n`);
    return 1;
  }
  if (asked.length === 0) return 0;
  const decision = doasPermits(conf.rules, call.files.user, groupNames(call), asked);
  call.out({ permit: 'permit nopass\n', password: 'permit\n', deny: 'deny\n' }[decision]);
  return decision === 'deny' ? 1 : 0;
}

function readRules(call: Call, path: string) {
  const files = call.files.as('root');
  if (files.find(path) === null) {
    complain(call, `doas is not enabled, ${path}: No such file or directory`);
    return null;
  }
  if (((files.find(path)?.mode ?? 0) & 0o022) !== 0) {
    complain(call, `${path} is writable by group or other`);
    return null;
  }
  const conf = parseDoasConf(files.read(path).toString('utf8'));
  if ('rules' in conf) return conf.rules;
  call.err(`${conf.error}\n`);
  return null;
}

function groupNames({ files }: Call): readonly string[] {
  const user = userOf(files.accounts, files.user);
  return user === null ? [] : groupsOf(files.accounts, user).map(({ name }) => name);
}
