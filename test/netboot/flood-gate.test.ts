import { describe, expect, it } from 'vitest';
import { floodGate, machineGate } from '../../netboot/flood-gate.ts';

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

  it('admits again when the clock was set back', () => {
    const gate = floodGate();
    for (let index = 0; index < 1000; index += 1) gate.admits(`a${index}`, 10_000_000);
    expect(gate.admits('new', 9_999_000)).toBe(false);
    expect(gate.admits('a0', 5_000_000)).toBe(true);
    expect(gate.admits('a0', 5_000_001)).toBe(false);
  });
});

describe('machineGate', () => {
  it('tells of each machine so often a minute, and which is the last', () => {
    const gate = machineGate(60);
    const taken = Array.from({ length: 62 }, (_, index) => gate.take('a', index));
    expect(taken).toEqual([...Array(59).fill('told'), 'last', 'over', 'over']);
    expect(gate.take('b', 62)).toBe('told');
    expect([gate.take('a', 59_999), gate.take('a', 60_000)]).toEqual(['over', 'told']);
  });

  it('tells again when the clock was set back', () => {
    const gate = machineGate(60);
    for (let count = 0; count < 61; count += 1) gate.take('a', 1_000_000);
    expect(gate.take('a', 1000)).toBe('told');
  });
});
