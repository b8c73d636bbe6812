import { readFile } from 'node:fs/promises';
import type { VmView } from '../../web/operator.ts';
import { WORDINGS } from '../../web/phase.ts';
import { answersTyped } from './answers.ts';
import type { Stage } from './stage.ts';

/** What happened, once it is over: phases with their times, what was typed, what was served. */
export async function printSummary(out: NodeJS.WritableStream, stage: Stage, vm: VmView): Promise<void> {
  const typed = await answersTyped(`${stage.directory}/state/recordings`, vm.name);
  const served = servedFiles(await readFile(stage.serveLog, 'utf8'), vm.name);
  const received = await receivedFiles(stage, vm);
  const lines = [
    '',
    `Summary of ${vm.name} (${vm.lladdr}, ${vm.ipv4}, OpenBSD ${vm.release})`,
    '  phases',
    ...phaseLines(vm),
    '  typed on the console',
    ...(typed.length === 0 ? ['    nothing'] : []),
    ...typed.map(
      ({ at, prompt, answer }) => `    ${at.toFixed(1).padStart(6)} s  ${prompt}  <-  ${hideToken(answer)}`,
    ),
    '  served',
    ...served.map((line) => `    ${line}`),
    ...(received.length === 0 ? [] : ['  received over TFTP (by SHA256)']),
    ...received.map((line) => `    ${line}`),
    ...(await evidenceLines(stage, vm)),
    '',
  ];
  out.write(lines.join('\n'));
}

/** What the machine was asked after its failure, with how much it said. */
async function evidenceLines({ directory }: Stage, { install }: VmView): Promise<readonly string[]> {
  const file = install?.failure?.evidence;
  if (file === undefined) return [];
  const text = await readFile(`${directory}/state/recordings/${file}`, 'utf8');
  const sections = text.split(/^==> /m).slice(1);
  const rows = sections.map((section) => {
    const [command = '', ...lines] = section.trimEnd().split('\n');
    return `    ${String(lines.length).padStart(4)} lines  ${command.replace(' <==', '')}`;
  });
  return [`  evidence, in ${file}`, ...rows];
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
  readonly name: string;
  readonly file: string;
  readonly reason: string;
  readonly path: string;
  readonly bytes: number;
  readonly outcome: string;
  readonly message: string;
  readonly reply: string;
}

/** Reads what DHCP, TFTP and boot HTTP did for this VM out of the log of `serve`. */
function servedFiles(log: string, vm: string): readonly string[] {
  const counts = new Map<string, number>();
  let bytes = 0;
  let files = 0;
  const note = (line: string) => counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const text of log.split('\n')) {
    const line = bootLine(text);
    if (line.name !== vm) continue;
    if (line.event === 'netboot.dhcp') note(`DHCP ${line.message}, answered with ${line.reply}`);
    if (line.event === 'netboot.tftp') note(tftpLine(line));
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

/** A loader that has seen enough leaves by an error, or by asking for the next file before its last ACK arrives. */
function tftpLine({ file, outcome, reason, bytes }: ReturnType<typeof bootLine>): string {
  if (outcome === 'sent') return `TFTP sent ${file}, ${bytes} bytes`;
  return `TFTP ${outcome === 'refused' ? 'refused' : 'began'} ${file}: ${reason}`;
}

/** What the machine says that it received, compared with the sets on disk. */
async function receivedFiles({ directory }: Stage, { lladdr, release, arch }: VmView): Promise<string[]> {
  const said = await readFile(`${directory}/host/var/log/daemon`, 'utf8');
  const sums = await readFile(`${directory}/sets/pub/OpenBSD/${release}/${arch}/SHA256`, 'utf8');
  return said.split('\n').flatMap((line) => {
    const [, from, file, bytes, sum = ''] =
      /: (\S+): received (\S+), (\d+) bytes, SHA256 ([0-9a-f]{64})$/.exec(line) ?? [];
    if (from !== lladdr) return [];
    const [, set] = new RegExp(`^SHA256 \\((\\S+)\\) = ${sum}$`, 'm').exec(sums) ?? [];
    return [`${file}, ${bytes} bytes: ${set === undefined ? 'NONE of the sets' : `the set ${set}`}`];
  });
}

const hideToken = (path = ''): string => path.replace(/\/r\/[^/]+/, '/r/TOKEN');
