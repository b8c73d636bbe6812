import type { Board } from './board.ts';
import { rebootTexts } from './power.ts';

/** The kernel stops. Its message is what follows `panic: `. */
export class Panicked extends Error {}

/** Lines of a screen below which ddb(4) waits for a key. */
const PAGE = 23;
const PROMPT = 'ddb> ';

/** ddb(4) on a kernel that has stopped, until it is told to boot. */
export async function runDebugger(board: Board, reason: string): Promise<void> {
  board.print(`panic: ${reason}\n${STOPPED}`);
  await board.pause(0.3);
  await board.terminal('lines');
  for (;;) {
    board.print(PROMPT);
    const command = ((await board.readLine().catch(() => '')) ?? '').trim();
    if (/^boot( (reboot|sync))?$/.test(command)) return rebootTexts(board);
    if (command === '') continue;
    const answer = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
    if (answer === undefined) board.print('No such command\n');
    else await page(board, answer.replace('REASON', reason).split('\n'));
  }
}

/** `q` ends, any other key shows the next page. */
async function page(board: Board, lines: readonly string[]): Promise<void> {
  for (const [index, line] of lines.entries()) {
    if (index > 0 && index % PAGE === 0) {
      await board.terminal('keys');
      board.print('--db_more--');
      const key = await board.readLine().catch(() => 'q');
      board.print('\r           \r');
      await board.terminal('lines');
      if (key === 'q') return;
    }
    board.print(`${line}\n`);
  }
}

const TRACE = [
  'db_enter() at db_enter+0x14',
  'panic(ffffffff81f2ab21) at panic+0xd9',
  'ffs_alloccg(fffffd8003e5c9a8,3,0,4000) at ffs_alloccg+0x4b5',
  'ffs_hashalloc(fffffd8003e5c9a8,3,0,4000,ffffffff81382f40) at ffs_hashalloc+0x4c',
  'ffs_alloc(fffffd8003e5c9a8,0,0,4000,fffffd803fdfa300,ffff80000c1d1a58) at ffs_alloc+0x119',
  'ffs2_balloc(fffffd8003e5c9a8,0,4000,fffffd803fdfa300,0,ffff80000c1d1b30) at ffs2_balloc+0x9d1',
  'ffs_write(ffff80000c1d1bb8) at ffs_write+0x1fd',
  'VOP_WRITE(fffffd8003d77b90,ffff80000c1d1cf8,1,fffffd803fdfa300) at VOP_WRITE+0x45',
  'vn_write(fffffd8003bb1d20,ffff80000c1d1cf8,0) at vn_write+0xdd',
  'dofilewritev(ffff80000c0a9a30,4,ffff80000c1d1cf8,0,ffff80000c1d1df0) at dofilewritev+0x14d',
  'sys_write(ffff80000c0a9a30,ffff80000c1d1e70,ffff80000c1d1df0) at sys_write+0x55',
  'syscall(ffff80000c1d1e70) at syscall+0x55a',
  'Xsyscall() at Xsyscall+0x128',
  'end of kernel',
  'end trace frame: 0x7d3b2f1a7c40, count: -13',
];

const STOPPED = [
  'Stopped at      db_enter+0x14:  popq    %rbp',
  '    TID    PID    UID     PRFLAGS     PFLAGS  CPU  COMMAND',
  '*301877  48211      0           0           0    0K tar',
  ...TRACE.slice(0, -2),
  'https://www.openbsd.org/ddb.html describes the minimum info required in bug',
  'reports.  Insufficient info makes it difficult to find and fix bugs.',
  '',
].join('\n');

const PROCESSES: readonly (readonly [string, string, string, string])[] = [
  ['48211', '301877', '0', 'tar'],
  ['90012', '112040', '0x82', 'ftp'],
  ['77120', '204551', '0x10008a', 'ksh'],
  ['1', '372310', '0x82', 'init'],
  ...[
    'softnet3',
    'softnet2',
    'softnet1',
    'softnet0',
    'systqmp',
    'systq',
    'softclock',
    'reaper',
    'update',
    'cleaner',
    'pagedaemon',
    'bufdaemon',
    'zerothread',
    'aiodoned',
    'virtio0',
    'scsibus1',
    'sensors',
    'usbtask',
    'usbatsk',
    'idle0',
    'swapper',
  ].map(
    (name, index) => [String(60_000 - 911 * index), String(410_233 - 7919 * index), '0x14200', name] as const,
  ),
];

const COMMANDS: Readonly<Record<string, string>> = {
  trace: TRACE.join('\n'),
  ps: [
    '   PID     TID   PPID    UID  S       FLAGS  WAIT          COMMAND',
    ...PROCESSES.map(
      ([pid, tid, flags, name], index) =>
        `${index === 0 ? '*' : ' '}${pid.padStart(5)}  ${tid.padStart(6)}  ${(index === 0 ? '77120' : '0').padStart(5)}      0  ${index === 0 ? 7 : 3}  ${flags.padStart(10)}  ${(index === 0 ? '' : 'bored').padEnd(12)}  ${name}`,
    ),
  ].join('\n'),
  'show registers': [
    'rdi                                0',
    'rsi                             0x14',
    'rbp               0xffff80000c1d1810',
    'rbx               0xffffffff81f2ab21    cmd0646_9_tim_udma+0x2b7b1',
    'rdx                            0x3fd',
    'rcx                                0',
    'rax                             0x61',
    'rip               0xffffffff8131e2d4    db_enter+0x14',
    'cs                               0x8',
    'rflags                         0x246',
    'rsp               0xffff80000c1d1810',
    'ss                              0x10',
    'db_enter+0x14:  popq    %rbp',
  ].join('\n'),
  'show panic': '*cpu0: REASON',
};
