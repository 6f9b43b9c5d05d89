// Settled hours → how everyone stands: the scheduled run of the assess handler over a whole province and the sums up to
// the top, at three sizes, and beside it the least that it must do: reading the same hours and documents. Then the same
// run on the hour of the daily alerts.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { monthRange } from '../domain/calendar.ts'
import { must } from '../domain/must.ts'
import { type AlertMark, alertMarkKey } from '../functions/alerts/round.ts'
import { currentAlerts } from '../functions/alerts/store.ts'
import { assess } from '../functions/assess.ts'
import type { Handler } from '../functions/handler.ts'
import { summaryKey } from '../functions/judging/list-rows.ts'
import { readYear, subjectYearKey } from '../functions/judging/subject-year.ts'
import type { Platform, ShardEvent, ShardResult } from '../functions/platform.ts'
import { rollup } from '../functions/rollup.ts'
import { addDirtyMonths } from '../functions/state/dirty.ts'
import { openPlatform } from '../local/platform.ts'
import { PROVINCE, type SettledProvince, settledProvince } from './province.ts'
import { type BenchRow, median, type TimeRow } from './table.ts'

/**
 * Hebei (docs/rules/facts.md#hebei-2020-and-2025): institutions, and counties with such; meters follow from them,
 * 200,000 in all.
 */
const INSTITUTIONS = 31_600
const COUNTIES = 170
const PARTS = [1 / 4, 1 / 2, 1]
const ROUNDS = 3
const TOUCHES = 20
const BAR = { seconds: 20 }
/** Settling, judging, alerts and the report of a month together (docs/rules/platform.md#performance-bars). */
const DAILY_BAR = { seconds: 60 }
/** The last midnight of a month: no scheduled run has more hours of the present month to read. */
const MONTH = '2026-10'
const NOW_MS = monthRange(MONTH).toMs - 1

export async function benchAssess(scale: number, say: (line: string) => void): Promise<BenchRow[]> {
  const rows: BenchRow[] = []
  for (const part of PARTS) rows.push(...(await benchSize(scale * part, rows.length === 0 ? 1 : 0, say)))
  return rows
}

