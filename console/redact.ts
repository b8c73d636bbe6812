/**
 * Secrets out of text whose secrets nobody has listed: a console's log, a saved response file. `maskSecrets` knows
 * the answers; this knows what a secret looks like.
 */
import { HASH, KEY_COMMENT, MASK } from './mask.ts';

/** What to look for, and what is left of it. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // The answer to a password, as the installer saves it (`log_answers` of install.sub). Locked ones are none.
  [/^(.*pass(?:word|phrase)\b[^=\n]*=[ \t]*)(?!\*+[ \t]*$)\S.*$/gim, `$1${MASK}`],
  [HASH, `$1${MASK}`],
  // What stands behind the second field of an ssh key, where operators keep a first password.
  [KEY_COMMENT, `$1 ${MASK}`],
];

/** @param text whole lines */
export const redact = (text: string): string =>
  SECRETS.reduce((left, [secret, rest]) => left.replace(secret, rest), text);
