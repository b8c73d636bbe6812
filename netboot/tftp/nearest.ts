/**
 * The candidate that `asked` was most likely meant to be: the one with the fewest letters to change, whatever
 * their case; null where so many would have to be changed that nothing was meant.
 */
export function nearest(asked: string, candidates: readonly string[]): string | null {
  let best: { readonly name: string; readonly changes: number } | null = null;
  for (const name of candidates) {
    if (Math.abs(asked.length - name.length) * 2 > name.length) continue; // so many to change at least
    const changes = distance(asked.toLowerCase(), name.toLowerCase());
    if (changes * 2 <= name.length && (best === null || changes < best.changes)) best = { name, changes };
  }
  return best?.name ?? null;
}

/** Letters to insert, delete or replace (Levenshtein); one row of the table at a time. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
