// Consumption → what each institution used month by month, how it stands, and the sum of its county. Works on the months
// that settling marked; the scheduled run also looks at the present month of everyone, since silence is news too.

import { platform } from '#platform'
import { DAY_MS, type Month, monthOf } from '../domain/calendar.ts'
import { areaPathOf, standardsOfMonth } from '../domain/energy.ts'
import { institutionMonth } from '../domain/institution-month.ts'
import { worstRating } from '../domain/quota.ts'
import type { Institution } from '../domain/registry.ts'
import { type SubjectMonth, sumSubjects } from '../domain/subject.ts'
import type { InstitutionRow } from '../domain/view.ts'
import { billsOf } from './bills.ts'
import { addDirtyMonths, withDirtyMonths } from './dirty.ts'
import { handlerOf } from './handler.ts'
import {
  dualControlOf,
  latestMonth,
  parentOf,
  quotaOf,
  STANDARDS_RULE,
  type SubjectYear,
  subjectMonthDocs,
  subjectYearKey,
} from './judgement.ts'
import { monthAmounts } from './month-amounts.ts'
import type { Platform, ShardEvent, ShardResult } from './platform.ts'
import { type RegistryHead, registryReader } from './registry.ts'
import { eachShard } from './shard.ts'

/** The row of an institution in lists, as it stands in its latest month. */
export const summaryKey = (shard: string, institution = ''): string => `summary/${shard}/${institution}`

export function assess({ state, consumption, fanOut, now }: Platform) {
  const registry = registryReader(state)

  async function assessShard(shard: string): Promise<void> {
    const { institutions, meters } = await registry.shard(shard)
    const metersOf = Map.groupBy(meters, (meter) => meter.institution)
    const areas = await registry.areas()
    const path = areaPathOf(shard, new Map(areas.map((area) => [area.code, area])))
    const nowMs = now()
    const tariffs = await registry.tariffs()
    await withDirtyMonths(state, shard, async (dirty) => {
      const billed = await billsOf(state, new Map(Object.entries(dirty)))
      for (const institution of institutions) {
        const changed = await Promise.all(
          (dirty[institution.id] ?? []).map(async (month) => {
            const own = metersOf.get(institution.id) ?? []
            const subjects = [institution.id, ...path]
            const amounts = await monthAmounts(consumption, { meters: own, month, tariffs, subjects })
            const bills = billed.get(institution.id)
            const sets = standardsOfMonth(month, path, STANDARDS_RULE)
            return institutionMonth({ institution, meters: own, bills, month, asOfMs: nowMs, amounts, sets })
          }),
        )
        await state.put(await subjectMonthDocs(state, institution.id, changed))
      }
      const months = [...new Set(Object.values(dirty).flat())].sort()
      await state.put(await subjectMonthDocs(state, shard, await sums(institutions, months)))
      const parent = parentOf(shard, areas)
      if (parent) await addDirtyMonths(state, parent, new Map([[shard, months]]))
      await summarize(shard, institutions, nowMs)
      if (parent) await fanOut.send('rollup', [parent])
    })
  }

  /** The shard's months: the sum of its institutions, in the registry's order, so that the bytes are always the same. */
  async function sums(institutions: readonly Institution[], months: readonly Month[]): Promise<SubjectMonth[]> {
    const keys = institutions.flatMap(({ id }) =>
      [...new Set(months.map((month) => month.slice(0, 4)))].map((year) => subjectYearKey(id, year)),
    )
    const years = await state.getMany<SubjectYear>(keys)
    return months.map((month) =>
      sumSubjects(
        month,
        years.flatMap(({ value }) => value[month] ?? []),
      ),
    )
  }

  async function summarize(shard: string, institutions: readonly Institution[], nowMs: number): Promise<void> {
    const areaName = (await registry.areas()).find((area) => area.code === shard)?.name ?? shard
    const rows = await Promise.all(
      institutions.map(async (institution) => {
        const month = (await latestMonth(state, institution.id, nowMs)) ?? monthOf(nowMs)
        const question = { subject: institution.id, area: shard, profileArea: shard, month, nowMs }
        const dualControl = await dualControlOf(state, registry, question)
        const quota = await quotaOf(state, registry, { institution, month, nowMs })
        const actual = (name: string) =>
          dualControl?.indicators.find(({ indicator }) => indicator === name)?.actual ?? null
        const row: InstitutionRow = {
          id: institution.id,
          name: institution.name,
          nameEn: institution.nameEn ?? null,
          area: institution.area,
          areaName,
          type: institution.type,
          venueKind: institution.venueKind ?? null,
          level: institution.level ?? null,
          rating: worstRating(quota),
          status: dualControl?.status ?? null,
          energyPerAreaKgce: actual('energyPerArea'),
          energyPerCapitaKgce: actual('energyPerCapita'),
          waterPerCapitaM3: actual('waterPerCapita'),
          coverage: dualControl?.coverage ?? null,
        }
        return { key: summaryKey(shard, institution.id), value: row }
      }),
    )
    await state.put(rows)
  }

  /** Marks the present month of every institution, and the month of yesterday, which may just have ended. */
  async function markPresent(head: RegistryHead): Promise<void> {
    const months = new Set([monthOf(now() - DAY_MS), monthOf(now())])
    for (const shard of head.shards) {
      const { institutions } = await registry.shard(shard)
      await addDirtyMonths(state, shard, new Map(institutions.map(({ id }) => [id, months])))
    }
  }

  return handlerOf(async ({ shards }: ShardEvent): Promise<ShardResult> => {
    const head = await registry.refresh()
    if (shards.length > 0) return eachShard(shards, assessShard)
    await markPresent(head)
    return eachShard(head.shards, assessShard)
  })
}

export const handler = assess(platform())
