// Keeps, for each county and the areas above, how last year's days differ from what the present members used then:
// input of the forecasts of the areas, and of institutions that closed or took over a closed one's meters
// (docs/rules/dual-control.md#members). Few members change in a year, so the documents are small or absent.

import { type Month, monthOf, monthRange, yearOf, yearRange } from '../../domain/calendar.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import {
  addSeasonDays,
  dayOfYear,
  type Member,
  type SeasonChange,
  seasonDaysOf,
} from '../../domain/judge/season-change.ts'
import { areasIn, everAbove } from '../../domain/registry/area.ts'
import { areasOf, changesWithin, firstMsOf, isInService, wholeId } from '../../domain/registry/dated.ts'
import type { Area, Institution, Meter } from '../../domain/registry/records.ts'
import { DERIVED, docKey, type StateStore } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import type { DirtyMonths } from '../state/dirty.ts'
import { type County, childRecordsOf } from './county.ts'
import { readYears, subjectYearKey, withDays } from './subject-year.ts'

/** By subject: the area itself, and the institutions of a county. */
type Season = Readonly<Record<string, SeasonChange>>
export const seasonKey = (area: string, year: number) => docKey<Season>(`season/${area}/${year}`)

interface Sources {
  docs: StateStore
  registry: Pick<RegistryReader, 'institution'>
  nowMs: number
}

/** Writes the seasons of a county for the years that follow from the marked months. */
export async function judgeSeasons(sources: Sources, county: County, dirty: DirtyMonths): Promise<void> {
  for (const year of yearsAfter(dirty, sources.nowMs))
    await putSeason(sources.docs, { area: county.shard, year }, await countySeason(sources, county, year))
}

/** The same of an area above: the sum of the areas below, and the areas that came or left by date. */
export async function addSeasons(
  { docs, nowMs }: Omit<Sources, 'registry'>,
  { area, areas, dirty }: { area: string; areas: readonly Area[]; dirty: DirtyMonths },
): Promise<void> {
  for (const year of yearsAfter(dirty, nowMs)) {
    const span = spanOf(year)
    const month = monthOf(Math.min(nowMs, span.toMs - 1))
    const isHere = ({ code }: Area, ms: number): boolean =>
      areasIn(areas, monthOf(ms)).some((one) => one.code === code && one.parent === area)
    const children = areas.filter((one) => isHere(one, monthRange(month).fromMs))
    const below = await docs.getMany(children.map(({ code }) => seasonKey(code, year)))
    const parts = below.flatMap(({ key, value }) => value[key.split('/')[1] ?? '']?.days ?? [])
    const changing = areas.filter((one) => one.rows && everAbove(one).includes(area))
    const members = changing.map(async (one) => ({
      months: await monthsOfYears(docs, one.code, year),
      isHere: (ms: number) => isHere(one, ms),
    }))
    const own =
      members.length > 0 &&
      seasonDaysOf(await Promise.all(members), await monthsOfYears(docs, area, year), { year, endMs: nowMs })
    const days = addSeasonDays(own ? [...parts, own] : parts)
    await putSeason(docs, { area, year }, days ? { [area]: { days } } : {})
  }
}

/** A month is the present of its own year's forecast, and the season of the next one's. */
function yearsAfter(dirty: DirtyMonths, nowMs: number): number[] {
  const years = Object.values(dirty).flatMap((months: readonly Month[]) =>
    months.map((month) => Number(month.slice(0, 4))),
  )
  return [...new Set(years.flatMap((year) => [year, year + 1]))].filter((year) => year <= yearOf(nowMs)).sort()
}

async function putSeason(
  docs: StateStore,
  { area, year }: { area: string; year: number },
  season: Season,
): Promise<void> {
  const key = seasonKey(area, year)
  const isEmpty = Object.keys(season).length === 0
  if (!isEmpty) await docs.put([{ key, value: season }], DERIVED)
  else if (await docs.get(key)) await docs.delete([key])
}

