// Holds the limits of a data centre's efficiency: the grades of PUE, and the quota of EUE by type of institution. No
// source says whether their boundaries differ (docs/rules/energy-and-carbon.md#pue-and-eue-boundary), so they stay two
// tables and two indicators.

import * as z from 'zod'
import { INSTITUTION_TYPES } from '../registry/records.ts'
import { datedRow } from './validity.ts'

/** Three grades of PUE, no unit; grade 1 is best, grade 3 is the limit value (限定值). */
export const pueGradesSchema = z.object({
  standard: z.string().min(1),
  /** The highest PUE of grade 1, 2 and 3. */
  grades: z.tuple([z.number(), z.number(), z.number()]),
  /** Maximum racks of an edge data centre, which the standard does not cover. */
  edgeRacksMax: z.number().int().nonnegative(),
  ...datedRow,
})
export type PueGrades = z.infer<typeof pueGradesSchema>

export const PUE_GRADES: readonly PueGrades[] = [
  {
    standard: 'GB 40879-2021',
    validFrom: '2022-11-01',
    grades: [1.2, 1.3, 1.5],
    edgeRacksMax: 100,
    source: 'dates, number of grades and scope: gbstd.com; the three values from memory',
    certainty: 'recalled',
  },
]

/** One row of the EUE quota (能量利用效率): 约束值 ≥ 基准值 ≥ 引导值, no unit. */
export const eueQuotaSchema = z.object({
  standard: z.string().min(1),
  type: z.enum(INSTITUTION_TYPES),
  constraint: z.number(),
  benchmark: z.number(),
  guide: z.number(),
  ...datedRow,
})
export type EueQuota = z.infer<typeof eueQuotaSchema>

/**
 * STAND-IN for Hebei (docs/rules/facts.md#data-centres): every screen that shows these quotas says so. Only the year of
 * the first day of validity is known.
 */
export const EUE_QUOTAS_SHANDONG: readonly EueQuota[] = [
  row('DB37/T 2671-2019', 'education', [2.2, 1.6, 1.3]),
  row('DB37/T 2672-2019', 'government', [2.2, 1.8, 1.4]),
  row('DB37/T 2673-2019', 'healthcare', [2.2, 2.0, 1.6]),
  row('DB37/T 3780-2019', 'venue', [2.2, 1.7, 1.4]),
]

function row(
  standard: string,
  type: EueQuota['type'],
  [constraint, benchmark, guide]: readonly [constraint: number, benchmark: number, guide: number],
): EueQuota {
  return {
    standard,
    type,
    constraint,
    benchmark,
    guide,
    validFrom: '2019-01-01',
    standIn: true,
    source: `${standard} in ma1138569845/dechnicAuditor-agent standards-values.md; transcription not verified`,
    certainty: 'secondary',
  }
}
