// Stores list rows: each institution's status in its latest month, kept because a list of thousands is sorted and
// filtered. Also writes the rows behind rankings and the means of kinds (past-year.ts).

import { dayOf, monthOf, yearOf } from '../../domain/calendar.ts'
import { worstRating } from '../../domain/judge/quota.ts'
import type { Institution, Meter } from '../../domain/registry/records.ts'
import type { InstitutionRow } from '../../domain/view/view.ts'
import { DERIVED, type DocWrite, docKey, type StateStore } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import type { DirtyMonths } from '../state/dirty.ts'
import { dailyDueMs } from '../state/due.ts'
import { inTurns } from '../state/turns.ts'
import { schedules } from '../triggers.ts'
import { accessDoc } from './access.ts'
import { dualControlOf, type Judgement, latestMonth, monthsToJudge, quotaOf, readAhead } from './judgement.ts'
import { metTargets, peersDoc, rankingDocs } from './past-year.ts'

/** An institution's list row, as of its latest month. */
export const summaryKey = (shard: string, institution = '') => docKey<InstitutionRow>(`summary/${shard}/${institution}`)
/** The registry revision, the day and the form of the last complete set of a shard's rows. */
interface SummarizedMark {
  revision: number
  day: number
  /** Absent in rows of 0.1.0. */
  form?: string
  /** When the shard's rows changed last; with the document's version it is another one after each change. */
  rowsMs?: number
}
/** Changes when rows of an older release must be made again. */
const ROWS_SINCE = 'access and provisional'
export const summarizedKey = (shard: string) => docKey<SummarizedMark>(`summarized/${shard}`)
/** Rows per put, after which the store yields. */
const ROWS_PER_PUT = 50
/** Rows before the event loop gets a turn: about 5 ms. */
const ROWS_PER_TURN = 4

export interface SummaryQuestion {
  shard: string
  institutions: readonly Institution[]
  meters: readonly Meter[]
  /** The months that were judged again. */
  dirty: DirtyMonths
  nowMs: number
  revision: number
  /** Rows of another version are compared with the new ones. */
  isUpgrade?: boolean
}
/** Rating and status that stood and that stand, where they differ, by institution. */
export type Rerated = Record<string, [before: string, after: string]>

/** The row's rating and status in one text. */
const ratingText = ({ rating, status }: Pick<InstitutionRow, 'rating' | 'status'>): string =>
  `${rating ?? '–'}/${status ?? '–'}`

/** `docs` caches reads and passes writes through; `state` is written. */
interface Stores {
  docs: StateStore
  state: StateStore
  registry: RegistryReader
}

/**
 * Writes the rows of institutions that were judged again; all rows on a new day, which moves every rolling year, and
 * after an import. Returns the judgements of institutions with data, so that alerts need not judge again, and the
 * ratings that an upgrade changed.
 */
export async function summarize(
  { docs, state, registry }: Stores,
  summaryQuestion: SummaryQuestion,
): Promise<{ judged: ReadonlyMap<string, Judgement>; rerated: Rerated }> {
  const { shard, institutions, meters, dirty, nowMs, revision, isUpgrade = false } = summaryQuestion
  const day = dayOf(dailyDueMs(schedules.listRows, { area: shard, nowMs }))
  const before = (await state.get(summarizedKey(shard)))?.value
  const isCurrent = before?.revision === revision && before.day === day && before.form === ROWS_SINCE
  const listed = isCurrent ? institutions.filter(({ id }) => dirty[id] !== undefined) : institutions
  const ids = listed.map(({ id }) => id)
  await readAhead(docs, ids, monthOf(nowMs))
  const areaName = (await registry.areas()).find((area) => area.code === shard)?.name ?? shard
  const judged = new Map<string, Judgement>()
  const rerated: Rerated = {}
  for (let first = 0; first < listed.length; first += ROWS_PER_PUT) {
    const rows: DocWrite[] = []
    for await (const institution of inTurns(listed.slice(first, first + ROWS_PER_PUT), ROWS_PER_TURN)) {
      const { row, stands } = await rowOf(institution, { shard, areaName, nowMs }, { docs, registry })
      rows.push({ key: summaryKey(shard, institution.id), value: row })
      const stood = isUpgrade ? (await state.get(summaryKey(shard, institution.id)))?.value : undefined
      if (stood && ratingText(stood) !== ratingText(row)) rerated[institution.id] = [ratingText(stood), ratingText(row)]
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
        await accessDoc(state, { shard, institutions, meters, nowMs }),
      ]
  const mark: SummarizedMark = { revision, day, form: ROWS_SINCE, rowsMs: nowMs }
  const marked = listed.length > 0 || !isCurrent ? [{ key: summarizedKey(shard), value: mark }] : []
  await state.put([...stored, ...daily, ...marked], DERIVED)
  return { judged, rerated }
}

/** Past years whose rows must be written, by institution. */
function pastYears(
  { institutions, dirty, nowMs, revision }: SummaryQuestion,
  before: SummarizedMark | undefined,
): ReadonlyMap<string, ReadonlySet<number>> {
  const year = yearOf(nowMs)
  const dayMs = (before?.day ?? 0) * 86_400_000
  // Last year ended, or was judged by another registry revision. Without a mark, all months are in `dirty` anyway.
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
  const stores = { state: docs, registry }
  const months = await monthsToJudge(stores, { subject: institution.id, month, onlyTargets: true })
  const question = { subject: institution.id, area: shard, profileArea: shard, month, nowMs, months, onlyTargets: true }
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
    quotaIssued: quota.some(({ constraint }) => constraint !== null),
    status: dualControl?.status ?? null,
    targetsMet: metTargets(dualControl),
    energyPerAreaKgce: actual('energyPerArea'),
    energyPerCapitaKgce: actual('energyPerCapita'),
    waterPerCapitaM3: actual('waterPerCapita'),
    coverage: dualControl?.coverage ?? null,
    provisional: (dualControl?.provisional ?? false) || quota.some(({ provisional }) => provisional),
  }
  return { row, stands }
}
