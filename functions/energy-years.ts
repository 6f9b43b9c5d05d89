// The institutions below an area with their months of a year, and what rankings, demonstration points and marks of key
// energy users are made of them. Shard by shard, since only those of one county lie together.

import { yearOf, yearRange } from '../domain/calendar.ts'
import { type CarbonLedger, carbonLedger, sumLedgers } from '../domain/carbon-ledger.ts'
import type { DemonstrationYear } from '../domain/demonstration.ts'
import { areaPathOf } from '../domain/energy.ts'
import { worstRating } from '../domain/quota.ts'
import type { RankingCandidate } from '../domain/ranking.ts'
import type { Area, Institution } from '../domain/registry.ts'
import { byMonth, rollingYear, type SubjectMonth } from '../domain/subject.ts'
import type { DualControl } from '../domain/view.ts'
import { dualControlOf, quotaOf, standardsIn, subjectMonths } from './judgement.ts'
import type { Platform } from './platform.ts'
import type { RegistryHead, RegistryReader } from './registry.ts'

export interface Sources {
  platform: Platform
  registry: RegistryReader
  head: RegistryHead
}

export const pathOf = (code: string, areas: readonly Area[]): string[] =>
  areaPathOf(code, new Map(areas.map((area) => [area.code, area])))

/** Every institution of an area and all below it. */
export async function institutionsBelow(area: string, { registry, head }: Sources): Promise<Institution[]> {
  const areas = await registry.areas()
  const shards = head.shards.filter((shard) => pathOf(shard, areas).includes(area))
  return (await Promise.all(shards.map((shard) => registry.shard(shard)))).flatMap(({ institutions }) => institutions)
}

/** The month up to which a year is known: December, or the present month of the running year. */
export function lastMonthOf(year: number, nowMs: number): string {
  const month = yearOf(nowMs) === year ? new Date(nowMs + 8 * 3_600_000).getUTCMonth() + 1 : 12
  return `${year}-${String(month).padStart(2, '0')}`
}
export const asOf = (year: number, nowMs: number): number => Math.min(nowMs, yearRange(year).toMs)

export async function ledgerOf(
  institution: Institution,
  year: number,
  { platform, registry }: Sources,
): Promise<CarbonLedger> {
  const [areas, tables] = [await registry.areas(), await registry.tables()]
  return carbonLedger({
    subject: institution.id,
    year,
    months: await subjectMonths(platform.state, institution.id, `${year}-12`),
    standards: (month) => standardsIn({ areas, tables }, institution.area, month),
  })
}

/** The sum of its institutions' ledgers, which may have factors of their own. */
export async function areaLedgerOf(area: string, year: number, sources: Sources): Promise<CarbonLedger> {
  const institutions = await institutionsBelow(area, sources)
  const ledgers: CarbonLedger[] = []
  for (const institution of institutions) ledgers.push(await ledgerOf(institution, year, sources))
  return sumLedgers(area, year, ledgers)
}

export async function demonstrationYear(
  institution: Institution,
  year: number,
  { platform }: Sources,
): Promise<DemonstrationYear> {
  const endMs = asOf(year, platform.now())
  const months = byMonth(await subjectMonths(platform.state, institution.id, lastMonthOf(year, platform.now())))
  return {
    institution,
    energy: rollingYear(months, endMs, 'energy'),
    water: rollingYear(months, endMs, 'water'),
  }
}

async function dualControlIn(
  institution: Institution,
  year: number,
  { platform, registry }: Sources,
): Promise<DualControl | null> {
  const nowMs = platform.now()
  const { area } = institution
  const question = { subject: institution.id, area, profileArea: area, month: lastMonthOf(year, nowMs), nowMs }
  return dualControlOf(platform.state, registry, question)
}

/** Null when no indicator could be judged. */
const metTargets = (judged: DualControl | null): boolean | null => {
  const known = judged?.indicators.filter(({ status }) => status !== null) ?? []
  return known.length === 0 ? null : known.every(({ status }) => status !== 'over')
}

export async function rankingCandidate(
  institution: Institution,
  year: number,
  sources: Sources,
): Promise<RankingCandidate> {
  const { platform, registry } = sources
  const judged = await dualControlIn(institution, year, sources)
  const actual = (name: string): number | null =>
    judged?.indicators.find(({ indicator }) => indicator === name)?.actual ?? null
  const nowMs = platform.now()
  const quota = await quotaOf(platform.state, registry, { institution, month: lastMonthOf(year, nowMs), nowMs })
  return {
    institution,
    values: {
      energyPerArea: actual('energyPerArea'),
      energyPerCapita: actual('energyPerCapita'),
      waterPerCapita: actual('waterPerCapita'),
    },
    coverage: judged?.coverage ?? null,
    targetsMet: metTargets(judged),
    rating: worstRating(quota),
  }
}

/** Targets of the last two years; null unless both could be judged, but false as soon as one was missed. */
export async function targetsMetTwice(
  institution: Institution,
  year: number,
  sources: Sources,
): Promise<boolean | null> {
  const met = [
    metTargets(await dualControlIn(institution, year, sources)),
    metTargets(await dualControlIn(institution, year - 1, sources)),
  ]
  if (met.includes(false)) return false
  return met.includes(null) ? null : true
}

/** The months of one calendar year. */
export async function monthsOfYear(subject: string, year: number, { platform }: Sources): Promise<SubjectMonth[]> {
  const months = await subjectMonths(platform.state, subject, `${year}-12`)
  return months.filter(({ month }) => month.startsWith(`${year}-`))
}
