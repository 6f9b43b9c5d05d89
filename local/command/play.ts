// `kilowatch play FILE`: plays a scenario on an empty host with a clock of its own, and prints what it answers
// (docs/scenarios.md). A bug report becomes a folder that anyone can play.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { connectAsync } from 'mqtt'
import * as z from 'zod'
import { dayOf, dayStartMs, HOUR_MS, MINUTE_MS } from '../../domain/calendar.ts'
import { parseRows } from '../../domain/import/file.ts'
import type { RefusedCell } from '../../domain/import/gather.ts'
import { REGISTRY_KINDS } from '../../domain/import/kinds.ts'
import type { Gateway, Meter } from '../../domain/registry/records.ts'
import { settleCases } from '../../domain/settle/case.ts'
import { putGatewaysSeen } from '../../functions/alerts/gateways-heard.ts'
import { importInto } from '../../functions/judging/import-records.ts'
import { allYears } from '../../functions/judging/subject-year.ts'
import { type Host, startHost } from '../host.ts'
import { readTable } from './import.ts'
import { type PlayedReading, playedInstant, seriesOf, seriesSchema } from './play-series.ts'

const MESSAGE_READINGS = 1000
const HANDLERS = ['settle', 'assess', 'rollup'] as const

const readingSchema = z.object({
  meter: z.string(),
  at: playedInstant,
  value: z.coerce.number(),
  unit: z.string().optional(),
})
/** Rows in the scenario, or the name of a CSV file whose column `step` says to which step a row belongs. */
const rows = z.union([z.string(), z.array(z.unknown())])
const stepSchema = z.strictObject({
  now: playedInstant.optional(),
  import: z.partialRecord(z.enum(REGISTRY_KINDS), z.string()).optional(),
  rewritePast: z.boolean().optional(),
  gen: rows.optional(),
  readings: rows.optional(),
  send: z.array(z.object({ via: z.enum(['http', 'mqtt']), gateway: z.string(), hex: z.string() })).default([]),
  settleCases: z.string().optional(),
  daily: z
    .object({ to: playedInstant, atHour: z.number().default(9), upload: z.enum(['live', 'midnight']).default('live') })
    .optional(),
  run: z.union([z.boolean(), z.number()]).optional(),
  get: z.array(z.string()).default([]),
  dump: z.string().optional(),
})
const scenarioSchema = z.object({ now: playedInstant, steps: z.array(stepSchema) })
type Step = z.infer<typeof stepSchema>
type Result = Record<string, unknown>

export async function playScenario(file: string, { json }: { json?: boolean }): Promise<void> {
  const results = await playFile(file)
  if (json) process.stdout.write(`${JSON.stringify(results)}\n`)
  else for (const result of results) process.stdout.write(`${JSON.stringify(result)}\n`)
}

/** Throws an Error with a sentence for the user when the file is no scenario. */
async function playFile(file: string): Promise<Result[]> {
  const parsed = scenarioSchema.safeParse(JSON.parse(await readFile(file, 'utf8')))
  if (!parsed.success) throw new Error(`${file} is no scenario: ${z.prettifyError(parsed.error)}`)
  const data = await mkdtemp(join(tmpdir(), 'kilowatch-play-'))
  const clock = { nowMs: parsed.data.now }
  const quiet = { host: '127.0.0.1', port: 0, mqttPort: 0, hold: true, log: () => undefined }
  const host = await startHost({ data, now: () => clock.nowMs, ...quiet })
  const player = new Player(host, clock, dirname(file))
  try {
    for (const [index, step] of parsed.data.steps.entries()) await player.play(step, index)
  } catch (error) {
    player.results.push({ error: error instanceof Error ? error.stack : String(error) })
  } finally {
    await host.close()
    await rm(data, { recursive: true, force: true })
  }
  return player.results
}

class Player {
  readonly results: Result[] = []
  readonly #host: Host
  readonly #clock: { nowMs: number }
  readonly #folder: string
  readonly #gatewayOf = new Map<string, string>()
  readonly #passwords = new Map<string, string>()
  readonly #reached = new Map<string, number>()
  #messages = 0

  constructor(host: Host, clock: { nowMs: number }, folder: string) {
    this.#host = host
    this.#clock = clock
    this.#folder = folder
  }

