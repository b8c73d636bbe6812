import { parse as parseToml, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { contains } from '../common/address.ts';
import { OperatorError } from '../common/error.ts';
import { show } from '../common/form.ts';
import { crossFindings } from './cross.ts';
import { keysAt, wordsAt } from './keys.ts';
import { locate } from './locate.ts';
import { type Finding, type Mistake, renderMistakes, renderPath } from './mistake.ts';
import { nearest } from './nearest.ts';
import { type Config, ConfigSchema, type HostConfig, type SubnetConfig } from './schema.ts';

export type Inspection =
  | { readonly config: Config; readonly mistakes: readonly [] }
  | { readonly config: null; readonly mistakes: readonly Mistake[] };

/**
 * @param file its name, for messages
 * @throws OperatorError CONFIG_INVALID listing every mistake, one a line: `file:line: key: message`
 */
export function parseConfig(text: string, file: string): Config {
  const { config, mistakes } = inspectConfig(text);
  if (config !== null) return config;
  throw new OperatorError('CONFIG_INVALID', renderMistakes(file, mistakes));
}

/** The configuration, deeply frozen, or every mistake in it, in the order of lines. */
export function inspectConfig(text: string): Inspection {
  const document = readToml(text);
  if ('mistake' in document) return { config: null, mistakes: [document.mistake] };
  const result = ConfigSchema.safeParse(document.raw);
  const findings = [
    ...(result.success ? [] : result.error.issues.flatMap((issue) => findingsOf(issue, document.raw))),
    ...crossFindings(document.raw),
  ];
  if (result.success && findings.length === 0) return { config: freeze(result.data), mistakes: [] };
  const lineOf = locate(text);
  const mistakes = findings.map(({ path, message }) => ({
    line: lineOf(path),
    key: renderPath(path),
    message,
  }));
  return { config: null, mistakes: withoutRepeats(mistakes).sort((a, b) => a.line - b.line) };
}

/** The subnet in which a host's VMs live. A checked configuration has exactly one. */
export function subnetOf(config: Config, host: HostConfig): SubnetConfig {
  const subnet = config.subnets.find(({ cidr }) => contains(cidr, host.ipv4Range.first));
  if (subnet === undefined)
    throw new Error(`host ${host.name} lies in no subnet: the configuration is unchecked`);
  return subnet;
}

/** A document, or why it is none. */
export function readToml(text: string): { readonly raw: unknown } | { readonly mistake: Mistake } {
  try {
    return { raw: parseToml(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    return { mistake: { line: error.line, key: '', message: `this is not TOML: ${reason}` } };
  }
}

function findingsOf(issue: z.core.$ZodIssue, raw: unknown): readonly Finding[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(path, key) }));
  }
  return [{ path, message: `expected ${wordsAt(path)} (found ${show(valueAt(raw, path))})` }];
}

function unknownKey(path: readonly PropertyKey[], key: string): string {
  const guess = nearest(key, keysAt(path));
  return `unknown key${guess === null ? '' : `; did you mean ${guess}?`}`;
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    return Reflect.get(value, key);
  }, raw);
}

/** A value that breaks two rules of its own key is told once. */
function withoutRepeats(mistakes: readonly Mistake[]): Mistake[] {
  return [...new Map(mistakes.map((mistake) => [JSON.stringify(mistake), mistake])).values()];
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(freeze);
  return Object.freeze(value);
}
