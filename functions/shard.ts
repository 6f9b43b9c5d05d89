// Work that goes shard by shard: one shard that cannot be done now does not stop the others.

import type { ShardResult } from './platform.ts'

/** Does each shard in turn. What a shard throws becomes its entry in `failed`, for the trigger to try again. */
export async function eachShard(
  shards: readonly string[],
  work: (shard: string) => Promise<void>,
): Promise<ShardResult> {
  const failed: ShardResult['failed'] = []
  for (const shard of shards) {
    try {
      await work(shard)
    } catch (error) {
      failed.push({ shard, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return { failed }
}
