// Defines the thresholds of yearly energy for key energy users (公共机构重点用能单位). Hebei's plan manages such units, but
// its threshold is not known to us (docs/rules/quota.md#key-energy-users), so the table is empty and no institution is
// marked until a user imports a row. The 500 tce of other rules (docs/rules/facts.md#key-energy-users) have other
// purposes.

import * as z from 'zod'
import { areaCode, INSTITUTION_TYPES } from '../registry/records.ts'
import { datedRow } from './validity.ts'

/** A threshold of one area, for all of its institutions or for one type. */
export const keyEnergyUserRuleSchema = z.object({
  area: areaCode,
  type: z.enum(INSTITUTION_TYPES).optional(),
  /** Energy of a calendar year by the statistics set (当量值); an equal value reaches it (以上). */
  thresholdTce: z.number().positive(),
  ...datedRow,
})
export type KeyEnergyUserRule = z.infer<typeof keyEnergyUserRuleSchema>

export const KEY_ENERGY_USER_RULES: readonly KeyEnergyUserRule[] = []
