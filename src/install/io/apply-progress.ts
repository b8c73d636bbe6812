import { checksum } from '../../common/checksum.ts';
import { messageOf, OperatorError } from '../../common/error.ts';
import type { HostPlan } from '../../host/plan/plan.ts';
import { describe, isTold, type Step } from '../../host/plan/step.ts';
import type { ApplyView, PlanView } from '../../web/host-operator.ts';

/** An apply as it goes on. */
export type Progress = { -readonly [Key in keyof ApplyView]: ApplyView[Key] };

export const isOver = (state: ApplyView['state']): boolean => state === 'done' || state === 'failed';

/**
 * Carries out one step after the other, and notes how far it is; housekeeping counts with the step before it.
 * @throws what the first step throws that fails; nothing behind it was begun
 */
export async function carryOutAll(
  steps: readonly Step[],
  progress: Progress,
  perform: (step: Step) => Promise<void>,
): Promise<void> {
  let told = -1;
  const mark = (state: ApplyView['steps'][number]['state']) => {
    progress.steps = progress.steps.map((step, at) => (at === told ? { ...step, state } : step));
  };
  for (const step of steps) {
    if (isTold(step)) told += 1;
    mark('doing');
    try {
      await perform(step);
    } catch (error) {
      mark('failed');
      throw error;
    }
    mark('done');
  }
}

/** By it a plan that was shown is known again. */
export const digestOf = ({ steps, faults }: HostPlan): string => checksum(JSON.stringify([steps, faults]));

/** A plan as it is shown. */
export function planView(plan: HostPlan): PlanView {
  const { host, diffs, steps, remarks, faults } = plan;
  return { host, diffs, steps: steps.filter(isTold).map(describe), remarks, faults, digest: digestOf(plan) };
}

export function errorView(error: unknown): NonNullable<ApplyView['error']> {
  const code = error instanceof OperatorError ? error.code : null;
  return { code, message: messageOf(error) };
}
