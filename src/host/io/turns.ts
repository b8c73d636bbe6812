/** Lets one at a time do something with the same thing: the second waits for the first. */
export function takeTurns(): <T>(thing: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (thing, work) => {
    const before = last.get(thing) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine
      .catch(() => undefined)
      .then(() => {
        if (last.get(thing) === settled) last.delete(thing);
      });
    last.set(thing, settled);
    return mine;
  };
}
