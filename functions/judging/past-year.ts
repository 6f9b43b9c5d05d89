// Stores the results of institutions in a year, so that a ranking of a province or the mean of a kind is read, not
// judged again for each request. The running year uses the list rows (list-rows.ts). A past year has rows of its own,
// written when its months change, when the year ends, and, for last year, when the registry changes; older years stay
// as last judged.

import { type Month, monthOf, yearOf, yearRange } from '../../domain/calendar.ts'
import { byMonth } from '../../domain/energy/subject-month.ts'
import {
  addPeers,
  type DemonstrationYear,
  type PeerMeans,
  type PeerSums,
  peerMeansOf,
  peerSums,
} from '../../domain/judge/demonstration.ts'
import { knownYears } from '../../domain/judge/known-share.ts'
import { worstRating } from '../../domain/judge/quota.ts'
import type { RankingCandidate } from '../../domain/judge/ranking.ts'
import type { DualControl } from '../../domain/judge/result.ts'
import { classedOn } from '../../domain/registry/dated.ts'
import type { Institution } from '../../domain/registry/records.ts'
import { type DocWrite, docKey, type StateStore } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import { mapInTurns } from '../state/turns.ts'
import { dualControlOf, quotaOf, subjectMonths } from './judgement.ts'
import { daysToCut } from './subject-year.ts'

/** Institutions judged before the event loop gets a turn. */
const SUBJECTS_PER_TURN = 2

export const rankingKey = (year: number, shard: string, institution = '') =>
  docKey<RankingCandidate>(`standing/${year}/${shard}/${institution}`)
/** The sums of one shard by kind, from which the means of the province are made. */
const peersKey = (year: number, shard: string) => docKey<StoredPeers>(`peers/${year}/${shard}`)

/** The last month of a year with data: December, or the present month of the running year. */
export function lastMonthOf(year: number, nowMs: number): Month {
  return monthOf(Math.min(nowMs, yearRange(year).toMs) - 1)
}
export const asOf = (year: number, nowMs: number): number => Math.min(nowMs, yearRange(year).toMs)

/** Null when no indicator could be judged. */
export const metTargets = (judged: DualControl | null): boolean | null => {
  const known = judged?.indicators.filter(({ status }) => status !== null) ?? []
  return known.length === 0 ? null : known.every(({ status }) => status !== 'over')
}

interface Sources {
  state: StateStore
  registry: RegistryReader
  nowMs: number
}

export async function demonstrationYear(
  institution: Institution,
  year: number,
  { state, nowMs }: Pick<Sources, 'state' | 'nowMs'>,
): Promise<DemonstrationYear> {
  const endMs = asOf(year, nowMs)
  const month = lastMonthOf(year, nowMs)
  const months = byMonth(await subjectMonths(state, institution.id, month, daysToCut(month)))
  return { institution, ...knownYears(months, endMs) }
}

export async function candidateOf(
  institution: Institution,
  year: number,
  { state, registry, nowMs }: Sources,
): Promise<RankingCandidate> {
  const { id, area } = institution
  const { type, venueKind, level } = classedOn(institution, asOf(year, nowMs) - 1)
  const month = lastMonthOf(year, nowMs)
  const judged = await dualControlOf(state, registry, {
    ...{ subject: id, area, profileArea: area, month, nowMs },
    onlyTargets: true,
  })
  const actual = (name: string): number | null =>
    judged?.indicators.find(({ indicator }) => indicator === name)?.actual ?? null
  const quota = await quotaOf(state, registry, { institution, month, nowMs })
  return {
    institution: { id, type, ...(venueKind && { venueKind }), ...(level && { level }) },
    values: {
      energyPerArea: actual('energyPerArea'),
      energyPerCapita: actual('energyPerCapita'),
      waterPerCapita: actual('waterPerCapita'),
    },
    coverage: judged?.coverage ?? null,
    provisional: (judged?.provisional ?? false) || quota.some(({ provisional }) => provisional),
    targetsMet: metTargets(judged),
    rating: worstRating(quota),
  }
}

/**
 * A shard's documents of past years. `years`: the years to write, by institution; a year's means cover all of `all`.
 */
export async function rankingDocs(
  { shard, all, years }: { shard: string; all: readonly Institution[]; years: ReadonlyMap<string, Iterable<number>> },
  sources: Sources,
): Promise<DocWrite[]> {
  const past = yearOf(sources.nowMs)
  const docs: DocWrite[] = []
  const touched = new Set<number>()
  for (const institution of all) {
    for (const year of years.get(institution.id) ?? []) {
      if (year >= past) continue
      touched.add(year)
      const value = await candidateOf(institution, year, sources)
      docs.push({ key: rankingKey(year, shard, institution.id), value })
    }
  }
  for (const year of touched) docs.push(await peersDoc({ shard, all, year }, sources))
  return docs
}

/** A shard's sums by kind in a year; the running year's are written once a day, since means do not move by the hour. */
export async function peersDoc(
  { shard, all, year }: { shard: string; all: readonly Institution[]; year: number },
  sources: Pick<Sources, 'state' | 'nowMs'>,
): Promise<DocWrite> {
  const years = await mapInTurns(all, SUBJECTS_PER_TURN, (one) => demonstrationYear(one, year, sources))
  const value: StoredPeers = { asOfMs: asOf(year, sources.nowMs), sums: peerSums(years) }
  return { key: peersKey(year, shard), value }
}
interface StoredPeers {
  asOfMs: number
  sums: PeerSums
}

/** The means of each kind over the given shards, and the oldest instant of their data, null when none is stored. */
export async function peerMeansIn(
  state: StateStore,
  year: number,
  shards: readonly string[],
): Promise<{ means: PeerMeans; asOfMs: number | null }> {
  const docs = await state.getMany(shards.map((shard) => peersKey(year, shard)))
  const sums = docs.map(({ value }) => value.sums).reduce(addPeers, {})
  const asOfMs = docs.length > 0 ? Math.min(...docs.map(({ value }) => value.asOfMs)) : null
  return { means: peerMeansOf(sums), asOfMs }
}
