// Takes repair files: readings that a person corrects or withdraws. They are appended like any other, so the one
// received last counts and the record of corrections shows both. A repair record names who sent which row of which
// file. What makes everything anew is functions/rebuild.ts.

import { randomUUID } from 'node:crypto'
import { must } from '../../domain/must.ts'
import { isRead } from '../../domain/registry/records.ts'
import { parseRepairs, type RefusedRepair, type Repair, type RepairRow } from '../../domain/settle/repair.ts'
import { docKey, type Platform, type StoredReading } from '../platform.ts'
import { registryReader } from '../registry/reader.ts'

/**
 * The record of a repair file. `state`: `pending` when it was cut off, and then it has to be sent again; `partial` when
 * the store refused rows, which are not among `rows`.
 */
export interface RepairRecord {
  id: string
  file: string
  who: string
  note: string | null
  atMs: number
  state: 'pending' | 'done' | 'partial'
  rows: Repair[]
  /** Rows that the store refused for good; absent: none. */
  refused?: RefusedRepair[]
}
const TIME_DIGITS = 15
/** Prefix of a repair's id: ids sort by time. */
export const repairTime = (ms: number): string => String(Math.max(0, ms)).padStart(TIME_DIGITS, '0')
export const repairKey = (id = '') => docKey<RepairRecord>(`repair/${id}`)

export interface RepairFile {
  file: string
  who: string
  note?: string | null
  rows: readonly RepairRow[]
}

/**
 * Takes all rows, or none when one is invalid, and queues the shards of the repaired meters for settling. Rows that
 * only the store refuses, e.g. older than all it keeps, do not affect the others: the record lists them apart.
 */
export async function repair(
  { readings, state, fanOut, now }: Platform,
  { file, who, note = null, rows }: RepairFile,
): Promise<{ refused: RefusedRepair[]; record: RepairRecord | undefined }> {
  const nowMs = now()
  const { repairs, refused } = parseRepairs(rows, nowMs)
  const registry = registryReader(state)
  await registry.refresh()
  const shards = new Set<string>()
  const batch: StoredReading[] = []
  for (const { row, meter: id, atMs, value } of repairs) {
    const found = await registry.meter(id)
    if (!found || !isRead(found.meter)) {
      refused.push({ row, field: 'meter', reason: found ? `"${id}" is never read` : `"${id}" is not registered` })
      continue
    }
    shards.add(found.shard)
    if (value !== null) {
      batch.push({ meter: id, atMs, value, quality: 'good' })
      continue
    }
    const stored = (await readings.history(id, atMs, atMs + 1)).at(-1)
    if (stored) batch.push({ ...stored, meter: id, quality: 'suspect', receivedMs: undefined })
    else refused.push({ row, field: 'at', reason: 'no reading stands at this time that could be removed' })
  }
  if (refused.length === 0 && batch.length === 0) refused.push({ row: 1, field: 'rows', reason: 'there are none' })
  if (refused.length > 0) return { refused: refused.sort((a, b) => a.row - b.row), record: undefined }
  const id = `${repairTime(nowMs)}-${randomUUID()}`
  const record: RepairRecord = { id, file, who, note, atMs: nowMs, state: 'pending', rows: repairs }
  await state.put([{ key: repairKey(id), value: record, ifVersion: 0 }])
  const notKept = await readings.append(batch, nowMs)
  await fanOut.send('settle', [...shards])
  const notStored = notKept.map(
    ({ index, reason }): RefusedRepair => ({ row: must(repairs[index]).row, field: 'at', reason }),
  )
  const left = new Set(notKept.map(({ index }) => index))
  const stored = repairs.filter((_, index) => !left.has(index))
  const done: RepairRecord =
    left.size === 0 ? { ...record, state: 'done' } : { ...record, state: 'partial', rows: stored, refused: notStored }
  await state.put([{ key: repairKey(id), value: done }])
  return { refused: notStored, record: done }
}
