/** So many names that do not exist are told of for one catalog. */
const MOST_TOLD = 5000;

/** A loader asks for the same wrong name again and again: it is told of once for each catalog that is pushed. */
export function newsGate(): (catalog: object, from: string, file: string) => boolean {
  const told = new WeakMap<object, Set<string>>();
  return (catalog, from, file) => {
    const keys = told.get(catalog) ?? new Set();
    told.set(catalog, keys);
    return keys.size < MOST_TOLD && keys.size < keys.add(`${from} ${file}`).size;
  };
}
