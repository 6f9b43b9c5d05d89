// Holds quota ratings to the ladder of docs/rules/quota.md#ratings, the Shandong stand-in rows, and the court in
// Yantai that they judge.

import { describe, expect, it } from 'vitest'
import { type Month, monthRange, monthsThrough } from '../../../domain/calendar.ts'
import { standardsOfMonth } from '../../../domain/energy/conversion.ts'
import { institutionMonth } from '../../../domain/energy/institution-month.ts'
import type { SubjectMonth } from '../../../domain/energy/subject-month.ts'
import { energyUsers, quotaRow, quotaStatus, worstRating } from '../../../domain/judge/quota.ts'
import { quotaStatusSchema } from '../../../domain/judge/result.ts'
import { rate } from '../../../domain/rating.ts'
import { type Institution, institutionSchema } from '../../../domain/registry/records.ts'
import type { Quota } from '../../../domain/standards/quota.ts'
import { QUOTAS_HEBEI } from '../../../domain/standards/quotas-hebei.ts'
import { QUOTAS_SHANDONG } from '../../../domain/standards/quotas-shandong.ts'

const institution = (of: Partial<Institution>): Institution =>
  institutionSchema.parse({
    id: 'i',
    name: 'i',
    area: '370600',
    type: 'government',
    sizes: [{ validFrom: '2020-01-01', floorAreaM2: 1000, heatedAreaM2: 900, energyUsers: 100 }],
    ...of,
  })

/** Twelve months of 2025, each with a twelfth of the year's quantities; sizes as given. */
const yearOf = (change: Partial<SubjectMonth>, first: Month = '2025-01'): SubjectMonth[] =>
  monthsThrough(first, '2025-12').map((month) => {
    const empty = institutionMonth({
      institution: institution({}),
      meters: [],
      month,
      asOfMs: endOf2025,
      amounts: () => undefined,
      sets: standardsOfMonth(month, ['370000']),
    })
    const hours = { hoursExpected: 1488, hoursKnown: 1488, waterHoursExpected: 744, waterHoursKnown: 744 }
    const sizes = { floorAreaM2: 1000, heatedAreaM2: 900, energyUsers: 100, waterUsers: 100 }
    return { ...empty, ...hours, ...sizes, ...change }
  })
const endOf2025 = monthRange('2025-12').toMs

describe('the rating ladder', () => {
  const secondaryA = { constraint: 22.6, benchmark: 15.3, guide: 9.4 }
  it.each([
    { value: 8.0, rating: 'advanced' },
    { value: 12.0, rating: 'reasonable' },
    { value: 20.0, rating: 'compliant' },
    { value: 30.0, rating: 'rectify' },
    { value: 9.4, rating: 'advanced' },
    { value: 15.3, rating: 'reasonable' },
    { value: 22.6, rating: 'compliant' },
    { value: 22.600001, rating: 'rectify' },
  ])('rates $value as $rating; equality meets the value', ({ value, rating }) => {
    expect(rate(value, secondaryA)).toBe(rating)
  })

  it('takes the worst of several, and is null when none is rated', () => {
    expect(worstRating([{ rating: 'advanced' }, { rating: null }, { rating: 'compliant' }])).toBe('compliant')
    expect(worstRating([{ rating: null }])).toBeNull()
    expect(worstRating([])).toBeNull()
  })
})

