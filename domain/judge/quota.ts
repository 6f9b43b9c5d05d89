// Rates four indicators of one institution against its quota (定额): constraint (约束值) ≥ benchmark (基准值) ≥ guide
// (引导值). Formulae and ratings: docs/rules/quota.md#indicators, docs/rules/quota.md#ratings; the ladder itself is in
// domain/rating.ts. An institution whose class, level or zone has no row is not rated: there is no default row. No
// correction for climate, hours or vacancy is applied, since no rule for one is known.

import { dayLabel, dayOf } from '../calendar.ts'
import { rollingYearsOf, type SubjectMonth, type SubjectYear } from '../energy/subject-month.ts'
import { type IndicatorRow, QUOTA, QUOTA_INDICATORS, type QuotaIndicator } from '../indicator.ts'
import { type QuotaLimits, RATINGS, type Rating, rate } from '../rating.ts'
import type { Institution } from '../registry/records.ts'
import type { Quota } from '../standards/quota.ts'
import { isValidOn } from '../standards/validity.ts'
import { columnOf } from '../table.ts'
import { numeratorOf, sizeOf } from './indicator-value.ts'
import type { QuotaStatus } from './result.ts'

/**
 * The four indicators over the 12 months that end at `asOfMs`, one result each, in a fixed order. `months`: this
 * institution's, in any order; 13 when `asOfMs` is within a month (see `rollingYear`). With less than a year of data,
 * or an unknown size, the actual is null. `coefficientSet`: the name of the set that converted the months. A row that
 * is not a stand-in takes precedence.
 */
export function quotaStatus(
  institution: Institution,
  months: readonly SubjectMonth[],
  quotas: readonly Quota[],
  asOfMs: number,
  coefficientSet: string | null = null,
): QuotaStatus[] {
  const date = dayLabel(dayOf(asOfMs - 1))
  const actuals = actualsOf(institution, months, asOfMs)
  return QUOTA_INDICATORS.map((indicator) => {
    const row = quotaRow(institution, indicator, quotas, date)
    const actual = actuals[indicator]
    const rating = row && actual !== null ? rate(actual, row) : null
    return {
      indicator,
      unit: QUOTA[indicator].unit,
      actual,
      rating,
      constraint: row?.constraint ?? null,
      benchmark: row?.benchmark ?? null,
      guide: row?.guide ?? null,
      toNextRating: row && actual !== null ? toNextRating(actual, row) : null,
      standard: row?.standard ?? null,
      standIn: row?.standIn ?? false,
      coefficientSet: indicator === 'waterPerCapita' ? null : coefficientSet,
    }
  })
}

/**
 * The row in force for an institution on a local date; undefined when there is none. A class field that a row leaves
 * out fits every institution. Of several rows: one that is not a stand-in first, then the one that states more class
 * fields, then the newest.
 */
export function quotaRow(
  institution: Institution,
  indicator: QuotaIndicator,
  quotas: readonly Quota[],
  date: string,
): Quota | undefined {
  return quotas
    .filter((row) => row.indicator === indicator && row.type === institution.type && isValidOn(row, date))
    .filter((row) => CLASS_FIELDS.every((field) => row[field] === undefined || row[field] === institution[field]))
    .toSorted(
      (a, b) =>
        Number(a.standIn) - Number(b.standIn) ||
        statedFields(b) - statedFields(a) ||
        b.validFrom.localeCompare(a.validFrom),
    )
    .at(0)
}
const CLASS_FIELDS = ['venueKind', 'level', 'climateZone', 'heatingKind'] as const
const statedFields = (row: Quota): number => CLASS_FIELDS.filter((field) => row[field] !== undefined).length

/** The worst of the ratings given; null when nothing is rated. */
export function worstRating(statuses: readonly Pick<QuotaStatus, 'rating'>[]): Rating | null {
  return RATINGS.findLast((rating) => statuses.some((status) => status.rating === rating)) ?? null
}

function toNextRating(actual: number, limits: QuotaLimits): number | null {
  const next = { rectify: limits.constraint, compliant: limits.benchmark, reasonable: limits.guide, advanced: null }
  const limit = next[rate(actual, limits)]
  return limit === null ? null : actual - limit
}

function actualsOf(
  institution: Institution,
  months: readonly SubjectMonth[],
  asOfMs: number,
): Record<QuotaIndicator, number | null> {
  const { energy, water } = rollingYearsOf(months, asOfMs)
  // The sums leave out fuel without a quota coefficient: a rating computed without it would be too good.
  const whole = energy && energy.fuelKgWithoutQuotaCoefficient === 0 ? energy : null
  const valueBy = (row: IndicatorRow): number | null => {
    const year = row.resource === 'water' ? water : whole
    return year && row.size && per(numeratorOf(year, row), sizeOf(year, row.size))
  }
  const values = columnOf(QUOTA, valueBy)
  return {
    ...values,
    heatingPerArea: whole && whole.heatingKgce > 0 ? values.heatingPerArea : null,
    nonHeatingPerArea: whole && heatingIsApart(institution, whole) ? values.nonHeatingPerArea : null,
  }
}

/**
 * True when heating and non-heating energy can be separated. They cannot where air conditioning, gas or oil heats
 * without its own meter, or the kind of heating is not registered: then both indicators stay unknown. District heat
 * without a meter is not in the total either.
 */
const heatingIsApart = ({ heatingKind }: Institution, { heatingKgce }: SubjectYear): boolean =>
  heatingKgce > 0 || heatingKind === 'none' || heatingKind === 'districtHeatMetered'

const per = (amount: number, size: number | null): number | null => (size === null || size <= 0 ? null : amount / size)

/** Numbers of people, as daily averages of the year. `staff` 在编, `contractStaff` 编外. */
export type EnergyUsersInput =
  | { type: 'government'; staff: number; contractStaff: number }
  | { type: 'education'; staff: number; contractStaff: number; students: number }
  | {
      type: 'healthcare'
      staff: number
      contractStaff: number
      /** 实习; `internMonths`: months of the year in which they are present. */
      interns: number
      internMonths: number
      beds: number
      /** Share of beds in use, 0 to 1. */
      bedOccupancy: number
      outpatientVisitsPerYear: number
    }

/**
 * 用能人数 by the quota's own rule; not rounded. Source: the DB37/T quota standards
 * (docs/rules/quota.md#energy-users), whose printed example is 2.00 too low.
 */
export function energyUsers(input: EnergyUsersInput): number {
  const employed = input.staff + input.contractStaff
  switch (input.type) {
    case 'government':
      return employed
    case 'education':
      return employed + input.students
    case 'healthcare':
      return (
        employed +
        input.interns * (input.internMonths / 12) +
        input.beds * input.bedOccupancy +
        input.outpatientVisitsPerYear / 365
      )
  }
}
