/**
 * The form in which prompt tables are written: the built-in ones and the files of operators alike. Patterns are
 * text here, rows are not checked against each other.
 */
import { z } from 'zod';
import { PHASES, type Phase } from '../phase.ts';
import { compilePattern, type Pattern } from './pattern.ts';
import { parseReleases } from './releases.ts';
import { ANSWER_KINDS } from './row.ts';

const MEANINGS = [
  'phase',
  'release',
  'timer',
  'automatic',
  'installed',
  'upgraded',
  'failed',
  'gave-up',
  'suspect',
] as const;

/** Shorter keys would be found in too many lines. */
const SHORTEST_LINE_KEY = 3;

/** A value is refused in words for the operator: what was expected. */
const expected = (error: string) => ({ error: `expected ${error}` });

const rowName = z
  .string(expected('a name'))
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,40}$/,
    expected('a name of letters, digits, blanks, dots and hyphens'),
  );
const phase = z.enum(
  Object.keys(PHASES) as [Phase, ...Phase[]],
  expected(`one of ${Object.keys(PHASES).join(', ')}`),
);
const flag = z.boolean(expected('true or false'));

const releases = z
  .string(expected('releases such as "seen 7.6, read 5.8-7.2"'))
  .refine((text) => parseReleases(text) !== null, expected('releases such as "seen 7.6, read 5.8-7.2"'));

/** What is typed or asked for: one line of text that a keyboard can give. */
const typed = z
  .string(expected('text'))
  .max(400, expected('400 characters at most'))
  .regex(/^[^\x00-\x1f\x7f]*$/, expected('text without control characters; RETURN is typed behind it'));

const pattern = (needs: (pattern: Pattern) => string | null) =>
  z.string(expected('a regular expression')).superRefine((source, context) => {
    const fault = faultOf(source, needs);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  });

const promptPattern = pattern(({ reachesEnd, key }) => {
  if (!reachesEnd) return 'expected a $ at its end: a prompt is what stands at the end of the output';
  return key === '' ? 'expected at least one character that stands in every match, outside of groups' : null;
});

const linePattern = pattern(({ key }) =>
  key.length < SHORTEST_LINE_KEY
    ? `expected at least ${SHORTEST_LINE_KEY} characters in a row that stand in every match, outside of groups`
    : null,
);

const answer = z.union(
  [
    z.enum(ANSWER_KINDS),
    z.strictObject({ text: typed }),
    z.strictObject({ question: typed.min(1), secret: flag.optional() }),
  ],
  expected(`one of ${ANSWER_KINDS.join(', ')}, or { text = "..." }, or { question = "...", secret = true }`),
);

const prompt = z.strictObject({
  name: rowName,
  releases: releases.optional(),
  prompt: promptPattern,
  tail: z.enum(['exact', 'optional'], expected('exact or optional')).optional(),
  answer,
  phase: phase.optional(),
});

const line = z.strictObject({
  name: rowName,
  releases: releases.optional(),
  line: linePattern,
  means: z.enum(MEANINGS, expected(`one of ${MEANINGS.join(', ')}`)),
  /** Required where it means `phase` or `release`. */
  phase: phase.optional(),
  afterDone: flag.optional(),
  /** With `failed`: what the operator is told instead of the line. */
  reason: typed.min(1).optional(),
  /** With `failed`: the machine reboots by itself, so that nothing can be asked there. */
  reboots: flag.optional(),
});

export const TableSchema = z.strictObject({
  /** Without a base, the name of the system that is installed. */
  name: rowName,
  /** `openbsd`: these rows come before the built-in ones; `none`: they are all there is. */
  base: z.enum(['openbsd', 'none'], expected('openbsd or none')).optional(),
  /** The releases whose console as a whole these rows are known for, and those of each row that names none. */
  releases,
  prompts: z.array(prompt, expected('[[prompts]] tables')).optional(),
  lines: z.array(line, expected('[[lines]] tables')).optional(),
});

export type TableSource = z.infer<typeof TableSchema>;
export type PromptSource = z.infer<typeof prompt>;
export type LineSource = z.infer<typeof line>;

function faultOf(source: string, needs: (pattern: Pattern) => string | null): string | null {
  try {
    return needs(compilePattern(source));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return `expected another regular expression: ${error.message.replace(/^Invalid regular expression: /, '')}`;
  }
}
