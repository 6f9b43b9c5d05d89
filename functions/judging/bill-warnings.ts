// Warns about new bills that will not count, or only in part: fuels without a conversion row, and amounts of media
// whose meters were read. Warns at import, since the number that lacks them is looked at much later, if at all.

import { dayOf, monthRange } from '../../domain/calendar.ts'
import { type Bill, billId, isMedium } from '../../domain/energy/bill.ts'
import { billProblems } from '../../domain/energy/institution-month.ts'
import type { RegistryProblem } from '../../domain/import/check.ts'
import type { Platform } from '../platform.ts'
import { billsOf } from '../registry/bills.ts'
import { metersOfInstitution, registryReader } from '../registry/reader.ts'
import { standardsIn } from './judgement.ts'
import { amountsOfSums } from './month-amounts.ts'

/**
 * Institution-months whose hours are read for the check: a county's year of bills. Beyond it, only checks without hours
 * are made, and one warning says so.
 */
const MONTHS_READ_MAX = 2_000

/** Warnings about stored bills; `index` is the bill's place in `bills`. */
export async function billWarnings(
  { state, consumption }: Pick<Platform, 'state' | 'consumption'>,
  bills: readonly Bill[],
  monthsReadMax = MONTHS_READ_MAX,
): Promise<RegistryProblem[]> {
  const registry = registryReader(state)
  await registry.refresh()
  const [areas, tables] = [await registry.areas(), await registry.tables()]
  const indexOf = new Map(bills.map((bill, index) => [billId(bill), index]))
  const warnings: RegistryProblem[] = []
  let monthsRead = 0
  const notRead: Bill[] = []
  for (const [id, own] of Map.groupBy(bills, ({ institution }) => institution)) {
    const place = await registry.institution(id)
    if (!place) continue
    const meters = metersOfInstitution(await registry.shard(place.shard), id)
    for (const [month, added] of Map.groupBy(own, (bill) => bill.month)) {
      const stored = (await billsOf(state, new Map([[id, [month]]]))).get(id) ?? []
      const needHours = added.filter(({ carrier, meter }) => isMedium(carrier) && meter === undefined)
      const isRead = needHours.length > 0 && monthsRead < monthsReadMax
      if (isRead) monthsRead++
      else notRead.push(...needHours)
      const { fromMs, toMs } = monthRange(month)
      const ids = isRead ? meters.map((meter) => meter.id) : []
      const sums = await consumption.sums(ids, dayOf(fromMs), dayOf(toMs))
      const found = billProblems({
        institution: place.institution,
        meters,
        bills: stored,
        month,
        amounts: amountsOfSums(sums, month),
        sets: standardsIn({ areas, tables }, place.shard, month),
      })
      for (const { record, field, reason } of found) {
        const index = indexOf.get(record)
        if (index !== undefined) warnings.push({ kind: 'bills', id: record, index, field, reason })
      }
    }
  }
  const [first] = notRead
  if (!first) return warnings
  const id = billId(first)
  const reason = `${notRead.length} bills from this one on were not held against the hours of meters, only those of the first ${monthsReadMax} months of institutions; import them in smaller files to be told of those that do not count`
  return [...warnings, { kind: 'bills', id, index: indexOf.get(id) ?? 0, field: 'quantity', reason }]
}