async function countySeason(sources: Sources, county: County, year: number): Promise<Season> {
  const frame = { year, endMs: sources.nowMs }
  const span = spanOf(year)
  const monthsOf = (subject: string) => monthsOfYears(sources.docs, subject, year)
  const successions = successionsOf([...county.meters, ...county.former.meters])
  const season: Record<string, SeasonChange> = {}

  const changing = childRecordsOf(county).filter((institution) => changesIn(institution, span))
  const members = changing.map(async (institution): Promise<Member> => {
    const isContinued = heirsOf(institution, successions, county.institutions)
    const isHere = (ms: number): boolean => isInService(institution, ms) || isContinued(ms)
    return { months: await monthsOf(wholeId(institution.id)), isHere }
  })
  const days = members.length > 0 && seasonDaysOf(await Promise.all(members), await monthsOf(county.shard), frame)
  if (days) season[county.shard] = { days }

  const heirs = new Set(successions.map(({ to }) => to))
  for (const institution of county.institutions.filter(({ id, rows }) => rows || heirs.has(id))) {
    const closedMs = closingOf(institution)
    const closed = closedMs < span.toMs ? { closedFrom: Math.max(0, dayOfYear(closedMs, year)) } : {}
    const taken = await takenOver(sources.registry, institution, successions)
    const before = taken
      .filter(({ atMs }) => atMs > span.fromMs && atMs < span.toMs)
      .map(async ({ from, atMs }) => ({ months: await monthsOf(from), isHere: (ms: number) => ms >= atMs }))
    const added = before.length > 0 && seasonDaysOf(await Promise.all(before), await monthsOf(institution.id), frame)
    const change: SeasonChange = { ...closed, ...(added && { days: added }) }
    if (Object.keys(change).length > 0) season[institution.id] = change
  }
  return season
}

/** The year before, and the year. */
const spanOf = (year: number) => ({ fromMs: yearRange(year - 1).fromMs, toMs: yearRange(year).toMs })
async function monthsOfYears(docs: StateStore, subject: string, year: number): Promise<readonly SubjectMonth[]> {
  const years = [year - 1, year].map((one) => subjectYearKey(subject, one))
  return withDays(
    docs,
    subject,
    (await readYears(docs, years)).flatMap((months) => Object.values(months)),
  )
}
const changesIn = (institution: Institution, { fromMs, toMs }: { fromMs: number; toMs: number }): boolean =>
  changesWithin({ institution, meters: [] }, fromMs, toMs).length > 0

/** A main meter that went from one institution to another. */
interface Succession {
  from: string
  to: string
  atMs: number
}

function successionsOf(meters: readonly Meter[]): Succession[] {
  return meters.flatMap(({ rows = [] }) =>
    rows.flatMap((row, index) => {
      const next = rows[index + 1]
      const isTaken = next && next.institution !== row.institution && row.role === 'main'
      return isTaken ? [{ from: row.institution, to: next.institution, atMs: firstMsOf(next) }] : []
    }),
  )
}

/** The instant of closing; Infinity for an institution that is open. */
const closingOf = (institution: Institution): number => areasOf(institution).at(-1)?.toMs ?? Number.POSITIVE_INFINITY

/**
 * Whether an institution is continued in the county: on the day of its closing its main meter went to another one that
 * is here.
 */
function heirsOf(
  institution: Institution,
  successions: readonly Succession[],
  here: readonly Institution[],
): (ms: number) => boolean {
  const closedMs = closingOf(institution)
  const heirs = successions.filter(({ from, atMs }) => from === wholeId(institution.id) && atMs === closedMs)
  const inCounty = heirs.flatMap(({ to }) => here.find(({ id }) => id === to) ?? [])
  return (ms) => ms >= closedMs && inCounty.some((heir) => isInService(heir, ms))
}

/** The closed institutions that an institution continues, each once. */
async function takenOver(
  registry: Pick<RegistryReader, 'institution'>,
  { id }: Institution,
  successions: readonly Succession[],
): Promise<Succession[]> {
  const taken = new Map<string, Succession>()
  for (const one of successions.filter(({ to }) => to === id)) {
    const before = await registry.institution(one.from)
    if (before && closingOf(before.institution) === one.atMs) taken.set(one.from, one)
  }
  return [...taken.values()]
}
