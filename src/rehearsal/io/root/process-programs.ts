import { getopt } from '../../root/getopt.ts';
import type { StatusRow } from '../../status.ts';
import { askAt } from '../socket.ts';
import { type Call, complain, type HostProgram } from './call.ts';

export const PROCESS_PROGRAMS: Readonly<Record<string, HostProgram>> = {
  /** `ps -o etime= -p 1`: how long the host is up. */
  ps: ({ out }) => {
    out('12-03:04:05\n');
    return 0;
  },
  pgrep: (call) => find(call, async () => true),
  pkill: (call) => find(call, (process) => end(call, process)),
};

interface Process {
  readonly pid: number;
  /** What ps(1) shows as its command. */
  readonly name: string;
  readonly title: string;
  readonly vm: StatusRow;
}

/** Status 0 where a process matched, 1 where none did. */
async function find(call: Call, use: (process: Process) => Promise<boolean>): Promise<number> {
  const words = call.words.filter((word, at) => at > 0 || !/^-(\d+|[A-Z]{2,})$/.test(word));
  const given = getopt('d:fG:g:LlnoP:qs:T:t:U:u:vx', words);
  if ('error' in given) return complain(call, given.error, 2);
  const { flags, rest } = given;
  const pattern = new RegExp(flags.has('x') ? `^(?:${rest[0] ?? ''})$` : (rest[0] ?? ''));
  let status = 1;
  for (const process of await processes(call)) {
    if (!pattern.test(flags.has('f') ? process.title : process.name) || !(await use(process))) continue;
    status = 0;
    if (call.name === 'pgrep' && !flags.has('q')) {
      call.out(flags.has('l') ? `${process.pid} ${process.name}\n` : `${process.pid}\n`);
    }
  }
  return status;
}

/** Each VM that runs, and whoever may be on its console. */
async function processes({ files }: Call): Promise<readonly Process[]> {
  const reply = await askAt(files.root, { kind: 'status' }).catch(() => null);
  const running = reply?.kind === 'status' ? reply.rows.filter(({ pid }) => pid !== null) : [];
  return running.flatMap((vm) => {
    const pid = vm.pid ?? 0;
    return [
      { pid, name: 'vmd', title: `vmd: ${vm.name}`, vm },
      { pid: pid + 1, name: 'cu', title: `/usr/bin/cu -r -l /dev/${vm.tty} -s 115200`, vm },
    ];
  });
}

async function end({ files }: Call, { name, vm }: Process): Promise<boolean> {
  const reply =
    name === 'vmd'
      ? await askAt(files.root, { kind: 'pkill', name: vm.name })
      : await askAt(files.root, { kind: 'hangup', vm: { id: vm.id } });
  return reply.kind !== 'failed';
}
