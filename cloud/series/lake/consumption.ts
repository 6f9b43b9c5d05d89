// Stores consumption in DynamoDB: an item for each day and group of meters, by the convention of ids an institution,
// with an attribute a meter. So an institution's day costs a write or two, whatever hours of it have changed.

import { UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { must } from '../../../domain/must.ts'
import type { ConsumptionDay, ConsumptionStore } from '../../../functions/platform.ts'
import { withSums } from '../../../functions/settling/sum.ts'
import { inParallel, parted } from '../../backoff.ts'
import { askable, isMeterId } from '../arrival.ts'
import { inOrderAsked } from '../row.ts'
import { daysPartition, lakeGroupOf } from './group.ts'
import { keyItem, LAKE_WIDTH, type LakeItem, type LakeTable, openLakeItems } from './items.ts'
import { packDay, unpackDay } from './packed.ts'

/** Attributes of one update: its expression stays below DynamoDB's 4 KB. */
const METERS_PER_UPDATE = 100
/** A longer day (hundreds of register events) is an item of its own, so that items of institutions stay small. */
const BYTES_MAX = 2_048
const DAY_DIGITS = 7
const [FIRST_DAY, LAST_DAY] = [0, 10 ** DAY_DIGITS - 1]

const dayKey = (day: number): string =>
  String(Math.min(Math.max(Math.ceil(day), FIRST_DAY), LAST_DAY)).padStart(DAY_DIGITS, '0')
/** Marks an attribute as a meter's, beside `pk` and `sk`. */
const METER = 'm:'

/** `now`: epoch milliseconds; of two writes of a day the later counts. */
export function openLakeConsumption({ now, ...options }: LakeTable & { now(): number }): ConsumptionStore {
  const items = openLakeItems(options)
  const { dynamo, table } = options
  let lastVersion = 0

  const own = ({ meter, day }: ConsumptionDay, packed: Uint8Array): LakeItem => ({
    ...keyItem({ pk: daysPartition(lakeGroupOf(meter)), sk: `${dayKey(day)}#${meter}` }),
    [METER + meter]: { B: packed },
  })

  /** Sets meters of one item; false when the item would become too large. */
  async function setMeters(key: LakeItem, days: readonly Packed[]): Promise<boolean> {
    const command = new UpdateItemCommand({
      ...{ TableName: table, Key: key },
      UpdateExpression: `SET ${days.map((_, n) => `#${n} = :${n}`).join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(days.map(({ day }, n) => [`#${n}`, METER + day.meter])),
      ExpressionAttributeValues: Object.fromEntries(days.map(({ packed }, n) => [`:${n}`, { B: packed }])),
    })
    try {
      await items.asked(() => dynamo.send(command))
      return true
    } catch (error) {
      if ((error as Error).name === 'ValidationException' && /size/i.test((error as Error).message)) return false
      throw error
    }
  }

  return withSums({
    async put(days) {
      lastVersion = Math.max(now() * 1_000, lastVersion + 1)
      // When a day is given twice, the last one counts.
      const last = [...new Map(days.map((day) => [`${day.meter} ${day.day}`, day])).values()]
      const odd = last.find(({ meter }) => !isMeterId(meter))
      if (odd) throw new RangeError(`"${odd.meter}" is no meter id`)
      const packed = last.map((day): Packed => ({ day, packed: packDay(day, lastVersion) }))
      const long = packed.filter((one) => one.packed.length > BYTES_MAX)
      const short = packed.filter((one) => one.packed.length <= BYTES_MAX)
      const byItem = Map.groupBy(short, ({ day }) => `${lakeGroupOf(day.meter)} ${day.day}`)
      await inParallel([...byItem.values()], LAKE_WIDTH, async (all) => {
        const { meter, day } = must(all[0]).day
        const key = keyItem({ pk: daysPartition(lakeGroupOf(meter)), sk: dayKey(day) })
        for (const part of parted(all, METERS_PER_UPDATE)) if (!(await setMeters(key, part))) long.push(...part)
      })
      await items.put(long.map((one) => own(one.day, one.packed)))
    },

    async get(meters, fromDay, toDay) {
      const asked = new Set(fromDay < toDay ? askable(meters) : [])
      const found = new Map<string, ReturnType<typeof unpackDay>>()
      await inParallel([...new Set([...asked].map(lakeGroupOf))], LAKE_WIDTH, async (group) => {
        for (const item of await items.between(daysPartition(group), dayKey(fromDay), `${dayKey(toDay - 1)}~`))
          for (const [attribute, value] of Object.entries(item)) {
            const meter = attribute.slice(METER.length)
            if (!value.B || !asked.has(meter)) continue
            const day = unpackDay(meter, Number.parseInt(item.sk?.S ?? '', 10), value.B)
            const key = `${meter} ${day.day}`
            if ((found.get(key)?.version ?? -1) <= day.version) found.set(key, day)
          }
      })
      const days = [...found.values()].map(({ version, ...day }): ConsumptionDay => day)
      return inOrderAsked(meters, days)
    },
  })
}

interface Packed {
  day: ConsumptionDay
  packed: Uint8Array
}
