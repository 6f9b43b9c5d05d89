// Cities and the province: the sum of the areas below, for the months that changed there. Each level marks the next.

import { sumSubjects } from '../domain/energy/subject-month.ts'
import { areaPathOf } from '../domain/registry/area.ts'
import { handlerOf } from './handler.ts'
import { putAreaMonths } from './judging/area-months.ts'
import { closingDays } from './judging/revision.ts'
import { readYears, subjectYearKey } from './judging/subject-year.ts'
import type { Platform, ShardEvent, ShardResult } from './platform.ts'
import { parentOf, registryReader } from './registry/reader.ts'
import { addDirtyMonths, withDirtyMonths } from './state/dirty.ts'
import { eachShard } from './state/shard.ts'

export function rollup({ state, fanOut, now }: Platform) {
  const registry = registryReader(state)

  async function rollupArea(code: string): Promise<void> {
    const areas = await registry.areas()
    const children = areas.filter((area) => area.parent === code)
    await withDirtyMonths(state, code, async (dirty, trail) => {
      const months = [...new Set(Object.values(dirty).flat())].sort()
      const years = [...new Set(months.map((month) => month.slice(0, 4)))]
      const keys = children.flatMap((child) => years.map((year) => subjectYearKey(child.code, year)))
      const standing = await readYears(state, keys)
      const sums = months.map((month) =>
        sumSubjects(
          month,
          standing.flatMap((year) => year[month] ?? []),
        ),
      )
      const parent = parentOf(code, areas)
      const afterDays = await closingDays(state)
      await putAreaMonths({ state }, sums, { area: code, parent, trail, nowMs: now(), afterDays })
      if (!parent) return
      await addDirtyMonths(state, parent, new Map([[code, months]]))
      await fanOut.send('rollup', [parent])
    })
  }

  return handlerOf(async ({ shards }: ShardEvent): Promise<ShardResult> => {
    await registry.refresh()
    return eachShard(shards.length > 0 ? shards : await upwards(), rollupArea)
  })

  /**
   * Areas above others, the deepest first, so that one pass takes marks to the top; without marks there is nothing to
   * do.
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
