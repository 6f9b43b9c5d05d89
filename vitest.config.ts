// How `npm test` runs: every test, in processes of its own, on as many workers as a two-core machine bears.

import { defineConfig } from 'vitest/config'

/** Tests start real brokers, stores and browsers: generous, so that only a hang fails by time. */
const TIMEOUT_MS = 30_000

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: TIMEOUT_MS,
    hookTimeout: TIMEOUT_MS,
    reporters: ['default', './test/summary-reporter.ts'],
  },
})
