// Cities and the province: the sum of the areas below, for the months that changed there. Each level marks the next.

import { platform } from '#platform'
import { sumSubjects } from '../domain/subject.ts'
import { addDirtyMonths, dirtyKey, withDirtyMonths } from './dirty.ts'
import { handlerOf } from './handler.ts'
import { parentOf, type SubjectYear, subjectMonthDocs, subjectYearKey } from './judgement.ts'
import type { Platform, ShardEvent, ShardResult } from './platform.ts'
import { registryReader } from './registry.ts'
import { eachShard } from './shard.ts'

export function rollup({ state, fanOut }: Platform) {
  const registry = registryReader(state)

  async function rollupArea(code: string): Promise<void> {
    const areas = await registry.areas()
    const children = areas.filter((area) => area.parent === code)
    await withDirtyMonths(state, code, async (dirty) => {
      const months = [...new Set(Object.values(dirty).flat())].sort()
      const years = [...new Set(months.map((month) => month.slice(0, 4)))]
      const keys = children.flatMap((child) => years.map((year) => subjectYearKey(child.code, year)))
      const standing = await state.getMany<SubjectYear>(keys)
      const sums = months.map((month) =>
        sumSubjects(
          month,
          standing.flatMap(({ value }) => value[month] ?? []),
        ),
      )
      await state.put(await subjectMonthDocs(state, code, sums))
      const parent = parentOf(code, areas)
      if (!parent) return
      await addDirtyMonths(state, parent, new Map([[code, months]]))
      await fanOut.send('rollup', [parent])
    })
  }

  return handlerOf(async ({ shards }: ShardEvent): Promise<ShardResult> => {
    await registry.refresh()
    return eachShard(shards.length > 0 ? shards : await waitingAreas(), rollupArea)
  })

  /** Areas above the shards that have marks, the lowest level first, so that one pass reaches the top. */
  async function waitingAreas(): Promise<string[]> {
    const areas = await registry.areas()
    const order = ['county', 'city', 'province']
    const marked = new Set((await state.getMany<object>(areas.map(({ code }) => dirtyKey(code)))).map(({ key }) => key))
    return areas
      .filter(({ code }) => areas.some(({ parent }) => parent === code) && marked.has(dirtyKey(code)))
      .sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level))
      .map(({ code }) => code)
  }
}

export const handler = rollup(platform())
