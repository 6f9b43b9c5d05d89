// How often a random test runs: few times in `npm test`, which people wait for, and as often as it deserves in
// `npm run campaign`, which CI runs after it.

export const CAMPAIGN = process.env.KILOWATCH_CAMPAIGN === 'true'

export const runsOf = ({ test, campaign }: { test: number; campaign: number }): number => (CAMPAIGN ? campaign : test)
