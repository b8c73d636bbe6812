import { createPublicKey, verify } from 'node:crypto';
import type { VerifyEd25519 } from '../signify.ts';

/** RFC 8410: what stands before the 32 bytes of an ed25519 key in a SubjectPublicKeyInfo. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export const verifyEd25519: VerifyEd25519 = (key, message, signature) => {
  const der = Buffer.concat([SPKI_PREFIX, key]);
  return verify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
};
