/**
 * Who may ask. On loopback whoever reaches the operator web may watch: what keeps other web pages in the operator's
 * browser away is that they can't name us (DNS rebinding changes the address behind a foreign name, not the name)
 * and that WebSockets carry the page's origin. Typing takes a login (`door.ts`).
 */

/** @returns null where the Host header names us, else the sentence that says which names do. */
export function refuseHost(header: string | undefined, address: string): string | null {
  const name = hostName(header ?? '');
  if (name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name)) return null;
  if (name === address || name === `[${address}]`) return null;
  // Listening everywhere, any address of this machine is as good; an address can't be rebound.
  if (address === '0.0.0.0' && /^\d{1,3}(\.\d{1,3}){3}$/.test(name)) return null;
  const ours = address === '0.0.0.0' ? 'the address of this machine' : address;
  return `This server answers to localhost, 127.0.0.1 and ${ours}, not to "${name.slice(0, 100)}".`;
}

/** @returns null where a WebSocket comes from one of our own pages or from no page at all, else a sentence. */
export function refuseOrigin(origin: string | undefined, host: string | undefined): string | null {
  if (origin === undefined || origin === `http://${host}` || origin === `https://${host}`) return null;
  return `A page of "${origin.slice(0, 100)}" may not watch consoles here.`;
}

/** What a WebSocket was opened for. */
export type Channel =
  | { readonly kind: 'console'; readonly vm: string }
  /** Changes of one VM, or of all where `vm` is null. */
  | { readonly kind: 'events'; readonly vm: string | null };

/** @returns null for any other path, and for one that can't be decoded. */
export function parseChannel(target: string): Channel | null {
  const [path = '', query = ''] = target.split('?', 2);
  if (path === '/api/v1/events') return { kind: 'events', vm: new URLSearchParams(query).get('vm') };
  const name = /^\/api\/v1\/console\/([^/]+)$/.exec(path)?.[1];
  if (name === undefined) return null;
  try {
    return { kind: 'console', vm: decodeURIComponent(name) };
  } catch {
    return null; // A stray percent sign.
  }
}

function hostName(header: string): string {
  return header.toLowerCase().replace(/:\d{1,5}$/, '');
}
