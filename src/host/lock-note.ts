/** What stands in the lock of a host. */
export interface LockNote {
  /** Which puffboot: only one process is it at a time. */
  readonly holder: string;
  readonly pid: number;
  /** One taking of the lock. */
  readonly claim: string;
  /** When it was last said to be alive. Milliseconds since the epoch. */
  readonly at: number;
}

/** Longer than any single step takes. */
const STALE_MS = 10 * 60_000;

export const renderLockNote = (note: LockNote): string => `${JSON.stringify(note)}\n`;

/** @returns null for what no puffboot wrote */
export function parseLockNote(text: string): LockNote | null {
  try {
    const note: unknown = JSON.parse(text);
    return isNote(note) ? note : null;
  } catch {
    return null;
  }
}

function isNote(value: unknown): value is LockNote {
  if (typeof value !== 'object' || value === null) return false;
  const { holder, pid, claim, at } = value as Partial<Record<keyof LockNote, unknown>>;
  return (
    typeof holder === 'string' &&
    typeof pid === 'number' &&
    typeof claim === 'string' &&
    typeof at === 'number'
  );
}

/**
 * Whether a lock that is found may be taken over: its holder was this puffboot itself, whose earlier process is gone
 * because the state directory has but one; or it has been silent for longer than any step takes.
 *
 * @param now milliseconds since the epoch
 */
export function mayTakeOver(found: LockNote, holder: string, now: number): boolean {
  return found.holder === holder || now - found.at > STALE_MS;
}
