// Plays a case from the field as far as alerts need it: imports, series by rule, and days on which everybody is judged.
// The format is that of the cases (their README).

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import * as z from 'zod'
import { dayOf, dayStartMs, HOUR_MS, MINUTE_MS } from '../domain/calendar.ts'
import { parseRows } from '../domain/import/file.ts'
import { REGISTRY_KINDS } from '../domain/import/kinds.ts'
import { putGatewaysSeen } from '../functions/alerts/gateways-heard.ts'
import { assess } from '../functions/assess.ts'
import { ingest } from '../functions/ingest.ts'
import type { Platform } from '../functions/platform.ts'
import { importRegistry } from '../functions/registry/import.ts'
import { readRegistry } from '../functions/registry/reader.ts'
import { settle } from '../functions/settle.ts'
import { type PlayedReading, seriesOf, seriesSchema } from '../local/command/play-series.ts'

const MESSAGE_READINGS_MAX = 1000

const caseSchema = z.object({
  now: z.string(),
  steps: z.array(
    z.object({
      import: z.partialRecord(z.enum(REGISTRY_KINDS), z.string()).optional(),
      gen: z.array(seriesSchema).default([]),
      daily: z.object({ to: z.string(), atHour: z.number().default(9), upload: z.string().default('live') }).optional(),
      run: z.unknown().optional(),
    }),
  ),
})
/** Throws when a file or a handler fails: then there is nothing to count. */
export async function playCase(platform: Platform, clock: { nowMs: number }, folder: string): Promise<void> {
  const { now, steps } = caseSchema.parse(JSON.parse(readFileSync(join(folder, 'scenario.json'), 'utf8')))
  const handlers = { ingest: ingest(platform), settle: settle(platform), assess: assess(platform) }
  const gatewayOf = new Map<string, string>()
  const reached = new Map<string, number>()
  clock.nowMs = Date.parse(now)

  async function send(readings: readonly PlayedReading[]): Promise<void> {
    const byGateway = Map.groupBy(readings, ({ meter }) => gatewayOf.get(meter) ?? '')
    for (const [gateway, own] of byGateway) {
      for (let first = 0; first < own.length; first += MESSAGE_READINGS_MAX) {
        const payload = JSON.stringify({ v: 1, readings: own.slice(first, first + MESSAGE_READINGS_MAX) })
        const message = { id: `${gateway} ${first}`, gateway, payload: Buffer.from(payload), receivedMs: clock.nowMs }
        const { rejected } = await handlers.ingest({ messages: [message] })
        if (rejected > 0) throw new Error(`${folder}: ${rejected} readings of ${gateway} were refused`)
      }
    }
    const seen = [...byGateway.keys()].map((id) => [id, { lastMs: clock.nowMs, offlineMs: null }] as const)
    await putGatewaysSeen(platform.state, new Map(seen))
  }
  async function judge(): Promise<void> {
    for (const run of [handlers.settle, handlers.assess]) {
      const [failed] = (await run({ shards: [] })).failed
      if (failed) throw new Error(`${folder}: ${failed.shard}: ${failed.reason}`)
    }
  }

  for (const step of steps) {
    for (const [id, gateway] of await imported(platform, folder, step.import ?? {})) gatewayOf.set(id, gateway)
    const readings = step.gen.flatMap((rule) => seriesOf(rule, reached))
    if (step.daily) await playDays(step.daily, { readings, clock, send, judge })
    else if (readings.length > 0) await send(readings)
    if (step.run) await judge()
  }
}

/** Imports files; answers the gateway of each registered meter. */
async function imported(
  { state, now }: Platform,
  folder: string,
  files: Partial<Record<(typeof REGISTRY_KINDS)[number], string>>,
): Promise<[string, string][]> {
  const part = Object.fromEntries(
    REGISTRY_KINDS.flatMap((kind) => {
      const name = files[kind]
      if (name === undefined) return []
      const rows = parse(readFileSync(join(folder, name)), { columns: true, bom: true, trim: true })
      const { records, refused } = parseRows(kind, rows as Record<string, string>[])
      if (refused.length > 0) throw new Error(`${folder}/${name}: ${JSON.stringify(refused[0])}`)
      return [[kind, records]]
    }),
  )
  const { problems } = await importRegistry(state, part, now())
  if (problems.length > 0) throw new Error(`${folder}: ${JSON.stringify(problems[0])}`)
  const meters = (await readRegistry(state)).meters
  return meters.flatMap(({ id, gateway }): [string, string][] => (gateway === undefined ? [] : [[id, gateway]]))
}

async function playDays(
  { to, atHour, upload }: { to: string; atHour: number; upload: string },
  given: {
    readings: readonly PlayedReading[]
    clock: { nowMs: number }
    send(readings: readonly PlayedReading[]): Promise<void>
    judge(): Promise<void>
  },
): Promise<void> {
  const { clock, send, judge } = given
  const pending = given.readings.toSorted((a, b) => a.at - b.at)
  let sent = 0
  for (let day = dayOf(clock.nowMs); ; day++) {
    const lookMs = dayStartMs(day) + atHour * HOUR_MS
    if (lookMs > Date.parse(to)) return
    if (lookMs <= clock.nowMs) continue
    const uploadMs = upload === 'midnight' ? dayStartMs(day) : lookMs
    clock.nowMs = upload === 'midnight' ? uploadMs + MINUTE_MS : lookMs
    const end = pending.findIndex(({ at }) => at > uploadMs)
    const due = pending.slice(sent, end < 0 ? pending.length : end)
    sent += due.length
    if (due.length > 0) await send(due)
    clock.nowMs = lookMs
    await judge()
  }
}
