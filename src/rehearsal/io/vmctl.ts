import { existsSync, writeFileSync } from 'node:fs';
import { errnoOf } from '../../common/error.ts';
import { renderDiskImage } from '../disk-image.ts';
import { pathOnHost } from '../host-path.ts';
import type { Reply, Request } from '../protocol.ts';
import { renderStatus, type StatusRow } from '../status.ts';
import { parseVmctl, type VmctlCommand, type VmRef } from '../vmctl.ts';
import { runConsole } from './cu.ts';
import { ask, connectAndAsk } from './socket.ts';

/** The simulated host's vmctl(8): `node vmctl.js ROOT WORD...`, started by ROOT/bin/vmctl. */
const [root = '.', ...words] = process.argv.slice(2);
const directory = process.cwd();
process.chdir(root);

type Command<Kind> = Extract<VmctlCommand, { kind: Kind }>;

const NO_DAEMON: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  ECONNREFUSED: 'Connection refused',
};

async function main(): Promise<number> {
  const command = parseVmctl(words);
  if (command.kind === 'refused') return complain(command.stderr);
  try {
    return await run(command);
  } catch (error) {
    const why = NO_DAEMON[errnoOf(error) ?? ''];
    if (why === undefined) throw error;
    return complain(`vmctl: connect: /var/run/vmd.sock: ${why}\n`);
  }
}

function run(command: VmctlCommand): Promise<number> | number {
  switch (command.kind) {
    case 'create':
      return create(command);
    case 'load':
      return order({ kind: 'load', file: path(command.file) });
    case 'reload':
      return order({ kind: 'reload', file: command.file === null ? null : path(command.file) });
    case 'reset':
      return order(command);
    case 'status':
      return status(command);
    case 'start':
      return start(command);
    case 'stop':
      return stop(command);
    case 'console':
      return openConsole(command.vm);
  }
}

function create({ path: disk, format, sizeMiB }: Command<'create'>): number {
  const file = path(disk);
  if (existsSync(file)) return complain(`vmctl: create imagefile operation failed: File exists\n`);
  try {
    writeFileSync(file, renderDiskImage({ format, sizeMiB, installed: null }), { flag: 'wx' });
  } catch {
    return complain(`vmctl: create imagefile operation failed: No such file or directory\n`);
  }
  complain(`vmctl: ${format} imagefile created\n`);
  return 0;
}

/** Why something failed is in the daemon's log only. */
async function order(request: Request): Promise<number> {
  const reply = await ask(request);
  return reply.kind === 'done' ? 0 : complain('vmctl: command failed\n');
}

/** Status 1 without any VM; an unknown name shows the header alone, and is no error. */
async function status({ vm, runningOnly }: Command<'status'>): Promise<number> {
  const reply = await ask({ kind: 'status' });
  const rows = reply.kind === 'status' ? reply.rows : [];
  const shown = rows.filter((row) => (vm === null || names(vm, row)) && (!runningOnly || row.pid !== null));
  process.stdout.write(renderStatus(shown));
  return rows.length === 0 || (runningOnly && shown.length === 0) ? 1 : 0;
}

const names = (vm: VmRef, row: StatusRow): boolean => ('id' in vm ? vm.id === row.id : vm.name === row.name);

/** What vmctl says by itself; every other failure is an errno's text. */
const OWN_SENTENCES = ['could not open disk image(s)'];

async function start({ vm, console, kernel }: Command<'start'>): Promise<number> {
  const request = { kind: 'start', vm, console, kernel: kernel === null ? null : path(kernel) } as const;
  const { reply, socket } = await connectAndAsk(request);
  if (reply.kind === 'started' && console) return runConsole(socket, reply.tty);
  socket.destroy();
  if (reply.kind === 'started') {
    complain(`vmctl: started vm ${reply.id} successfully, tty /dev/${reply.tty}\n`);
    return 0;
  }
  const error = failureOf(reply);
  return complain(`vmctl: ${OWN_SENTENCES.includes(error) ? '' : 'start vm command failed: '}${error}\n`);
}

async function stop({ vm, force, wait }: Command<'stop'>): Promise<number> {
  complain(`stopping vm ${'id' in vm ? vm.id : vm.name}: `);
  const reply = await ask({ kind: 'stop', vm, force, wait });
  if (reply.kind !== 'stopped') return complain(`${failureOf(reply)}\n`);
  const done = wait ? 'terminated' : force ? 'forced to terminate' : 'requested to shutdown';
  complain(`${done} vm ${reply.id}\n`);
  return 0;
}

async function openConsole(vm: VmRef): Promise<number> {
  const { reply, socket } = await connectAndAsk({ kind: 'console', vm });
  if (reply.kind === 'console') return runConsole(socket, reply.tty);
  socket.destroy();
  if (reply.kind === 'busy') return complain(`cu: open("/dev/${reply.tty}"): Device busy\n`);
  return complain('vmctl: console not found\n');
}

const failureOf = (reply: Reply): string => (reply.kind === 'failed' ? reply.error : 'Input/output error');

const path = (named: string): string => pathOnHost(root, directory, named);

function complain(text: string): number {
  process.stderr.write(text);
  return 1;
}

process.exitCode = await main();
