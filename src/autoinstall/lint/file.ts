import { parseAnswer } from '../response-file.ts';
import { error, type Finding, quoted, type Rule, warning } from './finding.ts';

/** Lines that the installer reads differently from what they look like, or not at all. */
export const fileFaults: Rule = ({ rows }) => [
  ...lineEnds(rows),
  ...rows.flatMap((row, index) => skipped(row, index + 1)),
];

function lineEnds(rows: readonly string[]): readonly Finding[] {
  const affected = rows.flatMap((row, index) =>
    row.endsWith('\r') && parseAnswer(row) !== null ? [index + 1] : [],
  );
  const [first] = affected;
  if (first === undefined) return [];
  const what = `${affected.length} answers end in CR LF, from here on; the installer takes the CR as part of the answer`;
  return [error('line-ends', first, what, 'write the file with LF alone, for example with `tr -d "\\r"`')];
}

function skipped(row: string, line: number): readonly Finding[] {
  const text = row.trim();
  if (text === '' || /^[#!]/.test(text) || parseAnswer(row) !== null) return [];
  if (!text.includes('=')) {
    const what = 'the installer skips this line, because it has no `=`';
    return [warning('not-an-answer', line, what, 'write `question = answer`, or `#` in front of a comment')];
  }
  const key = text.slice(0, text.indexOf('=')).trim();
  const what =
    key === ''
      ? 'the installer skips this line, because no question stands before its `=`'
      : `the installer skips this line, because ${quoted(key)} has no answer behind its \`=\``;
  return [
    warning('empty-answer', line, what, 'complete the line, or delete it: the default is taken anyway'),
  ];
}
