// Holds time-of-use cost to the hour: period boundaries, months, the day a new tariff begins, and what has no price.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOUR_MS } from '../../../domain/calendar.ts'
import { costOfHours, type Tariff, type TariffPeriod, tariffSchema } from '../../../domain/energy/tariff.ts'
import { periodFindings } from '../../../domain/energy/tariff-hours.ts'
import { parseInstant } from '../../../domain/instant.ts'

const period = (
  name: TariffPeriod['name'],
  [fromHour, toHour]: [number, number],
  yuanPerUnit: number,
  months?: number[],
) => ({ name, fromHour, toHour, yuanPerUnit, ...(months && { months }) })
const tariff = (of: Partial<Tariff>): Tariff =>
  tariffSchema.parse({
    subject: '130000',
    medium: 'electricity',
    validFrom: '2026-01-01',
    periods: [period('peak', [8, 22], 1), period('valley', [22, 8], 0.25)],
    ...of,
  })
const at = (text: string): number => parseInstant(`${text}:00+08:00`) ?? Number.NaN
const cost = (tariffs: Tariff[], from: string, amounts: number[], subjects = ['i', '130102', '130000']) =>
  costOfHours({ tariffs, subjects, medium: 'electricity', firstHourMs: at(from), amounts })

describe('the cost of hours', () => {
  it('changes on the full hour, past midnight too', () => {
    const result = cost([tariff({})], '2026-03-01T20:00', [1, 2, 4, 8, 16, 32])
    expect(result).toEqual({
      yuan: 3 + 60 * 0.25,
      periods: [
        { name: 'peak', amount: 3, yuan: 3, hours: 2 },
        { name: 'valley', amount: 60, yuan: 15, hours: 4 },
      ],
      hoursPriced: 6,
      hoursUnpriced: 0,
      hoursUnknown: 0,
      tariffs: ['130000/electricity/2026-01-01'],
    })
  })

  it('is cut by the day a new tariff begins, and names both rows', () => {
    const newer = tariff({ validFrom: '2026-03-02', periods: [period('flat', [0, 24], 2)] })
    const result = cost([newer, tariff({})], '2026-03-01T23:00', [10, 10])
    expect(result.periods).toEqual([
      { name: 'flat', amount: 10, yuan: 20, hours: 1 },
      { name: 'valley', amount: 10, yuan: 2.5, hours: 1 },
    ])
    expect(result.tariffs).toEqual(['130000/electricity/2026-01-01', '130000/electricity/2026-03-02'])
  })

  it('holds in its months only', () => {
    const summer = tariff({
      periods: [period('sharp', [0, 24], 3, [7, 8]), period('flat', [0, 24], 1, [1, 2, 3, 4, 5, 6, 9, 10, 11, 12])],
    })
    expect(cost([summer], '2026-06-30T23:00', [1, 1]).periods).toEqual([
      { name: 'sharp', amount: 1, yuan: 3, hours: 1 },
      { name: 'flat', amount: 1, yuan: 1, hours: 1 },
    ])
  })

  it("prefers the institution's own price, then the nearest area's, as long as it is valid", () => {
    const own = tariff({
      subject: 'i',
      validFrom: '2026-03-01',
      validTo: '2026-03-02',
      periods: [period('flat', [0, 24], 5)],
    })
    const county = tariff({ subject: '130102', validFrom: '2026-03-03', periods: [period('flat', [0, 24], 7)] })
    const prices = ['2026-02-28', '2026-03-01', '2026-03-02', '2026-03-03'].map(
      (day) => cost([tariff({}), county, own], `${day}T12:00`, [1]).yuan,
    )
    expect(prices).toEqual([1, 5, 1, 7])
  })

  it('counts what is unknown and what has no price, and is null when nothing has one', () => {
    expect(cost([tariff({})], '2025-12-31T22:00', [1, Number.NaN, 1, Number.NaN])).toMatchObject({
      yuan: 0.25,
      hoursPriced: 1,
      hoursUnpriced: 1,
      hoursUnknown: 2,
    })
    expect(cost([], '2026-03-01T00:00', [1, 2])).toMatchObject({ yuan: null, hoursUnpriced: 2, hoursUnknown: 0 })
    expect(cost([tariff({ medium: 'gas' })], '2026-03-01T00:00', [1])).toMatchObject({ yuan: null, tariffs: [] })
  })

  it('is the sum of its pieces, wherever it is cut, and loses no hour', () => {
    const amount = fc.oneof(fc.integer({ min: -100, max: 1000 }), fc.constant(Number.NaN))
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 80 }), fc.nat(80), fc.nat(48), (amounts, cut, shift) => {
        const rows = [tariff({}), tariff({ validFrom: '2026-03-02', periods: [period('flat', [0, 24], 0.5)] })]
        const firstHourMs = at('2026-03-01T00:00') + shift * HOUR_MS
        const priced = (from: number, to: number) =>
          costOfHours({
            tariffs: rows,
            subjects: ['130000'],
            medium: 'electricity',
            firstHourMs: firstHourMs + from * HOUR_MS,
            amounts: amounts.slice(from, to),
          })
        const middle = Math.min(cut, amounts.length)
        const [whole, left, right] = [priced(0, amounts.length), priced(0, middle), priced(middle, amounts.length)]
        expect((left.yuan ?? 0) + (right.yuan ?? 0)).toBeCloseTo(whole.yuan ?? 0, 6)
        for (const key of ['hoursPriced', 'hoursUnpriced', 'hoursUnknown'] as const)
          expect(left[key] + right[key]).toBe(whole[key])
        expect(whole.hoursPriced + whole.hoursUnpriced + whole.hoursUnknown).toBe(amounts.length)
        expect(whole.periods.reduce((sum, { yuan }) => sum + yuan, 0)).toBeCloseTo(whole.yuan ?? 0, 6)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the periods of a tariff', () => {
  it.each([
    { name: 'a whole day', periods: [period('flat', [0, 24], 1)], want: [] },
    { name: 'a day around midnight', periods: [period('peak', [8, 22], 1), period('valley', [22, 8], 1)], want: [] },
    {
      name: 'a gap',
      periods: [period('peak', [8, 22], 1), period('valley', [23, 7], 1)],
      want: ['no period holds at 07:00–08:00', 'no period holds at 22:00–23:00'],
    },
    {
      name: 'an overlap in summer',
      periods: [period('flat', [0, 24], 1), period('sharp', [11, 13], 2, [7, 8])],
      want: ['periods 1 (flat) and 2 (sharp) both hold at 11:00–13:00 in month 7, 8'],
    },
    {
      name: 'a month without any',
      periods: [period('flat', [0, 24], 1, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])],
      want: ['no period holds at 00:00–24:00 in month 12'],
    },
  ])('are found to have $name', ({ periods, want }) => {
    expect(periodFindings({ periods })).toEqual(want)
  })
})
