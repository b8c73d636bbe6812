import { readFile } from 'node:fs/promises';
import { messageOf, OperatorError } from '../common/error.ts';
import { parseConfig } from '../config/parse.ts';
import type { Config } from '../config/schema.ts';

export interface ConfigFile {
  /** Its name, as it was given or found. */
  readonly file: string;
  readonly text: string;
}

/** What of the environment is read. */
export interface ConfigEnvironment {
  readonly PUFFBOOT_CONFIG?: string | undefined;
}

/**
 * The checked configuration and the file that it came from.
 * @param path as given with -f; without it, $PUFFBOOT_CONFIG, ./puffboot.toml and /etc/puffboot.toml
 * @throws OperatorError CONFIG_MISSING naming the places, CONFIG_INVALID listing every mistake
 */
export async function readConfig(
  path?: string,
  env: ConfigEnvironment = process.env,
): Promise<{ readonly config: Config; readonly file: string }> {
  const { file, text } = await findConfig(path, env);
  return { config: parseConfig(text, file), file };
}

/** A file that was named must be there; only the usual places are searched. */
export async function findConfig(path?: string, env: ConfigEnvironment = process.env): Promise<ConfigFile> {
  const named = path ?? (env.PUFFBOOT_CONFIG || undefined);
  const places = named === undefined ? USUAL_PLACES : [named];
  const misses: string[] = [];
  for (const file of places) {
    try {
      return { file, text: await readFile(file, 'utf8') };
    } catch (error) {
      misses.push(messageOf(error));
    }
  }
  throw new OperatorError('CONFIG_MISSING', `there is no configuration: ${misses.join('; ')}`);
}

const USUAL_PLACES: readonly string[] = ['./puffboot.toml', '/etc/puffboot.toml'];
