// Runs work shard by shard. A shard that fails does not stop the others, and the event loop gets a turn between shards,
// since stores on one machine answer without yielding.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ShardResult } from '../platform.ts'

/** Works on each shard in turn. An error becomes the shard's entry in `failed`, for the trigger to try again. */
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
 * Works on `size` shards at a time. When that throws, works on the shards of the pass one by one, so that the failing
 * one is named and the others succeed: `work` must be repeatable.
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
