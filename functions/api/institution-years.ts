// Reads the institutions below an area, county by county, with their months of a year, and the carbon ledger of an
// institution or an area.

import { type CarbonLedger, carbonLedger, sumLedgers } from '../../domain/energy/carbon-ledger.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import type { Institution } from '../../domain/registry/records.ts'
import { standardsIn, subjectMonths } from '../judging/judgement.ts'
import type { Platform } from '../platform.ts'
import { type RegistryHead, type RegistryReader, shardsBelow } from '../registry/reader.ts'

export interface Sources {
  platform: Platform
  registry: RegistryReader
  head: RegistryHead
}

/** Every institution of an area and of all areas below it. */
export async function institutionsBelow(area: string, sources: Sources): Promise<Institution[]> {
  const shards = await shardsBelow(area, sources)
  return (await Promise.all(shards.map((shard) => sources.registry.shard(shard)))).flatMap(
    ({ institutions }) => institutions,
  )
}

/** Ledger of an institution, or of a county, whose institutions all share its factors. */
export async function ledgerOf(
  { id, area }: Pick<Institution, 'id' | 'area'>,
  year: number,
  { platform, registry }: Sources,
): Promise<CarbonLedger> {
  const [areas, tables] = [await registry.areas(), await registry.tables()]
  return carbonLedger({
    subject: id,
    year,
    months: await subjectMonths(platform.state, id, `${year}-12`),
    standards: (month) => standardsIn({ areas, tables }, area, month),
  })
}

/**
 * The sum of the counties' ledgers, which may have their own factors. For heat billed by area, takes each county's
 * largest month.
 */
export async function areaLedgerOf(area: string, year: number, sources: Sources): Promise<CarbonLedger> {
  const counties = await shardsBelow(area, sources)
  return sumLedgers(
    area,
    year,
    await Promise.all(counties.map((county) => ledgerOf({ id: county, area: county }, year, sources))),
  )
}

/** The months of one calendar year. */
export async function monthsOfYear(subject: string, year: number, { platform }: Sources): Promise<SubjectMonth[]> {
  const months = await subjectMonths(platform.state, subject, `${year}-12`)
  return months.filter(({ month }) => month.startsWith(`${year}-`))
}
