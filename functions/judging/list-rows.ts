// The rows of lists: how each institution of a shard stands in its latest month, kept because a list of thousands is
// sorted and filtered. With them goes what rankings and the means of kinds are read from (standing.ts).

import { dayOf, monthOf, yearOf } from '../../domain/calendar.ts'
import { worstRating } from '../../domain/judge/quota.ts'
import type { Institution } from '../../domain/registry/records.ts'
import type { InstitutionRow } from '../../domain/view/view.ts'
import { DERIVED, type DocWrite, docKey, type StateStore } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import type { DirtyMonths } from '../state/dirty.ts'
import { dailyDueMs } from '../state/due.ts'
import { schedules } from '../triggers.ts'
import { dualControlOf, type Judgement, judgedYears, latestMonth, quotaOf, subjectMonths } from './judgement.ts'
import { metTargets, peersDoc, rankingDocs } from './past-year.ts'
import { subjectYearKey } from './subject-year.ts'

/** The row of an institution in lists, as it stands in its latest month. */
export const summaryKey = (shard: string, institution = '') => docKey<InstitutionRow>(`summary/${shard}/${institution}`)
/** By which registry, and on which day, the rows of a shard were all made. */
interface SummarizedMark {
  revision: number
  day: number
}
export const summarizedKey = (shard: string) => docKey<SummarizedMark>(`summarized/${shard}`)
/** Rows that are written together, before a store gives others a turn. */
const ROWS_PER_PUT = 50

export interface SummaryQuestion {
  shard: string
  institutions: readonly Institution[]
  /** The months that were judged anew. */
  dirty: DirtyMonths
  nowMs: number
  revision: number
}
/** `docs` reads through what was just written; `state` is written. */
interface Stores {
  docs: StateStore
  state: StateStore
  registry: RegistryReader
}

/**
 * Writes the rows of who was judged anew; of everyone on a new day, which moves every rolling year, and by a new
 * registry. Returns how each of them stands that has data: alerts need not judge it again.
 */
export async function summarize(
  { docs, state, registry }: Stores,
  summaryQuestion: SummaryQuestion,
): Promise<ReadonlyMap<string, Judgement>> {
  const { shard, institutions, dirty, nowMs, revision } = summaryQuestion
  const mark: SummarizedMark = { revision, day: dayOf(dailyDueMs(schedules.listRows, { area: shard, nowMs })) }
  const before = (await state.get(summarizedKey(shard)))?.value
  const isCurrent = before?.revision === mark.revision && before.day === mark.day
  const listed = isCurrent ? institutions.filter(({ id }) => dirty[id] !== undefined) : institutions
  if (!isCurrent) {
    const years = judgedYears(monthOf(nowMs))
    await docs.getMany(institutions.flatMap(({ id }) => years.map((year) => subjectYearKey(id, year))))
  }
  const areaName = (await registry.areas()).find((area) => area.code === shard)?.name ?? shard
  const judged = new Map<string, Judgement>()
  for (let first = 0; first < listed.length; first += ROWS_PER_PUT) {
    const rows: DocWrite[] = []
    for (const institution of listed.slice(first, first + ROWS_PER_PUT)) {
      const { row, stands } = await rowOf(institution, { shard, areaName, nowMs }, { docs, registry })
      rows.push({ key: summaryKey(shard, institution.id), value: row })
      if (stands) judged.set(institution.id, stands)
    }
    await state.put(rows, DERIVED)
  }
  const sources = { state: docs, registry, nowMs }
  const stored = await rankingDocs({ shard, all: institutions, years: pastYears(summaryQuestion, before) }, sources)
  const daily = isCurrent
    ? []
    : [
        await peersDoc({ shard, all: institutions, year: yearOf(nowMs) }, sources),
        { key: summarizedKey(shard), value: mark },
      ]
  await state.put([...stored, ...daily], DERIVED)
  return judged
}

/** Years before this one of which a row is to be made, by institution. */
function pastYears(
  { institutions, dirty, nowMs, revision }: SummaryQuestion,
  before: SummarizedMark | undefined,
): ReadonlyMap<string, ReadonlySet<number>> {
  const year = yearOf(nowMs)
  const dayMs = (before?.day ?? 0) * 86_400_000
  // Last year ended, or was judged by another registry. Without a mark all months are judged, and say themselves.
  const again = before !== undefined && (before.revision !== revision || yearOf(dayMs) < year) ? [year - 1] : []
  return new Map(
    institutions.map(({ id }) => [
      id,
      new Set([...again, ...(dirty[id] ?? []).map((month) => Number(month.slice(0, 4)))].filter((one) => one < year)),
    ]),
  )
}

async function rowOf(
  institution: Institution,
  { shard, areaName, nowMs }: { shard: string; areaName: string; nowMs: number },
  { docs, registry }: Pick<Stores, 'docs' | 'registry'>,
): Promise<{ row: InstitutionRow; stands: Judgement | undefined }> {
  const latest = await latestMonth(docs, institution.id, nowMs)
  const month = latest ?? monthOf(nowMs)
  const months = await subjectMonths(docs, institution.id, month)
  const question = { subject: institution.id, area: shard, profileArea: shard, month, nowMs, months }
  const dualControl = await dualControlOf(docs, registry, question)
  const quota = await quotaOf(docs, registry, { institution, month, nowMs, months })
  const stands = latest ? { month, dualControl, quota } : undefined
  const actual = (name: string) => dualControl?.indicators.find(({ indicator }) => indicator === name)?.actual ?? null
  const row = {
    id: institution.id,
    name: institution.name,
    nameEn: institution.nameEn ?? null,
    area: institution.area,
    areaName,
    type: institution.type,
    venueKind: institution.venueKind ?? null,
    level: institution.level ?? null,
    month,
    rating: worstRating(quota),
    status: dualControl?.status ?? null,
    targetsMet: metTargets(dualControl),
    energyPerAreaKgce: actual('energyPerArea'),
    energyPerCapitaKgce: actual('energyPerCapita'),
    waterPerCapitaM3: actual('waterPerCapita'),
    coverage: dualControl?.coverage ?? null,
  }
  return { row, stands }
}
