/**
 * Files of signify(1): a line of comment that nobody vouches for, a line of base64, and where a signature is
 * embedded, the message.
 *
 *   public key:  | 'Ed' (2) | key number (8) | ed25519 public key (32) |
 *   signature:   | 'Ed' (2) | key number (8) | ed25519 signature (64)  |
 */
export interface PublicKey {
  /** Says which key a signature was made with; no proof of anything. */
  readonly number: Uint8Array;
  readonly key: Uint8Array;
}

export interface Signature {
  readonly number: Uint8Array;
  readonly signature: Uint8Array;
}

export interface SignedMessage extends Signature {
  readonly message: Uint8Array;
}

/** Verifies an ed25519 signature (RFC 8032); implemented in `io/`. */
export type VerifyEd25519 = (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** COMMENTMAXLEN of signify(1). */
const LONGEST_COMMENT = 1024;
const COMMENT = 'untrusted comment: ';
const NUMBER_BYTES = 8;
const NEWLINE = 10;

/** @returns null for what is no public key of signify(1), and for anything behind it */
export function parsePublicKey(bytes: Uint8Array): PublicKey | null {
  const parts = split(bytes, 32);
  return parts === null || parts.rest.length > 0 ? null : { number: parts.number, key: parts.body };
}

/** A signature with its message embedded, such as SHA256.sig. @returns null for anything else */
export function parseEmbedded(bytes: Uint8Array): SignedMessage | null {
  const parts = split(bytes, 64);
  return parts && { number: parts.number, signature: parts.body, message: parts.rest };
}

/** Why a signature does not vouch for its message, in words that complete `SHA256.sig ...`; null: it does. */
export function signatureFault(signed: SignedMessage, key: PublicKey, verify: VerifyEd25519): string | null {
  if (!sameBytes(signed.number, key.number)) return 'was made with another key';
  return verify(key.key, signed.message, signed.signature) ? null : 'has a signature that is wrong';
}

interface Parts {
  readonly number: Uint8Array;
  readonly body: Uint8Array;
  readonly rest: Uint8Array;
}

/** Bytes and not text, because a signature is over bytes, whatever encoding they are in. */
function split(bytes: Uint8Array, bodyBytes: number): Parts | null {
  const first = bytes.indexOf(NEWLINE);
  const second = bytes.indexOf(NEWLINE, first + 1);
  if (first < 0 || second < 0) return null;
  const latin1 = new TextDecoder('latin1');
  const comment = latin1.decode(bytes.subarray(0, first));
  if (!comment.startsWith(COMMENT) || comment.length > COMMENT.length + LONGEST_COMMENT) return null;
  const blob = decodeBase64(latin1.decode(bytes.subarray(first + 1, second)));
  if (blob === null || blob.length !== 2 + NUMBER_BYTES + bodyBytes) return null;
  if (latin1.decode(blob.subarray(0, 2)) !== 'Ed') return null;
  const body = 2 + NUMBER_BYTES;
  return { number: blob.subarray(2, body), body: blob.subarray(body), rest: bytes.subarray(second + 1) };
}

function decodeBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);
