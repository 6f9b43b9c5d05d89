// Decides which institutions are key energy users (公共机构重点用能单位), by a dated threshold on the energy of a calendar
// year. Users import the thresholds; without one no institution is marked, and the result says that none was issued.

import { monthsThrough, yearRange } from '../calendar.ts'
import { byMonth, resourceHours, type SubjectMonth, sumOfMonths } from '../energy/subject-month.ts'
import { DUAL_CONTROL } from '../indicator.ts'
import type { Institution } from '../registry/records.ts'
import type { KeyEnergyUserRule } from '../standards/key-energy-users.ts'
import { isValidOn } from '../standards/validity.ts'
import { knownShareLimits, knownShareOf } from './known-share.ts'

export interface KeyEnergyUser {
  /** Null when undecided: see `reason`. */
  isKey: boolean | null
  year: number
  /** By the statistics set (当量值), sum of the known months; null when none is known. */
  energyTce: number | null
  /** Months of the year with known energy. */
  monthsKnown: number
  rule: KeyEnergyUserRule | null
  /**
   * `noRule`: 阈值未下达. `yearNotKnown`: below the threshold, but a month, over 10 % of the year's hours or the
   * coefficient of a fuel is missing.
   */
  reason: 'noRule' | 'yearNotKnown' | null
}

/**
 * Compares the year's energy with the threshold in force at the year's end. The known months may already reach it.
 * `months`: the institution's, in any order. `areaPath`: its area's code, then those above
 * (domain/energy/conversion.ts).
 */
export function keyEnergyUser(input: {
  institution: Pick<Institution, 'type'>
  areaPath: readonly string[]
  year: number
  months: readonly SubjectMonth[]
  rules: readonly KeyEnergyUserRule[]
}): KeyEnergyUser {
  const { year } = input
  const known = knownMonths(input.months, year)
  const energyTce = known.length > 0 ? known.reduce((sum, part) => sum + part.energyKgce, 0) / 1000 : null
  const rule = keyEnergyUserRuleOn(`${year}-12-31`, input) ?? null
  const reached = rule !== null && energyTce !== null && energyTce >= rule.thresholdTce
  const isConverted = known.every(({ fuelKgWithoutCoefficient }) => fuelKgWithoutCoefficient === 0)
  const whole = known.length === 12 && isKnownWell(known, year) && isConverted
  return {
    isKey: rule === null ? null : reached ? true : whole ? false : null,
    year,
    energyTce,
    monthsKnown: known.length,
    rule,
    reason: rule === null ? 'noRule' : reached || whole ? null : 'yearNotKnown',
  }
}

/** The nearest area's row wins; in an area an issued row before a stand-in, then the type's row before the general. */
export function keyEnergyUserRuleOn(
  date: string,
  {
    institution,
    areaPath,
    rules,
  }: {
    institution: Pick<Institution, 'type'>
    areaPath: readonly string[]
    rules: readonly KeyEnergyUserRule[]
  },
): KeyEnergyUserRule | undefined {
  return rules
    .filter((row) => areaPath.includes(row.area) && isValidOn(row, date))
    .filter((row) => row.type === undefined || row.type === institution.type)
    .toSorted(
      (a, b) =>
        areaPath.indexOf(a.area) - areaPath.indexOf(b.area) ||
        Number(a.standIn ?? false) - Number(b.standIn ?? false) ||
        Number(b.type !== undefined) - Number(a.type !== undefined),
    )
    .at(0)
}

function knownMonths(months: readonly SubjectMonth[], year: number): SubjectMonth[] {
  const map = byMonth(months)
  const names = monthsThrough(`${year}-01`, `${year}-12`)
  return names.flatMap((month) => {
    const part = map.get(month)
    return part && resourceHours(part, 'energy').known > 0 ? part : []
  })
}

const isKnownWell = (known: readonly SubjectMonth[], year: number): boolean =>
  (knownShareOf(sumOfMonths(known, yearRange(year).toMs), DUAL_CONTROL.energy) ?? 0) >=
  knownShareLimits(`${year}-12-31`).judgedFrom
