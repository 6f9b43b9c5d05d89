// The ladder of points that a demonstration unit (节约型公共机构示范单位) gets for its energy and water against the mean of
// its kind (docs/rules/facts.md#demonstration-ladder). The whole sheet has 110 points; of its 35 for energy and
// water, 28 were read.

import * as z from 'zod'
import { datedRow } from './validity.ts'

export const demonstrationLadderSchema = z.object({
  name: z.string().min(1),
  /** Value over mean at most → points; best first. Beyond the last: 0. */
  steps: z.array(z.object({ ratioMax: z.number(), points: z.number() })).min(1),
  /** For the targets of the last two years. */
  targetPoints: z.number().nonnegative(),
  /** Points of the energy and water block, of which some items were not read. */
  blockPoints: z.number().positive(),
  ...datedRow,
})
export type DemonstrationLadder = z.infer<typeof demonstrationLadderSchema>

/** The day from which it holds is not known; the first day of the plan that it serves stands for it. */
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
