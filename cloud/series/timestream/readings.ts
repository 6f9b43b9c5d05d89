// Stores raw readings in Timestream for LiveAnalytics: one multi-measure record for each received value, under the
// dimension `meter` (docs/decisions/0015).

import type { _Record as TimestreamRecord } from '@aws-sdk/client-timestream-write'
import type { ReadingStore, Touched } from '../../../functions/platform.ts'
import { parted } from '../../backoff.ts'
import {
  type Arrived,
  askable,
  latestSamples,
  markText,
  ofMarkText,
  pointNs,
  quotedIds,
  receivedReading,
} from '../arrival.ts'
import { type RankedReading, takenReadings } from '../take.ts'
import type { TouchedLedger } from '../touched-ledger.ts'
import {
  openTimestreamTable,
  TIMESTREAM_METERS_PER_QUERY,
  type TimestreamTable,
  timestreamTimeBetween,
} from './wire.ts'

/**
 * Reads are eventually consistent ("after a short time", says AWS, without a bound): readings written within this time
 * are not yet reported for settling. Below the half minute for which shards wait in their queue anyway (decision 0016).
 */
export const VISIBLE_AFTER_MS = 15_000

const COMMON: TimestreamRecord = { MeasureName: 'reading', MeasureValueType: 'MULTI', TimeUnit: 'NANOSECONDS' }
const COLUMNS = 'meter, to_milliseconds(time), value, arrival, received, quality'

export function openTimestreamReadings(options: TimestreamTable & { ledger: TouchedLedger }): ReadingStore {
  const { ledger } = options
  const table = openTimestreamTable(options)

  async function arrived(meters: readonly string[], fromMs: number, toMs: number): Promise<Arrived[]> {
    const found: Arrived[] = []
    for (const part of parted(askable(meters), TIMESTREAM_METERS_PER_QUERY)) {
      const condition = `WHERE meter IN (${quotedIds(part).join(', ')})${timestreamTimeBetween(fromMs, toMs)}`
      for await (const [meter, atMs, value, arrival, receivedMs, quality] of table.rows(COLUMNS, condition)) {
        found.push({
          meter: meter ?? '',
          atMs: Number(atMs),
          value: Number(value),
          arrival: Number(arrival),
          receivedMs: Number(receivedMs),
          ...ofMarkText(quality ?? ''),
        })
      }
    }
    return found
  }

  async function everTouched(meters: readonly string[]): Promise<Touched[]> {
    const touched: Touched[] = []
    for (const part of parted(askable(meters), TIMESTREAM_METERS_PER_QUERY)) {
      const select = 'meter, min(to_milliseconds(time)), max(to_milliseconds(time)), count(*)'
      const rest = `WHERE meter IN (${quotedIds(part).join(', ')}) GROUP BY meter`
      for await (const [meter, fromMs, toMs, count] of table.rows(select, rest))
        touched.push({ meter: meter ?? '', fromMs: Number(fromMs), toMs: Number(toMs), count: Number(count) })
    }
    return touched
  }

  return {
    append: (batch, receivedMs) =>
      takenReadings(batch, {
        receivedMs,
        ledger,
        write: (readings) => table.replace(readings.map(recordOf), COMMON),
      }),

    async touchedSince(meters, since) {
      const { mark, touched, unknown } = await ledger.since(meters, since)
      return { mark, touched: [...touched, ...(await everTouched(unknown))] }
    },

    async range(meters, fromMs, toMs) {
      return latestSamples(await arrived(meters, fromMs, toMs))
    },

    async count(meters) {
      let count = 0
      for (const part of parted(askable(meters), TIMESTREAM_METERS_PER_QUERY)) {
        const select = "count(DISTINCT concat(meter, ' ', cast(to_milliseconds(time) AS varchar)))"
        for await (const [own] of table.rows(select, `WHERE meter IN (${quotedIds(part).join(', ')})`))
          count += Number(own)
      }
      return count
    },

    async history(meter, fromMs, toMs) {
      const rows = await arrived([meter], fromMs, toMs)
      return rows.sort((a, b) => a.arrival - b.arrival).map(receivedReading)
    },
  }
}

/**
 * Of two records of one meter with the same time, Timestream keeps the one with the higher `Version`: the arrival rank,
 * so the later reading.
 */
const recordOf = ({ meter, atMs, value, arrival, receivedMs, ...marked }: RankedReading): TimestreamRecord => ({
  Dimensions: [{ Name: 'meter', Value: meter }],
  Time: pointNs(atMs, arrival),
  Version: arrival,
  MeasureValues: [
    { Name: 'value', Type: 'DOUBLE', Value: String(value) },
    { Name: 'arrival', Type: 'BIGINT', Value: String(arrival) },
    { Name: 'received', Type: 'BIGINT', Value: String(receivedMs) },
    { Name: 'quality', Type: 'VARCHAR', Value: markText(marked) },
  ],
})
