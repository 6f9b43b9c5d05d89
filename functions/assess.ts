// Consumption → what each institution used month by month, how it stands, and the sum of its county. Works on the
// months that settling marked, and on all months of an institution whose registration changed; the scheduled run also
// looks at the present month of everyone, since silence is news too.

import { DAY_MS, dayOf, type Month, monthOf, monthRange, monthsThrough } from '../domain/calendar.ts'
import { institutionMonth } from '../domain/energy/institution-month.ts'
import { type SubjectMonth, sumSubjects } from '../domain/energy/subject-month.ts'
import type { Trail } from '../domain/judge/revision-cause.ts'
import { areaPathOf } from '../domain/registry/area.ts'
import type { Institution, Meter } from '../domain/registry/records.ts'
import { judgeAlerts } from './alerts/round.ts'
import { handlerOf } from './handler.ts'
import { putAreaMonths } from './judging/area-months.ts'
import {
  type AssessedMark,
  assessedKey,
  judgedByOf,
  reopenedInstitutions,
  reopenedTrail,
} from './judging/fingerprint.ts'
import { type Judged, judgedYears, standardsIn } from './judging/judgement.ts'
import { summarize, summaryKey } from './judging/list-rows.ts'
import { amountsOf } from './judging/month-amounts.ts'
import { standingKey } from './judging/past-year.ts'
import { closingDays, type RevisedMonths, revisedYears } from './judging/revision.ts'
import { institutionCauses, noteRevised } from './judging/revision-cause.ts'
import { allYears, readYears, subjectYearKey } from './judging/subject-year.ts'
import {
  DERIVED,
  type DocWrite,
  type Platform,
  type ShardEvent,
  type ShardResult,
  type StateStore,
} from './platform.ts'
import { billsOf } from './registry/bills.ts'
import { parentOf, registryReader } from './registry/reader.ts'
import { lookAtClocks } from './settling/clock-jumps.ts'
import { addDirtyMonths, type DirtyMonths, withDirtyMonths } from './state/dirty.ts'
import { putTogether } from './state/put-together.ts'
import { readOnce } from './state/read-once.ts'
import { eachShard } from './state/shard.ts'

/** Whose hours of a month are in memory together, and are judged before a store gives others a turn: some 30 ms. */
const INSTITUTIONS_PER_LOAD = 50
/** When the present month of everyone was last marked. */
const presentKey = (shard: string): string => `present/${shard}`

