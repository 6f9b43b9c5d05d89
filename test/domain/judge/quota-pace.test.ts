// Holds the pace in the year to last year's profile or the days, and the next rating to what is left to use.

import { describe, expect, it } from 'vitest'
import { monthRange, monthsThrough, yearRange } from '../../../domain/calendar.ts'
import { type SubjectMonth, sumSubjects } from '../../../domain/energy/subject-month.ts'
import { quotaStatus } from '../../../domain/judge/quota.ts'
import { quotaPace } from '../../../domain/judge/quota-pace.ts'
import { type Institution, institutionSchema } from '../../../domain/registry/records.ts'
import { type Quota, quotaSchema } from '../../../domain/standards/quota.ts'

const institution: Institution = institutionSchema.parse({
  id: 'i',
  name: 'i',
  area: '130102',
  type: 'government',
  heatingKind: 'districtHeatMetered',
  sizes: [{ validFrom: '2020-01-01', floorAreaM2: 1000, heatedAreaM2: 1000, energyUsers: 100 }],
})
const quota = (indicator: Quota['indicator'], of: Partial<Quota> = {}): Quota =>
  quotaSchema.parse({
    standard: 'S',
    type: 'government',
    indicator,
    constraint: 120,
    benchmark: 100,
    guide: 80,
    validFrom: '2021-01-01',
    source: 's',
    ...of,
  })
const quotas = [quota('energyPerCapita')]
/** Half of the year's energy in January to March. */
const WINTER = [1 / 6, 1 / 6, 1 / 6, ...Array<number>(9).fill(1 / 18)]

function monthsOf(year: number, quotaKgce: number, count = 12, change: Partial<SubjectMonth> = {}): SubjectMonth[] {
  return monthsThrough(`${year}-01`, `${year}-12`)
    .slice(0, count)
    .map((month, index) => ({
      ...sumSubjects(month, []),
      quotaKgce: quotaKgce * WINTER[index],
      floorAreaM2: 1000,
      heatedAreaM2: 1000,
      energyUsers: 100,
      waterUsers: 100,
      hoursExpected: 1000,
      hoursKnown: 1000,
      waterHoursExpected: 500,
      waterHoursKnown: 500,
      ...change,
    }))
}
const perCapita = (months: readonly SubjectMonth[], asOfMs: number, rows = quotas) => {
  const pace = quotaPace(institution, months, rows, asOfMs).find(({ indicator }) => indicator === 'energyPerCapita')
  if (!pace) throw new Error('no pace of energy per person')
  return pace
}
const endOfMarch = monthRange('2026-03').toMs

