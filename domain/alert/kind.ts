// Defines the contract of an alert kind. Each file in domain/alert/kinds/ implements one kind, or several that share
// parts; domain/alert/kinds.ts has a row for each kind, and everything else is derived from that table.

import type { CentreBoundary } from '../energy/data-centre-boundary.ts'
import type { Indicator, QUOTA_INDICATORS } from '../indicator.ts'
import type { QuotaPace } from '../judge/quota-pace.ts'
import type { DualControl, QuotaStatus } from '../judge/result.ts'
import type { Medium } from '../medium.ts'
import type { Phrase, Severity } from '../phrase.ts'
import type { MeterHours, PeriodBalance, TreeNode } from '../registry/meter-tree.ts'
import type { Institution, Meter, ReadMeter } from '../registry/records.ts'
import type { WorkingDays } from '../standards/working-days.ts'
import type { AlertSubject, Asked, Detected, Limits } from './finding.ts'

/** `Facts`: the kind's facts besides its value, plain JSON. */
export interface KindDefinition<Facts extends object, Group extends keyof Given> {
  /** The evaluation round that runs this kind. */
  group: Group
  rule: AlertRule
  text: KindText<Facts>
  /** Pure. One verdict per subject. */
  detect(given: Given[Group], inquiry: Inquiry<Facts>): Detected<Facts>[]
  evidence: KindEvidence<Facts>
  /** What a person looks at first, the likeliest cause first. */
  checks: readonly [Phrase, Phrase, Phrase]
  /** Pure. Null: the kind is on an indicator, whose chain of months is the curve. */
  curve(given: CurveGiven<Facts>): KindCurve | null
}

/** The subjects, severity and default limits of a kind, with the reason for these defaults. */
export interface AlertRule {
  subjects: readonly AlertSubject['type'][]
  severity: Severity
  name: Phrase
  /** Unit of `raise`, `clear` and the finding's value. */
  unit: string
  defaults: Omit<Limits, 'enabled'>
  /** Reason for these defaults. */
  reason: string
  /** On by default for these institution types only; absent: for all. */
  institutionTypes?: readonly Institution['type'][]
  /** The name of a stronger kind: while it is open for the same subject, this kind is closed. */
  yieldsTo?: string
  /** Clause behind the value or the duty: only one that docs/rules/facts.md confirms, else OWN_RULE. */
  clause: Phrase
}

/** A verdict with a value, the input of the texts. */
export interface Told<Facts> {
  value: number
  facts: Facts
  limits: Limits
}
export interface KindText<Facts> {
  /** The measured amount: one line. */
  measured(told: Told<Facts>): Phrase
  /** The value it is compared with: one line. */
  against(told: Told<Facts>): Phrase
}

/** Where the API shows the evidence behind an alert. */
export interface KindEvidence<Facts> {
  /** Paths of series and documents. */
  paths(asked: Pick<Asked, 'subject' | 'asOfMs'>): string[]
  /** The two facts whose ratio is the value; null: the value is no ratio of facts. */
  ratio(facts: Facts): { part: number; whole: number } | null
  /** The indicator whose chain of months leads to the value; null: no indicator. */
  chain(facts: Facts): EvidenceChain | null
}
export interface EvidenceChain {
  table: 'quota' | 'dualControl'
  indicator: Indicator | (typeof QUOTA_INDICATORS)[number]
  /** The field of the chain that is the alert's present amount; null: a chain of past months has none. */
  now: 'result' | 'forecast' | null
}

/** What the curve of an alert is drawn from. */
export interface CurveGiven<Facts> extends Told<Facts> {
  subject: AlertSubject
  /** Since when the condition holds, and up to when it is looked at: now, or when it was cleared. */
  sinceMs: number
  toMs: number
  /** All meters of the institution or gateway, those of the subject among them. */
  meters: readonly Meter[]
  /** By meter, some weeks before `sinceMs` up to `toMs`; all begin at the same hour. */
  hours: ReadonlyMap<string, MeterHours>
  centre: Pick<CentreBoundary, 'total' | 'it'>
  workingDays: WorkingDays
}
export interface CurvePoint {
  atMs: number
  /** Null: unknown. */
  value: number | null
}
/** The curve of an alert: values by hour, night or day, and what they are held against, all in `unit`. */
export interface KindCurve {
  grain: 'hour' | 'night' | 'day'
  unit: string
  name: Phrase
  points: readonly CurvePoint[]
  /** A second curve to compare with. */
  other?: { name: Phrase; points: readonly CurvePoint[] }
  limit?: { name: Phrase; value: number }
  baseline?: { name: Phrase; value: number }
  /** When the event of the alert happened. */
  eventMs?: number
  loss: KindLoss
}
/**
 * What was used beyond the limit, by hour in the unit of the medium, NaN where unknown (docs/rules/alerts.md#cost); or
 * why that cannot be said.
 */
