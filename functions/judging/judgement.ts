// What stands of a subject, judged when asked: months of consumption are documents, statuses and ratings are pure
// functions of them, so any month can be judged and nothing that is derived can grow old.

import { addMonths, type Month, monthOf, monthRange, yearOf } from '../../domain/calendar.ts'
import { namesOf, type StandardsInForce, standardsOfMonth } from '../../domain/energy/conversion.ts'
import { burntFactorNames } from '../../domain/energy/fuel.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import { judge, profilesOf } from '../../domain/judge/dual-control.ts'
import { quotaStatus } from '../../domain/judge/quota.ts'
import type { DualControl, QuotaStatus } from '../../domain/judge/result.ts'
import { areaPathOf } from '../../domain/registry/area.ts'
import type { Area, Institution } from '../../domain/registry/records.ts'
import type { StandardTables } from '../../domain/standards/tables.ts'
import type { DocWrite, StateStore } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import { allYears, readYear, readYears, storedYear, subjectYearKey, type YearMonths } from './subject-year.ts'

/**
 * Data older than a standard or factor are judged by its earliest row, and the names in the result say so: an
 * institution's history should be comparable, and the alternative is no number at all.
 */
export const STANDARDS_RULE = { retroactive: true } as const

/** The documents that put months of one subject in the place of those that stood. */
export async function subjectMonthDocs(
  state: StateStore,
  subject: string,
  months: readonly SubjectMonth[],
): Promise<DocWrite[]> {
  const byYear = Map.groupBy(months, ({ month }) => month.slice(0, 4))
  return Promise.all(
    [...byYear].map(async ([year, changed]) => {
      const key = subjectYearKey(subject, year)
      const months = { ...(await readYear(state, key)) }
      for (const month of changed) months[month.month] = month
      return { key, value: storedYear(Object.values(months)) }
    }),
  )
}

/** The months of the two calendar years that judging `month` looks at. */
export async function subjectMonths(state: StateStore, subject: string, month: string): Promise<SubjectMonth[]> {
  return (await subjectYears(state, subject, month)).flatMap((year) => Object.values(year))
}

const subjectYears = (state: StateStore, subject: string, month: string): Promise<YearMonths[]> =>
  readYears(
    state,
    judgedYears(month).map((year) => subjectYearKey(subject, year)),
  )

/** The calendar years that judging `month` looks at. */
export const judgedYears = (month: string): [before: number, own: number] => [
  Number(month.slice(0, 4)) - 1,
  Number(month.slice(0, 4)),
]

/**
 * The latest month of a subject that has data, at most that of `nowMs`; undefined when there is none in a lifetime of
 * data.
 */
export async function latestMonth(state: StateStore, subject: string, nowMs: number): Promise<string | undefined> {
  const present = monthOf(nowMs)
  const latestIn = (years: readonly YearMonths[]): string | undefined =>
    years
      .flatMap((year) => Object.values(year))
      .filter(({ hoursKnown, month }) => hoursKnown > 0 && month <= present)
      .map(({ month }) => month)
      .sort()
      .at(-1)
  // Nearly always in the two years that are read to judge it; only who has nothing there is looked up in full.
  return latestIn(await subjectYears(state, subject, present)) ?? latestIn(await allYears(state, subject))
}

/** A subject to judge: who it is, the area whose factors and profile hold for it, and the month. */
export interface Question {
  subject: string
  /** The subject's own code when it is an area. */
  area: string
  /** The surrounding area, whose last year helps a subject that has none; none for the area at the top. */
  profileArea: string | undefined
  month: string
  nowMs: number
  /** `subjectMonths` of it, where they are at hand. */
  months?: readonly SubjectMonth[]
}

/** Dual control of an institution or area; null when nothing is known of it in the two years. */
export async function dualControlOf(
  state: StateStore,
  registry: RegistryReader,
  { subject, area, profileArea, month, nowMs, months: known }: Question,
): Promise<DualControl | null> {
  const asOfMs = Math.min(nowMs, monthRange(month).toMs)
  const months = known ?? (await subjectMonths(state, subject, month))
  if (months.length === 0 || asOfMs <= monthRange(month).fromMs) return null
  const [areas, tables] = [await registry.areas(), await registry.tables()]
  const year = yearOf(asOfMs - 1)
  const used = months.filter((one) => one.month <= month && one.month >= `${year - 1}`)
  const sets = used.map((part) => ({ part, sets: standardsIn({ areas, tables }, area, part.month) }))
  const names = namesOf(sets.map((one) => one.sets))
  return judge({
    subject,
    month,
    asOfMs,
    months,
    targets: await registry.targets(subject),
    areaProfiles: profileArea ? profilesOf(await subjectMonths(state, profileArea, month), year - 1) : undefined,
    coefficientSet: names.coefficientSet,
    co2Factor: [names.co2Factor, ...burntFactorNames(sets)].join('; '),
  })
}

const standardsOfAreas = new WeakMap<readonly Area[], Map<string, StandardsInForce>>()

/**
 * What an area is judged by in a month, looked up once for as long as the registry keeps its list of areas, which is
 * read anew whenever a table is.
 */
export function standardsIn(
  { areas, tables }: { areas: readonly Area[]; tables: StandardTables },
  area: string,
  month: string,
): StandardsInForce {
  const known = standardsOfAreas.get(areas) ?? new Map<string, StandardsInForce>()
  standardsOfAreas.set(areas, known)
  const key = `${area} ${month}`
  const path = (): string[] => areaPathOf(area, new Map(areas.map((one) => [one.code, one])))
  const sets = known.get(key) ?? standardsOfMonth(month, path(), { ...STANDARDS_RULE, tables })
  known.set(key, sets)
  return sets
}

/** The four quota indicators of an institution for the 12 months that end with `month`, or now. */
export async function quotaOf(
  state: StateStore,
  registry: RegistryReader,
  { institution, month, nowMs, months }: { institution: Institution } & Pick<Question, 'month' | 'nowMs' | 'months'>,
): Promise<QuotaStatus[]> {
  const asOfMs = Math.min(nowMs, monthRange(month).toMs)
  const known = months ?? (await subjectMonths(state, institution.id, month))
  const [areas, tables] = [await registry.areas(), await registry.tables()]
  const used = known.filter((one) => one.month <= month && one.month >= addMonths(month, -12))
  const { quotaSet } = namesOf(used.map((one) => standardsIn({ areas, tables }, institution.area, one.month)))
  return quotaStatus(institution, known, tables.quotas, asOfMs, quotaSet || null)
}

/** An institution as assess has judged it, as of the same instant. */
export interface Judgement {
  /** The latest month with data. */
  month: Month
  dualControl: DualControl | null
  quota: readonly QuotaStatus[]
}
