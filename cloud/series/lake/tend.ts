// One run over a county of the lake: under its lease, it finishes what an earlier run left, seals closed days, and
// merges months that are over. Killed anywhere, it loses nothing; run again, it does what is left.

import { randomUUID } from 'node:crypto'
import { openLakeCounty } from './county-files.ts'
import { mergeCounty } from './merge.ts'
import { type Sealing, sealCounty } from './seal.ts'
import type { LakeParts } from './store.ts'

/** Longer than a function may run. */
const LEASE_MS = 16 * 60_000

export interface TendOptions {
  /** Epoch milliseconds. */
  now(): number
  /** Rows in memory from which on a file is written, and rows of one merge: smaller ones in tests. */
  rowsPerFlush?: number
  rowsPerMerge?: number
}
export interface Tended {
  sealedRows: number
  merges: number
}

/** Throws LakeConflict while another run holds the county. */
export async function tendCounty(
  parts: LakeParts,
  sealing: Sealing,
  { now, rowsPerFlush, rowsPerMerge }: TendOptions,
): Promise<Tended> {
  const { county } = sealing
  const { catalog } = parts
  const holder = randomUUID()
  const lease = () => ({ holder, untilMs: now() + LEASE_MS })
  await catalog.lease(county, lease())
  const own = openLakeCounty(county, parts, { now, lease })
  try {
    await own.recover()
    const sealedRows = await sealCounty(parts, own, { ...sealing, nowMs: now(), rowsPerFlush })
    const merges = await mergeCounty(parts, own, { county, nowMs: now(), rowsMax: rowsPerMerge })
    return { sealedRows, merges }
  } finally {
    await catalog.endLease(county, holder)
  }
}
