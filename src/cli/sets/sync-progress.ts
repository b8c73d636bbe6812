import { MultiBar, type SingleBar } from 'cli-progress';
import type { SyncEvent } from '../../../sets/io/sync.ts';
import { megabytes } from './options.ts';

export interface SyncProgress {
  show(event: SyncEvent): void;
  close(): void;
}

/**
 * Shows a release coming in: on a terminal a bar for each file under way, with rate and time left, and a line for
 * each that is here; elsewhere only the lines. Nothing with `quiet`.
 */
export function openSyncProgress(out: NodeJS.WriteStream, quiet: boolean): SyncProgress {
  const live = out.isTTY === true && !quiet;
  const bars = live ? new MultiBar({ ...FORMAT, stream: out }) : null;
  const running = new Map<
    string,
    { readonly bar: SingleBar | undefined; readonly begun: number; from: number | null }
  >();
  let files = 0;
  let done = 0;
  let open = true;

  const line = (text: string): void => {
    if (bars === null) out.write(`${text}\n`);
    else bars.log(`${text}\n`);
  };

  return {
    show(event) {
      if (quiet) return;
      if (event.kind === 'listed') {
        files = event.files;
        line(`SHA256.sig: as signed by ${event.key}, ${files} files`);
      } else if (event.kind === 'begin') {
        const bar = bars?.create(1, 0, { name: event.name.padEnd(16), rate: '', received: '' });
        running.set(event.name, { bar, begun: Date.now(), from: null });
      } else if (event.kind === 'progress') {
        const file = running.get(event.name);
        if (file === undefined) return;
        // What an earlier run had fetched says nothing about the rate of this one.
        file.from ??= event.received;
        file.bar?.setTotal(event.size ?? event.received);
        file.bar?.update(event.received, {
          received: megabytes(event.received),
          rate: rateOf(event.received - file.from, file.begun),
        });
      } else {
        const file = running.get(event.name);
        if (file?.bar !== undefined) bars?.remove(file.bar);
        running.delete(event.name);
        done++;
        const how = event.fetched
          ? rateOf(event.bytes - (file?.from ?? 0), file?.begun ?? Date.now())
          : 'here already';
        line(
          `${String(done).padStart(3)}/${files}  ${event.name.padEnd(16)} ${megabytes(event.bytes).padStart(10)}  ${how}`,
        );
      }
    },
    close() {
      // What was logged last is written with the next drawing, which nothing else would cause.
      if (open) bars?.update();
      if (open) bars?.stop();
      open = false;
    },
  };
}

const FORMAT = {
  format: '        {name} [{bar}] {percentage}%  {received}  {rate}  {eta_formatted} left',
  barCompleteChar: '#',
  barIncompleteChar: '.',
  barsize: 20,
  hideCursor: true,
  clearOnComplete: true,
  linewrap: false,
  etaBuffer: 50,
};

function rateOf(bytes: number, begun: number): string {
  return `${(bytes / 1e3 / Math.max(1, Date.now() - begun)).toFixed(1)} MB/s`;
}
