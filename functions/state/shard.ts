// Work that goes shard by shard: one shard that cannot be done now does not stop the others, and between two of them
// the event loop gets a turn, since stores on one machine answer without ever giving it one.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ShardResult } from '../platform.ts'

/** Does each shard in turn. What a shard throws becomes its entry in `failed`, for the trigger to try again. */
export async function eachShard(
  shards: readonly string[],
  work: (shard: string) => Promise<void>,
): Promise<ShardResult> {
  const failed: ShardResult['failed'] = []
  for (const shard of shards) {
    await nextTurn()
    try {
      await work(shard)
    } catch (error) {
      failed.push({ shard, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return { failed }
}

/**
 * Does shards together, `size` at a time. Where that throws, the shards of the pass are done one by one, so that the
 * one that cannot be done is named and the others are: `work` has to bear being done again.
 */
export async function inPasses(
  shards: readonly string[],
  size: number,
  work: (shards: readonly string[]) => Promise<void>,
): Promise<ShardResult> {
  const failed: ShardResult['failed'] = []
  for (let first = 0; first < shards.length; first += size) {
    await nextTurn()
    const pass = shards.slice(first, first + size)
    try {
      await work(pass)
    } catch {
      failed.push(...(await eachShard(pass, (shard) => work([shard]))).failed)
    }
  }
  return { failed }
}
