// The institutions below an area with their months of a year, and what rankings, demonstration points and marks of key
// energy users are made of them. Shard by shard, since only those of one county lie together.

import { type CarbonLedger, carbonLedger, sumLedgers } from '../domain/carbon-ledger.ts'
import { areaPathOf } from '../domain/energy.ts'
import type { Area, Institution } from '../domain/registry.ts'
import type { SubjectMonth } from '../domain/subject.ts'
import { standardsIn, subjectMonths } from './judgement.ts'
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

/** The months of one calendar year. */
export async function monthsOfYear(subject: string, year: number, { platform }: Sources): Promise<SubjectMonth[]> {
  const months = await subjectMonths(platform.state, subject, `${year}-12`)
  return months.filter(({ month }) => month.startsWith(`${year}-`))
}
