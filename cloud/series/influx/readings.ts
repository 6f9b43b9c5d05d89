// Stores raw readings in InfluxDB: one point for each received value, under the tag `meter` (docs/decisions/0015).

import { must } from '../../../domain/must.ts'
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
import { INFLUX_METERS_PER_QUERY, type InfluxDatabase, influxTimeBetween, ofMeters, openInflux } from './wire.ts'

const EVER = influxTimeBetween(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)

export function openInfluxReadings(options: InfluxDatabase & { ledger: TouchedLedger }): ReadingStore {
  const { ledger } = options
  const influx = openInflux(options)
  const conditions = (meters: readonly string[]): string[] =>
    parted(quotedIds(askable(meters)), INFLUX_METERS_PER_QUERY).map(ofMeters)

  async function arrived(meters: readonly string[], fromMs: number, toMs: number): Promise<Arrived[]> {
    const found: Arrived[] = []
    for (const own of conditions(meters)) {
      const where = `WHERE ${own} AND ${influxTimeBetween(fromMs, toMs)}`
      const statement = `SELECT value, arrival, received, quality FROM readings ${where} GROUP BY meter`
      for await (const { tags, values } of influx.query(statement)) {
        for (const [atMs, value, arrival, receivedMs, quality] of values) {
          found.push({
            meter: must(tags.meter),
            atMs: Number(atMs),
            value: Number(value),
            arrival: Number(arrival),
            receivedMs: Number(receivedMs),
            ...ofMarkText(String(quality)),
          })
        }
      }
    }
    return found
  }

  /** The last column of each meter's row of `SELECT <what>`, beside its time. */
  async function eachMeter(what: string, own: string): Promise<Map<string, { timeMs: number; value: number }>> {
    const found = new Map<string, { timeMs: number; value: number }>()
    for await (const { tags, values } of influx.query(
      `SELECT ${what} FROM readings WHERE ${own} AND ${EVER} GROUP BY meter`,
    ))
      for (const [timeMs, value] of values)
        found.set(must(tags.meter), { timeMs: Number(timeMs), value: Number(value) })
    return found
  }

  async function everTouched(meters: readonly string[]): Promise<Touched[]> {
    const touched: Touched[] = []
    for (const own of conditions(meters)) {
      const [first, last, count] = [
        await eachMeter('first(arrival)', own),
        await eachMeter('last(arrival)', own),
        await eachMeter('count(arrival)', own),
      ]
      for (const [meter, { timeMs: fromMs }] of first) {
        const toMs = last.get(meter)?.timeMs ?? fromMs
        touched.push({ meter, fromMs, toMs, count: count.get(meter)?.value ?? 1 })
      }
    }
    return touched
  }

  return {
    append: (batch, receivedMs) =>
      takenReadings(batch, { receivedMs, ledger, write: (readings) => influx.write(readings.map(lineOf)) }),

    async touchedSince(meters, since) {
      const { mark, touched, unknown } = await ledger.since(meters, since)
      return { mark, touched: [...touched, ...(await everTouched(unknown))] }
    },

    async range(meters, fromMs, toMs) {
      return latestSamples(await arrived(meters, fromMs, toMs))
    },

    async count(meters) {
      let count = 0
      for (const own of conditions(meters)) {
        // Points within one millisecond are values of one time.
        const times = `SELECT count(arrival) AS n FROM readings WHERE ${own} AND ${EVER} GROUP BY time(1ms), meter fill(none)`
        for await (const { values } of influx.query(`SELECT count(n) FROM (${times})`)) count += Number(values[0]?.[1])
      }
      return count
    },

    async history(meter, fromMs, toMs) {
      const rows = await arrived([meter], fromMs, toMs)
      return rows.sort((a, b) => a.arrival - b.arrival).map(receivedReading)
    },
  }
}

/** A line of the line protocol. Ids need no escaping, and JavaScript's number format is valid there. */
const lineOf = ({ meter, atMs, value, arrival, receivedMs, ...marked }: RankedReading): string =>
  `readings,meter=${meter} value=${value},arrival=${arrival}i,received=${receivedMs}i,quality="${markText(marked)}" ${pointNs(atMs, arrival)}`
