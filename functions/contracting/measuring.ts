// Reads what the charts of a contract, its plan and its settlement sheets show (docs/rules/contracts.md#charts).

import { dateStartMs, dayOf } from '../../domain/calendar.ts'
import { baselineRange } from '../../domain/contract/baseline.ts'
import type { ContractRecord, SettlementRecord } from '../../domain/contract/life.ts'
import {
  baselineDaysOf,
  type DayProfile,
  dayProfiles,
  type MeasuredSeries,
  type MeasuringView,
  reportingDays,
  settledDays,
} from '../../domain/contract/measuring.ts'
import { contractPeriods } from '../../domain/contract/periods.ts'
import type { PeriodSettlement } from '../../domain/contract/settlement-view.ts'
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
  const ranges: ProfileRange[] = [{ of: 'baseline', range: baselineRange(terms) }]
  if (first && last) ranges.push({ of: 'reporting', range: { firstDay: first.firstDay, endDay: last.endDay } })
  return {
    ...{ contract: terms.id, unit: amountUnit(terms.medium) },
    ...{ baseline: baselineDaysOf(contract), reporting: reportingDays(records) },
    profiles: await profilesOf(on, terms, ranges),
  }
}

interface ProfileRange {
  of: DayProfile['of']
  range: DayRange
}

async function profilesOf(
  on: ContractSources,
  terms: ContractRecord['terms'],
  ranges: readonly ProfileRange[],
): Promise<DayProfile[]> {
  const dayType = dayTypeBy(await on.registry.workingDays())
  const profiles: DayProfile[] = []
  for (const { of, range } of ranges) profiles.push(...dayProfiles(of, await measuredDays(on, terms, range), dayType))
  return profiles
}

/** What a plan shows: the baseline alone. */
export async function plannedSeries(on: ContractSources, contract: ContractRecord): Promise<MeasuredSeries> {
  const range = baselineRange(contract.terms)
  const profiles = await profilesOf(on, contract.terms, [{ of: 'baseline', range }])
  return { baseline: baselineDaysOf(contract), reporting: [], profiles }
}

/** What the sheet of a settlement shows: the baseline, and the days of its period as it was settled. */
export async function settledSeries(
  on: ContractSources,
  contract: ContractRecord,
  settlement: PeriodSettlement,
): Promise<MeasuredSeries> {
  const { terms } = contract
  const [firstDay, endDay] = [settlement.from, settlement.to].map((date) => dayOf(dateStartMs(date))) as [
    number,
    number,
  ]
  const profiles = await profilesOf(on, terms, [
    { of: 'baseline', range: baselineRange(terms) },
    { of: 'reporting', range: { firstDay, endDay } },
  ])
  return { baseline: baselineDaysOf(contract), reporting: settledDays(settlement), profiles }
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
