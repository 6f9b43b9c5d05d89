// The types that the settlement of a meter works on: samples, profile, hours, events and overrides.

import type { Hours } from '../hours.ts'

import type { Replacement } from '../registry/records.ts'

/** Readings of one meter sorted by time, one per time. Times in epoch milliseconds, values in the register's unit. */
export interface Samples {
  atMs: Float64Array
  value: Float64Array
}

/** What the rules need to know of a meter; a registered meter plus the factor of its unit. */
export interface MeterProfile {
  /** `register`: cumulative; `interval`: each value is the amount of one interval. */
  kind: 'register' | 'interval'
  /** Smallest step of the register, in its own unit. */
  resolution: number
  /** Digits before the decimal point, where known; the register rolls over at 10^digits. */
  digits?: number
  /** Factor of the current and voltage transformers. */
  multiplier: number
  intervalMinutes: number
  /** Interval meters: whether the time marks the interval's start or its end. */
  stamp: 'start' | 'end'
  replacements: readonly Replacement[]
  /** Events that a person has undone (register-review.ts says what each means). */
  overrides?: readonly Override[]
  /** Medium units (kWh, GJ, m³) per register unit, before the multiplier; e.g. 1000 / 3.6 from GJ to kWh. */
  factor: number
}

/**
 * What a person may want to look at. Values are register values. A step lies between the good readings at `atMs` and
 * `untilMs`, and is filed under the hour in which it begins; `amount` is what it adds, in medium units with multiplier
 * and factor. A reset adds nothing: what was used in it is unknown.
 */
export type RegisterEvent =
  | { kind: 'spike'; atMs: number; value: number; before: number; after: number }
  | { kind: 'rollover'; atMs: number; untilMs: number; before: number; after: number; amount: number }
  | { kind: 'reset'; atMs: number; untilMs: number; before: number; after: number }
  | { kind: 'negativeStep'; atMs: number; untilMs: number; before: number; after: number; amount: number }
  | { kind: 'replacement'; atMs: number; finalValue: number; startValue: number }

/** `amounts` in medium units, NaN = null; `flags` are indexes of HOUR_FLAGS; `events` in order of `atMs`. */
export interface HourSeries extends Hours {
  events: RegisterEvent[]
}

/**
 * Which hours to settle, [fromMs, toMs) in whole hours, and from which samples. A plain `{fromMs, toMs}` clips the
 * series, and expects all of its readings; the rest is what planWindow adds so that a neighbourhood is enough.
 */
export interface SettleWindow {
  fromMs: number
  toMs: number
  /** The samples to use, both included; default all. */
  firstIndex?: number
  lastIndex?: number
  /**
   * The first sample used is the meter's very first (default). Otherwise it must be surely good and at or before
   * fromMs.
   */
  opensSeries?: boolean
  /** The last sample used is the meter's very last (default). Otherwise it must be surely good and at or after toMs. */
  closesSeries?: boolean
}

export const WALKED_KINDS = ['spike', 'rollover', 'reset', 'negativeStep'] as const

/**
 * An event that was undone, by its kind and its time. A `spike` counts as a good reading: what follows from it (a rise
 * and a reset, for one that went up) are events of their own. A `rollover` is taken for a reset. A `negativeStep` is
 * taken for a reset, however small. A `reset` counts as it is, with its sign: the register did run backwards. A `stuck`
 * register and a `clockJump` have no override: their hours stand as they were read, and undoing them says that nothing
 * was wrong.
 */
export interface Override {
  kind: (typeof WALKED_KINDS)[number]
  atMs: number
}
