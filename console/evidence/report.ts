/** Evidence as a file: text to read, one part for each command. */
import { maskSecrets } from '../mask.ts';
import { redact } from '../redact.ts';

export interface Section {
  readonly command: string;
  /** What it printed, secrets removed. */
  readonly text: string;
  /** Of the command; null in ddb(4), and where its end was not seen. */
  readonly status: number | null;
  /** Why the text is not all of it; null when it is. */
  readonly cut: string | null;
}

export interface Evidence {
  readonly sections: readonly Section[];
  /** Why there is no more; null when everything was asked. */
  readonly cut: string | null;
  /** Where the machine was left. */
  readonly stands: 'menu' | 'shell' | 'ddb' | null;
}

/** What the file says above the evidence. */
export interface EvidenceTitle {
  readonly title: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly reason: string;
  readonly release: string | null;
}

/** @param secrets see `secretsOf` */
export const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  redact(maskSecrets(text, secrets));

export function renderEvidence({ title, at, reason, release }: EvidenceTitle, evidence: Evidence): string {
  const left = evidence.stands === null ? '' : `, left at ${PLACES[evidence.stands]}`;
  return [
    `evidence of ${title}`,
    `collected ${new Date(at).toISOString()}${release === null ? '' : `, OpenBSD ${release}`}${left}`,
    `failed: ${reason}`,
    ...(evidence.cut === null ? [] : [`incomplete: ${evidence.cut}`]),
    ...evidence.sections.flatMap(renderSection),
    '',
  ].join('\n');
}

const PLACES = {
  menu: "the installer's menu",
  shell: 'a shell prompt',
  ddb: 'the ddb prompt',
} as const;

function renderSection({ command, text, status, cut }: Section): readonly string[] {
  const note = cut ?? (status === null || status === 0 ? null : `exit status ${status}`);
  return ['', `==> ${command} <==${note === null ? '' : ` (${note})`}`, ...(text === '' ? [] : [text])];
}
