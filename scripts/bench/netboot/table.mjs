// Runs servers one after the other and prints what each did, with the product's ratio to the best of the others.
import { start } from './lab.mjs';

export const PRODUCT = 'puffboot';
/** Shown, but no peer. */
export const BARE = 'bare Node.js';

/** Measures every server that is installed. @returns `[name, measured]` rows; one that fails is left out */
export async function inTurn(lab, servers, measure) {
  const rows = [];
  for (const { name, argv, listens } of servers) {
    if (argv === null) {
      console.log(`   ${name}: skipped, not installed`);
      continue;
    }
    try {
      const server = await start(lab.server, argv, listens);
      try {
        rows.push([name, await measure(server, name)]);
      } finally {
        await server.stop();
      }
    } catch (error) {
      console.log(`   ${name}: skipped, ${error.message}`);
    }
  }
  return rows;
}

/** @param better `more` or `less`; a value may be null where the server could not do it */
export function print(title, unit, rows, better = 'more', digits = 1) {
  const own = rows.find(([name]) => name === PRODUCT)?.[1] ?? null;
  const others = rows.flatMap(([name, value]) =>
    name === PRODUCT || name === BARE || value === null ? [] : [value],
  );
  const best = others.length === 0 ? null : better === 'more' ? Math.max(...others) : Math.min(...others);
  const ratio = own === null || best === null ? '' : `  puffboot/best ${(own / best).toFixed(2)}`;
  const shown = rows.map(([name, value]) => `${name} ${value === null ? 'failed' : value.toFixed(digits)}`);
  console.log(`${title.padEnd(44)} ${unit.padEnd(12)} ${shown.join('  ')}${ratio}`);
}

/** The product beside itself: `[what, value]` twice, the usual case first. */
export function compare(title, unit, usual, other, digits = 0) {
  const shown = [usual, other].map(
    ([what, value]) => `${what} ${value === null ? 'failed' : value.toFixed(digits)}`,
  );
  const ratio = usual[1] === null || other[1] === null ? '' : `  ratio ${(other[1] / usual[1]).toFixed(2)}`;
  console.log(`${title.padEnd(44)} ${unit.padEnd(12)} ${shown.join('  ')}${ratio}`);
}
