// What stands of a subject, judged when asked: months of consumption are documents, statuses and grades are pure functions
// of them, so any month can be judged and nothing that is derived can grow old.

import { monthOf, monthRange, yearOf } from '../domain/calendar.ts'
import { judge, profilesOf } from '../domain/dual-control.ts'
import { areaPathOf, namesOf, standardsOfMonth } from '../domain/energy.ts'
import { quotaStatus } from '../domain/quota.ts'
import type { Area, Institution } from '../domain/registry.ts'
import type { SubjectMonth } from '../domain/subject.ts'
import type { DualControl, QuotaStatus } from '../domain/view.ts'
import type { DocWrite, StateStore } from './platform.ts'
import type { RegistryReader } from './registry.ts'

/** The months of one subject (institution or area) in one calendar year. */
export type SubjectYear = Record<string, SubjectMonth>
export const subjectYearKey = (subject: string, year: number | string): string => `subject/${subject}/${year}`

/**
 * Data older than a standard or factor are judged by its earliest row, and the names in the result say so: an institution's
 * history should be comparable, and the alternative is no number at all.
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
      const value = { ...(await state.get<SubjectYear>(key))?.value }
      for (const month of changed) value[month.month] = month
      return { key, value }
    }),
  )
}

/** The months of the two calendar years that judging `month` looks at. */
export async function subjectMonths(state: StateStore, subject: string, month: string): Promise<SubjectMonth[]> {
  const year = Number(month.slice(0, 4))
  const docs = await state.getMany<SubjectYear>([year - 1, year].map((y) => subjectYearKey(subject, y)))
  return docs.flatMap(({ value }) => Object.values(value))
}

/** The latest month of a subject that has data, at most that of `nowMs`; undefined when there is none in a lifetime of data. */
export async function latestMonth(state: StateStore, subject: string, nowMs: number): Promise<string | undefined> {
  const docs = await state.query<SubjectYear>(`${subjectYearKey(subject, '')}`)
  const known = docs.flatMap(({ value }) => Object.values(value)).filter(({ hoursKnown }) => hoursKnown > 0)
  const present = monthOf(nowMs)
  return known
    .map(({ month }) => month)
    .filter((month) => month <= present)
    .sort()
    .at(-1)
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
}

/** Dual control of an institution or area; null when nothing is known of it in the two years. */
export async function dualControlOf(
  state: StateStore,
  registry: RegistryReader,
  { subject, area, profileArea, month, nowMs }: Question,
): Promise<DualControl | null> {
  const asOfMs = Math.min(nowMs, monthRange(month).toMs)
  const months = await subjectMonths(state, subject, month)
  if (months.length === 0 || asOfMs <= monthRange(month).fromMs) return null
  const areas = new Map((await registry.areas()).map((one) => [one.code, one]))
  const path = areaPathOf(area, areas)
  const year = yearOf(asOfMs - 1)
  const used = months.filter((one) => one.month <= month && one.month >= `${year - 1}`)
  const names = namesOf(used.map((one) => standardsOfMonth(one.month, path, STANDARDS_RULE)))
  return judge({
    subject,
    month,
    asOfMs,
    months,
    targets: await registry.targets(subject),
    areaProfiles: profileArea ? profilesOf(await subjectMonths(state, profileArea, month), year - 1) : undefined,
    coefficientSet: names.coefficientSet,
    co2Factor: names.co2Factor,
  })
}

/** The four quota indicators of an institution for the 12 months that end with `month`, or now. */
export async function quotaOf(
  state: StateStore,
  registry: RegistryReader,
  { institution, month, nowMs }: { institution: Institution; month: string; nowMs: number },
): Promise<QuotaStatus[]> {
  const asOfMs = Math.min(nowMs, monthRange(month).toMs)
  return quotaStatus(institution, await subjectMonths(state, institution.id, month), await registry.quotas(), asOfMs)
}

/** The area above, by code; undefined at the top. */
export const parentOf = (code: string, areas: readonly Area[]): string | undefined =>
  areas.find((area) => area.code === code)?.parent
