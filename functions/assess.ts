// Computes each institution's monthly consumption from its hours, judges it, and sums its county. Works on the months
// that settling marked, and on all months of an institution whose registration changed; the scheduled run also judges
// the present month of every institution, since missing readings are news too.

import { monthOf } from '../domain/calendar.ts'
import { judgeAlerts } from './alerts/round.ts'
import { watchRules } from './controlling/watching.ts'
import { handlerOf } from './handler.ts'
import { childrenOf, sumArea } from './judging/area-months.ts'
import { countyOf } from './judging/county.ts'
import { judgeMonths, judgeParts, markParts, withParts } from './judging/institution-months.ts'
import { summarize } from './judging/list-rows.ts'
import { markChanged, markPresent } from './judging/marks.ts'
import { closingDays } from './judging/revision.ts'
import { judgeSeasons } from './judging/season.ts'
import { noteUpgrade, tellUpgrade, upgradeIn } from './judging/upgrade.ts'
import { markWidened } from './judging/widen.ts'
import type { Platform, ShardEvent, ShardResult } from './platform.ts'
import { registryReader } from './registry/reader.ts'
import { lookAtClocks } from './settling/clock-jumps.ts'
import { withDirtyMonths } from './state/dirty.ts'
import { readOnce } from './state/read-once.ts'
import { eachShard } from './state/shard.ts'

export function assess({ readings, state, consumption, fanOut, now }: Platform) {
  const registry = registryReader(state)

  async function assessShard(shard: string, revision: number): Promise<void> {
    const county = await countyOf(registry, shard)
    const { institutions, meters, parents, parts } = county
    const children = childrenOf(county)
    const nowMs = now()
    await markChanged(state, county)
    await markParts(state, county)
    await markWidened(state, { ...county, institutions: [...institutions, ...parts] }, monthOf(nowMs))
    // Read once for the county: months, rows and alerts use the same documents.
    const docs = readOnce(state)
    const afterDays = await closingDays(state)
    const judged = await withDirtyMonths(state, shard, async (marks, trail) => {
      const dirty = withParts(parts, marks)
      const marked = { dirty, trail, nowMs, afterDays }
      await judgeMonths({ readings, state, consumption, docs }, county, marked)
      await judgeParts({ readings, state, consumption, docs }, county, marked)
      await sumArea({ state, docs }, { area: shard, parents, childrenIn: () => children, ...marked })
      await judgeSeasons({ docs, registry, nowMs }, county, dirty)
      const listed = await summarize(
        { docs, state, registry },
        { shard, institutions, meters, dirty, nowMs, revision, isUpgrade: upgradeIn(trail) !== undefined },
      )
      await noteUpgrade(state, { shard, institutions, trail, rerated: listed.rerated })
      if (parents.length > 0) await fanOut.send('rollup', [...parents])
      return listed.judged
    })
    await lookAtClocks({ readings, state }, { shard, meters, nowMs })
    await judgeAlerts({ state, consumption, registry }, shard, nowMs, { docs, judged })
    await watchRules({ state, consumption }, meters, nowMs)
  }

  return handlerOf(async ({ shards, scheduled = shards.length === 0 }: ShardEvent): Promise<ShardResult> => {
    const head = await registry.refresh()
    const counties = new Set(head.shards)
    const above = (await registry.areas()).map(({ code }) => code).filter((code) => !counties.has(code))
    const asked = (code: string): boolean => shards.length === 0 || shards.includes(code)
    const judged = await eachShard(head.shards.filter(asked), async (shard) => {
      const { institutions } = await registry.shard(shard)
      if (scheduled) await markPresent(state, { shard, institutions, nowMs: now() })
      await assessShard(shard, head.revision)
    })
    await tellUpgrade(state, head.shards)
    // Areas above the shards, as they stand since the last roll-up.
    const looked = await eachShard(above.filter(asked), (code) =>
      judgeAlerts({ state, consumption, registry }, code, now()),
    )
    return { failed: [...judged.failed, ...looked.failed] }
  })
}
