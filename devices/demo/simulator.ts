// Simulates the demo's gateways: months of hourly history as MQTT payloads, and live readings that continue it.
// Registers are pure functions of seed and time (simulated-meter.ts), so a demo that was off for days continues as
// well.

import { setTimeout as sleep } from 'node:timers/promises'
import { dayOf, dayStartMs, HOUR_MS, hourStart } from '../../domain/calendar.ts'
import { PAYLOAD_BYTES_MAX, READINGS_PER_MESSAGE_MAX } from '../../domain/wire/reading.ts'
import { hash32 } from '../random.ts'
import type { Reading, Source } from '../source.ts'
import type { DemoProvince } from './province.ts'
import { SimulatedMeter } from './simulated-meter.ts'

export interface HistoryMessage {
  gateway: string
  /** JSON of a readings message, version 1. */
  payload: string
  /** Number of readings in it. */
  readings: number
  /** Due time of its last reading. */
  lastMs: number
}

export interface HistoryWindow {
  /** Hourly readings due in [fromMs, toMs). An interval meter's reading is due when its interval is over. */
  fromMs: number
  toMs: number
  /** From here until `fromMs`, each day has one register reading at midnight (日冻结). Not before originMs. */
  dailyFromMs?: number
}

export interface LiveOptions {
  /** Interval of the live readings of each meter, in seconds. */
  intervalSeconds: number
  /** Readings before this were already delivered; hourly readings since then come first. Absent: none. */
  sinceMs?: number
  /** Epoch ms. */
  now?: () => number
  /** Resolves after `ms`; may reject when the signal aborts. */
  wait?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

export class Simulator {
  readonly demo: DemoProvince
  readonly #meters = new Map<string, SimulatedMeter>()
  readonly #byGateway = new Map<string, SimulatedMeter[]>()

  constructor(demo: DemoProvince) {
    this.demo = demo
    for (const { id } of demo.registry.gateways) this.#byGateway.set(id, [])
    for (const load of demo.loads.values()) {
      const { id, gateway } = load.meter
      const faults = demo.faults.filter((fault) => fault.meter === id)
      const meter = new SimulatedMeter(load, demo.climate, faults)
      this.#meters.set(id, meter)
      this.metersOf(gateway).push(meter)
    }
  }

  /** The meters behind a gateway. Throws RangeError when there is no such gateway. */
  metersOf(gateway: string): SimulatedMeter[] {
    const meters = this.#byGateway.get(gateway)
    if (!meters) throw new RangeError(`the demo has no gateway "${gateway}"`)
    return meters
  }

  /** The register of a meter at an instant, in its own unit. Throws RangeError for an unknown meter. */
  registerAt(meter: string, atMs: number): number {
    return this.#meter(meter).registerAt(atMs)
  }

  /**
   * The answer of a meter polled at `atMs`: its register, or, for an interval meter, the last full hour. Undefined
   * while the meter is silent. Throws RangeError for an unknown meter.
   */
  liveReading(meter: string, atMs: number): Reading | undefined {
    const simulated = this.#meter(meter)
    return simulated.deliveryAt(atMs) === 'onTime' ? reading(simulated, atMs) : undefined
  }

