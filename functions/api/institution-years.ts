// Reads the institutions below an area, county by county, and the months of a year.

import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import type { Institution } from '../../domain/registry/records.ts'
import { subjectMonths } from '../judging/judgement.ts'
import { NO_DAYS } from '../judging/subject-year.ts'
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

/** The months of one calendar year. */
export async function monthsOfYear(subject: string, year: number, { platform }: Sources): Promise<SubjectMonth[]> {
  const months = await subjectMonths(platform.state, subject, `${year}-12`, NO_DAYS)
  return months.filter(({ month }) => month.startsWith(`${year}-`))
}
