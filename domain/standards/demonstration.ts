// Holds the ladder of points of a demonstration unit (节约型公共机构示范单位) for its energy and water against the mean of its
// kind (docs/rules/facts.md#demonstration-ladder). The whole sheet has 110 points, 35 of them for energy and water; the
// rules of 28 of these are known.

import * as z from 'zod'
import { datedRow } from './validity.ts'

export const demonstrationLadderSchema = z.object({
  name: z.string().min(1),
  /** Points for value / mean up to `ratioMax`; best first. Beyond the last step: 0. */
  steps: z.array(z.object({ ratioMax: z.number(), points: z.number() })).min(1),
  /** Points for meeting the targets of the last two years. */
  targetPoints: z.number().nonnegative(),
  /** Points of the whole energy and water block; the rules of some items are not known. */
  blockPoints: z.number().positive(),
  ...datedRow,
})
export type DemonstrationLadder = z.infer<typeof demonstrationLadderSchema>

/** The first day of validity is not known; the first day of the corresponding plan is used. */
export const DEMONSTRATION_LADDERS: readonly DemonstrationLadder[] = [
  {
    name: '节约型公共机构示范单位评价标准',
    validFrom: '2021-01-01',
    steps: [
      { ratioMax: 0.9, points: 7 },
      { ratioMax: 1.0, points: 6 },
      { ratioMax: 1.1, points: 5 },
      { ratioMax: 1.2, points: 4 },
    ],
    targetPoints: 7,
    blockPoints: 35,
    source: 'https://m.renrendoc.com/paper/176479043.html; https://360docs.net/doc/5112598057.html',
    certainty: 'secondary',
  },
]
