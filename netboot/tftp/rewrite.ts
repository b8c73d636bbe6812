/**
 * The protocol of OpenBSD's `tftpd -r socket` (tftpd(8)): for each request it writes a line, and waits for a line
 * with the name of the file that it is to send, in the same order:
 *
 *     192.0.2.7 read auto_install
 *     /7.6/amd64/pxeboot
 *
 * The name is encoded by vis(3) with VIS_SAFE and VIS_OCTAL.
 */
export interface RewriteRequest {
  readonly address: string;
  readonly operation: 'read' | 'write';
  /** Decoded, one byte a character. */
  readonly name: string;
}

/** @returns null for a line that no tftpd writes, such as what stands behind a newline in a name */
export function parseRewrite(line: string): RewriteRequest | null {
  const match = /^([0-9a-fA-F.:%\w]+) (read|write) (.*)$/s.exec(line);
  if (match === null) return null;
  const [, address = '', operation = '', name = ''] = match;
  if (!/^(\d+\.){3}\d+$|:/.test(address)) return null;
  return { address, operation: operation as 'read' | 'write', name: unvis(name) };
}

/** `\ooo` is a byte, and a backslash is doubled; anything else behind one stands for itself. */
export function unvis(text: string): string {
  return text.replace(/\\(?:([0-3][0-7]{2})|(.))/gs, (_, octal: string | undefined, other: string) =>
    octal === undefined ? other : String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** A file that tftpd finds nowhere: it answers `File not found`. */
export const REFUSED = '/refused';