/** `warmUp`: rounds that do not count. */
async function benchSize(scale: number, warmUp: number, say: (line: string) => void): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-bench-'))
  const platform = await openPlatform(folder, () => NOW_MS)
  try {
    const size = { institutions: Math.ceil(INSTITUTIONS * scale), counties: Math.ceil(COUNTIES * scale) }
    const province = await settledProvince(platform, size, NOW_MS, MONTH)
    const what = `assess, ${size.institutions} institutions`
    say(`${what}: ${province.meters} meters are settled`)
    const handler = assess(platform)
    const rounds: Round[] = []
    for (let round = 0; round < warmUp + ROUNDS; round++) {
      const ours = await assessOnce(platform, handler, province)
      rounds.push({ ...ours, readSeconds: readSeconds(folder) })
      say(
        `${what}, round ${round}: ${ours.seconds.toFixed(2)} s, reading alone ${must(rounds[round]).readSeconds.toFixed(2)} s`,
      )
    }
    const measured = rounds.slice(warmUp)
    const seconds = median(measured.map((one) => one.seconds))
    const reference = median(measured.map((one) => one.readSeconds))
    const assessed: TimeRow = {
      what,
      seconds,
      reference: {
        what: 'reading the same hours and documents from SQLite, nothing judged or written',
        seconds: reference,
      },
      ratio: seconds / reference,
      bar: BAR,
      rounds: measured.map((one) => one.seconds),
      cpuSeconds: median(measured.map(({ cpu }) => cpu)),
      more: {
        meters: province.meters,
        counties: province.shards.length,
        's per 1,000 institutions': (seconds * 1_000) / size.institutions,
        'ms for one touched institution': await touchMillis(platform, handler, province),
      },
    }
    return [assessed, await benchAlerts(platform, handler, { province, assessed, say })]
  } finally {
    await platform.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The same run with every shard due for its daily alerts. The reference is the run without. */
async function benchAlerts(
  platform: Platform,
  handler: Assess,
  { province, assessed, say }: { province: SettledProvince; assessed: TimeRow; say: (line: string) => void },
): Promise<TimeRow> {
  const what = `with daily alerts, ${province.institutions.length} institutions`
  const rounds: Omit<Round, 'readSeconds'>[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await platform.state.delete(province.shards.map(alertMarkKey))
    rounds.push(await assessOnce(platform, handler, province))
    say(`${what}, round ${round}: ${must(rounds[round]).seconds.toFixed(2)} s`)
  }
  const marks = await platform.state.getMany<AlertMark>(province.shards.map(alertMarkKey))
  if (marks.some(({ value }) => value.dailyMs !== NOW_MS)) throw new Error('a shard was not looked at')
  const standing = await Promise.all(province.shards.map((shard) => currentAlerts(platform.state, shard)))
  const seconds = median(rounds.map((one) => one.seconds))
  const cpuSeconds = median(rounds.map(({ cpu }) => cpu))
  return {
    what,
    seconds,
    reference: { what: 'the run without', seconds: assessed.seconds },
    ratio: seconds / assessed.seconds,
    bar: DAILY_BAR,
    rounds: rounds.map((one) => one.seconds),
    cpuSeconds,
    more: {
      'alerts standing': standing.flat().length,
      's of alerts': seconds - assessed.seconds,
      'CPU s of alerts': cpuSeconds - assessed.cpuSeconds,
    },
  }
}

interface Round {
  seconds: number
  /** Processor time, in seconds. */
  cpu: number
  readSeconds: number
}
type Assess = Handler<ShardEvent, ShardResult>

/**
 * The scheduled run and the sums to the top. Throws when someone is left out or the province's sum is not that of the
 * hours.
 */
async function assessOnce(
  platform: Platform,
  handler: Assess,
  province: SettledProvince,
): Promise<Omit<Round, 'readSeconds'>> {
  const cpuBefore = process.cpuUsage()
  const startedMs = performance.now()
  const { failed } = await handler({ shards: [] })
  const above = await rollup(platform)({ shards: [] })
  const seconds = (performance.now() - startedMs) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  for (const { shard, reason } of [...failed, ...above.failed]) throw new Error(`shard ${shard}: ${reason}`)
  await check(platform, province)
  return { seconds, cpu: (user + system) / 1e6 }
}

async function check({ state }: Platform, { shards, institutions, electricityKwh }: SettledProvince): Promise<void> {
  let rows = 0
  for (const shard of shards) rows += (await state.query(summaryKey(shard))).length
  if (rows !== institutions.length) throw new Error(`${rows} of ${institutions.length} institutions have a row`)
  const year = await readYear(state, subjectYearKey(PROVINCE, MONTH.slice(0, 4)))
  const judged = year?.[MONTH]?.electricityKwh ?? 0
  if (!(Math.abs(judged / electricityKwh - 1) < 1e-9)) throw new Error(`judged ${judged} kWh of ${electricityKwh} kWh`)
}

/** From the mark of one institution to its new row, the median of several. */
async function touchMillis({ state }: Platform, handler: Assess, { first }: SettledProvince): Promise<number> {
  const took: number[] = []
  for (let touch = 0; touch < TOUCHES; touch++) {
    await addDirtyMonths(state, first.shard, new Map([[first.institution, [MONTH]]]))
    const startedMs = performance.now()
    await handler({ shards: [first.shard] })
    took.push(performance.now() - startedMs)
  }
  return median(took)
}

/** Reads and adds up every hour of the month, and reads every document of months. */
function readSeconds(folder: string): number {
  const db = new DatabaseSync(join(folder, 'state.sqlite'), { readOnly: true })
  try {
    const startedMs = performance.now()
    let sum = 0
    for (const { hours } of db.prepare('SELECT hours FROM days').iterate() as Iterable<{ hours: Uint8Array }>) {
      for (const amount of new Float64Array(hours.buffer, hours.byteOffset, 24)) sum += amount
    }
    const docs = db.prepare("SELECT value FROM docs WHERE key >= 'subject/' AND key < 'subject0'")
    for (const { value } of docs.iterate() as Iterable<{ value: string }>) sum += Object.keys(JSON.parse(value)).length
    if (!(sum > 0)) throw new Error('nothing was read')
    return (performance.now() - startedMs) / 1000
  } finally {
    db.close()
  }
}