  async play(step: Step, index: number): Promise<void> {
    if (step.now !== undefined) this.#clock.nowMs = step.now
    if (step.import) await this.#import(step.import, index, step.rewritePast)
    const series = await this.#rowsOf(step.gen, index, seriesSchema)
    const generated = series.flatMap((rule) => seriesOf(rule, this.#reached))
    if (!step.daily) await this.#send(generated)
    await this.#send(await this.#rowsOf(step.readings, index, readingSchema))
    for (const bytes of step.send) await this.#sendBytes(bytes)
    if (step.settleCases) {
      const cases: unknown = JSON.parse(await readFile(join(this.#folder, step.settleCases), 'utf8'))
      this.results.push({ step: index, settle: settleCases(cases) })
    }
    if (step.daily) await this.#daily(step.daily, generated)
    if (step.run) for (let round = 0; round < 2; round++) await this.#judge()
    for (const path of step.get) {
      const answer = await fetch(`${this.#host.httpUrl}/api/v1/${path}`, {
        headers: { authorization: `Bearer ${this.#host.adminToken}` },
      })
      this.results.push({ step: index, get: path, status: answer.status, body: await bodyOf(answer) })
    }
    if (step.dump !== undefined) {
      const years = await allYears(this.#host.platform.state, step.dump)
      this.results.push({ step: index, dump: step.dump, months: years.flatMap((year) => Object.values(year)) })
    }
  }

  async #import(files: NonNullable<Step['import']>, step: number, rewritePast?: boolean): Promise<void> {
    const part: Record<string, unknown[]> = {}
    const stated: Record<string, string[]> = {}
    const refused: RefusedCell[] = []
    for (const kind of REGISTRY_KINDS) {
      const file = files[kind]
      if (file === undefined) continue
      try {
        // A scenario without records of a kind may have the file all the same.
        if ((await readFile(join(this.#folder, file), 'utf8')).trim() === '') continue
        const table = await readTable(join(this.#folder, file), kind)
        const parsed = parseRows(kind, table.rows)
        refused.push(...table.malformed, ...parsed.refused.map((one) => ({ file, ...one })))
        part[kind] = parsed.records
        stated[kind] = parsed.stated
      } catch (error) {
        refused.push({ file, row: 0, field: '', reason: error instanceof Error ? error.message : String(error) })
      }
    }
    const outcome =
      refused.length > 0 ? { problems: [] } : await importInto(this.#host.platform, part, { rewritePast, stated })
    const isRefused = 'problems' in outcome
    const [problems, warnings] = isRefused ? [outcome.problems, []] : [[], outcome.warnings]
    this.results.push({ step, import: problems, warnings, refused })
    if (isRefused) return
    for (const { id, password } of (part.gateways ?? []) as (Gateway & { password?: string })[])
      if (password) this.#passwords.set(id, password)
    for (const { id, gateway } of (part.meters ?? []) as Meter[]) if (gateway) this.#gatewayOf.set(id, gateway)
  }

  /** Sends readings as the gateways of their meters, which are heard now. Nobody sends those of unknown meters. */
  async #send(readings: readonly PlayedReading[]): Promise<void> {
    const byGateway = Map.groupBy(readings, ({ meter }) => this.#gatewayOf.get(meter))
    byGateway.delete(undefined)
    for (const [gateway = '', own] of byGateway)
      for (let first = 0; first < own.length; first += MESSAGE_READINGS) {
        const seq = ++this.#messages
        const payload = Buffer.from(JSON.stringify({ v: 1, seq, readings: own.slice(first, first + MESSAGE_READINGS) }))
        const message = { id: `m${seq}`, gateway, payload, receivedMs: this.#clock.nowMs }
        const { rejected, aside, failed } = await this.#host.handlers.ingest({ messages: [message] })
        if (rejected > 0 || aside || failed.length > 0)
          this.results.push({ ingest: { gateway, rejected, aside, failed } })
      }
    const seen = { lastMs: this.#clock.nowMs, offlineMs: null }
    await putGatewaysSeen(this.#host.platform.state, new Map([...byGateway.keys()].map((id = '') => [id, seen])))
  }

  async #sendBytes({ via, gateway, hex }: Step['send'][number]): Promise<void> {
    const payload = Buffer.from(hex, 'hex')
    const password = this.#passwords.get(gateway) ?? ''
    if (via === 'http') {
      const authorization = `Basic ${Buffer.from(`${gateway}:${password}`).toString('base64')}`
      const headers = { authorization, 'content-type': 'application/json' }
      const answer = await fetch(`${this.#host.httpUrl}/api/v1/readings`, { method: 'POST', headers, body: payload })
      this.results.push({ send: via, gateway, status: answer.status, body: await bodyOf(answer) })
      return
    }
    const login = { clientId: gateway, username: gateway, password, reconnectPeriod: 0 }
    const client = await connectAsync(this.#host.mqttUrl, login)
    await client.publishAsync(`kw/v1/${gateway}/readings`, payload, { qos: 1 })
    await client.endAsync()
    this.results.push({ send: via, gateway, status: 'acknowledged' })
  }

  /** The clock goes on day by day; `generated` arrives as the clock passes it, or once a day after midnight. */
  async #daily({ to, atHour, upload }: NonNullable<Step['daily']>, generated: readonly PlayedReading[]): Promise<void> {
    let pending = generated.toSorted((a, b) => a.at - b.at)
    for (let day = dayOf(this.#clock.nowMs); ; day++) {
      const judgedMs = dayStartMs(day) + atHour * HOUR_MS
      if (judgedMs > to) return
      if (judgedMs <= this.#clock.nowMs) continue
      const uploadMs = upload === 'midnight' ? dayStartMs(day) : judgedMs
      this.#clock.nowMs = upload === 'midnight' ? uploadMs + MINUTE_MS : judgedMs
      await this.#send(pending.filter(({ at }) => at <= uploadMs))
      pending = pending.filter(({ at }) => at > uploadMs)
      if (upload === 'midnight') await this.#host.handlers.settle({ shards: [] })
      this.#clock.nowMs = judgedMs
      await this.#judge()
    }
  }

  async #judge(): Promise<void> {
    for (const name of HANDLERS) {
      const { failed } = await this.#host.handlers[name]({ shards: [] })
      if (failed.length > 0) this.results.push({ failed: name, shards: failed })
    }
  }

  async #rowsOf<T>(given: Step['gen'], step: number, schema: z.ZodType<T>): Promise<T[]> {
    if (given === undefined) return []
    if (typeof given !== 'string') return z.array(schema).parse(given)
    const text = await readFile(join(this.#folder, given), 'utf8')
    const rows: { step?: string }[] = parse(text, { columns: true, bom: true, trim: true, skip_empty_lines: true })
    return z.array(schema).parse(rows.filter((row) => Number(row.step) === step))
  }
}

const bodyOf = (answer: Response): Promise<unknown> => answer.json().catch(() => null)
