import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A number from 0 up to `below`, the same sequence for the same seed (mulberry32). */
export type Random = (below: number) => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((((mixed ^ (mixed >>> 14)) >>> 0) * below) / 4294967296) | 0;
  };
}

/** Everything where every test has to run, a share of it elsewhere. */
const SHARE = Number(
  process.env.PUFFBOOT_FUZZ_SHARE ?? (process.env.PUFFBOOT_TEST_REQUIRE === 'all' ? 1 : 0.02),
);

/** How many of `all` are tried here. */
export const cases = (all: number): number => Math.ceil(all * SHARE);

/** PUFFBOOT_FUZZ_SEED repeats a run that failed. It is printed, because a failure without it is worth nothing. */
export function seedOf(what: string): number {
  const seed = Number(process.env.PUFFBOOT_FUZZ_SEED ?? Math.floor(Math.random() * 4294967296));
  console.log(`${what}: PUFFBOOT_FUZZ_SEED=${seed}`);
  return seed;
}

/** Bytes that mean something somewhere: ends, pads, lengths that reach too far. */
const TELLING = [0, 1, 2, 3, 5, 6, 52, 53, 82, 127, 128, 254, 255];

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => set(bytes, random(bytes.length), random(256)),
  (bytes, random) => set(bytes, random(bytes.length), TELLING[random(TELLING.length)] ?? 0),
  (bytes, random) => {
    const at = random(bytes.length);
    return set(bytes, at, (bytes[at] ?? 0) ^ (1 << random(8)));
  },
  (bytes, random) => bytes.slice(0, random(bytes.length + 1)),
  (bytes, random) => joined(bytes, noise(random(200), random)),
  (bytes, random) => {
    const at = random(bytes.length + 1);
    return joined(bytes.subarray(0, at), noise(random(20), random), bytes.subarray(at));
  },
  (bytes, random) => {
    const at = random(bytes.length + 1);
    return joined(bytes.subarray(0, at), bytes.subarray(at + random(20)));
  },
  (bytes, random) => {
    const [from, to] = [random(bytes.length + 1), random(bytes.length + 1)];
    return joined(bytes.subarray(0, to), bytes.subarray(from, from + random(60)), bytes.subarray(to));
  },
];

/** One of the samples, mostly with some of its bytes changed, added or gone. Never one of the samples themselves. */
export function mutated(samples: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(samples[random(samples.length)] ?? []);
  for (let count = random(4); count > 0; count -= 1) {
    bytes = MUTATIONS[random(MUTATIONS.length)]?.(bytes, random) ?? bytes;
  }
  return bytes;
}

/** Bytes of the heap that are in use when everything that can go has gone. */
export function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

function set(bytes: Uint8Array, at: number, value: number): Uint8Array {
  if (at < bytes.length) bytes[at] = value;
  return bytes;
}

const noise = (length: number, random: Random): Uint8Array => Uint8Array.from({ length }, () => random(256));

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
