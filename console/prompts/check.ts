import type { z } from 'zod';
import { show } from '../../src/common/form.ts';
import { compileTable, type PromptTable } from './compile.ts';
import { OPENBSD_TABLE } from './openbsd.ts';
import { TableSchema } from './source.ts';

/** What is wrong with an operator's table, and where: `['prompts', 0, 'tail']`. */
export interface Finding {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export type Checked =
  | { readonly table: PromptTable; readonly findings: readonly [] }
  | { readonly table: null; readonly findings: readonly Finding[] };

/** An operator's table, ready for use, or every mistake in it. */
export function checkTable(raw: unknown): Checked {
  const result = TableSchema.safeParse(raw);
  const findings = [
    ...(result.success ? [] : result.error.issues.flatMap((issue) => findingsOf(issue, raw))),
    ...phasesMissing(raw),
  ];
  if (!result.success || findings.length > 0) return { table: null, findings };
  const base = result.data.base === 'none' ? null : OPENBSD_TABLE;
  return { table: compileTable(result.data, base), findings: [] };
}

function findingsOf(issue: z.core.$ZodIssue, raw: unknown): readonly Finding[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: 'unknown key' }));
  }
  return [{ path, message: `${issue.message} (found ${show(memberAt(raw, path))})` }];
}

/** Between two keys of a line, so apart from the schema, which stops at the first of a table's own mistakes. */
function phasesMissing(raw: unknown): readonly Finding[] {
  const lines = memberAt(raw, ['lines']);
  if (!Array.isArray(lines)) return [];
  return lines.flatMap((line, index) => {
    const means = memberAt(line, ['means']);
    if ((means !== 'phase' && means !== 'release') || memberAt(line, ['phase']) !== undefined) return [];
    return [{ path: ['lines', index, 'phase'], message: `expected with means = "${means}" (found nothing)` }];
  });
}

function memberAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    return Reflect.get(value, key);
  }, raw);
}
