// Computes cities and the province: the sum of the areas below, for the months that changed there. Each level marks the
// next.

import type { Month } from '../domain/calendar.ts'
import { areaPathOf, areasIn, everAbove } from '../domain/registry/area.ts'
import { handlerOf } from './handler.ts'
import { sumArea } from './judging/area-months.ts'
import { closingDays } from './judging/revision.ts'
import { addSeasons } from './judging/season.ts'
import type { Platform, ShardEvent, ShardResult } from './platform.ts'
import { registryReader } from './registry/reader.ts'
import { withDirtyMonths } from './state/dirty.ts'
import { eachShard } from './state/shard.ts'

export function rollup({ state, fanOut, now }: Platform) {
  const registry = registryReader(state)

  async function rollupArea(code: string): Promise<void> {
    const areas = await registry.areas()
    const childrenIn = (month: Month) =>
      areasIn(areas, month).flatMap((area) => (area.parent === code ? [{ subject: area.code }] : []))
    const parents = areas.flatMap((area) => (area.code === code ? everAbove(area) : []))
    await withDirtyMonths(state, code, async (dirty, trail) => {
      const afterDays = await closingDays(state)
      const nowMs = now()
      await sumArea({ state }, { area: code, parents, childrenIn, dirty, trail, nowMs, afterDays })
      await addSeasons({ docs: state, nowMs }, { area: code, areas, dirty })
      if (parents.length > 0) await fanOut.send('rollup', parents)
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
    const parents = new Set(areas.flatMap(everAbove))
    return areas
      .filter(({ code }) => parents.has(code))
      .map(({ code }) => ({ code, depth: areaPathOf(code, byCode).length }))
      .sort((a, b) => b.depth - a.depth)
      .map(({ code }) => code)
  }
}
