import { ENDED } from '../install/install.ts';
import type { VmView } from '../web/operator.ts';
import { queueText, WORDINGS, wordOf } from '../web/phase.ts';
import { waitsText } from './vm-text.ts';

export interface ProgressView {
  show(vm: VmView): void;
  /** `serve` does not answer at the moment. */
  away(): void;
  close(): void;
}

/**
 * Shows an install on a terminal: a line for each state entered, and below it one that is redrawn with the
 * elapsed time and the set being fetched. Where there is no terminal, only the lines; with `json` the VM at
 * each change.
 */
export function openProgress(out: NodeJS.WriteStream, json: boolean): ProgressView {
  let printed = 0;
  let last = '';
  let installId: string | null = null;
  let asked: string | null = null;
  const live = out.isTTY && !json;
  const clear = () => (live ? '\r\x1b[K' : '');

  return {
    show(vm) {
      const { install } = vm;
      if (install === null) return;
      if (json) {
        const text = JSON.stringify(vm);
        if (text !== last) out.write(`${text}\n`);
        last = text;
        return;
      }
      if (install.id !== installId) [installId, printed, asked] = [install.id, 0, null];
      const begun = install.phases[0]?.at ?? 0;
      for (const { name, at } of install.phases.slice(printed)) {
        out.write(`${clear()}${seconds(at - begun)}  ${wordOf(name).padEnd(10)}  ${WORDINGS[name].says}\n`);
      }
      printed = install.phases.length;
      const question = install.question?.text ?? null;
      if (question !== asked) {
        const told = install.question === null ? lessonText(vm.name) : waitsText(vm.name, install.question);
        const at = (install.question?.at ?? Date.now()) - begun;
        if (!ENDED.has(install.state)) out.write(`${clear()}${seconds(at)}  waits       ${told}\n`);
        asked = question;
      }
      if (live) out.write(`${clear()}${seconds(Date.now() - begun)}  ${current(vm)}`);
    },
    away() {
      if (live) out.write(`${clear()}serve does not answer; waiting for it`);
    },
    close() {
      out.write(clear());
    },
  };
}

/** Behind a question that was answered, or that went on by itself. */
const lessonText = (vm: string): string =>
  `no longer; \`puffboot prompts learn ${vm} --into TABLE\` keeps what was answered by hand`;

function current({ name, host, install }: VmView): string {
  if (install?.queue) return `${name}: ${queueText(host, install.queue)}`;
  if (install?.question) return `${name}: waits for an answer`;
  if (install?.progress == null) return `${name}: ${install?.state ?? ''}`;
  const { stage, file, percent } = install.progress;
  const filled = Math.round(percent / 5);
  const bar = `${'#'.repeat(filled)}${'.'.repeat(20 - filled)}`;
  return `${name}: ${stage === 'fetch' ? 'fetching' : 'unpacking'} ${file.padEnd(14)} [${bar}] ${percent}%`;
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1).padStart(6)} s`;
