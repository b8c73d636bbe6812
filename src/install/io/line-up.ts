import { type Install, isOpen, WAITING } from '../install.ts';
import { mayBegin, placesOf, type QueuePlace, type Turn } from '../queue.ts';

/** All installs of this process, each host's with its own limit. */
export interface InstallQueue {
  /** Takes an install in; one that waits is begun, by `begin`, when its turn has come. */
  enter(install: Install, owner: string | null, begin: () => void): void;
  /** To be told of every change of state. */
  moved(install: Install): void;
  /** Installs that ended before this process: who was served when. */
  remember(install: Install, owner: string | null): void;
  /** Null for an install that doesn't wait. */
  placeOf(vm: string): QueuePlace | null;
}

interface Entry {
  readonly id: string;
  turn: Turn;
  readonly begin: () => void;
}

/** @param limitOf how many installs a host may work on at once */
export function openQueue(limitOf: (host: string) => number): InstallQueue {
  /** In the order in which they were asked for. */
  const entries = new Map<string, Entry>();
  const turns = () => [...entries.values()].map(({ turn }) => turn);
  /** Worked out when somebody asks, until the next change. */
  let places: ReadonlyMap<string, QueuePlace> | null = null;

  /** What is begun counts from this moment, so that two calls in a row never begin too many. */
  function dispatch(host: string): void {
    places = null;
    for (const vm of mayBegin(turns(), host, limitOf(host))) {
      const entry = entries.get(vm);
      if (entry === undefined) continue;
      entry.turn = { ...entry.turn, stage: 'working' };
      entry.begin();
    }
  }

  function put(install: Install, owner: string | null, begin: () => void): void {
    // An earlier install of this VM had its own place in the order.
    entries.delete(install.vm);
    entries.set(install.vm, { id: install.id, turn: turnOf(install, owner), begin });
  }

  return {
    enter(install, owner, begin) {
      put(install, owner, begin);
      dispatch(install.host);
    },
    moved(install) {
      const entry = entries.get(install.vm);
      if (entry?.id !== install.id) return;
      entry.turn = turnOf(install, entry.turn.owner);
      dispatch(install.host);
    },
    remember: (install, owner) => put(install, owner, () => undefined),
    placeOf(vm) {
      places ??= allPlaces(turns(), limitOf);
      return places.get(vm) ?? null;
    },
  };
}

function allPlaces(
  turns: readonly Turn[],
  limitOf: (host: string) => number,
): ReadonlyMap<string, QueuePlace> {
  const hosts = [...new Set(turns.map(({ host }) => host))];
  return new Map(hosts.flatMap((host) => placesOf(turns, host, limitOf(host))));
}

function turnOf(install: Install, owner: string | null): Turn {
  const begun = install.phases.findLast(({ name }) => name === 'preparing' || name === 'retrying');
  const { vm, host, state } = install;
  // Who only watches takes nobody's place.
  const stage =
    !isOpen(install) || state === 'watching' ? 'over' : WAITING.has(state) ? 'waiting' : 'working';
  return { vm, host, owner, stage, begunAt: begun?.at ?? null };
}
