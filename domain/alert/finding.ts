// What a detector says of one subject: a value, the limits it was held against, and the facts that a message needs.
// The value of every kind is such that more is worse, so one rule of hysteresis serves all (domain/alert/life.ts).

import type { Indicator, QUOTA_INDICATORS } from '../indicator.ts'

export const ALERT_KINDS = [
  'quotaExceeded',
  'quotaPredicted',
  'dualControlAtRisk',
  'dualControlOver',
  'gatewayOffline',
  'meterSilent',
  'registerEvent',
  'nightFlowLeak',
  'afterHoursLoad',
  'pueOverLimit',
  'treeImbalance',
  'pvUnderperformance',
] as const
export type AlertKind = (typeof ALERT_KINDS)[number]

export const SUBJECT_TYPES = ['institution', 'area', 'meter', 'gateway'] as const
export interface AlertSubject {
  type: (typeof SUBJECT_TYPES)[number]
  /** Institution, meter or gateway id, or area code. */
  id: string
}

/** Limits in force for one subject and kind: the defaults of the rule table, or what users set (alert-threshold.ts). */
export interface Limits {
  enabled: boolean
  /**
   * In the rule's unit. Above `raise` the condition holds; at or below `clear` (≤ raise) it is over; between, nothing
   * changes.
   */
  raise: number
  clear: number
  /**
   * How long the condition must hold without being over in between, or be over without holding; the band interrupts
   * only the latter.
   */
  raiseAfterMinutes: number
  clearAfterMinutes: number
  /**
   * What comes back this long after it was cleared is the same alert, opened again; from then on it is over only when
   * it has been over for as long. 0: always a new alert.
   */
  reopenWithinMinutes: number
  /** Told to the next level each time this long passes without an acknowledgement; null: never. */
  escalateAfterMinutes: number | null
  /** What else the detector is told; names and units as in the rule table. */
  parameters: Readonly<Record<string, number>>
}

/** One indicator against its quota: kgce or m³, per m² or person and year. */
export interface QuotaFacts {
  indicator: (typeof QUOTA_INDICATORS)[number]
  unit: string
  /** Rolling 12 months, or the year's expected end. */
  amount: number
  constraint: number
  standard: string
  standIn: boolean
  /** Indicators above the limit, this one included. */
  over: number
}

/** One indicator of dual control against its target of the year. */
export interface TargetFacts {
  indicator: Indicator
  unit: string
  forecast: number
  target: number
  targetSource: string
  standIn: boolean
  over: number
}

export interface SilenceFacts {
  lastMs: number
  minutes: number
  everyMinutes: number
}

/** What each kind knows beside its value. Plain JSON. */
export interface AlertFacts {
  quotaExceeded: QuotaFacts
  quotaPredicted: QuotaFacts
  dualControlAtRisk: TargetFacts
  dualControlOver: TargetFacts
  gatewayOffline: SilenceFacts
  meterSilent: SilenceFacts
  /** `event`: kind of the latest one that awaits review, as in register.ts. */
  registerEvent: { event: string; atMs: number }
  nightFlowLeak: { flowM3PerHour: number; baselineM3PerHour: number; limitM3PerHour: number; nights: number }
  afterHoursLoad: { outsideKwh: number; totalKwh: number; days: number }
  pueOverLimit: { totalKwh: number; itKwh: number }
  /** Amounts in the medium's unit; main − sub is what no sub meter explains. */
  treeImbalance: { mainAmount: number; subAmount: number; unit: string }
  pvUnderperformance: { kwhPerDay: number; expectedKwhPerDay: number; years: number }
}

interface Question<K extends AlertKind> {
  kind: K
  subject: AlertSubject
  limits: Limits
  /** Data up to here were looked at. */
  asOfMs: number
}
export type Judged<K extends AlertKind = AlertKind> = {
  [P in K]: Question<P> & { value: number; facts: AlertFacts[P] }
}[K]
/** Too little is known to say anything. It neither raises nor clears. */
export type Unjudged<K extends AlertKind = AlertKind> = { [P in K]: Question<P> & { value: null; facts: null } }[K]
export type Finding<K extends AlertKind = AlertKind> = Judged<K> | Unjudged<K>

/** What every detector is given beside its data. */
export type Asked = Pick<Finding, 'subject' | 'limits' | 'asOfMs'>

export const unjudged = <K extends AlertKind>(kind: K, { subject, limits, asOfMs }: Asked): Unjudged<K> =>
  ({ kind, subject, limits, asOfMs, value: null, facts: null }) as Unjudged<K>

/** Throws RangeError when the value is no finite number: that is for `unjudged`. */
export function judged<K extends AlertKind>(
  kind: K,
  { subject, limits, asOfMs }: Asked,
  found: { value: number; facts: AlertFacts[K] },
): Judged<K> {
  if (!Number.isFinite(found.value)) throw new RangeError(`${kind} of ${subject.id}: ${found.value} is no value`)
  return { kind, subject, limits, asOfMs, ...found } as Judged<K>
}
