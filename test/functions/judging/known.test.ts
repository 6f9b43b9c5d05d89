// Holds months, rolling years and forecasts to what is known: readings that are missing never pass for zero use, and
// two identical years are one value on every day.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addMonths,
  DAY_MS,
  dayOf,
  HOUR_MS,
  type Month,
  monthOf,
  monthRange,
  monthsThrough,
} from '../../../domain/calendar.ts'
import { standardsOfMonth } from '../../../domain/energy/conversion.ts'
import { institutionMonth } from '../../../domain/energy/institution-month.ts'
import type { DaySums } from '../../../domain/energy/missing.ts'
import type { SubjectMonth } from '../../../domain/energy/subject-month.ts'
import { judge } from '../../../domain/judge/dual-control.ts'
import { quotaStatus } from '../../../domain/judge/quota.ts'
import { quotaPace } from '../../../domain/judge/quota-pace.ts'
import { STANDARDS_RULE } from '../../../functions/judging/judgement.ts'
import { amountsOfSums, usualOf } from '../../../functions/judging/month-amounts.ts'
import { runsOf } from '../../campaign.ts'
import { institution, meter } from '../province.ts'

const FIRST: Month = '2024-01'
const FIRST_DAY = dayOf(monthRange(FIRST).fromMs)
const DAYS = 1096
const house = institution('A', '130102', {
  heatingKind: 'districtHeatMetered',
  sizes: [{ validFrom: '2020-01-01', floorAreaM2: 1000, heatedAreaM2: 900, energyUsers: 50 }],
})
const METERS = [
  meter('E', 'A'),
  meter('H', 'A', { medium: 'heat', unit: 'GJ' }),
  meter('S', 'A', { role: 'sub', parent: 'E', purpose: '01D30' }),
]
const sets = standardsOfMonth('2026-01', ['130102', '130100', '130000'], STANDARDS_RULE)

/** Amount of a day by meter, and whether the day is known. */
type Field = (meterId: string, day: number) => { amount: number; hours: number }

const consumptionOf = (field: Field) => ({
  async sums(ids: readonly string[], fromDay: number, toDay: number) {
    const days = Array.from({ length: toDay - fromDay }, (_, place) => fromDay + place)
    return new Map(
      ids.map((id): [string, DaySums] => {
        const known = days.map((day) => (day < FIRST_DAY ? { amount: 0, hours: 0 } : field(id, day)))
        const amounts = Float64Array.from(known, ({ amount }) => amount)
        return [id, { amounts, hoursKnown: Uint8Array.from(known, ({ hours }) => hours) }]
      }),
    )
  },
})

/** The months up to an instant, as assess makes them. */
async function monthsOf(field: Field, asOfMs: number, first: Month = addMonths(monthOf(asOfMs - 1), -24)) {
  const consumption = consumptionOf((id, day) => {
    const { amount, hours } = field(id, day)
    const elapsed = Math.min(24, Math.max(0, (asOfMs - (day * DAY_MS - 8 * HOUR_MS)) / HOUR_MS))
    return { amount: (amount * Math.min(elapsed, hours)) / 24, hours: Math.min(elapsed, hours) }
  })
  const made: SubjectMonth[] = []
  for (const month of monthsThrough(first, monthOf(asOfMs - 1))) {
    const { fromMs, toMs } = monthRange(month)
    const sums = await consumption.sums(['E', 'H', 'S'], dayOf(fromMs), dayOf(toMs))
    const usual = await usualOf(consumption, METERS, { month, asOfMs, sums })
    const amounts = amountsOfSums(sums, month, usual)
    made.push(institutionMonth({ institution: house, meters: METERS, month, asOfMs, amounts, sets }))
  }
  return made
}
const judged = (months: SubjectMonth[], asOfMs: number) =>
  judge({ subject: 'A', month: monthOf(asOfMs - 1), asOfMs, months, targets: [], coefficientSet: '', co2Factor: '' })

/** Use by the day of the year: the same in each year. Heat from November to March alone. */
const yearly = (random: readonly number[]): Field => {
  return (id, day) => {
    const date = new Date(day * DAY_MS)
    const ofYear = date.getUTCMonth() * 31 + date.getUTCDate()
    const base = 10 + 10 * (random[(ofYear * 7 + id.charCodeAt(0)) % random.length] ?? 0)
    const isWinter = date.getUTCMonth() < 2 || date.getUTCMonth() > 9
    return { amount: id === 'H' ? (isWinter ? base / 10 : 0) : id === 'S' ? base / 4 : base, hours: 24 }
  }
}
const RUNS = runsOf({ test: 100, campaign: 1000 })
/** A thousand runs of some 20 ms, on a machine that does other things as well. */
const TIMEOUT_MS = 300_000
const randoms = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 40 })
const days = fc.integer({ min: FIRST_DAY + 740, max: FIRST_DAY + DAYS - 1 })

