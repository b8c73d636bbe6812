import { Command } from 'commander';
import { mapLimited } from '../common/each.ts';
import { messageOf, OperatorError } from '../common/error.ts';
import type { DoctorView } from '../web/host-operator.ts';
import { fixOf, hostsOf, withApi } from './plan.ts';
import { printable, renderTable } from './table.ts';

interface DoctorOptions {
  readonly config?: string;
  readonly fix?: boolean;
  readonly json?: boolean;
}

/** How many hosts are looked at at once. */
const AT_ONCE = 16;

/** `puffboot doctor [HOST]`: what is wrong with the hosts, each with its fix. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('what keeps VMs from running or installing well on the hosts; exit status 1 with any fault')
    .argument('[host]', 'name of the host; all of them without it')
    .option('-f, --config <file>', 'configuration file')
    .option('--fix', 'fix what is safe to fix, then look again')
    .option('--json', 'print JSON')
    .action(async (name: string | undefined, options: DoctorOptions) => {
      await withApi(options.config, async (api) => {
        const hosts = await hostsOf(api, name);
        const views = await mapLimited(hosts, AT_ONCE, async (host) => {
          const path = `/hosts/${encodeURIComponent(host)}/doctor`;
          const asked = api.call(options.fix ? 'POST' : 'GET', path) as Promise<DoctorView>;
          return asked
            .then((view) => ({ host, view, error: null }))
            .catch((error: unknown) => ({ host, view: null, error }));
        });
        if (views.some(({ view }) => view === null || hasFault(view))) process.exitCode = 1;
        if (options.json) return printJson(views);
        for (const { host, view, error } of views) {
          if (view !== null) process.stdout.write(renderDoctor(view));
          else process.stderr.write(`${host}: ${messageOf(error)}\n${fixOf(error)}`);
        }
      });
    });
}

const hasFault = ({ checks }: DoctorView): boolean =>
  checks.some(({ findings }) => findings.some(({ level }) => level === 'fault'));

/** A row for each check, and below the table what to do, with a star where `--fix` does it. */
export function renderDoctor({ host, checks, fixed }: DoctorView): string {
  const rows = checks.flatMap(({ name, fine, findings }) =>
    findings.length === 0
      ? [[name, 'ok', fine]]
      : findings.map(({ level, says }) => [name, level, printable(says)]),
  );
  const findings = checks.flatMap((check) =>
    check.findings.map((finding) => ({ ...finding, name: check.name })),
  );
  const fixes = findings.map(({ name, fix, safe }) => `  ${name}: ${printable(fix)}${safe ? ' *' : ''}\n`);
  const table = renderTable([['CHECK', 'STATE', host], ...rows]);
  const done = fixed.map((says) => `fixed: ${printable(says)}\n`).join('');
  const star = findings.some(({ safe }) => safe) ? '  * done by --fix\n' : '';
  return `${done}${table}${fixes.length === 0 ? '' : `\nfix:\n${fixes.join('')}${star}`}`;
}

interface Row {
  readonly host: string;
  readonly view: DoctorView | null;
  readonly error: unknown;
}

function printJson(rows: readonly Row[]): void {
  const plain = rows.map(({ host, view, error }) => {
    const code = error instanceof OperatorError ? error.code : null;
    return view ?? { host, error: { code, message: messageOf(error) } };
  });
  process.stdout.write(`${JSON.stringify(plain, null, 2)}\n`);
}