export type KindLoss = { medium: Medium; firstHourMs: number; amounts: ArrayLike<number> } | { reason: Phrase }

/** The queries that a kind may make during one round. */
export interface Inquiry<Facts> {
  nowMs: number
  /** `institution`: id of the subject's institution, unless the subject is one. */
  ask(subject: AlertSubject, institution?: string): Asked
  /** True when a user set limits of this kind for this subject itself. */
  isSet(subject: string): boolean
  /** The facts of the subject's current alert of this kind. */
  current(subject: string): Facts | undefined
}

/** The input data of each group of kinds. */
export interface Given {
  /** Once a day, for an institution or area: its latest judgement. */
  judged: {
    subject: AlertSubject
    /** Null: neither this month nor the last is judged. */
    dualControl: DualControl | null
    /** Null: the subject is an area, or nothing is known. */
    quota: { rows: readonly QuotaStatus[]; pace: readonly QuotaPace[] } | null
  }
  /** Every few minutes, for a gateway that was heard before. */
  silence: {
    gateway: string
    /** The gateway's meters, at least one. */
    meters: readonly ReadMeter[]
    /** Time of its last message, or of its status `offline` (its last will) when that is later. */
    lastMs: number
    /** Expected minutes between uploads (domain/alert/cadence.ts); 0: not known. */
    uploadMinutes: number
    /** Start of the present uninterrupted listening. */
    listeningSinceMs: number
    /** Time of a meter's latest reading. */
    lastReadingMs(meter: string): number | undefined
    /** Since when a meter that never had a reading has been waited for. */
    waitedSinceMs(meter: string): number
  }
  /** Once a day, for an institution: the last weeks of its meters. */
  hours: {
    institution: Institution
    meters: readonly Meter[]
    /** By meter. All begin at the same hour. */
    hours: ReadonlyMap<string, MeterHours>
    events: ReadonlyMap<string, readonly { kind: string; atMs: number; reviewed: boolean; proposed?: string }[]>
    workingDays: WorkingDays
    /** By PV meter: kWh of the last two weeks by day, then of the same days of earlier years; null: not known. */
    generated: ReadonlyMap<string, readonly (readonly (number | null)[])[]>
    /** The boundary of its data centre. */
    centre: CentreBoundary
    /** The last BALANCE_DAYS whole days of each node of its meter tree without an offline meter. */
    balances: readonly { node: TreeNode; periods: readonly PeriodBalance[] }[]
  }
}

/** In minutes. */
export const DAY = 24 * 60
/** Whole days over which a node of a meter tree is balanced. */
export const BALANCE_DAYS = 7

/**
 * Default limits; times in minutes. `reopenWithin`: time after clearing in which a returning condition reopens the same
 * alert. A month for a rolling year or a forecast, since such a value can stay near its limit for weeks; a week for
 * days of hours; a day for silence; 0 for register events, since each event is another one.
 */
export function defaultsOf(stated: {
  raise: number
  clear: number
  raiseAfter?: number
  clearAfter?: number
  reopenWithin: number
  escalateAfter: number | null
  parameters?: Record<string, number>
}): AlertRule['defaults'] {
  const { raise, clear, raiseAfter = 0, clearAfter = 0, reopenWithin, escalateAfter, parameters = {} } = stated
  return {
    raise,
    clear,
    raiseAfterMinutes: raiseAfter,
    clearAfterMinutes: clearAfter,
    reopenWithinMinutes: reopenWithin,
    escalateAfterMinutes: escalateAfter,
    parameters,
  }
}

export const OWN_RULE: Phrase = {
  zh: '本系统运行规则（可按对象设定阈值）',
  en: 'operating rule of this system (the threshold can be set per subject)',
}
/** Source: docs/rules/facts.md#duties-when-over-quota */
export const METERING_DUTY: Phrase = {
  zh: '《河北省公共机构节能办法》：分户计量、独立核算；阈值为本系统运行规则（可按对象设定）',
  en: 'Hebei rules on energy saving in public institutions: metering by unit; the threshold is an operating rule of this system (can be set per subject)',
}