describe('two identical years', () => {
  it(
    'are one value on every day: rolling years, quota, pace and forecast',
    async () => {
      await fc.assert(
        fc.asyncProperty(randoms, days, async (random, day) => {
          const field = yearly(random)
          const asOfMs = day * DAY_MS - 8 * HOUR_MS
          const valuesOn = async (ms: number) => {
            const months = await monthsOf(field, ms)
            const { indicators } = judged(months, ms)
            return [
              ...indicators.filter(({ indicator }) => /energyPer|co2Per/.test(indicator)).map(({ actual }) => actual),
              ...indicators.filter(({ indicator }) => /^(energy|co2)$/.test(indicator)).map(({ forecast }) => forecast),
              ...quotaStatus(house, months, [], ms).map(({ actual }) => actual),
              ...quotaPace(house, months, [], ms).map(({ projected }) => projected),
            ].filter((value) => value !== null)
          }
          const yearEndMs = monthRange('2026-12').toMs
          const [own, end] = [await valuesOn(asOfMs), await valuesOn(yearEndMs)]
          expect(own.length).toBe(end.length)
          for (const [index, value] of own.entries()) expect(value / (end[index] ?? 0)).toBeCloseTo(1, 4)
        }),
        { numRuns: RUNS },
      )
    },
    TIMEOUT_MS,
  )
})

describe('readings that are missing', () => {
  const gaps = fc.array(
    fc.record({
      id: fc.constantFrom('E', 'H', 'S'),
      from: fc.integer({ min: FIRST_DAY + 366, max: FIRST_DAY + DAYS }),
      length: fc.integer({ min: 1, max: 90 }),
    }),
    { minLength: 1, maxLength: 6 },
  )

  it(
    'make no judged figure better than with them by more than the unknown share allows',
    async () => {
      await fc.assert(
        fc.asyncProperty(randoms, gaps, async (random, missing) => {
          const field = yearly(random)
          const without: Field = (id, day) => {
            const isGone = missing.some((gap) => gap.id === id && day >= gap.from && day < gap.from + gap.length)
            return isGone ? { amount: 0, hours: 0 } : field(id, day)
          }
          const asOfMs = monthRange('2026-12').toMs
          const [whole, gone] = [await monthsOf(field, asOfMs), await monthsOf(without, asOfMs)]
          const [before, after] = [judged(whole, asOfMs), judged(gone, asOfMs)]
          for (const [index, figure] of after.indicators.entries()) {
            const full = before.indicators[index]?.actual ?? null
            if (figure.actual === null || full === null) continue
            expect(figure.knownShare).toBeGreaterThanOrEqual(0.9 - 1e-9)
            expect(figure.provisional).toBe((figure.knownShare ?? 1) < 0.98)
            // What was used in an hour is between once and twice the least: an estimate errs by two at most. The known
            // share of CO2 is that of energy, and a kgce of electricity emits less than twice as much as the mean.
            const [estimated, times] = [
              figure.actual / (figure.knownShare ?? 1) - figure.actual,
              figure.indicator.startsWith('co2') ? 4 : 2,
            ]
            expect(full - figure.actual).toBeLessThanOrEqual(times * estimated + 1e-6 * full)
          }
          for (const [index, figure] of quotaStatus(house, gone, [], asOfMs).entries()) {
            const full = quotaStatus(house, whole, [], asOfMs)[index]?.actual ?? null
            if (figure.actual === null || full === null) continue
            const estimated = figure.actual / (figure.knownShare ?? 1) - figure.actual
            expect(Math.abs(full - figure.actual)).toBeLessThanOrEqual(2 * estimated + 1e-6 * full)
          }
        }),
        { numRuns: RUNS },
      )
    },
    TIMEOUT_MS,
  )

  it('weigh what last year used on the same days', async () => {
    const field = yearly([0.5, 0.1, 0.9])
    const asOfMs = monthRange('2026-12').toMs
    const without: Field = (id, day) =>
      id === 'E' && day >= FIRST_DAY + 1000 && day < FIRST_DAY + 1020 ? { amount: 0, hours: 0 } : field(id, day)
    const [full, gone] = [
      judged(await monthsOf(field, asOfMs), asOfMs),
      judged(await monthsOf(without, asOfMs), asOfMs),
    ]
    const [before, after] = [full.indicators[0], gone.indicators[0]]
    expect((after?.actual ?? 0) / (after?.knownShare ?? 0)).toBeCloseTo(before?.actual ?? 0, 6)
    expect(after?.forecast).toBeCloseTo(before?.actual ?? 0, 2)
  })
})
