import { OperatorError } from '../common/error.ts';
import { show } from '../common/form.ts';

/**
 * What a file's own parser would refuse is refused before it is written.
 * @param format the manual page that has the rule: `vm.conf(5)`
 * @param value what breaks it
 */
export function refuse(format: string, rule: string, value: unknown): OperatorError {
  return new OperatorError('FILE_REFUSED', `${show(value)} cannot be written in ${format}: ${rule}`);
}

/** @throws OperatorError FILE_REFUSED naming the first value that is there twice */
export function refuseTwins(format: string, what: string, values: readonly string[]): void {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) throw refuse(format, `two ${what} are the same`, value);
    seen.add(value);
  }
}

/** An interface as ifconfig(8) names them, within IFNAMSIZ: `veb0`, `vport12`. */
const INTERFACE = /^(?=.{2,15}$)[a-z]+\d+$/;

export function interfaceName(format: string, name: string): string {
  if (INTERFACE.test(name)) return name;
  throw refuse(format, 'an interface is lower-case letters and a number, 15 characters at most', name);
}
