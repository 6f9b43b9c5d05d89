// Computes days as they will be once all stored readings are settled, for requests that come earlier. Runs the code of
// settling for the few meters requested, over a store that keeps puts in memory; writes nothing.

import type { Meter } from '../../domain/registry/records.ts'
import type { ConsumptionDay, ConsumptionStore, Platform } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import { settledKey } from './mark.ts'
import { type OverriddenMeter, overrideKey, resettleKey, withOverrides } from './review.ts'
import { withSums } from './sum.ts'
import { settleWorks, shardStateOf, worksOf } from './works.ts'

/**
 * Days of a meter with fromDay ≤ day < toDay. The mark is read before the days: settling that ends in between has
 * written the same bytes. A virtual meter loads its whole institution, which holds its parts.
 */
export async function freshDays(
  { platform, registry }: { platform: Platform; registry: RegistryReader },
  { meter, shard, fromDay, toDay }: { meter: Meter; shard: string; fromDay: number; toDay: number },
): Promise<ConsumptionDay[]> {
  const { state, readings } = platform
  const own = meter.formula ? await ofInstitution(meter, shard, registry) : [meter]
  const before = await state.get(settledKey(shard))
  const docs = await state.getMany(own.map(({ id }) => resettleKey(id)))
  const resettlings = new Map(docs.map((doc) => [doc.key.slice(resettleKey('').length), doc]))
  const stored = await shardStateOf(shard, { all: await overridden(own, state), resettlings }, before, state)
  const consumption = keptInMemory(platform.consumption)
  await settleWorks(await worksOf([stored], readings), { readings, consumption, state })
  return consumption.get([meter.id], fromDay, toDay)
}

const ofInstitution = async ({ institution }: Meter, shard: string, registry: RegistryReader): Promise<Meter[]> =>
  (await registry.shard(shard)).meters.filter((one) => one.institution === institution)

async function overridden(meters: readonly Meter[], state: Platform['state']): Promise<(Meter & OverriddenMeter)[]> {
  const docs = await state.getMany(meters.map(({ id }) => overrideKey(id)))
  return withOverrides(meters, new Map(docs.map(({ key, value }) => [key.slice(overrideKey('').length), value])))
}

const NOTHING: Pick<ConsumptionStore, 'get'> = { get: async () => [] }

/** A store that keeps puts in memory, over another that it only reads, or over nothing. */
export function keptInMemory(below = NOTHING): ConsumptionStore {
  const kept = new Map<string, Map<number, ConsumptionDay>>()
  return withSums({
    async put(days) {
      for (const day of days) {
        const own = kept.get(day.meter)
        if (own) own.set(day.day, day)
        else kept.set(day.meter, new Map([[day.day, day]]))
      }
    },
    async get(meters, fromDay, toDay) {
      const stored = Map.groupBy(await below.get(meters, fromDay, toDay), ({ meter }) => meter)
      return meters.flatMap((meter) => {
        const own = kept.get(meter)
        const below = stored.get(meter) ?? []
        if (!own) return below
        const above = [...own.values()].filter(({ day }) => day >= fromDay && day < toDay)
        return [...below.filter(({ day }) => !own.has(day)), ...above].sort((a, b) => a.day - b.day)
      })
    },
  })
}
