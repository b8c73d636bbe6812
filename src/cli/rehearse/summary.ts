import { readFile } from 'node:fs/promises';
import type { VmView } from '../../web/operator.ts';
import { WORDINGS } from '../../web/phase.ts';
import { answersTyped } from './answers.ts';
import type { Stage } from './stage.ts';

/** What happened, once it is over: phases with their times, what was typed, what was served. */
export async function printSummary(out: NodeJS.WritableStream, stage: Stage, vm: VmView): Promise<void> {
  const typed = await answersTyped(`${stage.directory}/state/recordings`);
  const served = servedFiles(await readFile(stage.serveLog, 'utf8'));
  const lines = [
    '',
    `Summary of ${vm.name} (${vm.lladdr}, ${vm.ipv4}, OpenBSD ${vm.release})`,
    '  phases',
    ...phaseLines(vm),
    '  typed on the console',
    ...typed.map(
      ({ at, prompt, answer }) => `    ${at.toFixed(1).padStart(6)} s  ${prompt}  <-  ${hideToken(answer)}`,
    ),
    '  served',
    ...served.map((line) => `    ${line}`),
    '',
  ];
  out.write(lines.join('\n'));
}

function phaseLines({ install }: VmView): readonly string[] {
  const phases = install?.phases ?? [];
  return phases.map(({ name, at }, index) => {
    const until = phases[index + 1]?.at ?? at;
    return `    ${((until - at) / 1000).toFixed(1).padStart(6)} s  ${name.padEnd(10)}  ${WORDINGS[name].says}`;
  });
}

interface BootLine {
  readonly event: string;
  readonly path: string;
  readonly bytes: number;
  readonly outcome: string;
  readonly message: string;
  readonly reply: string;
}

/** Reads the events of DHCP and boot HTTP out of the log of `serve`. */
function servedFiles(log: string): readonly string[] {
  const counts = new Map<string, number>();
  let bytes = 0;
  let files = 0;
  const note = (line: string) => counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const text of log.split('\n')) {
    const line = bootLine(text);
    if (line.event === 'netboot.dhcp') note(`DHCP ${line.message}, answered with ${line.reply}`);
    if (line.event === 'netboot.response-file') note(`${line.outcome} response file ${hideToken(line.path)}`);
    if (line.event === 'netboot.set') [files, bytes] = [files + 1, bytes + line.bytes];
  }
  const lines = [...counts].map(([line, count]) => (count > 1 ? `${line} (${count} times)` : line));
  return [...lines, `${files} requests for set files, ${(bytes / 1024).toFixed(0)} KiB`];
}

function bootLine(text: string): Partial<BootLine> & { readonly bytes: number } {
  try {
    return { bytes: 0, ...(JSON.parse(text) as Partial<BootLine>) };
  } catch {
    return { bytes: 0 };
  }
}

const hideToken = (path = ''): string => path.replace(/\/r\/[^/]+/, '/r/TOKEN');
