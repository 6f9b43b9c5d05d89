// Judges a subject on request: monthly consumption is stored, statuses and ratings are pure functions of it. So any
// month can be judged, and no derived result becomes outdated.

import { addMonths, type Month, monthOf, monthRange, yearOf } from '../../domain/calendar.ts'
import { namesOf, type StandardsInForce, standardsOfMonth } from '../../domain/energy/conversion.ts'
import { burntFactorNames } from '../../domain/energy/fuel.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import { isTotal } from '../../domain/indicator.ts'
import { judge } from '../../domain/judge/dual-control.ts'
import { quotaStatus } from '../../domain/judge/quota.ts'
import type { DualControl, QuotaStatus } from '../../domain/judge/result.ts'
import { pathIn } from '../../domain/registry/area.ts'
import type { Area, Institution, Target } from '../../domain/registry/records.ts'
import type { StandardTables } from '../../domain/standards/tables.ts'
import type { DocWrite, StateStore } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import { seasonKey } from './season.ts'
import {
  ALL_DAYS,
  allYears,
  type DaysRead,
  daysToCut,
  monthDaysKey,
  readYear,
  readYears,
  subjectYearKey,
  withDays,
  type YearMonths,
  yearDocs,
} from './subject-year.ts'
import { monthsOnTargetFactors } from './target-factors.ts'

/**
 * Data older than a standard or factor are judged by its earliest row, named in the result: an institution's history
 * should be comparable, and the alternative is no number at all.
 */
export const STANDARDS_RULE = { retroactive: true } as const

/** The documents that replace stored months of one subject. */
export async function subjectMonthDocs(
  state: StateStore,
  subject: string,
  months: readonly SubjectMonth[],
): Promise<DocWrite[]> {
  const byYear = Map.groupBy(months, ({ month }) => month.slice(0, 4))
  const docs = [...byYear].map(async ([year, changed]) =>
    yearDocs(subject, { stands: await readYear(state, subjectYearKey(subject, year)), changed }),
  )
  return (await Promise.all(docs)).flat()
}

/** The months of the two calendar years that judging `month` looks at. `days`: those that are read with them. */
export async function subjectMonths(
  state: StateStore,
  subject: string,
  month: Month,
  days: DaysRead = ALL_DAYS,
): Promise<readonly SubjectMonth[]> {
  const months = (await subjectYears(state, subject, month)).flatMap((year) => Object.values(year))
  return withDays(state, subject, months, days)
}

/**
 * The same with as many days as dual control and quota need: a forecast is made of all, a rolling year cuts one month.
 * A province is judged by hardly any forecasts: most institutions have no target on a total.
 */
export async function monthsToJudge(
  { state, registry }: { state: StateStore; registry: Pick<RegistryReader, 'targets'> },
  { subject, month, onlyTargets = false }: Pick<Question, 'subject' | 'month' | 'onlyTargets'>,
): Promise<readonly SubjectMonth[]> {
  const isForecast = !onlyTargets || hasForecast(await registry.targets(subject))
  return subjectMonths(state, subject, month, isForecast ? ALL_DAYS : daysToCut(month))
}
/** Reads what judging many subjects in a month needs into a cache, in one go. */
export async function readAhead(cache: StateStore, subjects: readonly string[], month: Month): Promise<void> {
  const years = judgedYears(month)
  await cache.getMany(subjects.flatMap((subject) => years.map((year) => subjectYearKey(subject, year))))
  await cache.getMany(subjects.map((subject) => monthDaysKey(subject, addMonths(month, -12))))
}
const hasForecast = (targets: readonly Target[]): boolean => targets.some(({ indicator }) => isTotal(indicator))

const subjectYears = (state: StateStore, subject: string, month: Month): Promise<YearMonths[]> =>
  readYears(
    state,
    judgedYears(month).map((year) => subjectYearKey(subject, year)),
  )

/** The calendar years that judging `month` looks at. */
export const judgedYears = (month: Month): [before: number, own: number] => [
  Number(month.slice(0, 4)) - 1,
  Number(month.slice(0, 4)),
]

/**
 * A subject's latest month in which something is expected or known, at most the month of `nowMs`; undefined when there
 * is none. So a silent institution is shown as it stands now, unknown, and a closed one as it ended.
 */
