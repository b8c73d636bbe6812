/** Lets a limited number through at a time; the others wait in their order. */
export interface Gate {
  /** @returns what to call once, when done; further calls do nothing */
  enter(): Promise<() => void>;
}

export function openGate(limit: number): Gate {
  let inside = 0;
  const waiting: (() => void)[] = [];
  return {
    async enter() {
      if (inside >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
      else inside += 1;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        const next = waiting.shift();
        if (next === undefined) inside -= 1;
        else next();
      };
    },
  };
}
