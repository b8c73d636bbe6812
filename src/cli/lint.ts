import { Command, InvalidArgumentError, Option } from 'commander';
import type { Finding } from '../autoinstall/lint/finding.ts';
import { type LintReport, lintResponseFile } from '../autoinstall/lint.ts';
import type { Mode } from '../autoinstall/question.ts';
import { parseResponseFile } from '../autoinstall/response-file.ts';
import { OperatorError } from '../common/error.ts';
import { readResponseText } from './answers-file.ts';

export interface LintCommandOptions {
  readonly release?: string;
  readonly mode?: Mode;
  readonly json?: boolean;
}

/** `puffboot lint`: a response file alone, before a machine boots with it. */
export function lintCommand(): Command {
  return new Command('lint')
    .description('check a response file: answers never asked for, ambiguous, missing, or dangerous')
    .argument('<file>', 'a response file (install.conf, upgrade.conf)')
    .addOption(
      new Option(
        '--release <release>',
        'the installer that will read it; by default the one in its `Server directory`, else 7.6',
      ).argParser(parseRelease),
    )
    .addOption(
      new Option('--mode <mode>', 'by default upgrade for a file named *upgrade.conf, else install').choices([
        'install',
        'upgrade',
      ]),
    )
    .option('--json', 'print one JSON object')
    .action(async (file: string, options: LintCommandOptions) => {
      await runLint(file, options, (text) => process.stdout.write(text));
    });
}

/**
 * Prints what is wrong with a response file, never an answer.
 * @throws OperatorError RESPONSE_FILE_FAULTY when it has errors, RESPONSE_FILE_MISSING, RESPONSE_FILE_INVALID
 */
export async function runLint(
  file: string,
  options: LintCommandOptions,
  print: (text: string) => void,
): Promise<LintReport> {
  const text = await readResponseText(file);
  parseResponseFile(text, file);
  const { release = null, mode = file.endsWith('upgrade.conf') ? 'upgrade' : 'install' } = options;
  const report = lintResponseFile(text, { release, mode });
  const errors = report.findings.filter(({ severity }) => severity === 'error').length;
  print(
    options.json === true
      ? `${JSON.stringify({ file, ok: errors === 0, ...report })}\n`
      : renderLint(file, report),
  );
  if (errors > 0) throw new OperatorError('RESPONSE_FILE_FAULTY', `${file} has ${count(errors, 'error')}`);
  return report;
}

/** `install.conf:3: error: WHAT`, its fix below it, and a summary. */
export function renderLint(file: string, { release, mode, known, findings }: LintReport): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = count(findings.length - errors, 'warning');
  const about = `${mode} of OpenBSD ${release}, questions ${KNOWN[known]}`;
  const summary = findings.length === 0 ? 'ok' : `${count(errors, 'error')}, ${warnings}`;
  return `${findings.map((finding) => renderFinding(file, finding)).join('')}${file}: ${summary} (${about})\n`;
}

const KNOWN: Readonly<Record<LintReport['known'], string>> = {
  seen: 'seen on its installer',
  read: 'read in its source',
  unverified: 'unverified',
};

function renderFinding(file: string, { line, severity, what, fix }: Finding): string {
  const where = line === null ? file : `${file}:${line}`;
  return `${where}: ${severity}: ${what}\n  fix: ${fix}\n`;
}

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;

function parseRelease(text: string): string {
  if (/^\d{1,2}\.\d$/.test(text)) return text;
  throw new InvalidArgumentError('A release is written as 7.6.');
}
