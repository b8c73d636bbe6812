import type { Finding, Remedy } from './check.ts';
import { type Facts, textOf } from './facts.ts';

export const fault = (
  says: string,
  fix: string,
  safe: readonly Remedy[] | null = null,
): readonly Finding[] => [{ level: 'fault', says, fix, safe }];
export const warning = (
  says: string,
  fix: string,
  safe: readonly Remedy[] | null = null,
): readonly Finding[] => [{ level: 'warning', says, fix, safe }];
/** Nothing to tell. */
export const FINE: readonly Finding[] = [];

/** Now, and after the next boot. */
export const setSysctl = (name: string, value: string): readonly Remedy[] => [
  { kind: 'run', argv: ['sysctl', `${name}=${value}`] },
  { kind: 'line', path: '/etc/sysctl.conf', begins: `${name}=`, line: `${name}=${value}` },
];

/** What a probe printed, line by line. */
export const lines = (facts: Facts, probe: Parameters<typeof textOf>[1]): readonly string[] =>
  textOf(facts, probe)
    .split('\n')
    .map((line) => line.trim());
