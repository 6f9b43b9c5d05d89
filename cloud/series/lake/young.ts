// Young readings in DynamoDB: one item for each message, group of meters and day of the readings. Items never change;
// a message that is delivered again writes the same items. They stand until the lake holds them (seal.ts).

import { createHash } from 'node:crypto'
import { dayOf } from '../../../domain/calendar.ts'
import { must } from '../../../domain/must.ts'
import { inParallel, parted } from '../../backoff.ts'
import type { Arrived } from '../arrival.ts'
import type { RankedReading } from '../take.ts'
import { lakeGroupOf, readingsPartition } from './group.ts'
import { type ItemKey, keyOfItem, LAKE_WIDTH, type LakeItem, type LakeItems } from './items.ts'
import { packReadings, unpackReadings } from './packed.ts'

/** Of one item: some 100 KB before compression, far below DynamoDB's 400 KB. */
const READINGS_PER_ITEM = 4_000
/** Makes every day of a JavaScript date a number of ten digits, so that keys sort by day. */
const DAY_OFFSET = 2_000_000_000
const ARRIVAL_DIGITS = 17
const [FIRST_DAY, LAST_DAY] = [-110_000_000, 110_000_000]

/** An item with its readings. */
export interface YoungItem {
  key: ItemKey
  day: number
  readings: Arrived[]
}

const dayKey = (day: number): string => `y${Math.min(Math.max(day, FIRST_DAY), LAST_DAY) + DAY_OFFSET}`
const dayOfKey = (sk: string): number => Number(sk.slice(1, 11)) - DAY_OFFSET

export function openYoungReadings(items: LakeItems) {
  /** Items of a group with fromDay ≤ day ≤ toDay. */
  async function ofGroup(group: string, fromDay: number, toDay: number): Promise<YoungItem[]> {
    const found = await items.between(readingsPartition(group), dayKey(fromDay), `${dayKey(toDay)}~`)
    return found.map((item) => {
      const key = keyOfItem(item)
      return { key, day: dayOfKey(key.sk), readings: unpackReadings(must(item.r?.B)) }
    })
  }
  return {
    ofGroup,

    /** Durable when the promise resolves. */
    async add(readings: readonly RankedReading[]): Promise<void> {
      const byKey = new Map<string, LakeItem>()
      for (const item of youngItems(readings)) byKey.set(`${item.pk?.S} ${item.sk?.S}`, item)
      await items.put([...byKey.values()])
    },

    /** Young readings of the meters with fromMs ≤ at < toMs, in no order. */
    async read(meters: ReadonlySet<string>, fromMs: number, toMs: number): Promise<Arrived[]> {
      const found: Arrived[] = []
      const [fromDay, toDay] = [dayOfBound(fromMs), dayOfBound(toMs)]
      await inParallel([...new Set([...meters].map(lakeGroupOf))], LAKE_WIDTH, async (group) => {
        for (const { readings } of await ofGroup(group, fromDay, toDay))
          for (const reading of readings)
            if (meters.has(reading.meter) && reading.atMs >= fromMs && reading.atMs < toMs) found.push(reading)
      })
      return found
    },
  }
}
export type YoungReadings = ReturnType<typeof openYoungReadings>

/** The day of a bound of a range, which may be infinite. */
const dayOfBound = (ms: number): number => {
  if (Number.isFinite(ms)) return dayOf(ms)
  return ms < 0 ? FIRST_DAY : LAST_DAY
}

function youngItems(readings: readonly RankedReading[]): LakeItem[] {
  const together = Map.groupBy(readings, (one) => `${lakeGroupOf(one.meter)} ${dayOf(one.atMs)} ${one.receivedMs}`)
  return [...together.values()].flatMap((all) => parted(all, READINGS_PER_ITEM).map(youngItem))
}

function youngItem(readings: readonly RankedReading[]): LakeItem {
  const first = must(readings[0])
  const bytes = packReadings(readings)
  const content = createHash('sha256').update(bytes).digest('base64url').slice(0, 12)
  const arrival = String(first.arrival).padStart(ARRIVAL_DIGITS, '0')
  return {
    pk: { S: readingsPartition(lakeGroupOf(first.meter)) },
    sk: { S: `${dayKey(dayOf(first.atMs))}#${arrival}#${content}` },
    r: { B: bytes },
  }
}
