import type { BootEvent } from '../../netboot/catalog.ts';
import type { InstallEvent } from './lifecycle.ts';

/** What a boot server's event proves about an install; null where it proves nothing. */
export function bootEventOf(event: BootEvent): InstallEvent | null {
  if (event.kind === 'install-done' && event.outcome === 'accepted') return { kind: 'install-done' };
  // The base set is the one that every install fetches.
  if (event.kind === 'set' && event.status === 200 && /\/base\d+\.tgz$/.test(event.path)) {
    return { kind: 'sets-served' };
  }
  return null;
}
