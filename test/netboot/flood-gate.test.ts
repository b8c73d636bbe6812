import { describe, expect, it } from 'vitest';
import { floodGate } from '../../netboot/flood-gate.ts';

describe('floodGate', () => {
  it('admits each stranger once a minute', () => {
    const gate = floodGate();
    expect([0, 1, 59_999, 60_000, 60_001].map((now) => gate.admits('a', now))).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  it('admits a bounded number of strangers a minute, and new ones afterwards', () => {
    const gate = floodGate();
    const admitted = Array.from({ length: 1000 }, (_, index) => gate.admits(`a${index}`, 0)).filter(Boolean);
    expect(admitted).toHaveLength(120);
    expect(gate.admits('still full', 59_999)).toBe(false);
    expect(gate.admits('late', 60_000)).toBe(true);
  });
});
