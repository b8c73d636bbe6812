import { join } from 'node:path';
import type { Keyring } from '../../../sets/io/keyring.ts';
import { SNAPSHOTS } from '../../../sets/mirror.ts';
import { OperatorError } from '../../common/error.ts';
import { RELEASE, show } from '../../common/form.ts';
import type { Config } from '../../config/schema.ts';

/** @throws OperatorError USAGE for what could be a way out of the sets directory */
export function checkPlace(release: string, arch: string): void {
  if (!RELEASE.test(release) && release !== SNAPSHOTS) {
    throw new OperatorError('USAGE', `${show(release)} is no release such as 7.6, and not ${SNAPSHOTS}`);
  }
  if (!/^[a-z0-9]{1,16}$/.test(arch)) throw new OperatorError('USAGE', `${show(arch)} is no architecture`);
}

/** Where keys that were learnt from base sets are kept. */
export const learntKeys = (config: Config): string => join(config.stateDirectory, 'signify');

/** The system's own keys first, then what was learnt; the built-in ones come last. */
export function keyringOf(config: Config, key: string | undefined): Keyring {
  return { file: key ?? null, directories: ['/etc/signify', learntKeys(config)] };
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
