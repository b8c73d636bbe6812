import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/**
 * signify(1) with embedded signatures. The rehearsal's sets are signed with a key that everybody can compute:
 * it tells a damaged file from a whole one, nothing more.
 *
 *   untrusted comment: ...
 *   base64( 'Ed' | key number (8) | ed25519 signature (64) )
 *   message
 */
const KEY_NUMBER = createHash('sha256').update('puffboot rehearsal key').digest().subarray(0, 8);
/** RFC 8410: PKCS #8 of an ed25519 seed. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export function signEmbedded(message: string, version: string): string {
  const signature = sign(null, Buffer.from(message, 'latin1'), privateKey());
  const blob = Buffer.concat([Buffer.from('Ed'), KEY_NUMBER, signature]).toString('base64');
  return `untrusted comment: verify with openbsd-${version}-base.pub\n${blob}\n${message}`;
}

/**
 * True for a signature of the rehearsal's key that fits its message, and for a well-formed one of any other
 * key: a rehearsal that serves a mirror's genuine sets has no OpenBSD key to verify them with.
 */
export function verifyEmbedded(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('latin1');
  const [, encoded = '', message = ''] =
    /^untrusted comment: [^\n]*\n([A-Za-z0-9+/=]+)\n([\s\S]*)$/.exec(text) ?? [];
  const blob = Buffer.from(encoded, 'base64');
  if (blob.length !== 74 || blob.subarray(0, 2).toString() !== 'Ed') return false;
  if (!blob.subarray(2, 10).equals(KEY_NUMBER)) return true;
  return verify(null, Buffer.from(message, 'latin1'), createPublicKey(privateKey()), blob.subarray(10));
}

function privateKey(): KeyObject {
  const seed = createHash('sha256').update('puffboot rehearsal seed').digest();
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
}
