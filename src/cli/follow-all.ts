import { ENDED, WAITING } from '../install/install.ts';
import type { InstallView, VmView } from '../web/operator.ts';
import { WORDINGS, wordOf } from '../web/phase.ts';
import type { Api } from './api.ts';
import { pollUntil } from './poll.ts';
import { printable } from './table.ts';
import { waitsText } from './vm-text.ts';

/**
 * Follows several installs to their ends: a line for each state that a VM enters, below them how many are where.
 * Sets the exit status to 1 unless all of them ended well.
 */
export async function followAll(
  api: Api,
  names: readonly string[],
  mode: string,
  json: boolean,
): Promise<void> {
  const stop = new AbortController();
  const interrupt = () => {
    process.stdout.write(`\n${names.length} VMs: the ${mode}s go on in serve; see \`puffboot vm list\`\n`);
    stop.abort();
  };
  process.once('SIGINT', interrupt);
  const view = openView(process.stdout, json);
  const wanted = new Set(names);
  try {
    const end = await pollUntil(stop.signal, view.away, async () => {
      const vms = (await api.call('GET', '/vms')) as readonly VmView[];
      const ours = vms.filter(({ name }) => wanted.has(name));
      view.show(ours);
      return ours.every(({ install }) => install === null || ENDED.has(install.state)) ? ours : null;
    });
    if (end !== null) conclude(end, mode, json);
  } finally {
    process.removeListener('SIGINT', interrupt);
  }
}

function openView(out: NodeJS.WriteStream, json: boolean) {
  const live = out.isTTY && !json;
  const clear = live ? '\r\x1b[K' : '';
  /** What was told of each VM: how many phases, or the whole as JSON. */
  const told = new Map<string, number | string>();
  const asked = new Map<string, string | null>();

  function lines(vm: VmView): readonly string[] {
    const phases = vm.install?.phases ?? [];
    const text = json ? JSON.stringify(vm) : '';
    const before = told.get(vm.name);
    told.set(vm.name, json ? text : phases.length);
    if (json) return text === before ? [] : [`${text}\n`];
    const begun = phases[0]?.at ?? 0;
    const line = (at: number, what: string) =>
      `${clear}${seconds(at - begun)}  ${vm.name.padEnd(16)} ${what}\n`;
    const entered = phases
      .slice(typeof before === 'number' ? before : 0)
      .map(({ name, at }) => line(at, wordOf(name)));
    return [...entered, ...questionLines(vm, line)];
  }

  function questionLines({ name, install }: VmView, line: (at: number, what: string) => string) {
    const question = install?.question ?? null;
    const isNew = question !== null && asked.get(name) !== question.text;
    asked.set(name, question?.text ?? null);
    return isNew ? [line(question.at, `waits ${waitsText(name, question)}`)] : [];
  }

  return {
    show(vms: readonly VmView[]) {
      out.write(vms.flatMap(lines).join(''));
      if (live) out.write(`${clear}${tally(vms)}`);
    },
    away() {
      if (live) out.write(`${clear}serve does not answer; waiting for it`);
    },
  };
}

function tally(vms: readonly VmView[]): string {
  const count = (fits: (install: InstallView) => boolean) =>
    vms.filter(({ install }) => install !== null && fits(install)).length;
  return [
    `${count(({ state }) => state === 'running')} of ${vms.length} done`,
    `${count(({ state }) => WORDINGS[state].tone === 'busy')} under way`,
    `${count(({ state }) => WAITING.has(state))} queued`,
    `${count(({ state }) => state === 'failed')} failed`,
  ].join(', ');
}

function conclude(vms: readonly VmView[], mode: string, json: boolean): void {
  const unfinished = vms.filter(({ install }) => install?.state !== 'running');
  if (unfinished.length > 0) process.exitCode = 1;
  if (json) return;
  const clear = process.stdout.isTTY ? '\r\x1b[K' : '';
  const done = vms.length - unfinished.length;
  process.stdout.write(`${clear}${done} of ${vms.length} ${mode}s reached the login prompt\n`);
  for (const { name, install } of unfinished) {
    const why = install?.failure?.reason ?? install?.state ?? 'it is gone';
    process.stderr.write(`${name}: ${printable(why)}; see \`puffboot vm show ${name}\`\n`);
  }
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1).padStart(6)} s`;
