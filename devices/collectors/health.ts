// How a collector and its meters do, for the gateway's status (docs/rules/devices.md#gateway-status), and what of it is
// worth a line in the log: what changes.

import type { MeterHealth } from '../lines/line.ts'
import type { LineReport } from '../lines/lines-source.ts'
import { type Collector, collectorName, type Translated } from './collector.ts'

/** Kinds of values without a meter that are told once each. */
const TOLD_MAX = 1_000

export class CollectorHealth {
  readonly #collector: Collector
  readonly #meters: Map<string, MeterHealth>
  readonly #told = new Set<string>()
  #state: LineReport['state'] = 'connecting'
  #reason: string | null = 'it has not connected yet'
  #isOff = false

  constructor(collector: Collector) {
    this.#collector = collector
    this.#meters = new Map(collector.meters.map(({ meter }) => [meter, newMeter()]))
  }

  report(): LineReport {
    return {
      ...{ name: collectorName(this.#collector), state: this.#state, reason: this.#reason },
      meters: this.#collector.meters.map(({ id, function: quantity, meter }) => ({
        ...{ address: `${id}/${quantity}`, ids: [meter], ...(this.#meters.get(meter) ?? newMeter()) },
      })),
    }
  }

  signedIn(): void {
    this.#state = 'open'
    this.#reason = null
  }

  /** A connection that never signed in says nothing against one that did. */
  ended(reason: string, wasSignedIn: boolean): void {
    if (this.#state === 'open' && !wasSignedIn) return
    this.#state = 'closed'
    this.#reason = reason
  }

  timeless(): void {
    this.#reason = 'its report has no time'
  }

  /** Notes a report; returns what is new. `driftMs`: how far its clock is off, 0 when it is right. */
  took({ readings, refused }: Translated, atMs: number, driftMs: number): string[] {
    const told: string[] = []
    const isOff = driftMs !== 0
    if (isOff !== this.#isOff) {
      const minutes = Math.round(Math.abs(driftMs) / 60_000)
      this.#reason = isOff ? `its clock is ${minutes} min ${driftMs > 0 ? 'ahead' : 'behind'}` : null
      told.push(this.#reason ?? 'its clock is right again')
      this.#isOff = isOff
    }
    const answered = new Set(readings.map(({ meter }) => meter))
    for (const [meter, health] of this.#meters) {
      const fault = refused.find((one) => one.meter === meter)
      if (answered.has(meter)) {
        if (health.state === 'fails') told.push(`meter ${meter} has values again`)
        const answers = health.answers + 1
        Object.assign(health, {
          state: 'answers',
          failures: 0,
          answers,
          lastAnswerMs: atMs,
          reason: null,
          detail: null,
        })
      } else if (fault) {
        if (health.detail !== fault.reason) told.push(`meter ${meter}: ${fault.reason}`)
        const failures = health.failures + 1
        Object.assign(health, { state: 'fails', failures, reason: 'refused', detail: fault.reason })
      }
    }
    for (const { meter, reason } of refused) {
      if (meter !== undefined || this.#told.has(reason) || this.#told.size >= TOLD_MAX) continue
      this.#told.add(reason)
      told.push(reason)
    }
    return told
  }
}

const newMeter = (): MeterHealth => ({
  ...{ state: 'new', failures: 0, answers: 0, retries: 0, lastAnswerMs: null, reason: null, detail: null },
})
