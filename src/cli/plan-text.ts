import type { ApplyView, PlanView } from '../web/host-operator.ts';
import { printable } from './table.ts';

/** A plan as it is read on a terminal: diffs, then steps, then what a human should know. */
export function renderPlan(plan: PlanView): string {
  const { host, diffs, steps, remarks, faults } = plan;
  const told = [
    ...diffs.map(({ text }) => text.split('\t').map(printable).join('\t')),
    ...steps.map((says, at) => `${String(at + 1).padStart(4)}. ${says}\n`),
    ...remarks.map((remark) => `note: ${remark}\n`),
    ...faults.map((fault) => `fault: ${fault}\n`),
  ];
  return `${host}: ${summary(plan)}\n${told.join('')}`;
}

function summary({ steps, faults }: PlanView): string {
  if (faults.length > 0) return `nothing can be applied: ${count(faults.length, 'fault')}`;
  return steps.length === 0 ? 'nothing to do' : count(steps.length, 'step');
}

/** What an apply that failed has done and what it has not. */
export function renderFailure({ host, steps, error }: ApplyView): string {
  const inState = (state: string) => steps.filter((step) => step.state === state).map(({ says }) => says);
  const [done, left] = [inState('done'), inState('left')];
  const lines = [
    ...done.map((says) => `  done:     ${says}`),
    ...inState('failed').map((says) => `  failed:   ${says}`),
    ...left.map((says) => `  not done: ${says}`),
  ];
  return [`${host}: ${printable(error?.message ?? 'failed')}`, ...lines].join('\n');
}

export const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
