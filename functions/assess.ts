// Consumption → what each institution used month by month, how it stands, and the sum of its county. Works on the months
// that settling marked, and on all months of an institution whose registration changed; the scheduled run also looks at the
// present month of everyone, since silence is news too.

import { createHash } from 'node:crypto'
import { platform } from '#platform'
import { DAY_MS, type Month, monthOf, monthsThrough } from '../domain/calendar.ts'
import { areaPathOf, standardsOfMonth } from '../domain/energy.ts'
import { institutionMonth } from '../domain/institution-month.ts'
import { worstRating } from '../domain/quota.ts'
import type { Area, Institution } from '../domain/registry.ts'
import { type SubjectMonth, sumSubjects } from '../domain/subject.ts'
import type { Tariff } from '../domain/tariff.ts'
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
import { DERIVED, type Platform, type ShardEvent, type ShardResult } from './platform.ts'
import { type RegistryHead, registryReader, type Shard } from './registry.ts'
import { eachShard } from './shard.ts'

/** The row of an institution in lists, as it stands in its latest month. */
export const summaryKey = (shard: string, institution = ''): string => `summary/${shard}/${institution}`

/** What each institution of a shard was last judged by (`judgedByOf`). */
export type AssessedMark = Record<string, string>
export const assessedKey = (shard: string): string => `assessed/${shard}`
/** When the present month of everyone was last marked. */
const PRESENT_KEY = 'present'

export function assess({ state, consumption, fanOut, now }: Platform) {
  const registry = registryReader(state)

  async function assessShard(shard: string): Promise<void> {
    const { institutions, meters } = await registry.shard(shard)
    const metersOf = Map.groupBy(meters, (meter) => meter.institution)
    const areas = await registry.areas()
    const path = areaPathOf(shard, new Map(areas.map((area) => [area.code, area])))
    const nowMs = now()
    const tariffs = await registry.tariffs()
    await reopenChanged(shard, judgedByOf({ institutions, meters }, shard, areas, tariffs))
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
        await state.put(await subjectMonthDocs(state, institution.id, changed), DERIVED)
      }
      const months = [...new Set(Object.values(dirty).flat())].sort()
      await state.put(await subjectMonthDocs(state, shard, await sums(institutions, months)), DERIVED)
      const parent = parentOf(shard, areas)
      if (parent) await addDirtyMonths(state, parent, new Map([[shard, months]]))
      await summarize(shard, institutions, nowMs)
      if (parent) await fanOut.send('rollup', [parent])
    })
  }

  /** Marks all months of institutions that came, went or were registered otherwise since the shard was last judged. */
  async function reopenChanged(shard: string, judgedBy: ReadonlyMap<string, string>): Promise<void> {
    const before = await state.get<AssessedMark>(assessedKey(shard))
    const changed = reopenedInstitutions(judgedBy, before?.value)
    if (changed.length === 0) return
    const months = new Map<string, Month[]>()
    for (const id of changed) {
      const years = await state.query<SubjectYear>(subjectYearKey(id, ''))
      months.set(
        id,
        years.flatMap(({ value }) => Object.keys(value)),
      )
    }
    await addDirtyMonths(state, shard, months)
    await state.delete(changed.filter((id) => !judgedBy.has(id)).map((id) => summaryKey(shard, id)))
    const value: AssessedMark = Object.fromEntries(judgedBy)
    await state.put([{ key: assessedKey(shard), value, ifVersion: before?.version ?? 0 }], DERIVED)
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
    await state.put(rows, DERIVED)
  }

  /**
   * Marks the present month of every institution, and those since the last time, which may have ended with nobody looking;
   * one day more, for what settles after midnight.
   */
  async function markPresent(head: RegistryHead): Promise<void> {
    const nowMs = now()
    const lastMs = (await state.get<{ atMs: number }>(PRESENT_KEY))?.value.atMs ?? nowMs
    const months = monthsThrough(monthOf(Math.min(lastMs, nowMs) - DAY_MS), monthOf(nowMs))
    for (const shard of head.shards) {
      const { institutions } = await registry.shard(shard)
      await addDirtyMonths(state, shard, new Map(institutions.map(({ id }) => [id, months])))
    }
    await state.put([{ key: PRESENT_KEY, value: { atMs: nowMs } }], DERIVED)
  }

  return handlerOf(async ({ shards }: ShardEvent): Promise<ShardResult> => {
    const head = await registry.refresh()
    if (shards.length > 0) return eachShard(shards, assessShard)
    await markPresent(head)
    return eachShard(head.shards, assessShard)
  })
}

export const handler = assess(platform())

const FINGERPRINT_CHARS = 12

/** By institution, a short text that changes with anything registered of it that its months or its row are made of. */
export function judgedByOf(
  { institutions, meters }: Shard,
  shard: string,
  areas: readonly Area[],
  tariffs: readonly Tariff[] = [],
): ReadonlyMap<string, string> {
  const path = areaPathOf(shard, new Map(areas.map((area) => [area.code, area])))
  const area = areas.find(({ code }) => code === shard)
  const metersOf = Map.groupBy(meters, (meter) => meter.institution)
  return new Map(
    institutions.map((institution) => {
      const own = (metersOf.get(institution.id) ?? []).map(({ id, medium, role, purpose, parent, kind, formula }) => [
        id,
        medium,
        role,
        purpose,
        parent,
        kind,
        formula,
      ])
      const priced = tariffs.filter(({ subject }) => subject === institution.id || path.includes(subject))
      const all = JSON.stringify([institution, own, path, area?.name, priced])
      return [institution.id, createHash('sha256').update(all).digest('base64url').slice(0, FINGERPRINT_CHARS)]
    }),
  )
}

/** Institutions that are judged by other facts than last time, are new to the shard, or have left it. */
export function reopenedInstitutions(
  judgedBy: ReadonlyMap<string, string>,
  assessed: AssessedMark | undefined,
): string[] {
  const before = new Map(Object.entries(assessed ?? {}))
  const changed = [...judgedBy].filter(([id, text]) => before.get(id) !== text).map(([id]) => id)
  return [...changed, ...[...before.keys()].filter((id) => !judgedBy.has(id))]
}
