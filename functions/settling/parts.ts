// Cuts the work of a run into parts, each with marks of its own: a run that has a limit then leaves what it did,
// however many readings wait (docs/rules/settling.md#parts). Without a limit all works are one part.

import type { DocWrite } from '../platform.ts'
import { VERSION } from '../state/version.ts'
import type { Extent } from './days.ts'
import { profileKey, type SettledMark, settledKey } from './mark.ts'
import type { ShardWork } from './works.ts'

export interface PartOfWork {
  /** Number of the part in its run, from 0: each part raises the version of the marks by one. */
  index: number
  works: readonly ShardWork[]
  marks: readonly DocWrite[]
  /** Meters settled by this part and the parts before it, by shard. */
  settled: ReadonlyMap<string, ReadonlySet<string>>
  isLast: boolean
}

/**
 * The part that follows `before`, with about `readingsMax` readings, at least one meter. Reviews wait for the last one.
 */
export function nextPart(all: readonly ShardWork[], before: PartOfWork | undefined, readingsMax: number): PartOfWork {
  const index = before ? before.index + 1 : 0
  const settled = new Map<string, ReadonlySet<string>>()
  let readings = 0
  let isLast = true
  const filled = all.map((work) => {
    const own = new Set(before?.settled.get(work.shard))
    settled.set(work.shard, own)
    const touched = work.touched.filter(({ meter }) => !own.has(meter.id))
    const taken = touched.filter(({ touched: { count } }) => {
      const isTaken = readings < readingsMax
      if (isTaken) readings += count
      return isTaken
    })
    for (const { meter } of taken) own.add(meter.id)
    isLast &&= taken.length === touched.length
    return { ...work, touched: taken }
  })
  const works = filled.map((work) => ({ ...work, resettled: isLast ? work.resettled : [] }))
  const marks = all.map((work) => ({
    key: settledKey(work.shard),
    value: isLast ? wholeMark(work) : markSoFar(work, settled.get(work.shard) ?? new Set()),
    ifVersion: (work.before?.version ?? 0) + index,
  }))
  return { index, works, marks, settled, isLast }
}

/** The latest reading of all meters of the works; undefined where there is none. */
export function latestOf(works: readonly ShardWork[]): number | undefined {
  let latestMs: number | undefined
  for (const { extents } of works)
    for (const extent of extents) if (extent) latestMs = Math.max(latestMs ?? extent[1], extent[1])
  return latestMs
}

const wholeMark = ({ mark, meters, extents }: ShardWork): SettledMark => ({
  mark,
  meters: meters.map(({ id }) => id),
  profiles: meters.map(profileKey),
  extents,
  by: VERSION,
})

/**
 * The mark of a shard of which some meters are `settled`. One that was settled never before is left out, so that it is
 * settled from its first reading; the others stay at their old mark.
 */
function markSoFar(work: ShardWork, settled: ReadonlySet<string>): SettledMark {
  const { mark, meters, extents, anew } = work
  const before = work.before?.value
  const known = new Map(before?.meters.map((id, place) => [id, place]))
  const columns = { meters: [] as string[], profiles: [] as string[], extents: [] as (Extent | null)[] }
  const waiting = new Set(work.touched.map(({ meter }) => meter.id).filter((id) => !settled.has(id)))
  for (const [index, meter] of meters.entries()) {
    const isWaiting = waiting.has(meter.id)
    const place = known.get(meter.id)
    if (isWaiting && (place === undefined || anew.has(meter.id))) continue
    columns.meters.push(meter.id)
    columns.profiles.push(profileKey(meter))
    columns.extents.push((isWaiting && place !== undefined ? before?.extents[place] : extents[index]) ?? null)
  }
  const value = { ...columns, by: VERSION }
  // At first nothing waits but the meters that are left out.
  if (!before) return { mark, ...value }
  const done = [...new Set([...(before.done?.meters ?? []), ...settled])].filter((id) => !waiting.has(id))
  return { mark: before.mark, ...value, done: { mark, meters: done } }
}