describe('the quota row of an institution', () => {
  const find = (
    of: Partial<Institution>,
    indicator: Quota['indicator'],
    quotas = QUOTAS_SHANDONG,
    date = '2025-12-31',
  ) => quotaRow(institution(of), indicator, quotas, date)?.constraint

  it.each([
    {
      of: { type: 'healthcare', level: 'secondary', climateZone: 'A' },
      indicator: 'nonHeatingPerArea',
      constraint: 22.6,
    },
    {
      of: { type: 'healthcare', level: 'secondary', climateZone: 'B' },
      indicator: 'nonHeatingPerArea',
      constraint: 33.9,
    },
    { of: { level: 'county', climateZone: 'A' }, indicator: 'energyPerCapita', constraint: 1197.8 },
    { of: { heatingKind: 'airConditioning' }, indicator: 'heatingPerArea', constraint: 12.4 },
    {
      of: { type: 'venue', venueKind: 'stadium', heatingKind: 'gasOrOil' },
      indicator: 'heatingPerArea',
      constraint: 36.4,
    },
    {
      of: { type: 'venue', venueKind: 'museum', level: 'municipal' },
      indicator: 'nonHeatingPerArea',
      constraint: 21.9,
    },
  ] as const)('of $of for $indicator has the constraint $constraint', ({ of, indicator, constraint }) => {
    expect(find(of, indicator)).toBe(constraint)
  })

  it.each([
    { name: 'the level is unknown', of: { climateZone: 'A' } },
    { name: 'the zone is unknown', of: { level: 'county' } },
    { name: 'the pair has no row', of: { level: 'provincial', climateZone: 'A' } },
    { name: 'the type has no table', of: { type: 'education', level: 'county', climateZone: 'A' } },
    { name: 'the venue kind is unknown', of: { type: 'venue', level: 'county' } },
  ] as const)('is none when $name', ({ of }) => {
    expect(find(of, 'energyPerCapita')).toBeUndefined()
  })

  it('is none in Hebei until its table is imported, and before a row is valid', () => {
    expect(find({ level: 'county', climateZone: 'A' }, 'energyPerCapita', QUOTAS_HEBEI)).toBeUndefined()
    expect(
      find({ level: 'county', climateZone: 'A' }, 'energyPerCapita', QUOTAS_SHANDONG, '2018-12-31'),
    ).toBeUndefined()
  })

  it('is the imported one where a stand-in says the same, and the newest where an older one is left open', () => {
    const standIn = QUOTAS_SHANDONG.find((row) => row.level === 'county' && row.indicator === 'energyPerCapita')
    if (!standIn) throw new Error('the stand-in table has lost its county rows')
    const old = { ...standIn, constraint: 1000, standIn: false, climateZone: 'A', validFrom: '2020-01-01' }
    const newest = { ...old, constraint: 900, validFrom: '2024-01-01' }
    expect(find({ level: 'county', climateZone: 'A' }, 'energyPerCapita', [...QUOTAS_SHANDONG, old, newest])).toBe(900)
  })
})

