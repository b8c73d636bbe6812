import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A signify(1) key of this test run. */
export interface TestKey {
  readonly number: Buffer;
  readonly secret: KeyObject;
  /** The public key as a file. */
  readonly file: string;
}

export function makeKey(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const number = randomBytes(8);
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const blob = Buffer.concat([Buffer.from('Ed'), number, raw]).toString('base64');
  return { number, secret: privateKey, file: `untrusted comment: test public key\n${blob}\n` };
}

/** The message with its signature embedded. */
export function signWith({ number, secret }: TestKey, message: string): string {
  const signature = sign(null, Buffer.from(message), secret);
  const blob = Buffer.concat([Buffer.from('Ed'), number, signature]).toString('base64');
  return `untrusted comment: verify with test.pub\n${blob}\n${message}`;
}

/** Sums as sha256(1) writes them. */
export function sumsOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  return Object.entries(files)
    .map(([name, content]) => `SHA256 (${name}) = ${createHash('sha256').update(content).digest('hex')}\n`)
    .join('');
}

/** index.txt as `ls -lT` writes it. */
export function indexOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  return Object.entries(files)
    .map(([name, text]) => `-rw-r--r--  1 1001  0  ${text.length} Oct  1 12:00:00 2024 ${name}\n`)
    .join('');
}
