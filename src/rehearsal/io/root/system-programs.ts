import { setTimeout as sleep } from 'node:timers/promises';
import { HOST } from '../../host-path.ts';
import type { Options } from '../../root/getopt.ts';
import { type Call, complain, type HostProgram, withOptions } from './call.ts';
import { LIFE_PROGRAMS } from './life-programs.ts';
import { NETWORK_PROGRAMS } from './network-programs.ts';
import { readNote, writeNote } from './notes.ts';
import { PROCESS_PROGRAMS } from './process-programs.ts';
import { RC_PROGRAMS } from './rc-programs.ts';

export const SYSTEM_PROGRAMS: Readonly<Record<string, HostProgram>> = {
  ...PROCESS_PROGRAMS,
  ...LIFE_PROGRAMS,
  ...RC_PROGRAMS,
  last,
  sysctl: withOptions('nq', sysctl),
  uname: withOptions('amnprsv', uname),
  hostname: withOptions('s', (call, { flags }) => {
    const name = call.files.as('root').read('/etc/myname').toString('utf8').trim();
    call.out(`${flags.has('s') ? name.split('.')[0] : name}\n`);
    return 0;
  }),
  ...NETWORK_PROGRAMS,
  date: ({ words, out }) => {
    out(words[0] === '+%s' ? `${Math.floor(Date.now() / 1000)}\n` : `${new Date().toUTCString()}\n`);
    return 0;
  },
  sleep: async ({ words: [seconds = '0'] }) => {
    await sleep(Number(seconds) * 1000);
    return 0;
  },
  echo: ({ words, out }) => {
    out(`${words.join(' ')}\n`);
    return 0;
  },
  true: () => 0,
  false: () => 1,
};

/** A host whose last shutdown was in order, unless its file says otherwise. */
function last({ files, out }: Call): number {
  const noted = files.as('root').find(`/${HOST.boots}`) !== null;
  out(noted ? files.as('root').read(`/${HOST.boots}`) : ORDERLY);
  return 0;
}

const ORDERLY =
  'reboot    ~                         Mon Jan  1 00:02\nshutdown  ~                         Mon Jan  1 00:01\n';

const SYSCTLS: Readonly<Record<string, string>> = {
  'hw.machine': 'amd64',
  'hw.ncpuonline': '8',
  'hw.physmem': '137438953472',
  'hw.smt': '0',
  'kern.boottime': 'Thu Jan  1 12:00:00 2026',
  'kern.clockrate': 'tick = 10000, hz = 100, profhz = 100, stathz = 100',
  'kern.osrelease': '7.6',
  'kern.ostype': 'OpenBSD',
  'kern.timecounter.choice': 'i8254(0) acpihpet0(1000) tsc(2000) acpitimer0(1000)',
  'kern.timecounter.hardware': 'tsc',
  'kern.tty.nptys': '62',
  'net.inet.ip.arpq.maxlen': '50',
  'net.inet.ip.forwarding': '0',
  'net.inet6.ip6.forwarding': '0',
  'vm.swapencrypt.enable': '1',
};

function sysctl(call: Call, { flags, rest }: Options): number {
  const values: Record<string, string> = { ...SYSCTLS, ...readNote(call, 'sysctl') };
  let status = 0;
  for (const word of rest) {
    const [, name = '', value] = /^([^=]*)(?:=(.*))?$/.exec(word) ?? [];
    const before = values[name];
    if (before === undefined) {
      const level = name.includes('.') ? 'second' : 'top';
      status = complain(call, `${level} level name ${name.split('.').at(-1)} in ${name} is invalid`);
    } else if (value === undefined) call.out(flags.has('n') ? `${before}\n` : `${name}=${before}\n`);
    else if (call.files.user !== 'root') status = complain(call, `${name}: Operation not permitted`);
    else {
      writeNote(call, 'sysctl', { ...readNote(call, 'sysctl'), [name]: value });
      if (!flags.has('q')) call.out(flags.has('n') ? `${value}\n` : `${name}: ${before} -> ${value}\n`);
    }
  }
  return status;
}

function uname({ files, out }: Call, { flags }: Options): number {
  const node = files.as('root').read('/etc/myname').toString('utf8').trim();
  const all = { s: 'OpenBSD', n: node, r: '7.6', v: 'GENERIC.MP#0', m: 'amd64' };
  const wanted = flags.has('a')
    ? Object.keys(all)
    : flags.size === 0
      ? ['s']
      : Object.keys(all).filter((key) => flags.has(key));
  out(`${wanted.map((key) => all[key as keyof typeof all]).join(' ')}\n`);
  return 0;
}
