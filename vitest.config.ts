// How `npm test` runs: every test, on as many workers as a two-core machine bears. Files share the modules of a worker,
// since loading them anew took a quarter of the time: a test leaves nothing behind in them. `npm run campaign` runs the
// files that ask for it, by test/campaign.ts, and all of what they have, each in a process of its own.

import { globSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

/** Tests start real brokers, stores and browsers, on machines that do other things: only a hang fails by time. */
const TIMEOUT_MS = 120_000

const FILES = ['test/**/*.test.ts', 'test/**/*.test.tsx']
const IS_CAMPAIGN = process.env.KILOWATCH_CAMPAIGN === 'true'
const inCampaign = (): string[] =>
  globSync(FILES, { cwd: import.meta.dirname }).filter((file) =>
    /from '[./]+\/campaign\.ts'/.test(readFileSync(`${import.meta.dirname}/${file}`, 'utf8')),
  )

export default defineConfig({
  test: {
    environment: 'node',
    include: IS_CAMPAIGN ? inCampaign() : FILES,
    pool: 'forks',
    isolate: IS_CAMPAIGN,
    // Some wait for a child or a browser: three are a tenth faster on two cores. Long kills get two.
    maxWorkers: IS_CAMPAIGN ? 2 : 3,
    // Hundreds of commands are started, and load in half the time what one before has compiled.
    env: { NODE_COMPILE_CACHE: `${import.meta.dirname}/node_modules/.cache/kilowatch` },
    testTimeout: TIMEOUT_MS,
    hookTimeout: TIMEOUT_MS,
    reporters: ['default', './test/summary-reporter.ts'],
  },
})
