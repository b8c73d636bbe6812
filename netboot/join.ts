import type { Netboot } from './catalog.ts';

/** Several services that share the work, as one: each knows the whole catalog, and what any of them says is heard. */
export function joinNetboots(...netboots: readonly Netboot[]): Netboot {
  return {
    async push(catalog) {
      await Promise.all(netboots.map((netboot) => netboot.push(catalog)));
    },
    onEvent(listener) {
      const stops = netboots.map((netboot) => netboot.onEvent(listener));
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}
