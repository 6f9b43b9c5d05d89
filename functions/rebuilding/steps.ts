// The steps by which a province is computed again while it goes on, county by county, as AWS does it (infra/rebuild.ts,
// docs/rules/settling.md#rebuild). A step only asks and looks: the work is done by settling and judging in their own
// queues, in parts that fit into a run, so that a county is never worked on twice at a time. Nothing is deleted but the
// county's mark: views stay until they are replaced.

import * as z from 'zod'
import { DAY_MS, type Month, monthOf } from '../../domain/calendar.ts'
import { isRead } from '../../domain/registry/records.ts'
import { keysOf } from '../../domain/table.ts'
import { handlerOf } from '../handler.ts'
import { allYears } from '../judging/subject-year.ts'
import type { Platform } from '../platform.ts'
import { billKey } from '../registry/bills.ts'
import { registryReader, shardsBelow } from '../registry/reader.ts'
import { settledKey, unsettledMeters } from '../settling/mark.ts'
import { addDirtyMonths, dirtyKey } from '../state/dirty.ts'

const lookedSchema = z.array(z.object({ area: z.string(), isDone: z.boolean() }))
const stepSchema = z.discriminatedUnion('step', [
  /** Which counties there are, below `area` or in all. */
  z.object({ step: z.literal('list'), area: z.string().nullish() }),
  /** Takes the mark of a county away, and asks for its settling. */
  z.object({ step: z.literal('begin'), area: z.string() }),
  /** What a county, or an area above counties, still waits for; `since`: when that began, as an instant. */
  z.object({ step: z.literal('look'), area: z.string(), since: z.string() }),
  /** Fails where a county or an area above was given up. */
  z.object({ step: z.literal('end'), counties: lookedSchema, above: lookedSchema }),
])
export type RebuildStep = z.input<typeof stepSchema>

export interface RebuildList {
  counties: { area: string }[]
  /** Areas above counties, the lowest first. */
  above: { area: string }[]
}
export interface RebuildLook {
  area: string
  isDone: boolean
  /** Done, or waited for longer than a day: something hinders it, such as a dead letter. */
  isOver: boolean
  /** Meters that are not settled again, and ended months that are not judged again. */
  meters: number
  months: number
}
type RebuildAnswer = RebuildList | RebuildLook | { area: string } | { areas: number }

const WAIT_MS_MAX = DAY_MS

/** Throws an Error with a sentence where the area is unknown, or the event is no step. */
export function rebuildCounty({ state, fanOut, now }: Pick<Platform, 'state' | 'fanOut' | 'now'>) {
  const registry = registryReader(state)

  async function list(area: string | null | undefined): Promise<RebuildList> {
    const head = await registry.refresh()
    const areas = await registry.areas()
    if (area != null && !areas.some(({ code }) => code === area))
      throw new Error(`area "${area}" is not in the registry`)
    const counties = area == null ? head.shards : await shardsBelow(area, { registry, head })
    const paths = await Promise.all(counties.map((county) => registry.path(county)))
    const height = new Map<string, number>()
    for (const path of paths)
      for (const [steps, code] of path.entries())
        if (steps > 0) height.set(code, Math.max(steps, height.get(code) ?? 0))
    const above = [...height].sort(([, a], [, b]) => a - b).map(([code]) => ({ area: code }))
    return { counties: counties.map((code) => ({ area: code })), above }
  }

  async function begin(area: string): Promise<{ area: string }> {
    await registry.refresh()
    const { institutions } = await registry.shard(area)
    const months = new Map<string, Set<Month>>()
    for (const subject of [...institutions.map(({ id }) => id), area]) {
      const judged = (await allYears(state, subject)).flatMap(keysOf)
      const bills = (await state.query(billKey(subject, ''))).flatMap(({ value }) => value.map(({ month }) => month))
      if (judged.length + bills.length > 0) months.set(subject, new Set([...judged, ...bills]))
    }
    // The mark goes first: without it everything is settled, whatever else is cut off.
    await state.delete([settledKey(area)])
    const causes = [...months].map(([id, own]) => [
      id,
      [{ cause: { kind: 'rebuild' as const }, months: [...own].sort() }],
    ])
    await addDirtyMonths(state, area, months, Object.fromEntries(causes))
    await fanOut.send('settle', [area])
    return { area }
  }

  async function look(area: string, since: string): Promise<RebuildLook> {
    const head = await registry.refresh()
    const isCounty = head.shards.includes(area)
    const dirty = (await state.get(dirtyKey(area)))?.value ?? {}
    const months = new Set(
      Object.values(dirty)
        .flat()
        .filter((month) => month < monthOf(now())),
    ).size
    let meters = 0
    if (isCounty) {
      const read = (await registry.shard(area)).meters.filter(isRead)
      const settled = (await state.get(settledKey(area)))?.value
      meters = unsettledMeters(read, settled).length + (settled?.done ? 1 : 0)
    }
    const isDone = meters === 0 && months === 0
    return { area, isDone, isOver: isDone || now() - Date.parse(since) > WAIT_MS_MAX, meters, months }
  }

  return handlerOf(async (event: RebuildStep): Promise<RebuildAnswer> => {
    const asked = stepSchema.parse(event)
    if (asked.step === 'list') return await list(asked.area)
    if (asked.step === 'begin') return await begin(asked.area)
    if (asked.step === 'look') return await look(asked.area, asked.since)
    const looks = [...asked.counties, ...asked.above]
    const left = looks.filter(({ isDone }) => !isDone).map(({ area }) => area)
    if (left.length > 0) throw new Error(`not done within a day, see the dead letters: ${left.join(', ')}`)
    return { areas: looks.length }
  })
}
