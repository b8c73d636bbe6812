import { userInfo } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { OperatorError } from '../common/error.ts';
import { FAULTS, type Fault } from '../rehearsal/options.ts';
import type { VmView } from '../web/operator.ts';
import { type Api, openApi } from './api.ts';
import { follow } from './install.ts';
import { type Stage, setStage } from './rehearse/stage.ts';
import { printSummary } from './rehearse/summary.ts';

interface RehearseOptions {
  readonly keep?: boolean;
  readonly fail?: Fault;
  readonly pace: number;
}

const VM = 'demo';
const MACHINE = 'metal';
/** A key whose private half does not exist. */
const KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFB1ZmZ5IHJlaGVhcnNlcyBhbiBpbnN0YWxsIGhlcmUh puffy@rehearsal';

export function rehearseCommand(): Command {
  return new Command('rehearse')
    .description('install a VM and netboot a machine on a simulated host, live in the browser')
    .option('-k, --keep', 'leave everything running to look at, until Ctrl-C')
    .addOption(new Option('--fail <fault>', 'show what a failure looks like').choices([...FAULTS]))
    .option(
      '--pace <factor>',
      'duration of the simulated steps: 1 looks genuine, 0 is as fast as possible',
      paceOf,
      1,
    )
    .action(rehearse);
}

async function rehearse({ keep = false, fail, pace }: RehearseOptions): Promise<void> {
  process.stdout.write('Setting the stage: a simulated vmd host, small install sets, DHCP, TFTP, HTTP...\n');
  const stage = await setStage({
    program: process.argv[1] ?? '',
    release: '7.6',
    nextRelease: '7.7',
    pace,
    faults: fail === undefined ? [] : [fail],
    pxe: [MACHINE],
    telemetrySeconds: 5,
  });
  const interrupted = untilInterrupted();
  try {
    process.stdout.write(`Watch it live, and type: ${await loginLink(stage)}\n\n`);
    const outcome = await Promise.race([perform(stage), interrupted.promise]);
    if (outcome === 'interrupted') throw new OperatorError('REHEARSAL_FAILED', 'interrupted before its end');
    if (keep) await keepOpen(stage, interrupted.promise);
    if (outcome !== null) throw outcome;
  } finally {
    interrupted.forget();
    await stage.close(true);
  }
}

/** @returns null when VM and machine were installed, else why not */
async function perform(stage: Stage): Promise<Error | null> {
  const api = await openApi({ config: stage.configFile, needsServe: true });
  const failure = await install(stage, api, VM);
  if (failure !== null) return failure;
  if (!stage.roomForTwo) {
    process.stdout.write('\nTFTP is left out: this system has one loopback address, and a VM is using it.\n');
    return null;
  }
  process.stdout.write(
    `\nNow ${MACHINE}, which stands for a real machine: a PXE ROM, pxeboot(8) behind it, nothing on its disk.\n` +
      `Watch it live: ${stage.web}/vm/${MACHINE}\n\n`,
  );
  return install(stage, api, MACHINE);
}

async function install(stage: Stage, api: Api, name: string): Promise<Error | null> {
  await api.call('POST', '/vms', { name, owner: 'puffy', sshKeys: [KEY], sets: ['-x*', '-game*'] });
  process.stdout.write(`$ puffboot install ${name}\n`);
  await api.call('POST', `/vms/${name}/install`, { mode: 'install' });
  let failure: Error | null = null;
  try {
    await follow(api, name, 'install', false);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    failure = error;
  }
  const vm = (await api.call('GET', `/vms/${name}`)) as VmView;
  await printSummary(process.stdout, stage, vm);
  return failure;
}

/** A newcomer needs no second command to type. */
async function loginLink(stage: Stage): Promise<string> {
  const api = await openApi({ config: stage.configFile, needsServe: true });
  const { url } = (await api.call('POST', '/login', { name: userInfo().username })) as {
    readonly url: string;
  };
  return url.replace('login#', `login?vm=${VM}#`);
}

async function keepOpen(stage: Stage, interrupted: Promise<unknown>): Promise<void> {
  process.stdout.write(
    [
      `\nKept running until Ctrl-C: ${await loginLink(stage)}`,
      `Try it from another terminal: export PUFFBOOT_CONFIG=${stage.configFile}`,
      `Logs: ${stage.serveLog}\n`,
    ].join('\n'),
  );
  await interrupted;
}

function untilInterrupted(): { readonly promise: Promise<'interrupted'>; forget(): void } {
  let fire: () => void = () => undefined;
  const promise = new Promise<'interrupted'>((resolve) => {
    fire = () => resolve('interrupted');
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, fire);
  return {
    promise,
    forget() {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, fire);
    },
  };
}

function paceOf(text: string): number {
  const factor = Number(text);
  if (text.trim() !== '' && factor >= 0 && factor <= 10) return factor;
  throw new InvalidArgumentError('expected a number from 0 to 10');
}
