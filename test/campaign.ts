// How often a random test runs: few times in `npm test`, which people wait for, and as often as it deserves in
// `npm run campaign`, which CI runs after it.

import { test } from 'vitest'

export const CAMPAIGN = process.env.KILOWATCH_CAMPAIGN === 'true'

/** What takes minutes and seldom breaks alone; `npm test` counts it as skipped. */
export const testInCampaign = test.skipIf(!CAMPAIGN)

export const runsOf = ({ test, campaign }: { test: number; campaign: number }): number => (CAMPAIGN ? campaign : test)
