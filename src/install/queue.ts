/**
 * Whose install comes next. Each host works on so many installs at once; the others wait in the order that is
 * worked out here. Between owners it is fair: whoever has least under way comes first, then whoever was served
 * longest ago, then whoever has waited longest. One owner's installs keep the order in which they were asked for.
 */

/** One install, as the queue sees it. */
export interface Turn {
  readonly vm: string;
  readonly host: string;
  /** Null: the operator's own VMs, which share one place among the owners. */
  readonly owner: string | null;
  readonly stage: 'waiting' | 'working' | 'over';
  /** When it was taken out of the queue, null while it waits. Milliseconds since the epoch. */
  readonly begunAt: number | null;
}

/** Where an install stands in its host's queue. */
export interface QueuePlace {
  /** 1 is next. */
  readonly position: number;
  /** How many wait on this host, this one included. */
  readonly waiting: number;
  /** How many are under way there, and how many may be. */
  readonly working: number;
  readonly limit: number;
}

/**
 * The VMs of one host that wait, in the order in which they will begin if each begins when a place is free.
 * @param turns in the order in which the installs were asked for; those of other hosts are left out
 */
export function lineUp(turns: readonly Turn[], host: string): readonly string[] {
  const owners = new Map<string | null, Share>();
  for (const turn of turns) {
    if (turn.host !== host) continue;
    const share = owners.get(turn.owner) ?? { working: 0, servedAt: Number.NEGATIVE_INFINITY, waiting: [] };
    owners.set(turn.owner, share);
    if (turn.stage === 'waiting') share.waiting.push(turn.vm);
    if (turn.stage === 'working') share.working += 1;
    share.servedAt = Math.max(share.servedAt, turn.begunAt ?? Number.NEGATIVE_INFINITY);
  }
  const asked = new Map(turns.map(({ vm }, index) => [vm, index]));
  const line: string[] = [];
  for (let served = Number.MAX_SAFE_INTEGER / 2; ; served++) {
    const next = mostDeserving([...owners.values()], asked);
    const vm = next?.waiting.shift();
    if (next === null || vm === undefined) return line;
    next.working += 1;
    next.servedAt = served;
    line.push(vm);
  }
}

/** The VMs that may begin now on one host. */
export function mayBegin(turns: readonly Turn[], host: string, limit: number): readonly string[] {
  return lineUp(turns, host).slice(0, Math.max(0, limit - countWorking(turns, host)));
}

/** Where each VM stands whose install waits on this host. */
export function placesOf(
  turns: readonly Turn[],
  host: string,
  limit: number,
): readonly (readonly [vm: string, place: QueuePlace])[] {
  const line = lineUp(turns, host);
  const working = countWorking(turns, host);
  return line.map((vm, index) => [vm, { position: index + 1, waiting: line.length, working, limit }]);
}

/** What one owner has on one host. */
interface Share {
  working: number;
  servedAt: number;
  readonly waiting: string[];
}

function mostDeserving(shares: readonly Share[], asked: ReadonlyMap<string, number>): Share | null {
  let best: Share | null = null;
  for (const share of shares) {
    if (share.waiting.length > 0 && (best === null || comesBefore(share, best, asked))) best = share;
  }
  return best;
}

function comesBefore(a: Share, b: Share, asked: ReadonlyMap<string, number>): boolean {
  if (a.working !== b.working) return a.working < b.working;
  if (a.servedAt !== b.servedAt) return a.servedAt < b.servedAt;
  return (asked.get(a.waiting[0] ?? '') ?? 0) < (asked.get(b.waiting[0] ?? '') ?? 0);
}

const countWorking = (turns: readonly Turn[], host: string): number =>
  turns.filter((turn) => turn.host === host && turn.stage === 'working').length;