export function assess({ readings, state, consumption, fanOut, now }: Platform) {
  const registry = registryReader(state)

  async function assessShard(shard: string, revision: number): Promise<void> {
    const { institutions, meters } = await registry.shard(shard)
    const metersOf = Map.groupBy(meters, (meter) => meter.institution)
    const areas = await registry.areas()
    const path = areaPathOf(shard, new Map(areas.map((area) => [area.code, area])))
    const nowMs = now()
    const tariffs = await registry.tariffs()
    const judgedBy = judgedByOf({ institutions, meters }, shard, { areas, tariffs, tables: await registry.tables() })
    await reopenChanged(shard, judgedBy)
    const docs = readOnce(state)
    const judged = new Map<string, Judged>()
    const afterDays = await closingDays(state)
    await withDirtyMonths(state, shard, async (dirty, trail) => {
      const touched = institutions.filter(({ id }) => dirty[id] !== undefined)
      for (let first = 0; first < touched.length; first += INSTITUTIONS_PER_LOAD) {
        const load = touched.slice(first, first + INSTITUTIONS_PER_LOAD)
        const question = { institutions: load, shard, dirty, metersOf, path, nowMs, trail, afterDays }
        const written = await judgedMonths(docs, question)
        await noteRevised(state, shard, written.revised)
        await putTogether(docs, written.recorded)
        await docs.put(written.plain, DERIVED)
      }
      const months = [...new Set(Object.values(dirty).flat())].sort()
      const parent = parentOf(shard, areas)
      await putAreaMonths({ state, docs }, await sums(docs, institutions, months), {
        area: shard,
        parent,
        trail,
        nowMs,
        afterDays,
      })
      if (parent) await addDirtyMonths(state, parent, new Map([[shard, months]]))
      await summarize({ docs, state, registry }, { shard, institutions, touched, dirty, nowMs, revision, judged })
      if (parent) await fanOut.send('rollup', [parent])
    })
    await lookAtClocks({ readings, state }, { shard, meters, nowMs })
    await judgeAlerts({ state, consumption, registry }, shard, nowMs, { docs, judged })
  }

  /**
   * The year documents of institutions with their marked months made anew; each month's hours are read at once.
   * `recorded`: by institution, where a month was closed or a closed one has changed, together with what records that.
   */
  async function judgedMonths(
    docs: StateStore,
    of: {
      institutions: readonly Institution[]
      shard: string
      dirty: DirtyMonths
      metersOf: ReadonlyMap<string, Meter[]>
      path: readonly string[]
      nowMs: number
      trail: Trail
      afterDays: number
    },
  ): Promise<{ plain: DocWrite[]; recorded: DocWrite[][]; revised: Map<string, RevisedMonths['revised']> }> {
    const { institutions, dirty, metersOf, nowMs, trail, afterDays } = of
    const [areas, tariffs, tables] = [await registry.areas(), await registry.tariffs(), await registry.tables()]
    const marked = new Map(institutions.map(({ id }) => [id, dirty[id] ?? []]))
    const billed = await billsOf(state, marked)
    const made = new Map<string, SubjectMonth[]>(institutions.map(({ id }) => [id, []]))
    for (const month of [...new Set([...marked.values()].flat())].sort()) {
      const asked = institutions.filter(({ id }) => marked.get(id)?.includes(month))
      const idsOf = (some: readonly Institution[]) =>
        some.flatMap(({ id }) => metersOf.get(id)?.map((meter) => meter.id) ?? [])
      const { fromMs, toMs } = monthRange(month)
      const span = [dayOf(fromMs), dayOf(toMs)] as const
      // What hours cost needs the hours; what they amount to does not.
      const [priced, plain] = parted(asked, ({ id }) =>
        tariffs.some(({ subject }) => [id, ...of.path].includes(subject)),
      )
      const days = Map.groupBy(await consumption.get(idsOf(priced), ...span), ({ meter }) => meter)
      const sumOf = await consumption.sums(idsOf(plain), ...span)
      const sets = standardsIn({ areas, tables }, of.shard, month)
      for (const institution of asked) {
        const own = metersOf.get(institution.id) ?? []
        const amounts = priced.includes(institution)
          ? amountsOf(
              own.flatMap(({ id }) => days.get(id) ?? []),
              { meters: own, tariffs, subjects: [institution.id, ...of.path] },
            )
          : (meter: string) => sumOf.get(meter)
        const bills = billed.get(institution.id)
        const input = { institution, meters: own, bills, month, asOfMs: nowMs, amounts, sets }
        made.get(institution.id)?.push(institutionMonth(input))
      }
    }
    const years = new Set([...judgedYears(monthOf(nowMs)), ...[...marked.values()].flat().map((m) => m.slice(0, 4))])
    await docs.getMany(institutions.flatMap(({ id }) => [...years].map((year) => subjectYearKey(id, year))))
    // With the months themselves: what is recorded is the difference from what stood before.
    const revised = new Map<string, RevisedMonths['revised']>()
    const written = await Promise.all(
      [...made].map(async ([id, months]) => {
        const causesOf = (month: Month) => institutionCauses({ readings, state }, trail[id], month)
        const found = await revisedYears(docs, id, months, { nowMs, afterDays, causesOf })
        revised.set(id, found.revised)
        return found
      }),
    )
    return {
      plain: written.flatMap(({ plain }) => plain),
      recorded: written.flatMap(({ recorded }) => recorded),
      revised,
    }
  }

  /** Marks all months of institutions that came, went or were registered otherwise since the shard was last judged. */
  async function reopenChanged(shard: string, judgedBy: ReadonlyMap<string, string>): Promise<void> {
    const before = await state.get<AssessedMark>(assessedKey(shard))
    const changed = reopenedInstitutions(judgedBy, before?.value)
    if (changed.length === 0) return
    const months = new Map<string, Month[]>()
    for (const id of changed) {
      const years = await allYears(state, id)
      months.set(
        id,
        years.flatMap((year) => Object.keys(year)),
      )
    }
    const trail = before ? reopenedTrail(months, { judgedBy, before: before.value }) : {}
    await addDirtyMonths(state, shard, months, trail)
    const gone = changed.filter((id) => !judgedBy.has(id))
    const yearsOf = (id: string): number[] => [
      ...new Set((months.get(id) ?? []).map((month) => Number(month.slice(0, 4)))),
    ]
    const rows = gone.flatMap((id) => [
      summaryKey(shard, id),
      ...yearsOf(id).map((year) => standingKey(year, shard, id)),
    ])
    await state.delete(rows)
    const value: AssessedMark = Object.fromEntries(judgedBy)
    await state.put([{ key: assessedKey(shard), value, ifVersion: before?.version ?? 0 }], DERIVED)
  }

  /**
   * The shard's months: the sum of its institutions, in the registry's order, so that the bytes are always the same.
   */
  async function sums(
    docs: StateStore,
    institutions: readonly Institution[],
    months: readonly Month[],
  ): Promise<SubjectMonth[]> {
    const keys = institutions.flatMap(({ id }) =>
      [...new Set(months.map((month) => month.slice(0, 4)))].map((year) => subjectYearKey(id, year)),
    )
    const years = await readYears(docs, keys)
    return months.map((month) =>
      sumSubjects(
        month,
        years.flatMap((year) => year[month] ?? []),
      ),
    )
  }

  /**
   * Marks the present month of a shard's institutions, and those since the last time, which may have ended with nobody
   * looking; one day more, for what settles after midnight.
   */
  async function markPresent(shard: string): Promise<void> {
    const nowMs = now()
    const lastMs = (await state.get<{ atMs: number }>(presentKey(shard)))?.value.atMs ?? nowMs
    const months = monthsThrough(monthOf(Math.min(lastMs, nowMs) - DAY_MS), monthOf(nowMs))
    const { institutions } = await registry.shard(shard)
    await addDirtyMonths(state, shard, new Map(institutions.map(({ id }) => [id, months])))
    await state.put([{ key: presentKey(shard), value: { atMs: nowMs } }], DERIVED)
  }

  return handlerOf(async ({ shards, scheduled = shards.length === 0 }: ShardEvent): Promise<ShardResult> => {
    const head = await registry.refresh()
    const counties = new Set(head.shards)
    const above = (await registry.areas()).map(({ code }) => code).filter((code) => !counties.has(code))
    const asked = (code: string): boolean => shards.length === 0 || shards.includes(code)
    const judged = await eachShard(head.shards.filter(asked), async (shard) => {
      if (scheduled) await markPresent(shard)
      await assessShard(shard, head.revision)
    })
    // Areas above the shards, as they stand since the last roll-up.
    const looked = await eachShard(above.filter(asked), (code) =>
      judgeAlerts({ state, consumption, registry }, code, now()),
    )
    return { failed: [...judged.failed, ...looked.failed] }
  })
}

function parted<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
