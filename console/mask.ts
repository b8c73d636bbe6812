/**
 * Secrets out of text that is kept: typed or echoed passwords, and what stands behind the second field of an
 * ssh key, where operators keep a first password.
 */
import type { Answer } from '../src/autoinstall/response-file.ts';

export const MASK = '***';

/** Shorter ones would blot out half of any text, and give nothing away that a guess would not. */
const SHORTEST = 4;
/** What stands for no password at all is no secret, and looks like the installer's progress bars. */
const LOCKED = /^\*+$/;

/** An ssh key with what stands behind it, which only who rendered the response file may know. */
export const KEY_COMMENT =
  /(\b(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[\w@.-]{1,60} +[A-Za-z0-9+/]{16,}={0,3})[ \t]+\S.*$/gm;
/** A hash of crypt(3): bcrypt, and what other systems make. */
export const HASH = /(\$(?:2[abxy]|1|5|6|y)\$)[^\s:"']{8,}/g;
/** The end of the output that is, or may become, one. */
const UNFINISHED_HASH = /\$(?:(?:2[abxy]?|[156y])(?:\$[^\s:"']{0,4000})?)?$/;
/** The end of a line that is, or may become, one of a key. */
const UNFINISHED_KEY =
  /(?<![A-Za-z0-9])(?:(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[^\r\n]{0,4000}|s|ss|ssh|sk|sk-s|sk-ss|e|ec|ecd|ecds|ecdsa)$/;

/** What must not be seen of these answers, longest first so that none hides behind a part of itself. */
export function secretsOf(answers: readonly Answer[]): readonly string[] {
  const secrets = answers.filter(({ secret }) => secret === true).map(secretPart);
  return [...new Set(secrets)]
    .filter((text) => text.length >= SHORTEST && !LOCKED.test(text))
    .sort((a, b) => b.length - a.length);
}

export function maskSecrets(text: string, secrets: readonly string[]): string {
  const listed = secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
  return listed.replace(HASH, `$1${MASK}`).replace(KEY_COMMENT, `$1 ${MASK}`);
}

export interface Masked {
  /** Ready to be kept. */
  readonly text: string;
  /** The end of the output, which may be the beginning of a secret; give it back with the next output. */
  readonly held: string;
}

/** Masks a stream piece by piece: a secret that is cut by the pieces' ends is found too. */
export function maskPiece(held: string, output: string, secrets: readonly string[]): Masked {
  const whole = held + output;
  const unfinished = [UNFINISHED_KEY, UNFINISHED_HASH].map((pattern) => pattern.exec(whole)?.index);
  const end = Math.min(...unfinished.map((index) => index ?? whole.length));
  const masked = maskSecrets(whole.slice(0, end), secrets);
  const keep = Math.max(0, ...secrets.map((secret) => startAtEnd(masked, secret)));
  const rest = masked.slice(masked.length - keep) + whole.slice(end);
  return { text: masked.slice(0, masked.length - keep), held: rest };
}

/** How many characters at the end of `text` are a beginning of `secret`. */
function startAtEnd(text: string, secret: string): number {
  const most = Math.min(text.length, secret.length - 1);
  for (let length = most; length > 0; length -= 1) {
    if (text.endsWith(secret.slice(0, length))) return length;
  }
  return 0;
}

function secretPart({ key, value }: Answer): string {
  if (!/ssh key/i.test(key)) return value;
  return value
    .split(/[ \t]+/)
    .slice(2)
    .join(' ');
}
