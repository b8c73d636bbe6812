/** Types that OpenBSD's sshd(8) accepts in authorized_keys, certificates left out. */
const KEY_TYPES: ReadonlySet<string> = new Set([
  'ssh-ed25519',
  'ssh-rsa',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
]);

/**
 * The rule that a public key breaks (authorized_keys(5): `type base64 [comment]`), or null. Options in
 * front are refused: the installer writes the line as it is, and nobody reviews them.
 */
export function checkSshKey(key: string): string | null {
  if (/[\p{Cc}\u2028\u2029]/u.test(key)) return 'must be one line without control characters';
  const [type = '', body = ''] = key.split(' ');
  if (!KEY_TYPES.has(type)) return `must start with one of ${[...KEY_TYPES].join(', ')}`;
  const blob = decodeBase64(body);
  if (blob === null) return 'must have valid base64 as its second field';
  const fields = readFields(blob);
  if (fields === null || fields.length < 2)
    return 'must have a complete key as its second field, not one cut short';
  const inner = new TextDecoder('latin1').decode(fields[0]);
  return inner === type ? null : `must say the same type outside and inside its base64 (inside: ${inner})`;
}

/** A key without what stands behind its second field: that comment may carry a secret. */
export function withoutComment(key: string): string {
  return key.split(' ', 2).join(' ');
}

function decodeBase64(text: string): Uint8Array | null {
  if (text === '' || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

/** RFC 4253 §6.6: | length (4) | bytes |, repeated to the very end. */
function readFields(blob: Uint8Array): readonly Uint8Array[] | null {
  const view = new DataView(blob.buffer);
  const fields: Uint8Array[] = [];
  let at = 0;
  while (at + 4 <= blob.length) {
    const length = view.getUint32(at);
    fields.push(blob.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return at === blob.length ? fields : null;
}
