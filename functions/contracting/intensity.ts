// The energy per m² of the year before a contract, which is compared where heat is billed by area
// (docs/rules/savings.md#baselines-by-years): such a contract cannot save that heat.

import { addMonths, dateStartMs, monthOf } from '../../domain/calendar.ts'
import type { ContractBaseline } from '../../domain/contract/baseline.ts'
import type { ContractTerms } from '../../domain/contract/terms.ts'
import { comparedIntensity } from '../../domain/savings/year-baseline.ts'
import { subjectMonths } from '../judging/judgement.ts'
import type { StateStore } from '../platform.ts'

const MONTHS = 12

/** By the coefficients of the quota. Null when a month of the twelve has no record, or the floor area is not known. */
export async function intensityBefore(
  state: StateStore,
  { institution, baseline }: Pick<ContractTerms, 'institution' | 'baseline'>,
): Promise<ContractBaseline['intensity']> {
  const end = monthOf(dateStartMs(baseline.to))
  const first = addMonths(end, -MONTHS)
  const stored = await subjectMonths(state, institution, addMonths(end, -1))
  const months = stored.filter(({ month }) => month >= first && month < end)
  const floorAreaM2 = months.at(-1)?.floorAreaM2 ?? null
  if (months.length < MONTHS || !floorAreaM2) return null
  const sum = (partOf: (month: (typeof months)[number]) => number): number =>
    months.reduce((total, one) => total + partOf(one), 0)
  const year = {
    ...{ energy: sum(({ quotaKgce }) => quotaKgce), heatingEnergy: sum(({ heatingKgce }) => heatingKgce), floorAreaM2 },
  }
  const isHeatBilledByArea = months.some(({ areaBilledHeatM2 }) => areaBilledHeatM2 > 0)
  return {
    isHeatBilledByArea,
    nonHeatingKgcePerM2: comparedIntensity({ ...year, isHeatBilledByArea: true }).perM2,
    comprehensiveKgcePerM2: comparedIntensity({ ...year, isHeatBilledByArea: false }).perM2,
    compared: comparedIntensity({ ...year, isHeatBilledByArea }).basis,
  }
}