export async function latestMonth(state: StateStore, subject: string, nowMs: number): Promise<Month | undefined> {
  const present = monthOf(nowMs)
  const latestIn = (years: readonly YearMonths[]): Month | undefined =>
    years
      .flatMap((year) => Object.values(year))
      .filter(({ hoursExpected, hoursKnown, month }) => hoursExpected + hoursKnown > 0 && month <= present)
      .map(({ month }) => month)
      .sort()
      .at(-1)
  // Nearly always within the two years that are read for judging; all years are read only when these have nothing.
  return latestIn(await subjectYears(state, subject, present)) ?? latestIn(await allYears(state, subject))
}

/** What to judge: a subject, the area whose factors and profile apply, and the month. */
export interface Question {
  subject: string
  /** The subject's own code when it is an area. */
  area: string
  /** The surrounding area, whose last year stands in for a subject that has none; undefined for the top area. */
  profileArea: string | undefined
  month: Month
  nowMs: number
  /** The result of `monthsToJudge`, if already read. */
  months?: readonly SubjectMonth[]
  /** Totals without a target get no forecast: a county's rows and alerts need none. */
  onlyTargets?: boolean
}

/** Dual control of an institution or area; null when the two years have no data. */
export async function dualControlOf(
  state: StateStore,
  registry: RegistryReader,
  { subject, area, profileArea, month, nowMs, months: known, onlyTargets = false }: Question,
): Promise<DualControl | null> {
  const asOfMs = Math.min(nowMs, monthRange(month).toMs)
  const months = known ?? (await monthsToJudge({ state, registry }, { subject, month, onlyTargets }))
  if (months.length === 0 || asOfMs <= monthRange(month).fromMs) return null
  const [areas, tables] = [await registry.areas(), await registry.tables()]
  const year = yearOf(asOfMs - 1)
  const used = months.filter((one) => one.month <= month && one.month >= `${year - 1}`)
  const sets = used.map((part) => ({ part, sets: standardsIn({ areas, tables }, area, part.month) }))
  const names = namesOf(sets.map((one) => one.sets))
  const targets = await registry.targets(subject)
  const monthsOf = (code: string) => subjectMonths(state, code, month)
  const standards = (code: string, given: Month) => standardsIn({ areas, tables }, code, given)
  const onFactors = await monthsOnTargetFactors(
    { area, isArea: subject === area, months, areas, tables, standards, monthsOf },
    { targets, asOfMs },
  )
  const isForecast = !onlyTargets || hasForecast(targets)
  const season = (await state.get(seasonKey(area, year)))?.value[subject]
  return judge({
    subject,
    month,
    asOfMs,
    months,
    targets,
    onFactors,
    onlyTargets,
    ...(season && { season }),
    calendar: (await registry.workingDays()).differing,
    ...(profileArea && isForecast && { areaMonths: await subjectMonths(state, profileArea, month) }),
    coefficientSet: names.coefficientSet,
    co2Factor: [names.co2Factor, ...burntFactorNames(sets)].join('; '),
  })
}

const standardsOfAreas = new WeakMap<readonly Area[], Map<string, StandardsInForce>>()

/**
 * An area's standards in a month. Cached with the registry's list of areas, which is read again whenever a table
 * changes.
 */
export function standardsIn(
  { areas, tables }: { areas: readonly Area[]; tables: StandardTables },
  area: string,
  month: Month,
): StandardsInForce {
  const known = standardsOfAreas.get(areas) ?? new Map<string, StandardsInForce>()
  standardsOfAreas.set(areas, known)
  const key = `${area} ${month}`
  const sets = known.get(key) ?? standardsOfMonth(month, pathIn(areas, area, month), { ...STANDARDS_RULE, tables })
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
  const known = months ?? (await subjectMonths(state, institution.id, month, daysToCut(month)))
  const [areas, tables] = [await registry.areas(), await registry.tables()]
  const used = known.filter((one) => one.month <= month && one.month >= addMonths(month, -12))
  const { quotaSet } = namesOf(used.map((one) => standardsIn({ areas, tables }, institution.area, one.month)))
  return quotaStatus(institution, known, tables.quotas, asOfMs, quotaSet || null)
}

/** Assess's judgement of an institution, as of one instant. */
export interface Judgement {
  /** See `latestMonth`. */
  month: Month
  dualControl: DualControl | null
  quota: readonly QuotaStatus[]
}
