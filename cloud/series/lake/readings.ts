// Stores raw readings young in DynamoDB, and reads them there and in the lake's files as one (decision 0050).

import { markOf } from '../../../domain/wire/sent-unit.ts'
import type { ReadingStore, Touched } from '../../../functions/platform.ts'
import { parted } from '../../backoff.ts'
import { type Arrived, askable, latestSamples, receivedReading } from '../arrival.ts'
import { takenReadings } from '../take.ts'
import type { TouchedLedger } from '../touched-ledger.ts'
import type { LakeFiles } from './files.ts'
import { lakeGroupOf } from './group.ts'
import type { YoungReadings } from './young.ts'

/** Meters of which everything ever received is held in memory at a time. */
const METERS_PER_PART = 50
const [EVER, NEVER] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]

export interface LakeReadings {
  young: YoungReadings
  files: LakeFiles
  ledger: TouchedLedger
}

export function openLakeReadings({ young, files, ledger }: LakeReadings): ReadingStore {
  /**
   * Every reading received; one that is being moved into the lake may come twice. Young ones are read first: what
   * leaves them afterwards stands in the lake already.
   */
  async function arrived(meters: readonly string[], fromMs: number, toMs: number): Promise<Arrived[]> {
    const asked = new Set(askable(meters))
    if (asked.size === 0 || fromMs >= toMs) return []
    const found = await young.read(asked, fromMs, toMs)
    const older = await files.read(asked, fromMs, toMs)
    return older.length === 0 ? found : older.concat(found)
  }

  /** All that was ever received of some meters, each reading once, meter by meter. */
  async function* everArrived(meters: readonly string[]): AsyncGenerator<[meter: string, readings: Arrived[]]> {
    const byGroup = askable(meters).sort((a, b) => (lakeGroupOf(a) < lakeGroupOf(b) ? -1 : 1))
    for (const part of parted(byGroup, METERS_PER_PART)) {
      const byMeter = Map.groupBy(await arrived(part, EVER, NEVER), ({ meter }) => meter)
      for (const [meter, own] of byMeter) yield [meter, eachOnce(own)]
    }
  }

  return {
    append: (batch, receivedMs) =>
      takenReadings(batch, {
        ...{ receivedMs, ledger },
        async write(readings) {
          await young.add(readings)
          return []
        },
      }),

    async touchedSince(meters, since) {
      const { mark, touched, unknown } = await ledger.since(meters, since)
      const ever: Touched[] = []
      for await (const [meter, own] of everArrived(unknown)) {
        const times = own.map(({ atMs }) => atMs).sort((a, b) => a - b)
        ever.push({ meter, fromMs: times[0] ?? 0, toMs: times.at(-1) ?? 0, count: own.length })
      }
      return { mark, touched: [...touched, ...ever] }
    },

    async range(meters, fromMs, toMs) {
      return latestSamples(await arrived(meters, fromMs, toMs))
    },

    async count(meters) {
      let count = 0
      for await (const [, own] of everArrived(meters)) count += new Set(own.map(({ atMs }) => atMs)).size
      return count
    },

    async history(meter, fromMs, toMs) {
      return eachOnce(await arrived([meter], fromMs, toMs))
        .sort((a, b) => a.arrival - b.arrival)
        .map(receivedReading)
    },
  }
}

/** Of one meter. The rank tells readings of one time apart, so that only copies of a reading are left out. */
const eachOnce = (readings: readonly Arrived[]): Arrived[] => [
  ...new Map(readings.map((one) => [`${one.atMs} ${one.arrival} ${one.value} ${markOf(one)}`, one])).values(),
]
