// Converts raw readings into consumption by hour and day, shard by shard. Reads only what arrived since the last time,
// and writes only the hours it can change. The mark moves last, so that a kill anywhere repeats work but never loses
// it.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Month } from '../domain/calendar.ts'
import { everIn } from '../domain/registry/dated.ts'
import { handlerOf } from './handler.ts'
import { DERIVED, type Platform, type ShardEvent, type ShardResult } from './platform.ts'
import { type RegistryReader, registryReader } from './registry/reader.ts'
import { settledKey } from './settling/mark.ts'
import { latestOf, nextPart, type PartOfWork } from './settling/parts.ts'
import { doneResettling, readOverrides, readResettlings, withOverrides } from './settling/review.ts'
import { settledTrail } from './settling/trail.ts'
import { dirtyMonths, hasWork, type ShardState, settleWorks, shardStateOf, worksOf } from './settling/works.ts'
import { addDirtyMonths } from './state/dirty.ts'
import { inPasses } from './state/shard.ts'
import { takeInAside } from './wire/aside.ts'

/** Shards that share each read of the stores: some 20,000 meters; no list of them blocks the event loop for long. */
const SHARDS_PER_PASS = 16
/** Readings after which a run with a limit writes marks: some 20,000 meters' day, seconds of a core. */
const READINGS_PER_PART = 1_000_000

export function settle(
  { readings, consumption, state, fanOut, hostClock, now }: Platform,
  { readingsPerPart = READINGS_PER_PART } = {},
) {
  const registry = registryReader(state)

  /** Resolves to the latest reading that now stands in hours; undefined where there was no work. */
  async function settleShards(shards: readonly string[], hasTime?: () => boolean): Promise<number | undefined> {
    const resettlings = await readResettlings(state)
    const overrides = await readOverrides(state)
    const states: ShardState[] = []
    for (const shard of shards) {
      await nextTurn()
      const before = await state.get(settledKey(shard))
      const all = withOverrides((await registry.shard(shard)).meters, overrides)
      states.push(await shardStateOf(shard, { all, resettlings }, before, state))
    }
    const works = (await worksOf(states, readings)).filter(hasWork)
    if (works.length === 0) return undefined
    // Only where runs have a limit are marks written for parts: on one machine they would only cost time.
    let part: PartOfWork | undefined
    do {
      part = nextPart(works, part, hasTime ? readingsPerPart : Number.POSITIVE_INFINITY)
      await settlePart(part)
    } while (!part.isLast && hasTime?.())
    if (!part.isLast) await fanOut.send('settle', shards)
    return latestOf(part.works)
  }

  async function settlePart({ works, marks, isLast }: PartOfWork): Promise<void> {
    const { changed, virtualMarks } = await settleWorks(works, { readings, consumption, state })
    const marked = new Set<string>()
    for (const work of works) {
      await nextTurn()
      const trail = settledTrail(work, changed, now())
      for (const [shard, dirty] of await byShard(registry, work.shard, dirtyMonths(work.all, changed))) {
        const causes = Object.fromEntries(Object.entries(trail).filter(([institution]) => dirty.has(institution)))
        await addDirtyMonths(state, shard, dirty, causes)
        marked.add(shard)
      }
    }
    const done = isLast ? works.flatMap(({ resettled }) => resettled.map(doneResettling)) : []
    await state.put([...marks, ...virtualMarks, ...done], DERIVED)
    await fanOut.send('assess', [...new Set([...works.map(({ shard }) => shard), ...marked])])
  }

  return handlerOf(async ({ shards, hasTime, settledTo }: ShardEvent): Promise<ShardResult> => {
    const head = await registry.refresh()
    await takeInAside({ hostClock, state, now }, async (id) => (await registry.meter(id))?.meter.gateway)
    return inPasses(shards.length > 0 ? shards : head.shards, SHARDS_PER_PASS, async (pass) => {
      const latestMs = await settleShards(pass, hasTime)
      if (latestMs !== undefined) settledTo?.(latestMs)
    })
  })
}

/**
 * The marks of a shard's meters, by the shards of their institutions: a meter may have been at another institution, and
 * an institution in another shard, by date.
 */
async function byShard(
  registry: RegistryReader,
  shard: string,
  dirty: ReadonlyMap<string, ReadonlySet<Month>>,
): Promise<Map<string, Map<string, ReadonlySet<Month>>>> {
  const known = new Map((await registry.shard(shard)).institutions.map((one) => [one.id, one]))
  const marks = new Map([[shard, new Map<string, ReadonlySet<Month>>()]])
  for (const [id, months] of dirty) {
    const institution = known.get(id) ?? (await registry.institution(id))?.institution
    for (const place of institution ? everIn(institution) : [shard]) {
      const own = marks.get(place) ?? new Map<string, ReadonlySet<Month>>()
      marks.set(place, own.set(id, months))
    }
  }
  return marks
}
