// Computes cities and the province: the sum of the areas below, for the months that changed there. Each level marks the
// next.

import { areaPathOf } from '../domain/registry/area.ts'
import { handlerOf } from './handler.ts'
import { sumArea } from './judging/area-months.ts'
import { closingDays } from './judging/revision.ts'
import type { Platform, ShardEvent, ShardResult } from './platform.ts'
import { parentOf, registryReader } from './registry/reader.ts'
import { withDirtyMonths } from './state/dirty.ts'
import { eachShard } from './state/shard.ts'

export function rollup({ state, fanOut, now }: Platform) {
  const registry = registryReader(state)

  async function rollupArea(code: string): Promise<void> {
    const areas = await registry.areas()
    const children = areas.filter(({ parent }) => parent === code).map((area) => ({ subject: area.code }))
    const parent = parentOf(code, areas)
    await withDirtyMonths(state, code, async (dirty, trail) => {
      const afterDays = await closingDays(state)
      await sumArea({ state }, { area: code, parent, children, dirty, trail, nowMs: now(), afterDays })
      if (parent) await fanOut.send('rollup', [parent])
    })
  }

  return handlerOf(async ({ shards }: ShardEvent): Promise<ShardResult> => {
    await registry.refresh()
    return eachShard(shards.length > 0 ? shards : await upwards(), rollupArea)
  })

  /**
   * Parent areas, deepest first, so that one pass carries marks to the top; an area without marks has nothing to do.
   */
  async function upwards(): Promise<string[]> {
    const areas = await registry.areas()
    const byCode = await registry.areasByCode()
    const parents = new Set(areas.map(({ parent }) => parent))
    return areas
      .filter(({ code }) => parents.has(code))
      .map(({ code }) => ({ code, depth: areaPathOf(code, byCode).length }))
      .sort((a, b) => b.depth - a.depth)
      .map(({ code }) => code)
  }
}
