// Builds the reports of areas on schedule (docs/rules/report.md#on-schedule): a county's own and its part of those
// above it, then the city's and the province's from these parts. Each run does what is due and not done, so it may
// be cut off anywhere and repeated.

import { handlerOf } from './handler.ts'
import type { Platform, ShardEvent, ShardResult } from './platform.ts'
import { registryReader } from './registry/reader.ts'
import { buildOnSchedule, upwardFrom } from './reporting/schedule.ts'
import { eachShard } from './state/shard.ts'

export function reports({ state, consumption, objects, fanOut, now }: Platform) {
  const registry = registryReader(state)
  const platform = { state, consumption, objects, fanOut, now }
  return handlerOf(async ({ shards }: ShardEvent): Promise<ShardResult> => {
    const head = await registry.refresh()
    const areas = shards.length > 0 ? shards : await upwardFrom(registry)
    return eachShard(areas, (code) => buildOnSchedule({ platform, registry, head }, code))
  })
}
