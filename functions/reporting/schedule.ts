// Decides which reports of areas are due on schedule, and builds them as the step `build` does: a draft that people
// check and submit. A report that anyone has begun is left alone. Takes the steps that people asked for (asked.ts) as
// well: they come before the schedule.

import { type Month, monthRange } from '../../domain/calendar.ts'
import { areaPathOf } from '../../domain/registry/area.ts'
import { scheduledMonth } from '../../domain/report/deadlines.ts'
import { latest, type ReportRecord } from '../../domain/report/life.ts'
import { type Doc, PermanentFailure, type Platform } from '../platform.ts'
import { ancestors, type RegistryHead, type RegistryReader, shardsBelow } from '../registry/reader.ts'
import { type AskedStep, answerAsked, askedStep } from './asked.ts'
import { localDateOf } from './due.ts'
import { storedReportsBy } from './maker.ts'
import { takeStep } from './steps.ts'
import { reportKey } from './store.ts'
import { dropPart, keepPart, keptParts, shardsWithoutPart } from './stored-parts.ts'

/** Who takes the step, as the audit log names it. */
const SCHEDULE = 'kilowatch schedule'
/** A report of one shard is made without parts. */
const PARTS_MIN = 2

interface ScheduleSources {
  platform: Pick<Platform, 'state' | 'consumption' | 'objects' | 'fanOut' | 'now'>
  registry: RegistryReader
  head: RegistryHead
}

/** All areas, the lowest first: a county's part stands before the reports above ask for it. */
export async function upwardFrom(registry: RegistryReader): Promise<string[]> {
  const byCode = await registry.areasByCode()
  const depthOf = (code: string): number => areaPathOf(code, byCode).length
  return [...byCode.keys()].toSorted((a, b) => depthOf(b) - depthOf(a) || (a < b ? -1 : 1))
}

/**
 * Builds an area's report when it is due, after those of the areas below; of a shard also its part of the reports above
 * it that are due. Then these are asked for.
 */
export async function buildOnSchedule(on: ScheduleSources, code: string): Promise<void> {
  const areas = await on.registry.areas()
  const above = (await inTurn(ancestors(code, areas), (one) => dueReport(on, one))).filter(isBuiltAnew)
  const isPartNew = await partStands(on, code, above[0])
  const isBuilt = await ownBuilt(on, code)
  if (isPartNew || isBuilt)
    await ask(
      on,
      above.map(({ area }) => area),
    )
}

const ask = ({ platform }: ScheduleSources, areas: readonly string[]): Promise<void> =>
  platform.fanOut.send('reports', areas)

/** True when the report was built now. Asks for what it waits for: reports below, and parts of shards. */
async function ownBuilt(on: ScheduleSources, code: string): Promise<boolean> {
  const { platform, registry } = on
  const own = await dueReport(on, code)
  if (!own) return false
  // Who asks for a build wants it of what there is.
  const below = own.asked ? [] : (await registry.areas()).filter(({ parent }) => parent === code)
  const waiting = (await inTurn(below, (one) => dueReport(on, one.code))).map(({ area }) => area)
  const shards = await shardsBelow(code, on)
  const isFromParts = isBuiltAnew(own) && shards.length >= PARTS_MIN
  const missing = isFromParts ? await shardsWithoutPart(platform, shards, own) : []
  const wanted = new Set([...waiting, ...missing])
  if (wanted.size > 0) await ask(on, [...wanted])
  else await built(on, code, own)
  return wanted.size === 0
}

interface DueReport {
  area: string
  month: Month
  asOfMs: number
  stored: Doc<ReportRecord> | undefined
  /** Of a person; undefined: due on schedule. */
  asked: AskedStep | undefined
}

/** A check reads what was built. */
const isBuiltAnew = ({ asked }: DueReport): boolean => asked?.step !== 'check'

/** The report of an area whose step is to be taken now; undefined when none is. */
async function dueReport({ platform, registry }: ScheduleSources, area: string): Promise<DueReport | undefined> {
  const asked = (await askedStep(platform.state, area))?.value
  if (asked?.refused === null) {
    const { month, atMs } = asked
    const stored = await platform.state.get(reportKey(area, month))
    return { area, month, asOfMs: Math.min(atMs, monthRange(month).toMs), stored, asked }
  }
  const { reportDeadlines } = await registry.tables()
  const month = scheduledMonth(reportDeadlines, await registry.path(area), localDateOf(platform.now()))
  if (month === undefined) return undefined
  const stored = await platform.state.get(reportKey(area, month))
  if (stored && !isUnfinished(stored.value)) return undefined
  return { area, month, asOfMs: monthRange(month).toMs, stored, asked: undefined }
}

/** A draft of a month that still ran, which nobody has taken further. */
function isUnfinished(report: ReportRecord): boolean {
  const { number, state, build } = latest(report)
  return number === 1 && state === 'draft' && build.asOfMs < monthRange(report.month).toMs
}

/** Makes the shard's part where a report above it wants one, else forgets it. True when it was made now. */
async function partStands(
  { platform, registry, head }: ScheduleSources,
  shard: string,
  above: DueReport | undefined,
): Promise<boolean> {
  if (!head.shards.includes(shard)) return false
  if (!above) await dropPart(platform, shard)
  if (!above || (await shardsWithoutPart(platform, [shard], above)).length === 0) return false
  const asked = { shard, month: above.month, asOfMs: above.asOfMs, withEstimates: false }
  await keepPart(platform, asked, { ...platform, registry })
  return true
}

async function built(on: ScheduleSources, area: string, { month, stored, asked }: DueReport): Promise<void> {
  const { platform, registry } = on
  const path = [area, ...ancestors(area, await registry.areas())] as const
  // As of the instant at which it was asked for, as its parts are.
  const asOf = asked ? { ...platform, now: () => asked.atMs } : platform
  const maker = storedReportsBy((sources) => keptParts(platform, sources))({ platform: asOf, registry })
  const own = { month, path, step: 'build' as const, version: stored?.version ?? 0, who: SCHEDULE, office: area }
  // On schedule refused when a person was first: then the report is theirs.
  const done = await takeStep({ platform, registry, maker }, asked ? { ...asked, path } : own).catch(
    (error: unknown) => {
      if (asked && error instanceof PermanentFailure) return { failed: error.message }
      throw error
    },
  )
  if (asked) await answerAsked(platform.state, area, asked, done)
}

/** The known results, one after the other. */
async function inTurn<T, Result>(items: readonly T[], work: (item: T) => Promise<Result | undefined>) {
  const results: Result[] = []
  for (const item of items) {
    const result = await work(item)
    if (result !== undefined) results.push(result)
  }
  return results
}
