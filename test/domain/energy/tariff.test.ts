// Holds time-of-use cost to the hour: period boundaries, months, the day a new tariff begins, and what has no price.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayOf, HOUR_MS } from '../../../domain/calendar.ts'
import { costOfHours, pricerOf, type Tariff, tariffSchema, withHolidays } from '../../../domain/energy/tariff.ts'
import { periodFindings, type TariffPeriod } from '../../../domain/energy/tariff-period.ts'
import { tariffWarnings } from '../../../domain/import/tariff-warning.ts'
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

  it('splits an hour in which the period changes', () => {
    const half = tariff({ periods: [period('peak', [8.5, 0], 1), period('valley', [0, 8.5], 0.2)] })
    expect(cost([half], '2026-03-01T07:00', [10, 10, 10])).toMatchObject({
      yuan: 2 + 6 + 10,
      hoursPriced: 3,
      periods: [
        { name: 'peak', amount: 15, yuan: 15, hours: 1.5 },
        { name: 'valley', amount: 15, yuan: 3, hours: 1.5 },
      ],
    })
  })

  it('has the prices of a holiday on its days alone', () => {
    const special = (holidays: string[]) =>
      tariff({ periods: [period('flat', [0, 24], 1), { ...period('deepValley', [11, 15], 0.25), holidays }] })
    const days = [
      { date: '2026-02-15', kind: 'holiday' as const, name: '春节' },
      { date: '2026-05-01', kind: 'holiday' as const, name: '劳动节' },
      { date: '2026-05-09', kind: 'workday' as const, name: '劳动节调休' },
    ]
    const at12 = (holidays: string[]) =>
      ['02-14', '02-15', '05-01', '05-09'].map(
        (day) => cost(withHolidays([special(holidays)], days), `2026-${day}T12:00`, [1]).yuan,
      )
    expect(at12(['all'])).toEqual([1, 0.25, 0.25, 1])
    expect(at12(['春节', '国庆节'])).toEqual([1, 0.25, 1, 1])
    expect(cost(withHolidays([special(['all'])], days), '2026-02-15T10:00', [1, 1]).yuan).toBe(1.25)
    expect(withHolidays([tariff({})], days)[0]).not.toHaveProperty('holidayNames')
  })

  describe('on a ladder', () => {
    const step = (aboveAmount: number, yuanPerUnit: number) => ({
      ...period('flat', [0, 24], yuanPerUnit),
      aboveAmount,
    })
    const ladder = (cycle: 'monthly' | 'yearly') =>
      tariff({ ladder: cycle, periods: [step(0, 1), step(100, 2), step(150, 4)] })
    const priced = (cycle: 'monthly' | 'yearly', from: string, amounts: number[], before = {}) =>
      costOfHours({
        tariffs: [ladder(cycle)],
        subjects: ['130000'],
        medium: 'electricity',
        firstHourMs: at(from),
        amounts,
        before,
      })

    it('splits the amount that crosses steps, and begins anew with the month', () => {
      expect(priced('monthly', '2026-03-31T22:00', [90, 80, 90]).yuan).toBe(90 + 10 + 100 + 80 + 90)
      expect(priced('monthly', '2026-03-31T22:00', [90, 80]).periods).toMatchObject([{ amount: 170, hours: 2 }])
    })

    it('counts from January when it is yearly, with what was used before', () => {
      const yuan = (from: string, yearly: number) => priced('yearly', from, [10, 10], { yearly }).yuan
      expect(yuan('2026-03-31T23:00', 0)).toBe(20)
      expect(yuan('2026-03-31T23:00', 95)).toBe(5 + 10 + 20)
      expect(yuan('2026-03-31T23:00', 1000)).toBe(80)
      expect(yuan('2026-12-31T23:00', 1000)).toBe(40 + 10)
    })

    it('costs what the amount of the month says, wherever the hours are cut', () => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 40 }), fc.nat(40), (amounts, cut) => {
          const total = (some: number[]) => some.reduce((sum, amount) => sum + amount, 0)
          const [left, right] = [amounts.slice(0, cut), amounts.slice(cut)]
          const used = total(amounts)
          const want = Math.min(used, 100) + 2 * Math.max(0, Math.min(used, 150) - 100) + 4 * Math.max(0, used - 150)
          expect(priced('monthly', '2026-03-10T00:00', amounts).yuan ?? 0).toBeCloseTo(want, 6)
          const parts = [
            priced('monthly', '2026-03-10T00:00', left),
            priced('monthly', '2026-03-12T00:00', right, { monthly: total(left) }),
          ]
          expect(total(parts.map(({ yuan }) => yuan ?? 0))).toBeCloseTo(want, 6)
        }),
        { numRuns: 1000 },
      )
    })
  })

  it('has a basic fee by the day, of the size that the meter has', () => {
    const fee = (size: object, of: Partial<Tariff>, days = 30) => {
      const pricer = pricerOf([tariff(of)], { subjects: ['130000'], medium: 'electricity' })
      const day = dayOf(at('2026-04-01T00:00'))
      return pricer?.basicYuan(size, day, day + days) ?? null
    }
    const both = { yuanPerKva: 24, yuanPerKw: 36 }
    expect(fee({ capacityKva: 500 }, both)).toBeCloseTo(12_000, 6)
    expect(fee({ demandKw: 200 }, both)).toBeCloseTo(7_200, 6)
    expect(fee({ demandKw: 200 }, both, 15)).toBeCloseTo(3_600, 6)
    expect(fee({ demandKw: 200 }, { ...both, validTo: '2026-04-11' })).toBeCloseTo(2_400, 6)
    expect([fee({}, both), fee({ capacityKva: 500 }, { yuanPerKw: 36 })]).toEqual([null, null])
  })

  it('has the row that began last, and the one without an end again when that ended', () => {
    const july = tariff({ validFrom: '2026-07-01', validTo: '2026-08-01', periods: [period('flat', [0, 24], 3)] })
    const endless = tariff({ periods: [period('flat', [0, 24], 1)] })
    const prices = ['06-30', '07-01', '07-31', '08-01'].map(
      (day) => cost([endless, july], `2026-${day}T12:00`, [1]).yuan,
    )
    expect(prices).toEqual([1, 3, 3, 1])
    expect(tariffWarnings({ tariffs: [endless, july] })).toMatchObject([
      { id: '130000/electricity/2026-07-01', field: 'validTo', reason: expect.stringContaining('from 2026-08-01 on') },
    ])
    const august = tariff({ validFrom: '2026-08-01', periods: [period('flat', [0, 24], 2)] })
    expect(tariffWarnings({ tariffs: [endless, july, august] })).toEqual([])
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
    { name: 'a day until 0', periods: [period('peak', [8.5, 0], 1), period('valley', [0, 8.5], 1)], want: [] },
    {
      name: 'half an hour without any',
      periods: [period('peak', [8.5, 22], 1), period('valley', [22, 8], 1)],
      want: ['no period holds at 08:00–08:30'],
    },
    {
      name: 'prices of holidays beside ordinary ones',
      periods: [period('flat', [0, 24], 1), { ...period('deepValley', [11, 15], 1), holidays: ['all'] }],
      want: [],
    },
    {
      name: 'two prices of one holiday',
      periods: [
        period('flat', [0, 24], 1),
        { ...period('deepValley', [11, 15], 1), holidays: ['all'] },
        { ...period('valley', [14, 16], 1), holidays: ['春节'] },
      ],
      want: ['periods 2 (deepValley) and 3 (valley) both hold at 14:00–15:00'],
    },
    {
      name: 'a step that does not cover the day, and no ladder',
      periods: [period('flat', [0, 24], 1), { ...period('flat', [8, 24], 2), aboveAmount: 100 }],
      want: ['no period holds at 00:00–08:00 above 100', 'steps above an amount need a ladder, monthly or yearly'],
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
