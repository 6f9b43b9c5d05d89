// From how much energy a year on an institution is a key energy user (公共机构重点用能单位). Hebei's plan manages such
// units, but its threshold is not known to us (docs/rules/quota.md#key-energy-users), so the table stays empty and
// nobody is marked until the user imports a row; the 500 tce of other rules (docs/rules/facts.md#key-energy-users) is
// about other things.

import * as z from 'zod'
import { areaCode, INSTITUTION_TYPES } from '../registry/records.ts'
import { datedRow } from './validity.ts'

/** A threshold of one area, for all of its institutions or those of a type. */
export const keyEnergyUserRuleSchema = z.object({
  area: areaCode,
  type: z.enum(INSTITUTION_TYPES).optional(),
  /** Energy of a calendar year by the statistics set (当量值); reaching it is enough (以上). */
  thresholdTce: z.number().positive(),
  ...datedRow,
})
export type KeyEnergyUserRule = z.infer<typeof keyEnergyUserRuleSchema>

export const KEY_ENERGY_USER_RULES: readonly KeyEnergyUserRule[] = []
