// Limits a connection's rate: units a second, and units at once. Pure; the clock is an argument.

/** Spends units evenly. Within any second it allows at most `perSecond` + `atOnce` of them. */
export class Pace {
  readonly #msPerUnit: number
  readonly #leadMs: number
  /** Time at which all units spent so far are paid for. */
  #earnedMs = Number.NEGATIVE_INFINITY

  /** `perSecond` may be Infinity: no limit. */
  constructor({ perSecond, atOnce }: { perSecond: number; atOnce: number }) {
    this.#msPerUnit = 1000 / perSecond
    this.#leadMs = perSecond === Number.POSITIVE_INFINITY ? perSecond : atOnce * this.#msPerUnit
  }

  /** Milliseconds until `units` may be spent; 0: now. More than `atOnce` units may be spent when none are owed. */
  waitMs(units: number, nowMs: number): number {
    const owedMs = Math.max(0, this.#earnedMs - nowMs)
    return Math.max(0, Math.min(owedMs, owedMs + units * this.#msPerUnit - this.#leadMs))
  }

  spend(units: number, nowMs: number): void {
    this.#earnedMs = Math.max(this.#earnedMs, nowMs) + units * this.#msPerUnit
  }
}
