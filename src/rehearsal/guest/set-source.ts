import type { Session } from './session.ts';

export interface SetSource {
  /** URL of the directory; empty when no server could be reached. */
  readonly base: string;
  readonly files: readonly string[];
}

/** `install_http`'s file list: what SHA256.sig signs, then what index.txt has besides. */
export async function listSets(session: Session, server: string, directory: string): Promise<SetSource> {
  const { board } = session;
  const host = server.replace(/^https?:\/\//, '');
  let base = `${server.startsWith('http://') ? 'http' : 'https'}://${host}/${directory}`;
  let signed = await board.fetch(`${base}/SHA256.sig`);
  if (signed.kind !== 'ok' && server.startsWith('https://')) {
    session.abortUnattended();
    return { base: '', files: [] };
  }
  if (signed.kind !== 'ok' && !server.startsWith('http://')) {
    session.say('Unable to connect using HTTPS; using HTTP instead.\n');
    base = `http://${host}/${directory}`;
    signed = await board.fetch(`${base}/SHA256.sig`);
  }
  const verified = signed.kind === 'ok' && board.verifySignature(signed.bytes);
  if (!verified) session.say('Unable to get a verified list of distribution sets.\n');
  if (signed.kind === 'unreachable' && !signed.connected) return { base: '', files: [] };
  const listed = signed.kind === 'ok' && verified ? ['SHA256.sig', ...checksums(signed).keys()] : [];
  const index = await board.fetch(`${base}/index.txt`);
  const others = index.kind === 'ok' ? indexNames(textOf(index)) : [];
  return { base, files: [...new Set([...listed, ...others])] };
}

const textOf = ({ bytes }: { readonly bytes: Uint8Array }): string => new TextDecoder('latin1').decode(bytes);

/** `SHA256 (bsd) = 0123...` lines. */
export function checksums(file: { readonly bytes: Uint8Array }): ReadonlyMap<string, string> {
  const lines = textOf(file).matchAll(/^SHA256 \(([^)]+)\) = ([0-9a-f]{64})$/gm);
  return new Map([...lines].map(([, name = '', sum = '']) => [name, sum]));
}

/** Names of `ls -l` lines: what follows the last blank. */
function indexNames(text: string): readonly string[] {
  return [...text.matchAll(/^.* ([a-zA-Z][a-zA-Z0-9._-]+)$/gm)].map(([, name = '']) => name);
}
