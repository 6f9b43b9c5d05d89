// Computes the carbon ledger of an institution, a county, or an area above, from stored months.

import type { Month } from '../../domain/calendar.ts'
import { type CarbonLedger, carbonLedger, sumLedgers } from '../../domain/energy/carbon-ledger.ts'
import type { Institution } from '../../domain/registry/records.ts'
import type { StateStore } from '../platform.ts'
import { type RegistryHead, type RegistryReader, shardsBelow } from '../registry/reader.ts'
import { standardsIn, subjectMonths } from './judgement.ts'
import { NO_DAYS } from './subject-year.ts'

interface Sources {
  state: StateStore
  registry: RegistryReader
}

/**
 * Ledger of the year up to a month, of an institution, or of a county, whose institutions all share its factors.
 */
export async function ledgerOf(
  { id, area }: Pick<Institution, 'id' | 'area'>,
  until: Month,
  { state, registry }: Sources,
): Promise<CarbonLedger> {
  const [areas, tables] = [await registry.areas(), await registry.tables()]
  return carbonLedger({
    subject: id,
    year: Number(until.slice(0, 4)),
    months: (await subjectMonths(state, id, until, NO_DAYS)).filter(({ month }) => month <= until),
    standards: (month) => standardsIn({ areas, tables }, area, month),
  })
}

/**
 * The sum of the counties' ledgers, which may have their own factors. For heat billed by area, takes each county's
 * largest month.
 */
export async function areaLedgerOf(
  area: string,
  until: Month,
  sources: Sources & { head: RegistryHead },
): Promise<CarbonLedger> {
  const counties = await shardsBelow(area, sources)
  const ledgers = await Promise.all(counties.map((county) => ledgerOf({ id: county, area: county }, until, sources)))
  return sumLedgers(area, Number(until.slice(0, 4)), ledgers)
}
