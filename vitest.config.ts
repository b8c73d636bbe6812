import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const report = process.env.PUFFBOOT_TEST_REPORT;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 180_000,
    // Most of the time a test waits for other processes.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Real processes on a machine that others use, too: where nobody looks, what fails once is tried once more.
    retry: process.env.CI === undefined ? 0 : 1,
    hookTimeout: 180_000,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
