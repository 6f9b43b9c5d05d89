// Defines the types of settling: samples, profile, hours, events and overrides.

import type { Hours } from '../hours.ts'

import type { Meter, Replacement } from '../registry/records.ts'

/**
 * Readings of one meter, sorted by time, one per time: the one received last (`ReadingStore` in functions/platform.ts).
 * Times in epoch milliseconds, values in the register's unit but where `unit` says another.
 */
export interface Samples {
  atMs: Float64Array
  value: Float64Array
  /** By their number in SENT_UNITS, where the sender of any gave a unit: then its value is in that. */
  unit?: Uint8Array
}

/** The fields of a registered meter that the rules need, plus the factor of its unit. */
export interface MeterProfile {
  /** `register`: cumulative; `interval`: each value is the amount of one interval. */
  kind: 'register' | 'interval'
  /** Smallest step of the register, in its own unit. */
  resolution: number
  /** Digits before the decimal point, if known; the register rolls over at 10^digits. */
  digits?: number | undefined
  /** `digits` by time, where they changed (domain/settle/dated-register.ts). */
  digitsFrom?: readonly { fromMs: number; digits: number | undefined }[]
  /** Factor of the current and voltage transformers. */
  multiplier: number
  intervalMinutes: number
  /** Interval meters: the time marks the interval's start or its end. */
  stamp: 'start' | 'end'
  replacements: readonly Replacement[]
  /** Events that a person has undone (see `Override`). */
  overrides?: readonly Override[]
  /** `bidirectional`: the register runs both ways, and its falls are amounts below zero. */
  direction?: Meter['direction']
  /** `direction` by time, where it changed. */
  directionFrom?: readonly { fromMs: number; direction: Meter['direction'] }[]
  /** The largest amount of an hour that the meter can measure, in medium units: kW, GJ/h, m³/h. */
  ratedMaxPerHour?: number
  /** Medium units (kWh, GJ, m³) per register unit, before the multiplier; e.g. 1000 / 3.6 from GJ to kWh. */
  factor: number
}

/** True when the step that begins at an instant is one of a register that runs both ways. */
export const isNetAt = ({ direction, directionFrom }: MeterProfile, ms: number): boolean =>
  (directionFrom ? directionFrom.findLast(({ fromMs }) => fromMs <= ms)?.direction : direction) === 'bidirectional'

/** The digits at an instant. */
export const digitsAt = (digitsFrom: NonNullable<MeterProfile['digitsFrom']>, ms: number): number | undefined =>
  digitsFrom.findLast(({ fromMs }) => fromMs <= ms)?.digits

/**
 * An event for a person to review. Values are register values. A step lies between the good readings at `atMs` and
 * `untilMs`, and is filed under the hour in which it begins; `amount` is the amount that it adds, in medium units with
 * multiplier and factor. A reset adds nothing: the consumption during it is unknown. `proposed` says what the service
 * takes the readings for until a person reviews them.
 */
export type RegisterEvent =
  | { kind: 'spike'; atMs: number; value: number; before: number; after: number }
  | { kind: 'rollover'; atMs: number; untilMs: number; before: number; after: number; amount: number }
  | { kind: 'reset'; atMs: number; untilMs: number; before: number; after: number }
  | { kind: 'negativeStep'; atMs: number; untilMs: number; before: number; after: number; amount: number }
  | { kind: 'replacement'; atMs: number; finalValue: number; startValue: number }
  | (DoubtfulSpan & { kind: 'dropout'; value: number; readings: number; proposed: 'dropped' })
  | (DoubtfulSpan & { kind: 'jump'; proposed: 'exchange' | 'dropped' })
  | (DoubtfulSpan & { kind: 'scaleJump'; factor: number; proposed: 'scaled' | 'dropped' })
  | (DoubtfulSpan & { kind: 'longGap'; proposed: 'wrongClock' })
  | (DoubtfulSpan & { kind: 'wrongKind'; proposed: 'counter' | 'amounts' })
  | { kind: 'overflow'; atMs: number; value: number; proposed: 'dropped' }
  | {
      kind: 'replacementConflict'
      atMs: number
      finalValue: number
      startValue: number
      before: number | null
      after: number | null
      proposed: 'ignored'
    }

/** Readings of a span, and the values on both sides of it or of its beginning. */
interface DoubtfulSpan {
  atMs: number
  untilMs: number
  before: number
  after: number
}

/** `amounts` in medium units, NaN = null; `flags` are indexes of HOUR_FLAGS; `events` in order of `atMs`. */
export interface HourSeries extends Hours {
  events: RegisterEvent[]
  /**
   * The last reading used lies in a span that is not known to end there: more readings are needed, if there are any.
   */
  endsInDoubt?: true
}

/**
 * The hours to settle, [fromMs, toMs) in whole hours, and the samples to use. A plain `{fromMs, toMs}` clips the series
 * and expects all of its readings; planWindow adds the other fields, so that the readings nearby are enough.
 */
export interface SettleWindow {
  fromMs: number
  toMs: number
  /** The samples to use, both included; default all. */
  firstIndex?: number
  lastIndex?: number
  /**
   * The first sample used is the meter's first of all (default). Else it must be surely good and at or before fromMs.
   */
  opensSeries?: boolean
  /** The last sample used is the meter's last of all (default). Else it must be surely good and at or after toMs. */
  closesSeries?: boolean
}

/** What doubtful readings are taken for, until a person reviews them. */
export const PROPOSALS = ['dropped', 'exchange', 'scaled', 'wrongClock', 'counter', 'amounts', 'ignored'] as const

export const WALKED_KINDS = [
  'spike',
  'rollover',
  'reset',
  'negativeStep',
  'dropout',
  'overflow',
  'jump',
  'scaleJump',
  'longGap',
  'wrongKind',
  'replacementConflict',
] as const

/**
 * An undone event, by its kind and time; `accepted` is a scale jump that was accepted instead. An undone `spike` counts
 * as a good reading; its consequences (a rise and a reset, for an upward spike) are events of their own. An undone
 * `rollover` or `negativeStep` counts as a reset. An undone `reset` counts with its sign: the register did run
 * backwards. `stuck` and `clockJump` have no override: their hours stay as read, and undoing them states that nothing
 * was wrong. Undone, readings of the other kinds count as read; accepted, the readings of a scale jump count divided by
 * its factor.
 */
export interface Override {
  kind: (typeof WALKED_KINDS)[number]
  atMs: number
  accepted?: true
}