describe('the pace', () => {
  it("takes the share that was due from last year's own profile: half of the year by March", () => {
    const pace = perCapita([...monthsOf(2025, 20_000), ...monthsOf(2026, 11_000, 3)], endOfMarch)
    expect(pace).toMatchObject({
      basis: 'ownProfile',
      unit: 'kgce/person',
      standard: 'S',
      projectedRating: 'compliant',
    })
    expect(pace.yearToDate).toBeCloseTo(55, 9)
    expect(pace.share).toBeCloseTo(0.5, 9)
    expect(pace.projected).toBeCloseTo(110, 9)
    expect(pace.paceRatio).toBeCloseTo(110 / 120, 9)
  })

  it.each([
    { name: 'is not there', lastYear: [] },
    { name: 'lacks a month', lastYear: monthsOf(2025, 20_000).slice(1) },
    { name: 'is known for less than 90 %', lastYear: monthsOf(2025, 20_000, 12, { hoursKnown: 940 }) },
  ])('takes the days when last year $name, and says so', ({ lastYear }) => {
    const pace = perCapita([...lastYear, ...monthsOf(2026, 11_000, 3)], endOfMarch)
    expect(pace.basis).toBe('days')
    expect(pace.share).toBeCloseTo(90 / 365, 9)
    expect(pace.projected).toBeCloseTo((55 * 365) / 90, 9)
  })

  it('takes part of the current month by the time elapsed in it', () => {
    const { fromMs, toMs } = monthRange('2026-03')
    const months = [...monthsOf(2025, 20_000), ...monthsOf(2026, 12_000, 3)]
    expect(perCapita(months, fromMs + (toMs - fromMs) / 4).share).toBeCloseTo(1 / 6 + 1 / 6 + 1 / 24, 9)
  })

  it('is the quota status itself when the year is complete', () => {
    const months = monthsOf(2025, 9000)
    const endMs = yearRange(2025).toMs
    const pace = perCapita(months, endMs)
    expect(pace).toMatchObject({ basis: 'complete', share: 1, projectedRating: 'reasonable' })
    expect(pace.projected).toBeCloseTo(quotaStatus(institution, months, quotas, endMs)[2].actual ?? 0, 9)
    expect(pace.next).toMatchObject({ monthsLeft: 0, leftPerMonth: null, reachable: false })
  })

  it('is unknown when a month of this year or the size is, and judges the rest', () => {
    const hole = monthsOf(2026, 11_000, 3).filter(({ month }) => month !== '2026-02')
    expect(perCapita(hole, endOfMarch)).toMatchObject({ yearToDate: null, projected: null, next: null })
    const nobody = monthsOf(2026, 11_000, 3, { energyUsers: null })
    const paces = quotaPace(institution, nobody, quotas, endOfMarch)
    expect(paces.map(({ yearToDate }) => yearToDate === null)).toEqual([true, false, true, false])
  })

  it('has no rating without a row (定额未下达), and takes the row in force now', () => {
    const months = monthsOf(2026, 11_000, 3)
    expect(perCapita(months, endOfMarch, [])).toMatchObject({ projectedRating: null, paceRatio: null, next: null })
    const editions = [
      quota('energyPerCapita', { validTo: '2026-07-01' }),
      quota('energyPerCapita', { standard: 'T', constraint: 50, benchmark: 40, guide: 30, validFrom: '2026-07-01' }),
    ]
    expect(perCapita(months, endOfMarch, editions).standard).toBe('S')
  })

  it('keeps heating apart: its own numerator, area and profile', () => {
    const heating = (year: number, kgce: number, count: number) =>
      monthsOf(year, 2 * kgce, count).map((part) => ({
        ...part,
        heatingKgce: part.month.slice(5) < '04' ? kgce / 3 : 0,
      }))
    const months = [...heating(2025, 9000, 12), ...heating(2026, 12_000, 2)]
    const [pace, rest] = quotaPace(
      institution,
      months,
      [quota('heatingPerArea', { constraint: 12, benchmark: 11, guide: 9 })],
      monthRange('2026-02').toMs,
    )
    expect(pace.share).toBeCloseTo(2 / 3, 9)
    expect(pace.projected).toBeCloseTo(12, 9)
    expect(rest.yearToDate).toBeCloseTo((24_000 * (2 / 6) - 8000) / 1000, 9)
  })
})

describe('the next rating', () => {
  const months = (kgce: number) => [...monthsOf(2025, 20_000), ...monthsOf(2026, kgce, 3)]

  it.each([
    { kgce: 13_000, rating: 'rectify', next: 'compliant', limit: 120, left: 55, toSave: 10 },
    { kgce: 11_000, rating: 'compliant', next: 'reasonable', limit: 100, left: 45, toSave: 10 },
    { kgce: 9000, rating: 'reasonable', next: 'advanced', limit: 80, left: 35, toSave: 10 },
  ])('after $rating is $next, with what is left of it', ({ kgce, rating, next, limit, left, toSave }) => {
    const pace = perCapita(months(kgce), endOfMarch)
    expect(pace.projectedRating).toBe(rating)
    expect(pace.next).toMatchObject({ rating: next, limit, reachable: true })
    expect(pace.next?.monthsLeft).toBeCloseTo(9, 9)
    expect(pace.next?.left).toBeCloseTo(left, 9)
    expect(pace.next?.leftPerMonth).toBeCloseTo(left / 9, 9)
    expect(pace.next?.toSave).toBeCloseTo(toSave, 9)
  })

  it('is none at the best, and out of reach when more than it is used already', () => {
    expect(perCapita(months(7000), endOfMarch)).toMatchObject({ projectedRating: 'advanced', next: null })
    const late = perCapita(months(30_000), endOfMarch)
    expect(late.next).toMatchObject({ rating: 'compliant', reachable: false })
    expect(late.next?.left).toBeCloseTo(-30, 9)
  })
})
