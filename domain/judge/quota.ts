// Rates four indicators of one institution against its quota (定额): constraint (约束值) ≥ benchmark (基准值) ≥ guide
// (引导值). Formulae and ratings: docs/rules/quota.md#indicators, docs/rules/quota.md#ratings; the ladder itself is in
// domain/rating.ts. An institution whose class, level or zone has no row is not rated: there is no default row. No
// correction for climate, hours or vacancy is applied, since no rule for one is known.

import { addMonths, dayLabel, dayOf, monthOf } from '../calendar.ts'
import { rollingYearsOf, type SubjectMonth, type SubjectYear } from '../energy/subject-month.ts'
import { type IndicatorRow, QUOTA, QUOTA_INDICATORS, type QuotaIndicator, type ResourceKind } from '../indicator.ts'
import { type QuotaLimits, RATINGS, type Rating, rate } from '../rating.ts'
import { classedOn } from '../registry/dated.ts'
import type { Institution } from '../registry/records.ts'
import type { Quota } from '../standards/quota.ts'
import { isValidOn } from '../standards/validity.ts'
import { numeratorOf, sizeOf } from './indicator-value.ts'
import {
  type KnownShareLimits,
  knownFigure,
  knownShareLimits,
  knownShareOf,
  type UnknownReason,
} from './known-share.ts'
import type { QuotaStatus } from './result.ts'

/**
 * The four indicators over the 12 months that end at `asOfMs`, one result each, in a fixed order. `months`: this
 * institution's, in any order; 13 when `asOfMs` is within a month (see `rollingYear`). With less than a year of data,
 * or an unknown size, the actual is null. `coefficientSet`: the name of the set that converted the months. A row that
 * is not a stand-in takes precedence. Type, level, zone and heating are those of that day.
 */
export function quotaStatus(
  institution: Institution,
  months: readonly SubjectMonth[],
  quotas: readonly Quota[],
  asOfMs: number,
  coefficientSet: string | null = null,
): QuotaStatus[] {
  const date = dayLabel(dayOf(asOfMs - 1))
  const limits = knownShareLimits(date)
  const years = rollingYearsOf(months, asOfMs)
  const classed = classedOn(institution, asOfMs - 1)
  return QUOTA_INDICATORS.map((indicator) => {
    const row = quotaRow(classed, indicator, quotas, date)
    const figure = figureOf(classed, indicator, { years, months, asOfMs, limits })
    const { actual } = figure
    const rating = row && actual !== null ? rate(actual, row) : null
    return {
      indicator,
      unit: QUOTA[indicator].unit,
      ...figure,
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

function figureOf(
  institution: Institution,
  indicator: QuotaIndicator,
  given: {
    years: Record<ResourceKind, SubjectYear | null>
    months: readonly SubjectMonth[]
    asOfMs: number
    limits: KnownShareLimits
  },
) {
  const { years, months, asOfMs, limits } = given
  const row: IndicatorRow = QUOTA[indicator]
  const year = years[row.resource]
  const size = year && row.size && sizeOf(year, row.size)
  const isSized = size !== null && size > 0
  const why =
    year === null
      ? 'incompleteYear'
      : row.resource === 'energy' && year.fuelKgWithoutQuotaCoefficient > 0
        ? 'withoutRow'
        : isSized
          ? withheld(institution, indicator, { year, months, asOfMs })
          : 'noSize'
  // A value without all fuels, or of energy that cannot be told apart, would be too good.
  const value = year && isSized && (why === null || why === 'belowZero') ? numeratorOf(year, row) / size : null
  return knownFigure(value, { share: year && knownShareOf(year, row), why, limits })
}

interface Heated {
  year: SubjectYear
  months: readonly SubjectMonth[]
  asOfMs: number
}

/** Why a value that could be computed is not given. */
function withheld(institution: Institution, indicator: QuotaIndicator, heated: Heated): UnknownReason | null {
  const isHeating = indicator === 'heatingPerArea'
  if (isHeating && heated.year.heatingKgce === 0) return 'noData'
  return (isHeating || indicator === 'nonHeatingPerArea') && !heatingIsApart(institution, heated) ? 'notApart' : null
}

/**
 * True when heating and non-heating energy can be separated. They cannot where air conditioning, gas or oil heats
 * without its own meter, or the kind of heating is not registered: then both indicators stay unknown. District heat
 * without a meter is not in the total either.
 */
const heatingIsApart = ({ heatingKind }: Institution, { year, ...given }: Heated): boolean =>
  heatingKind === 'none' ||
  heatingKind === 'districtHeatMetered' ||
  (year.heatingKgce > 0 && (heatingKind === undefined || year.fuelsKgce > 0 || !isMeteredSinceWinter(given)))

/** The months in which every city heats. */
const HEATED = ['12', '01', '02']
/** True when heating is first known of after a month of the year in which all heat: that winter's is not apart. */
function isMeteredSinceWinter({ months, asOfMs }: Omit<Heated, 'year'>): boolean {
  const begin = addMonths(monthOf(asOfMs - 1), -11)
  const isKnown = ({ heatingKgce, heatingMissingKgce }: SubjectMonth): boolean =>
    heatingKgce > 0 || heatingMissingKgce > 0
  const first = months.reduce((least, part) => (isKnown(part) && part.month < least ? part.month : least), '9999-99')
  const winter = months.filter(({ month }) => month >= begin && month < first && HEATED.includes(month.slice(5)))
  return winter.some(({ hoursKnown }) => hoursKnown > 0)
}

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
