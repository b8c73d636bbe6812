import { createHash } from 'node:crypto';
import type { Fetched } from '../guest/board.ts';
import type { Fault } from '../options.ts';

/** What a fault makes of a file on its way to the guest. */
export function spoil(fault: Fault, url: string, got: Fetched): Fetched {
  if (got.kind !== 'ok') return got;
  if (/\.conf(\?|$)/.test(url)) {
    const change = RESPONSE_FILES[fault];
    if (change === undefined) return got;
    const text = Buffer.from(got.bytes).toString('latin1');
    return { ...got, bytes: Buffer.from(change(text), 'latin1') };
  }
  // One bit of a set is enough.
  if (fault !== 'checksum' || !/\/base\d+\.tgz$/.test(url)) return got;
  const bytes = Buffer.from(got.bytes);
  if (bytes.length > 0) bytes[0] = (bytes[0] ?? 0) ^ 1;
  return { ...got, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

const RESPONSE_FILES: Partial<Record<Fault, (text: string) => string>> = {
  // The one answer that has no default and that everybody needs.
  'no-answer': (text) => text.replace(/^.*password for root.*$/gim, ''),
  'wrong-disk': (text) => `Which disk is the root disk = wd7\n${text}`,
};
