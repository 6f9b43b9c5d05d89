// Stores the access (接入率) of a county's institutions, so that an area above adds up counties instead of reading the
// registry and the bills of all institutions for each request.

import { addMonths, monthOf, monthsThrough } from '../../domain/calendar.ts'
import { type AccessCounts, accessOf } from '../../domain/energy/access.ts'
import type { Institution, Meter } from '../../domain/registry/records.ts'
import { type DocWrite, docKey, type StateStore } from '../platform.ts'
import { billsOf } from '../registry/bills.ts'

interface StoredAccess {
  asOfMs: number
  access: AccessCounts
}
export const accessKey = (shard: string) => docKey<StoredAccess>(`access/${shard}`)

/** Written with the list rows: after an import, of bills as well, and on a new day. */
export async function accessDoc(
  state: StateStore,
  given: { shard: string; institutions: readonly Institution[]; meters: readonly Meter[]; nowMs: number },
): Promise<DocWrite> {
  const { shard, institutions, meters, nowMs } = given
  const present = monthOf(nowMs)
  const months = monthsThrough(addMonths(present, -12), present)
  const access = accessOf({
    institutions,
    metersOf: Map.groupBy(meters, ({ institution }) => institution),
    billsOf: await billsOf(state, new Map(institutions.map(({ id }) => [id, months]))),
    nowMs,
  })
  return { key: accessKey(shard), value: { asOfMs: nowMs, access } }
}
