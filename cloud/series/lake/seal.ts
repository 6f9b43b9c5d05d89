// Moves readings of closed days from DynamoDB into the lake's files, county by county. Order of steps: the file is
// named in the manifest, written, made to count, and only then do its young readings go. A kill between two steps
// leaves an entry by which the next run takes the file away again, or finishes what it began.

import { dayLabel, dayOf, type Month, monthOf } from '../../../domain/calendar.ts'
import { must } from '../../../domain/must.ts'
import { inParallel, parted } from '../../backoff.ts'
import { LakeConflict, type LakePlace } from './catalog.ts'
import { LAKE_GROUPS_WIDTH, type LakeCounty } from './county-files.ts'
import { lakeGroupOf } from './group.ts'
import { inLakeOrder, lakeFileWriter } from './parquet.ts'
import type { LakeParts } from './store.ts'
import type { YoungItem } from './young.ts'

/** Days that stay young after they are over: nearly all late readings arrive meanwhile. */
export const LAKE_YOUNG_DAYS = 2
/** Rows of young readings from which on a file is written: they are held in memory, some 200 bytes each. */
const ROWS_PER_FLUSH = 1_000_000

/** What the registry knows of a county. */
export interface Sealing {
  county: string
  /** Ids of the meters that are registered in it. */
  meters: readonly string[]
  /** Whether the other county has meters of the group. */
  has(county: string, group: string): Promise<boolean>
}
type Places = Map<string, LakePlace>

/** Moves all closed days of a county's young readings into files, one a month. Returns the number of rows moved. */
export async function sealCounty(
  parts: LakeParts,
  own: LakeCounty,
  { nowMs, rowsPerFlush = ROWS_PER_FLUSH, ...of }: Sealing & { nowMs: number; rowsPerFlush?: number },
): Promise<number> {
  const lastDay = dayOf(nowMs) - LAKE_YOUNG_DAYS - 1
  const places = await ownPlaces(parts, of)
  let waiting: YoungItem[] = []
  let [waitingRows, rows] = [0, 0]
  const flush = async (): Promise<void> => {
    for (const [month, some] of Map.groupBy(waiting, ({ readings }) => monthOf(must(readings[0]).atMs)))
      rows += await sealMonth(parts, own, { county: of.county, month, some, places })
    waiting = []
    waitingRows = 0
  }
  for (const groups of parted([...places.keys()].sort(), LAKE_GROUPS_WIDTH)) {
    await inParallel(groups, LAKE_GROUPS_WIDTH, async (group) => {
      for (const item of await parts.young.ofGroup(group, Number.NEGATIVE_INFINITY, lastDay)) {
        waiting.push(item)
        waitingRows += item.readings.length
      }
    })
    if (waitingRows >= rowsPerFlush) await flush()
  }
  await flush()
  return rows
}

interface SealedMonth {
  county: string
  month: Month
  some: readonly YoungItem[]
  places: Places
}

async function sealMonth(
  { items, catalog }: LakeParts,
  own: LakeCounty,
  { some, month, ...of }: SealedMonth,
): Promise<number> {
  const writer = lakeFileWriter()
  for (const row of some.flatMap(({ readings }) => readings).sort(inLakeOrder)) writer.add(row)
  const label = dayLabel(some.reduce((first, { day }) => Math.min(first, day), Number.POSITIVE_INFINITY))
  const entry = await own.written({ month, label, isMerged: false }, writer.finish())
  await noteMonth(catalog, { some, month, ...of })
  await own.counted(entry)
  await items.delete(some.map(({ key }) => key))
  await catalog.settle(entry)
  return entry.rows
}

/** Tells readers where the groups' readings lie, before the file counts. */
async function noteMonth(catalog: LakeParts['catalog'], { county, month, some, places }: SealedMonth): Promise<void> {
  const latest = new Map<string, number>()
  for (const { readings } of some)
    for (const { meter, atMs } of readings) {
      const group = lakeGroupOf(meter)
      latest.set(group, Math.max(latest.get(group) ?? atMs, atMs))
    }
  await inParallel([...latest], LAKE_GROUPS_WIDTH, async ([group, atMs]) => {
    const place = must(places.get(group))
    const known = place.months.find((one) => one.county === county && one.month === month)
    const toMs = Math.max(known?.toMs ?? atMs, atMs)
    if (known?.toMs === toMs) return
    await catalog.note(group, { county, month, toMs })
    place.months = [...place.months.filter((one) => one !== known), { county, month, toMs }]
  })
}

/**
 * The groups that this county seals. A group has one owner, so that no reading is sealed twice: the county that sealed
 * it first, until that one has no meter of the group left.
 */
async function ownPlaces({ catalog }: LakeParts, { county, meters, has }: Sealing): Promise<Places> {
  const groups = [...new Set(meters.map(lakeGroupOf))]
  const known = await catalog.places(groups)
  const own: Places = new Map()
  await inParallel(groups, LAKE_GROUPS_WIDTH, async (group) => {
    const place = known.get(group) ?? { owner: undefined, months: [] }
    if (place.owner !== county) {
      if (place.owner !== undefined && (await has(place.owner, group))) return
      try {
        await catalog.claim(group, county, place.owner)
      } catch (error) {
        if (error instanceof LakeConflict) return
        throw error
      }
    }
    own.set(group, place)
  })
  return own
}
