// Computes own electricity (太阳能光电系统发电量): amount generated, amount used on site, and its share of all electricity.

import type { SubjectMonth } from './subject-month.ts'

export interface Generation {
  generationKwh: number
  exportedKwh: number
  /** Generated and not exported. Without an export meter all generation counts as used on site. Null: see `share`. */
  selfUsedKwh: number | null
  purchasedKwh: number
  /** Purchased and self-used. */
  totalElectricityKwh: number | null
  /** selfUsed / total, 0 to 1. Null without generation, or when exports exceed generation: a meter is wrong. */
  share: number | null
  /** Known over expected hours of the generation meters; null without any. */
  coverage: number | null
}

/**
 * The renewable share of one subject over a month, or over a sum of months. Purchased power is taken as not renewable.
 */
export function generationOf(part: SubjectMonth): Generation {
  const { generationKwh, exportedKwh, electricityKwh: purchasedKwh, generationHoursExpected } = part
  const usedKwh = generationKwh - exportedKwh
  const selfUsedKwh = usedKwh < 0 ? null : usedKwh
  const totalElectricityKwh = selfUsedKwh === null ? null : purchasedKwh + selfUsedKwh
  const isKnown = part.generationHoursKnown > 0 && totalElectricityKwh !== null && totalElectricityKwh > 0
  return {
    generationKwh,
    exportedKwh,
    selfUsedKwh,
    purchasedKwh,
    totalElectricityKwh,
    share: isKnown && selfUsedKwh !== null ? selfUsedKwh / totalElectricityKwh : null,
    coverage: generationHoursExpected > 0 ? part.generationHoursKnown / generationHoursExpected : null,
  }
}