describe('the quota status', () => {
  const court = institution({ level: 'county', climateZone: 'A', heatingKind: 'districtHeatMetered' })

  it.each([
    { year: 2023, totalKgce: 547_377, perCapita: 1559.48 },
    { year: 2024, totalKgce: 468_357, perCapita: 1334.35 },
    { year: 2025, totalKgce: 454_054, perCapita: 1293.6 },
  ])('of the court in Yantai with $totalKgce kgce is $perCapita a person, above 1197.8', ({ totalKgce, perCapita }) => {
    const months = yearOf({ quotaKgce: totalKgce / 12, energyUsers: 351 })
    const status = quotaStatus(court, months, QUOTAS_SHANDONG, endOf2025)[2]
    expect(status.actual).toBeCloseTo(perCapita, 1)
    expect(status).toMatchObject({
      indicator: 'energyPerCapita',
      constraint: 1197.8,
      rating: 'rectify',
      standard: 'DB37/T 2672-2019',
      standIn: true,
    })
    expect(status.toNextRating).toBeCloseTo(perCapita - 1197.8, 1)
  })

  it('divides heating by the heated area, the rest less special functions by the floor area, water by its people', () => {
    const months = yearOf({ quotaKgce: 2000, heatingKgce: 750, specialKgce: 250, waterM3: 50 })
    const statuses = quotaStatus(court, months, QUOTAS_SHANDONG, endOf2025)
    expect(statuses.map(({ indicator, actual, rating }) => [indicator, actual, rating])).toEqual([
      ['heatingPerArea', 10, 'reasonable'],
      ['nonHeatingPerArea', 12, 'compliant'],
      ['energyPerCapita', 240, 'advanced'],
      ['waterPerCapita', 6, null],
    ])
    expect(statuses.map((status) => status.toNextRating?.toFixed(1) ?? null)).toEqual(['1.7', '0.1', null, null])
    for (const status of statuses) expect(quotaStatusSchema.parse(status)).toEqual(status)
  })

  it('leaves out transport, and special functions together with their floor area', () => {
    const months = yearOf({
      quotaKgce: 2000,
      heatingKgce: 750,
      specialKgce: 250,
      transportKgce: 100,
      specialAreaM2: 200,
    })
    const statuses = quotaStatus(court, months, QUOTAS_SHANDONG, endOf2025)
    expect(statuses[1].actual).toBe((12 * 900) / 800)
    expect(statuses[2].actual).toBe(240)
  })

  it('keeps the special area in when it was not registered all year, and is unknown when nothing else is left', () => {
    const late = yearOf({ quotaKgce: 100, specialAreaM2: 200 })
    late[0] = { ...late[0], specialAreaM2: null }
    expect(quotaStatus(court, late, QUOTAS_SHANDONG, endOf2025)[1].actual).toBe(1.2)
    const all = yearOf({ quotaKgce: 100, specialAreaM2: 1000 })
    expect(quotaStatus(court, all, QUOTAS_SHANDONG, endOf2025)[1].actual).toBeNull()
  })

  it('rates no energy of which a fuel could not be converted', () => {
    const months = yearOf({ quotaKgce: 100, heatingKgce: 10, fuelKgWithoutQuotaCoefficient: 1, waterM3: 50 })
    const statuses = quotaStatus(court, months, QUOTAS_SHANDONG, endOf2025)
    expect(statuses.map(({ actual }) => actual)).toEqual([null, null, null, 6])
  })

  it('is unknown with eleven months', () => {
    const statuses = quotaStatus(court, yearOf({ quotaKgce: 100 }, '2025-02'), QUOTAS_SHANDONG, endOf2025)
    expect(statuses.every(({ actual, rating }) => actual === null && rating === null)).toBe(true)
  })

  it('knows no water without a water meter, and nothing per person without people', () => {
    const months = yearOf({
      quotaKgce: 100,
      waterHoursExpected: 0,
      waterHoursKnown: 0,
      waterUsers: null,
      energyUsers: null,
    })
    const statuses = quotaStatus(court, months, QUOTAS_SHANDONG, endOf2025)
    expect(statuses.map((status) => status.actual === null)).toEqual([true, false, true, true])
  })

  it('rates by the class of the day, not by the present one', () => {
    const { type, area, climateZone, heatingKind } = court
    const row = { type, area, climateZone, heatingKind }
    const rows = [
      { ...row, level: 'county' as const },
      { ...row, level: 'provincial' as const, validFrom: '2026-01-01' },
    ]
    const months = yearOf({ quotaKgce: 100, waterM3: 50 })
    const constraints = (one: Institution) =>
      quotaStatus(one, months, QUOTAS_SHANDONG, endOf2025).map((row) => row.constraint)
    const moved = { ...court, level: 'provincial' as const, rows }
    expect(constraints(moved)).toEqual(constraints(court))
    expect(constraints(moved)).not.toEqual(constraints({ ...court, level: 'provincial' }))
  })

  it.each([
    { since: '2025-04', isApart: false },
    { since: '2025-02', isApart: false },
    { since: '2025-01', isApart: true },
  ])('does not tell the heating of a winter apart that was over when its meter came: $since', ({ since, isApart }) => {
    const heats = { ...court, heatingKind: 'airConditioning' as const }
    const months = yearOf({ quotaKgce: 100, waterM3: 50 }).map((part) =>
      part.month < since ? part : { ...part, heatingKgce: 10 },
    )
    const [heating, rest] = quotaStatus(heats, months, QUOTAS_SHANDONG, endOf2025)
    expect([heating.reason, rest.reason]).toEqual(isApart ? [null, null] : ['notApart', 'notApart'])
  })

  it.each([
    { heatingKind: 'airConditioning', heatingKgce: 0, nonHeatingKnown: false },
    { heatingKind: 'gasOrOil', heatingKgce: 0, nonHeatingKnown: false },
    { heatingKind: undefined, heatingKgce: 0, nonHeatingKnown: false },
    { heatingKind: 'gasOrOil', heatingKgce: 10, nonHeatingKnown: true },
    { heatingKind: 'districtHeatMetered', heatingKgce: 0, nonHeatingKnown: true },
    { heatingKind: 'none', heatingKgce: 0, nonHeatingKnown: true },
  ] as const)(
    'tells heating apart: $heatingKind with $heatingKgce kgce metered',
    ({ heatingKind, heatingKgce, nonHeatingKnown }) => {
      const months = yearOf({ quotaKgce: 100, heatingKgce })
      const [heating, rest] = quotaStatus({ ...court, heatingKind }, months, QUOTAS_SHANDONG, endOf2025)
      expect(heating.actual === null).toBe(heatingKgce === 0)
      expect(rest.actual !== null).toBe(nonHeatingKnown)
    },
  )
})

describe('energy users', () => {
  it.each([
    { input: { type: 'government', staff: 300, contractStaff: 51 }, users: 351 },
    { input: { type: 'education', staff: 120, contractStaff: 10, students: 1500 }, users: 1630 },
  ] as const)('of $input are $users', ({ input, users }) => {
    expect(energyUsers(input)).toBe(users)
  })

  it('of the worked hospital example are 7874.88, not the printed 7872.88', () => {
    const hospital = {
      type: 'healthcare',
      staff: 1800,
      contractStaff: 2500,
      interns: 600,
      internMonths: 11,
      beds: 2600,
      bedOccupancy: 0.95,
      outpatientVisitsPerYear: 202_530,
    } as const
    expect(energyUsers(hospital)).toBeCloseTo(7874.88, 2)
  })
})
