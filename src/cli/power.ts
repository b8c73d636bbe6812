import { Command, InvalidArgumentError } from 'commander';
import { OperatorError } from '../common/error.ts';
import {
  DONE_WORDS,
  isOver,
  type PowerAction,
  type PowerJob,
  START_DELAY_SECONDS,
  STOP_SECONDS,
  UNCLEAN_DELAY_SECONDS,
} from '../install/power.ts';
import { type Api, openApi } from './api.ts';
import { confirm } from './confirm.ts';
import { pollUntil } from './poll.ts';
import { printable } from './table.ts';

interface PowerOptions {
  readonly config?: string;
  readonly all?: boolean;
  readonly host?: string;
  readonly delay?: number;
  readonly timeout?: number;
  readonly killAfter?: number;
  readonly wait: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export const startCommand = (): Command =>
  common('start', 'start VMs from their disks, on each host one after another').option(
    '--delay <seconds>',
    `between two starts on one host (default: ${START_DELAY_SECONDS}, ${UNCLEAN_DELAY_SECONDS} after a crash of the host)`,
    seconds,
  );

export const stopCommand = (): Command =>
  common('stop', 'shut VMs down, on each host one after another')
    .option(
      '--timeout <seconds>',
      `how long one may take before that is told (default: ${STOP_SECONDS})`,
      seconds,
    )
    .option('--kill-after <seconds>', 'kill one that takes longer than this', seconds);

export const killCommand = (): Command =>
  common('kill', 'end VMs at once, as pulling their plugs would').option('-y, --yes', 'do not ask');

function common(action: PowerAction, description: string): Command {
  return new Command(action)
    .description(description)
    .argument('[vm...]', 'names of the VMs')
    .option('-f, --config <file>', 'configuration file')
    .option(
      '-a, --all',
      action === 'start' ? 'all VMs that have a system and were not stopped by name' : 'all VMs',
    )
    .option('--host <host>', 'with --all: only those on this host')
    .option('--no-wait', 'begin and return; needs a running `serve`')
    .option('--json', 'one line per VM as JSON when it is done')
    .action((names: readonly string[], options: PowerOptions) => power(action, names, options));
}

async function power(action: PowerAction, names: readonly string[], options: PowerOptions): Promise<void> {
  const { all = false, host, config } = options;
  if (all === names.length > 0) throw new OperatorError('USAGE', `name the VMs to ${action}, or give --all`);
  if (host !== undefined && !all) throw new OperatorError('USAGE', '--host goes with --all');
  if (
    action === 'kill' &&
    !options.yes &&
    !(await confirm(`Pull the plug of ${all ? 'all VMs' : names.join(', ')}?`, 'nothing was killed'))
  )
    return;
  const api = await openApi({ ...(config === undefined ? {} : { config }), needsServe: !options.wait });
  try {
    const job = (await api.call('POST', '/power', {
      action,
      vms: all ? 'all' : names,
      host: host ?? null,
      delaySeconds: options.delay ?? null,
      timeoutSeconds: options.timeout ?? null,
      killAfterSeconds: options.killAfter ?? null,
    })) as PowerJob;
    const view = openView(job, options.json ?? false);
    if (options.wait) await follow(api, job, view);
    else {
      view.show(job);
      process.stdout.write(`the rest goes on in serve\n`);
    }
  } finally {
    await api.close();
  }
}

/** Ctrl-C lets what is being done come to its end, and nothing more begins. */
async function follow(api: Api, job: PowerJob, view: ReturnType<typeof openView>): Promise<void> {
  const stop = new AbortController();
  const interrupt = () => {
    view.say('called off; what is under way comes to its end (Ctrl-C again to leave it alone)');
    void api.call('DELETE', `/power/${job.id}`).catch(() => undefined);
    process.once('SIGINT', () => process.exit(1));
  };
  process.once('SIGINT', interrupt);
  try {
    const end = await pollUntil(stop.signal, view.away, async () => {
      const now = (await api.call('GET', `/power/${job.id}`)) as PowerJob;
      view.show(now);
      return isOver(now) ? now : null;
    });
    if (end?.tasks.some(({ state }) => state === 'failed')) process.exitCode = 1;
    if (end?.tasks.length === 0) process.stdout.write('there are no such VMs\n');
  } finally {
    process.removeListener('SIGINT', interrupt);
    view.close();
  }
}

function openView({ action }: PowerJob, json: boolean) {
  const out = process.stdout;
  const live = out.isTTY && !json;
  const clear = live ? '\r\x1b[K' : '';
  const told = new Set<string>();
  let remarks = 0;

  const say = (text: string) => process.stderr.write(`${clear}${text}\n`);
  const tell = ({ vm, host, state, note }: PowerJob['tasks'][number]): string => {
    const words = state === 'done' ? DONE_WORDS[action] : state;
    const text =
      state === 'done' && note !== ''
        ? printable(note)
        : `${words}${note === '' ? '' : `: ${printable(note)}`}`;
    return json ? `${JSON.stringify({ vm, host, action, state, note })}\n` : `${clear}${vm}: ${text}\n`;
  };
  return {
    say,
    show(job: PowerJob) {
      for (const remark of job.remarks.slice(remarks)) say(printable(remark));
      remarks = job.remarks.length;
      for (const task of job.tasks) {
        if (told.has(task.vm) || task.state === 'waiting' || task.state === 'working') continue;
        told.add(task.vm);
        (task.state === 'failed' && !json ? process.stderr : out).write(tell(task));
      }
      if (live) out.write(`${clear}${tally(job)}`);
    },
    away() {
      if (live) out.write(`${clear}serve does not answer; waiting for it`);
    },
    close: () => out.write(clear),
  };
}

function tally({ tasks }: PowerJob): string {
  const now = tasks.filter(({ state }) => state === 'working').map(({ vm }) => vm);
  const waiting = tasks.filter(({ state }) => state === 'waiting');
  const parts = [
    ...(now.length === 0 ? [] : [`now ${now.join(', ')}`]),
    ...(waiting.length === 0 ? [] : [`${waiting.length} to come`]),
  ];
  return parts.join('; ');
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value <= 86_400) return value;
  throw new InvalidArgumentError('expected seconds, at most 86400');
}
