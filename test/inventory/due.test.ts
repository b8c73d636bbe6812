import { expect, it } from 'vitest';
import { dueOf } from '../../src/inventory/due.ts';

const NOW = Date.parse('2024-02-28T23:59:59Z');
const VMS = [
  { name: 'later', paidUntil: '2024-03-14' },
  { name: 'never', paidUntil: null },
  { name: 'today', paidUntil: '2024-02-28' },
  { name: 'b', paidUntil: '2024-03-01' },
  { name: 'a', paidUntil: '2024-03-01' },
  { name: 'over', paidUntil: '2023-02-28' },
];

it.each([
  [0, 'over -365, today 0'],
  [2, 'over -365, today 0, a 2, b 2'],
  [15, 'over -365, today 0, a 2, b 2, later 15'],
])('what is due within %i days, across a leap day', (within, expected) => {
  const due = dueOf(VMS, NOW, within).map(({ vm, days }) => `${vm.name} ${days}`);
  expect(due.join(', ')).toBe(expected);
});