  /** All history, gateway by gateway, each in time order; only a gap that was filled late comes last. */
  *history(window: HistoryWindow): Generator<HistoryMessage> {
    for (const gateway of this.#byGateway.keys()) yield* this.historyOf(gateway, window)
  }

  /** The same for one gateway. */
  *historyOf(gateway: string, { fromMs, toMs, dailyFromMs = fromMs }: HistoryWindow): Generator<HistoryMessage> {
    const meters = this.metersOf(gateway)
    const rows = meters.map((meter) => ({ meter, steps: new Float64Array(24), before: NaN, text: payloadTexts(meter) }))
    const message = new MessageWriter(gateway)
    const late: { text: string; dueMs: number }[] = []
    const firstMs = Math.min(fromMs, dailyFromMs)
    for (let day = dayOf(firstMs); dayStartMs(day) < toMs; day++) {
      for (const row of rows) {
        if (day === dayOf(firstMs))
          row.before = row.meter.stepsAt(Math.max(dayStartMs(day) - HOUR_MS, this.demo.originMs))
        row.meter.hourlySteps(day, row.steps)
      }
      for (let hour = 0; hour < 24; hour++) {
        const dueMs = dayStartMs(day) + hour * HOUR_MS
        const wanted = dueMs < toMs && (dueMs >= fromMs || (hour === 0 && dueMs >= dailyFromMs))
        const intervalWanted = dueMs < toMs && dueMs >= firstMs && dueMs > this.demo.originMs
        const at = String(dueMs)
        for (const row of rows) {
          const { meter, steps, text } = row
          const now = steps[hour] as number // 24 hours
          const count = text.interval ? now - row.before : now
          row.before = now
          if (!(text.interval ? intervalWanted : wanted)) continue
          const one = text.head + at + text.middle + decimal(count, meter.decimals)
          const delivery = meter.faults.length === 0 ? 'onTime' : meter.deliveryAt(dueMs)
          if (delivery === 'late') late.push({ text: one, dueMs })
          if (delivery !== 'onTime') continue
          if (!message.fits(one)) yield message.take()
          message.add(one, dueMs)
        }
      }
    }
    for (const { text, dueMs } of late) {
      if (!message.fits(text)) yield message.take()
      message.add(text, dueMs)
    }
    if (message.size > 0) yield message.take()
  }

  /** A gateway's live readings as a source, after the hourly ones missed since `sinceMs`. Ends when aborted. */
  source(gateway: string, options: LiveOptions): Source {
    const meters = this.metersOf(gateway)
    return { readings: (signal) => liveReadings(gateway, meters, options, signal) }
  }

  /** The hourly readings of a gateway that were missed from `sinceMs` up to now, hour by hour. */
  missed(gateway: string, sinceMs: number, nowMs: number): Generator<readonly Reading[]> {
    return missedHours(this.metersOf(gateway), sinceMs, nowMs)
  }

  #meter(id: string): SimulatedMeter {
    const meter = this.#meters.get(id)
    if (!meter) throw new RangeError(`the demo has no meter "${id}"`)
    return meter
  }
}

async function* liveReadings(
  gateway: string,
  meters: readonly SimulatedMeter[],
  { intervalSeconds, sinceMs, now = Date.now, wait = waitFor }: LiveOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly Reading[]> {
  const everyMs = intervalSeconds * 1000
  // Spreads the gateways over the interval, so that they do not all send at once.
  const offsetMs = hash32(gateway) % everyMs
  let doneMs = sinceMs ?? now()
  for (const block of missedHours(meters, doneMs, now())) {
    if (signal.aborted) return
    yield block
  }
  doneMs = Math.max(doneMs, hourStart(now()) + 1)
  while (!signal.aborted) {
    const nextMs = Math.floor((now() - offsetMs) / everyMs + 1) * everyMs + offsetMs
    await wait(nextMs - now(), signal).catch(() => {})
    if (signal.aborted) return
    const atMs = now()
    const hourIsOver = nextHour(doneMs - 1) <= atMs
    const block = meters
      .filter((meter) => meter.deliveryAt(atMs) === 'onTime' && (meter.meter.kind === 'register' || hourIsOver))
      .map((meter) => reading(meter, atMs))
    doneMs = atMs + 1
    if (block.length > 0) yield block
  }
}

function* missedHours(meters: readonly SimulatedMeter[], sinceMs: number, nowMs: number) {
  for (let dueMs = nextHour(sinceMs - 1); dueMs <= nowMs; dueMs += HOUR_MS)
    yield meters.filter((meter) => meter.deliveryAt(dueMs) === 'onTime').map((meter) => reading(meter, dueMs))
}

const waitFor = (ms: number, signal: AbortSignal): Promise<unknown> => sleep(ms, undefined, { signal })

/** A register's reading at `atMs`, or the last interval that was complete by then. */
function reading(simulated: SimulatedMeter, atMs: number): Reading {
  const { meter } = simulated
  if (meter.kind === 'register') return { meter: meter.id, at: atMs, value: simulated.registerAt(atMs) }
  const endMs = Math.floor(atMs / HOUR_MS) * HOUR_MS
  const startMs = endMs - HOUR_MS
  return {
    meter: meter.id,
    at: meter.stamp === 'end' ? endMs : startMs,
    value: simulated.intervalAmount(startMs, endMs),
  }
}

/** The first full hour after `ms`. */
const nextHour = (ms: number): number => (Math.floor(ms / HOUR_MS) + 1) * HOUR_MS

const payloadTexts = ({ meter }: SimulatedMeter): { head: string; middle: string; interval: boolean } => ({
  head: `{"meter":"${meter.id}","at":`,
  middle: ',"value":',
  interval: meter.kind === 'interval',
})

/** Fractions as text: building decimals from whole numbers is several times faster than printing a double. */
const FRACTIONS = [0, 1, 2, 3].map((digits) =>
  Array.from({ length: 10 ** digits }, (_, count) => (digits === 0 ? '}' : `.${String(count).padStart(digits, '0')}}`)),
)

/** `count` steps of 10^-decimals, with the closing brace of the reading. `count` ≥ 0. */
function decimal(count: number, decimals: number): string {
  const fractions = FRACTIONS[decimals] ?? []
  const whole = Math.floor(count / fractions.length)
  return `${whole}${fractions[count - whole * fractions.length]}`
}

class MessageWriter {
  readonly #gateway: string
  #seq = 0
  #text = ''
  #lastMs = 0
  size = 0

  constructor(gateway: string) {
    this.#gateway = gateway
  }

  /** Leaves a hundred bytes for the envelope. Payloads are ASCII, so characters are bytes. */
  fits(reading: string): boolean {
    return this.size < READINGS_PER_MESSAGE_MAX && this.#text.length + reading.length + 100 < PAYLOAD_BYTES_MAX
  }

  add(reading: string, dueMs: number): void {
    this.#text += this.size === 0 ? reading : `,${reading}`
    this.size++
    this.#lastMs = dueMs
  }

  take(): HistoryMessage {
    this.#seq++
    const payload = `{"v":1,"seq":${this.#seq},"readings":[${this.#text}]}`
    const message = { gateway: this.#gateway, payload, readings: this.size, lastMs: this.#lastMs }
    this.#text = ''
    this.size = 0
    return message
  }
}
