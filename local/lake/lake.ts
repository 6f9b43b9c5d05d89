// The lake beside a store of readings: what the mover needs of the store, one pass at a time.

import type { DuckDBConnection } from '@duckdb/node-api'
import { type ArrivalTables, takenAway } from './arrivals.ts'
import { writeListing } from './listing.ts'
import type { LakeManifest } from './manifest.ts'
import { lakeMerger } from './merger.ts'
import { type Arrivals, type Tidied, type TidyOptions, tidy } from './mover.ts'

/** The lake ends its own passes. */
export type PassOptions = Omit<TidyOptions, 'signal'>
type Turn = <T>(work: () => Promise<T>) => Promise<T>
export interface LakeSurroundings {
  /** A connection of its own. */
  mover: DuckDBConnection
  manifest: LakeManifest
  lakeFolder: string
  arrivals: ArrivalTables
  idOf(key: number): string
  /** Number of batches stored so far. */
  batches(): number
  /** While nobody reads or appends. */
  alone: Turn
  /** While nobody appends. */
  inTurn: Turn
}
export interface Lake {
  tidy(options: PassOptions): Promise<Tidied>
  /** Files stay that are replaced from the beginning of `work` to the call of `release`. */
  held<T extends object>(work: () => Promise<T>): Promise<T & { release(): void }>
  /** Ends a pass that goes on. */
  stop(): Promise<void>
}

export function lakeOf({
  mover,
  manifest,
  lakeFolder,
  arrivals,
  idOf,
  batches,
  alone,
  inTurn,
}: LakeSurroundings): Lake {
  const merger = lakeMerger()
  let holds = 0
  const stopping = new AbortController()
  let pass: Promise<unknown> = Promise.resolve()
  const ports: Arrivals = {
    ...{ folder: lakeFolder, manifest, idOf, batches, growing: arrivals.growing, isInOrder: arrivals.isInOrder },
    tables: () => arrivals.names,
    isHeld: () => holds > 0,
    close: () => inTurn(arrivals.begin),
    enter: (change, slice) =>
      alone(async () => {
        await mover.run('BEGIN')
        try {
          const apply = await manifest.change(mover, change)
          if (slice) await mover.run(takenAway(slice))
          await mover.run('COMMIT')
          apply()
        } catch (error) {
          await mover.run('ROLLBACK').catch(() => undefined)
          throw error
        }
        if (slice) arrivals.taken(slice)
      }),
  }
  return {
    async tidy(options) {
      const before = pass
      const own = before
        .catch(() => undefined)
        .then(async () => {
          if (stopping.signal.aborted) return { moved: 0, merged: 0 }
          const files = manifest.files()
          return await tidy(mover, ports, { ...options, signal: stopping.signal }, merger).finally(() => {
            if (manifest.files() !== files) writeListing(lakeFolder, manifest.files())
          })
        })
      pass = own
      return await own
    },
    async held(work) {
      holds++
      let isHeld = true
      const release = (): void => {
        if (isHeld) holds--
        isHeld = false
      }
      try {
        return { ...(await work()), release }
      } catch (error) {
        release()
        throw error
      }
    },
    async stop() {
      stopping.abort()
      merger.stop()
      await pass.catch(() => undefined)
    },
  }
}
