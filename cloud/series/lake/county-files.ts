// The files of one county of the lake, for the run that holds its lease: how a file begins to count, and what a run
// does about files that an earlier one left half done.

import { createHash, randomUUID } from 'node:crypto'
import { dayOf, type Month } from '../../../domain/calendar.ts'
import { inParallel } from '../../backoff.ts'
import type { Arrived } from '../arrival.ts'
import { lakeKey } from './bucket.ts'
import { LakeConflict, type LakeEntry, type LakeLease } from './catalog.ts'
import { lakeGroupOf } from './group.ts'
import { type LakeFileFacts, lakeRows } from './parquet.ts'
import type { LakeParts } from './store.ts'

/** Queries for young readings at a time. */
export const LAKE_GROUPS_WIDTH = 16
export type LakeCounty = ReturnType<typeof openLakeCounty>

/** The files of a county, for the one who holds its lease. */
export function openLakeCounty(
  county: string,
  { bucket, catalog, young, files, items }: LakeParts,
  { now, lease }: { now(): number; lease(): LakeLease },
) {
  const entryFor = (month: Month, label: string, isMerged: boolean) => ({
    ...{ county, month, isMerged, changedMs: now(), state: 'writing' as const },
    name: `${label}-${randomUUID().slice(-12)}`,
  })

  /** Names a file in the manifest and writes it. It does not count yet. */
  async function written(
    of: { month: Month; label: string; isMerged: boolean },
    file: { bytes: Uint8Array; facts: LakeFileFacts },
  ): Promise<LakeEntry> {
    const entry: LakeEntry = {
      ...entryFor(of.month, of.label, of.isMerged),
      ...file.facts,
      bytes: file.bytes.length,
      sha256: createHash('sha256').update(file.bytes).digest('hex'),
    }
    await catalog.begin(entry, lease())
    await bucket.put(lakeKey(county, entry.month, entry.name), file.bytes)
    return entry
  }

  async function removed(entry: LakeEntry): Promise<void> {
    await bucket.delete(lakeKey(county, entry.month, entry.name))
    await catalog.forget(entry)
  }

  /** Deletes young items of which the file holds every reading. */
  async function cleaned(entry: LakeEntry): Promise<void> {
    const held = new Set<string>()
    const groups = new Set<string>()
    const wish = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }
    for await (const rows of lakeRows(await files.opened(entry), wish))
      for (const row of rows) {
        held.add(identityOfRow(row))
        groups.add(lakeGroupOf(row.meter))
      }
    await inParallel([...groups], LAKE_GROUPS_WIDTH, async (group) => {
      const own = await young.ofGroup(group, dayOf(entry.minAtMs), dayOf(entry.maxAtMs))
      const done = own.filter(({ readings }) => readings.every((reading) => held.has(identityOfRow(reading))))
      await items.delete(done.map(({ key }) => key))
    })
    await catalog.settle(entry)
  }

  return {
    written,
    removed,

    /** Finishes or takes back what an earlier run left half done, and deletes files that were merged. */
    async recover(): Promise<void> {
      for (const entry of await catalog.entries(county)) {
        if (entry.state === 'writing' || entry.state === 'dead') await removed(entry)
        if (entry.state === 'sealed') await cleaned(entry)
      }
    },

    /** A run that lost its lease while it was paused takes its own file back. */
    async counted(entry: LakeEntry): Promise<void> {
      try {
        await catalog.seal(entry)
      } catch (error) {
        if (error instanceof LakeConflict) await bucket.delete(lakeKey(county, entry.month, entry.name))
        throw error
      }
    },
  }
}

/** Tells a received value from every other. */
export const identityOfRow = ({ meter, atMs, arrival, value, quality, unit = '' }: Arrived): string =>
  `${meter} ${atMs} ${arrival} ${value} ${quality}${unit}`
