// That eight simulated days with kills, wrong clocks, an outage, an import and repeats lose nothing and keep no row
// twice: the bench fails otherwise. How flat memory and delays are, it says; a test that is timed fails on a busy day.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { testInCampaign } from '../campaign.ts'

/** 400 meters: a minute and a half on two idle cores. */
const ARGUMENTS = ['bench/run.ts', 'soak', '--size', 'tiny', '--json']
const SOAK_MS_MAX = 900_000

testInCampaign(
  'eight days with kills, wrong clocks, an outage, an import and repeats keep every reading once',
  async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ARGUMENTS)
    console.info(stderr)
    expect(stderr.match(/^day \d:/gm)).toHaveLength(8)
    for (const { more } of JSON.parse(stdout).rows) expect(more.readings).toBe(400 * 8 * 96)
  },
  SOAK_MS_MAX,
)
