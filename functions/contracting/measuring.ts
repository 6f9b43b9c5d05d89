// Reads what the charts of a contract show (docs/rules/contracts.md#charts).

import { baselineRange } from '../../domain/contract/baseline.ts'
import type { ContractRecord, SettlementRecord } from '../../domain/contract/life.ts'
import { baselineDaysOf, dayProfiles, type MeasuringView, reportingDays } from '../../domain/contract/measuring.ts'
import { contractPeriods } from '../../domain/contract/periods.ts'
import { HOUR_FLAGS } from '../../domain/hours.ts'
import type { DayRange } from '../../domain/savings/metered-savings.ts'
import { amountUnit } from '../../domain/unit.ts'
import { type ContractSources, dayTypeBy, signedMeters } from './series.ts'

const MEASURED = HOUR_FLAGS.indexOf('measured')

export async function contractMeasuring(
  on: ContractSources,
  contract: ContractRecord,
  records: readonly SettlementRecord[],
): Promise<MeasuringView> {
  const { terms } = contract
  const settled = contractPeriods(terms.reporting).slice(0, records.length)
  const [first, last] = [settled[0], settled.at(-1)]
  const dayType = dayTypeBy(await on.registry.workingDays())
  const baseline = await measuredDays(on, terms, baselineRange(terms))
  const reporting =
    first && last
      ? await measuredDays(on, terms, { firstDay: first.firstDay, endDay: last.endDay })
      : new Map<number, Float64Array>()
  return {
    ...{ contract: terms.id, unit: amountUnit(terms.medium) },
    ...{ baseline: baselineDaysOf(contract), reporting: reportingDays(records) },
    profiles: [...dayProfiles('baseline', baseline, dayType), ...dayProfiles('reporting', reporting, dayType)],
  }
}

/** Days of the boundary of which each hour of each meter is measured: spread amounts have no profile. */
async function measuredDays(
  { platform }: ContractSources,
  terms: ContractRecord['terms'],
  { firstDay, endDay }: DayRange,
): Promise<ReadonlyMap<number, Float64Array>> {
  const signs = signedMeters(terms)
  const rows = (await platform.consumption.get([...signs.keys()], firstDay, endDay)).filter(({ flags }) =>
    flags.every((flag) => flag === MEASURED),
  )
  const days = [...Map.groupBy(rows, ({ day }) => day)].filter(([, own]) => own.length === signs.size)
  return new Map(
    days.map(([day, own]) => {
      const sums = new Float64Array(24)
      for (const { meter, amounts } of own)
        for (const [hour, amount] of amounts.entries())
          sums[hour] = (sums[hour] ?? 0) + amount * (signs.get(meter) ?? 0)
      return [day, sums]
    }),
  )
}
