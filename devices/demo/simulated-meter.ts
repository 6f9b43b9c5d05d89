// Simulates one meter of the demo: its register at any instant, faults included. A pure function of seed, meter and
// time; sums of whole days are kept so that repeated requests are cheap.

import { DAY_MS, dayOf, dayStartMs, HOUR_MS } from '../../domain/calendar.ts'
import type { ReadMeter } from '../../domain/registry/records.ts'
import { factorToAmount } from '../../domain/unit.ts'
import type { DemoFault } from './faults.ts'
import type { Climate } from './load-profile.ts'
import type { MeterLoad } from './meters.ts'

/** Steps of the resolution that a spike adds to one sample: far more than the 100 steps of the settlement rule. */
const SPIKE_STEPS = 250_000

export class SimulatedMeter {
  readonly meter: ReadMeter
  readonly faults: readonly DemoFault[]
  /** Decimals of the register; resolutions are powers of ten. */
  readonly decimals: number
  readonly #load: MeterLoad
  readonly #climate: Climate
  readonly #stepsPerAmount: number
  readonly #rollover: number
  /** Amounts from the origin to the start of each day. */
  readonly #dayStarts: number[] = [0]
  /** Amounts from the origin to each hour of #hoursDay, 25 boundaries. */
  readonly #hours = new Float64Array(25)
  #hoursDay = -1
  readonly #scratch = new Float64Array(24)

  constructor(load: MeterLoad, climate: Climate, faults: readonly DemoFault[] = []) {
    const { meter } = load
    const factor = factorToAmount(meter.unit, meter.medium)
    if (factor === undefined) throw new Error(`meter ${meter.id} counts ${meter.medium} in "${meter.unit}"`)
    this.meter = meter
    this.faults = faults
    this.decimals = Math.round(-Math.log10(meter.resolution))
    this.#load = load
    this.#climate = climate
    this.#stepsPerAmount = 1 / (factor * meter.multiplier * meter.resolution)
    this.#rollover = meter.digits === undefined ? Infinity : Math.round(10 ** meter.digits / meter.resolution)
  }

  /** The register at an instant, in its own unit, as read without transmission faults. */
  registerAt(atMs: number): number {
    return this.#unit(this.stepsAt(atMs))
  }

  /**
   * True amount through the meter from the origin to an instant, in the medium's unit. Ignores all faults except a
   * leak.
   */
  amountAt(atMs: number): number {
    const day = dayOf(atMs)
    this.#openDay(day)
    const hours = (atMs - dayStartMs(day)) / HOUR_MS
    const hour = Math.floor(hours)
    // Both indexes exist: 25 boundaries of the day's hours, 24 hours of the scratch.
    const start = this.#hours[hour] as number
    return start + ((this.#hours[hour + 1] as number) - start) * (hours - hour)
  }

  /** Register at an instant in steps of its resolution. */
  stepsAt(atMs: number): number {
    let steps = this.#load.startSteps
    let amount = this.amountAt(atMs)
    for (const fault of this.faults) {
      if (atMs < fault.fromMs) continue
      if (fault.kind === 'stuck') {
        const until = Math.min(atMs, fault.toMs ?? atMs)
        amount = this.amountAt(atMs) - (this.amountAt(until) - this.amountAt(fault.fromMs))
      }
      if (fault.kind === 'reset' || fault.kind === 'replaced') {
        steps = 0
        amount = this.amountAt(atMs) - this.amountAt(fault.fromMs)
      }
    }
    const shown = this.#steps(steps, amount)
    return this.faults.some((fault) => fault.kind === 'spike' && fault.fromMs === atMs) ? shown + SPIKE_STEPS : shown
  }

  /** stepsAt for the 24 hour starts of one local day. */
  hourlySteps(day: number, out: Float64Array): void {
    if (this.faults.length > 0) {
      const startMs = dayStartMs(day)
      for (let hour = 0; hour < 24; hour++) out[hour] = this.stepsAt(startMs + hour * HOUR_MS)
      return
    }
    this.#openDay(day)
    for (let hour = 0; hour < 24; hour++) out[hour] = this.#steps(this.#load.startSteps, this.#hours[hour] as number)
  }

  /** Whether a reading due at `atMs` is delivered: `late` ones arrive when the gap is over, `never` ones do not. */
  deliveryAt(atMs: number): 'onTime' | 'late' | 'never' {
    for (const { kind, fromMs, toMs = Infinity } of this.faults) {
      if (atMs < fromMs || atMs >= toMs) continue
      if (kind === 'silent' || kind === 'gapNeverFilled') return 'never'
      if (kind === 'gapFilledLate') return 'late'
    }
    return 'onTime'
  }

  /** Interval meters: the amount counted in (fromMs, toMs], in the register's unit. Adds up without loss. */
  intervalAmount(fromMs: number, toMs: number): number {
    return this.#unit(this.stepsAt(toMs) - this.stepsAt(fromMs))
  }

  #unit(steps: number): number {
    return steps / 10 ** this.decimals
  }

  #steps(startSteps: number, amount: number): number {
    const steps = Math.floor(startSteps + amount * this.#stepsPerAmount)
    return steps < this.#rollover ? steps : steps % this.#rollover
  }

  #openDay(day: number): void {
    if (day === this.#hoursDay) return
    const index = day - this.#climate.originDay
    if (index < 0) throw new RangeError(`${new Date(day * DAY_MS).toISOString()} is before the demo's meters began`)
    while (this.#dayStarts.length <= index) this.#fillHours(this.#climate.originDay + this.#dayStarts.length - 1)
    this.#fillHours(day)
  }

  #fillHours(day: number): void {
    const index = day - this.#climate.originDay
    this.#scratch.fill(0)
    this.#climate.addDay(this.#load.parts, day, this.#scratch)
    let amount = this.#dayStarts[index] as number // index < length: it was filled up to the day
    this.#hours[0] = amount
    for (let hour = 0; hour < 24; hour++) {
      amount += this.#scratch[hour] as number
      this.#hours[hour + 1] = amount
    }
    if (this.#dayStarts.length === index + 1) this.#dayStarts.push(amount)
    this.#hoursDay = day
  }
}
