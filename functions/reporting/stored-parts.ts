// Keeps shards' parts of the reports that are built on schedule, so that counties make theirs side by side and the
// reports above are put together from them. A part is kept until every report above it stands.

import type { Month } from '../../domain/calendar.ts'
import { docKey, type Platform } from '../platform.ts'
import type { PartSources } from './question.ts'
import { type PartAsked, type ReportParts, type ShardPart, shardPart } from './shard-part.ts'

/** Of one month. */
interface PartMark {
  month: Month
  asOfMs: number
}
const partKey = (shard: string) => docKey<PartMark>(`report-part/${shard}`)
const objectKey = (shard: string): string => `report-parts/${shard}.json`

type PartStores = Pick<Platform, 'state' | 'objects'>

/** The shards that have no part of the month up to that instant. */
export async function shardsWithoutPart(
  { state }: PartStores,
  shards: readonly string[],
  { month, asOfMs }: PartMark,
): Promise<string[]> {
  const marks = new Map((await state.getMany(shards.map(partKey))).map(({ key, value }) => [key as string, value]))
  return shards.filter((shard) => {
    const mark = marks.get(partKey(shard))
    return mark?.month !== month || mark.asOfMs !== asOfMs
  })
}

/** Makes a part and keeps it. */
export async function keepPart({ state, objects }: PartStores, asked: PartAsked, sources: PartSources): Promise<void> {
  const { shard, month, asOfMs } = asked
  const json = JSON.stringify(await shardPart(asked, sources))
  await objects.put(objectKey(shard), Buffer.from(json), { contentType: 'application/json' })
  await state.put([{ key: partKey(shard), value: { month, asOfMs } }])
}

/** The mark goes last: without its object it would still be a part that is missing. */
export async function dropPart({ state, objects }: PartStores, shard: string): Promise<void> {
  if (!(await state.get(partKey(shard)))) return
  await objects.delete(objectKey(shard))
  await state.delete([partKey(shard)])
}

/** Kept parts where there are some for the same instant; the others are made here. */
export const keptParts = ({ state, objects }: PartStores, sources: PartSources): ReportParts =>
  async function* (asked) {
    for (const one of asked) {
      const mark = one.withEstimates ? undefined : (await state.get(partKey(one.shard)))?.value
      const isKept = mark?.month === one.month && mark.asOfMs === one.asOfMs
      const bytes = isKept ? await objects.get(objectKey(one.shard)) : undefined
      yield bytes ? (JSON.parse(Buffer.from(bytes).toString()) as ShardPart) : await shardPart(one, sources)
    }
  }
