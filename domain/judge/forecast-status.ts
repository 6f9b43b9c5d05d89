// The status of a total by the chance that the year exceeds its target (docs/rules/dual-control.md#status-by-chance).

import type { STATUSES } from './result.ts'

type Status = (typeof STATUSES)[number]

/**
 * Green up to `onTrackMax`, orange up to `atRiskMax`, red beyond: chances of exceeding the target. No source prescribes
 * them; they are the product's own choice. A row holds for judgements from its date on; rows are in order of dates.
 */
const CHANCE_LIMITS: readonly { validFrom: string; onTrackMax: number; atRiskMax: number }[] = [
  { validFrom: '1970-01-01', onTrackMax: 0.2, atRiskMax: 0.5 },
]
/** Floating point: a chance equal to a limit meets it. */
const CHANCE_SLACK = 1e-9

/** `date`: the local day of the judgement, YYYY-MM-DD. */
export function statusOfChance(chance: number, date: string): Status {
  const limits = CHANCE_LIMITS.findLast(({ validFrom }) => validFrom <= date)
  if (!limits) throw new RangeError(`no limits of chance hold on ${date}`)
  if (chance <= limits.onTrackMax + CHANCE_SLACK) return 'onTrack'
  return chance <= limits.atRiskMax + CHANCE_SLACK ? 'atRisk' : 'over'
}
