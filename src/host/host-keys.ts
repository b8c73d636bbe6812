import { refuse } from './refusal.ts';
import { type NamedMachine, record } from './zone.ts';

/** A public host key of sshd(8). */
export interface HostKey {
  readonly type: string;
  /** The key itself, as base64. */
  readonly body: string;
}

/** Algorithm numbers of SSHFP records: RFC 4255, 6594, 7479. DSA is left out, as in sshd(8). */
const ALGORITHMS: Readonly<Record<string, number>> = {
  'ssh-rsa': 1,
  'ecdsa-sha2-nistp256': 3,
  'ecdsa-sha2-nistp384': 3,
  'ecdsa-sha2-nistp521': 3,
  'ssh-ed25519': 4,
};

/** SHA-256 as a fingerprint type (RFC 6594 §4.1.2); SHA-1 is not written any more. */
const SHA256 = 2;

/**
 * Host keys as ssh-keyscan(1) prints them (`name type base64`) or as they lie in /etc/ssh/*.pub (`type base64
 * comment`); comments and empty lines are skipped.
 * @throws OperatorError FILE_REFUSED for a line that is no host key
 */
export function parseHostKeys(text: string): readonly HostKey[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(parseLine);
}

function parseLine(line: string): HostKey {
  const fields = line.split(/\s+/);
  const at = fields.findIndex((field) => Object.hasOwn(ALGORITHMS, field));
  const [type = '', body = ''] = at < 0 || at > 1 ? [] : fields.slice(at);
  if (type === '' || typeWithin(body) !== type) throw refuse('known_hosts', 'it is no host key', line);
  return { type, body };
}

/** The type that stands inside of a key (RFC 4253 §6.6); empty where the base64 is none. */
function typeWithin(body: string): string {
  if (!/^[A-Za-z0-9+/]{16,}={0,2}$/.test(body) || body.length % 4 !== 0) return '';
  const bytes = Uint8Array.from(atob(body), (char) => char.charCodeAt(0));
  const length = new DataView(bytes.buffer).getUint32(0);
  return new TextDecoder('latin1').decode(bytes.subarray(4, 4 + length));
}

/** known_hosts lines (sshd(8)) for a machine under its name and its addresses. */
export function renderKnownHosts({ name, ipv4, ipv6 }: NamedMachine, keys: readonly HostKey[]): string {
  const names = [name, ipv4, ...(ipv6 === null ? [] : [ipv6])].join(',');
  return keys.map(({ type, body }) => `${names} ${type} ${body}\n`).join('');
}

/**
 * SSHFP records (RFC 4255) of a machine.
 * @param sha256 in hexadecimal digits
 */
export function renderSshfp(
  { name }: NamedMachine,
  keys: readonly HostKey[],
  ttlSeconds: number,
  sha256: (bytes: Uint8Array) => string,
): string {
  return keys
    .map(({ type, body }) => {
      const bytes = Uint8Array.from(atob(body), (char) => char.charCodeAt(0));
      return record(name, ttlSeconds, 'SSHFP', `${ALGORITHMS[type]} ${SHA256} ${sha256(bytes)}`);
    })
    .join('');
}
