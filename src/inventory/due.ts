import type { Vm } from './vm.ts';

const DAY_MS = 24 * 3600 * 1000;

/** A VM whose paid time ends soon, or has ended. */
export interface Due<T> {
  readonly vm: T;
  readonly paidUntil: string;
  /** Days from today to the last paid one; negative: so many days ago. */
  readonly days: number;
}

/**
 * What is due, the longest overdue first. VMs without a date are never due.
 * @param now milliseconds since the epoch; the day is that of UTC
 * @param within days from today on
 */
export function dueOf<T extends Pick<Vm, 'name' | 'paidUntil'>>(
  vms: readonly T[],
  now: number,
  within: number,
): readonly Due<T>[] {
  const today = Math.floor(now / DAY_MS);
  return vms
    .flatMap((vm) => {
      if (vm.paidUntil === null) return [];
      const days = Math.floor(Date.parse(`${vm.paidUntil}T00:00:00Z`) / DAY_MS) - today;
      return days <= within ? [{ vm, paidUntil: vm.paidUntil, days }] : [];
    })
    .sort((a, b) => a.days - b.days || (a.vm.name < b.vm.name ? -1 : 1));
}
