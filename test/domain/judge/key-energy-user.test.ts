// Holds the mark of key energy users to a dated threshold, and to what is known of the year.

import { describe, expect, it } from 'vitest'
import { type Month, monthsThrough } from '../../../domain/calendar.ts'
import { sumSubjects } from '../../../domain/energy/subject-month.ts'
import { keyEnergyUser } from '../../../domain/judge/key-energy-user.ts'
import {
  KEY_ENERGY_USER_RULES,
  type KeyEnergyUserRule,
  keyEnergyUserRuleSchema,
} from '../../../domain/standards/key-energy-users.ts'

const rule = (of: Partial<KeyEnergyUserRule> = {}): KeyEnergyUserRule =>
  keyEnergyUserRuleSchema.parse({ area: '130000', thresholdTce: 500, validFrom: '2021-01-01', source: 'notice', ...of })
const yearOf = (tce: number, last: Month = '2025-12', hoursKnown = 744) =>
  monthsThrough('2025-01', last).map((month) => ({
    ...sumSubjects(month, []),
    energyKgce: (tce * 1000) / 12,
    energyMissingKgce: ((tce * 1000) / 12) * (744 / hoursKnown - 1),
    hoursExpected: 744,
    hoursKnown,
  }))
const judged = (tce: number, rules: readonly KeyEnergyUserRule[], months = yearOf(tce)) =>
  keyEnergyUser({
    institution: { type: 'healthcare' },
    areaPath: ['130102', '130100', '130000'],
    year: 2025,
    months,
    rules,
  })

describe('a key energy user', () => {
  it.each([
    { tce: 499.9, isKey: false },
    { tce: 500.1, isKey: true },
  ])('of $tce tce against 500 is $isKey', ({ tce, isKey }) => {
    const found = judged(tce, [rule()])
    expect(found).toMatchObject({ isKey, monthsKnown: 12, reason: null, rule: { source: 'notice' } })
    expect(found.energyTce).toBeCloseTo(tce, 9)
  })

  it('is one at exactly the threshold', () => {
    expect(judged(480, [rule({ thresholdTce: 480 })]).isKey).toBe(true)
  })

  it('is nobody while no threshold is issued, as in the table that ships', () => {
    expect(KEY_ENERGY_USER_RULES).toEqual([])
    expect(judged(99_999, KEY_ENERGY_USER_RULES)).toMatchObject({ isKey: null, rule: null, reason: 'noRule' })
  })

  it.each([
    {
      name: 'the county before the province',
      rules: [rule({ thresholdTce: 1 }), rule({ area: '130102', thresholdTce: 900 })],
      want: 900,
    },
    { name: 'its type before all types', rules: [rule(), rule({ type: 'healthcare', thresholdTce: 700 })], want: 700 },
    {
      name: 'an issued row before a stand-in',
      rules: [rule({ thresholdTce: 5, standIn: true, type: 'healthcare' }), rule()],
      want: 500,
    },
    {
      name: 'the row of the year’s end',
      rules: [rule({ validTo: '2025-07-01' }), rule({ validFrom: '2025-07-01', thresholdTce: 800 })],
      want: 800,
    },
    {
      name: 'no row of another area or type',
      rules: [rule({ area: '110000' }), rule({ type: 'venue' })],
      want: undefined,
    },
  ])('is judged by $name', ({ rules, want }) => {
    expect(judged(100, rules).rule?.thresholdTce).toBe(want)
  })

  it('is known early when a part of the year is enough, and otherwise unknown, not "no"', () => {
    expect(judged(0, [rule()], yearOf(1200, '2025-06'))).toMatchObject({ isKey: true, monthsKnown: 6, reason: null })
    expect(judged(0, [rule()], yearOf(600, '2025-06'))).toMatchObject({ isKey: null, reason: 'yearNotKnown' })
    expect(judged(0, [rule()], yearOf(400, '2025-12', 600))).toMatchObject({ isKey: null, reason: 'yearNotKnown' })
    const unconverted = yearOf(400).map((part) => ({ ...part, fuelKgWithoutCoefficient: 1 }))
    expect(judged(0, [rule()], unconverted)).toMatchObject({ isKey: null, reason: 'yearNotKnown' })
    expect(judged(0, [rule()], [])).toMatchObject({ isKey: null, energyTce: null, monthsKnown: 0 })
  })
})
