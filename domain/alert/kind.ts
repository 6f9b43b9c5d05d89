// The contract of an alert kind. Each file in domain/alert/kinds/ states one kind, or several that share their parts;
// domain/alert/kinds.ts has a row for each, and everything else is derived from that table.

import type { CentreBoundary } from '../energy/data-centre-boundary.ts'
import type { Indicator, QUOTA_INDICATORS } from '../indicator.ts'
import type { QuotaPace } from '../judge/quota-pace.ts'
import type { DualControl, QuotaStatus } from '../judge/result.ts'
import type { Phrase, Severity } from '../phrase.ts'
import type { MeterHours, PeriodBalance, TreeNode } from '../registry/meter-tree.ts'
import type { Institution, Meter, ReadMeter } from '../registry/records.ts'
import type { AlertSubject, Asked, Detected, Limits } from './finding.ts'

/** `Facts`: what the kind knows beside its value, plain JSON. */
export interface KindDefinition<Facts extends object, Group extends keyof Given> {
  /** By which round of evaluation it is looked at. */
  group: Group
  rule: AlertRule
  text: KindText<Facts>
  /** Pure. One verdict a subject. */
  detect(given: Given[Group], inquiry: Inquiry<Facts>): Detected<Facts>[]
  evidence: KindEvidence<Facts>
}

/** What is watched, how bad it is, and the default limits with their reason. */
export interface AlertRule {
  subjects: readonly AlertSubject['type'][]
  severity: Severity
  name: Phrase
  /** Of `raise`, `clear` and the finding's value. */
  unit: string
  defaults: Omit<Limits, 'enabled'>
  /** Why these defaults. */
  reason: string
  /** On by default for these institution types only; without: for all. */
  institutionTypes?: readonly Institution['type'][]
  /** The name of a stronger kind: while that is open for the same subject, this one is not. */
  yieldsTo?: string
  /** The clause that the value or the duty comes from: only what docs/rules/facts.md confirms, else OWN_RULE. */
  clause: Phrase
}

/** A verdict with a value, as the texts read it. */
export interface Told<Facts> {
  value: number
  facts: Facts
  limits: Limits
}
export interface KindText<Facts> {
  /** How much: one line. */
  measured(told: Told<Facts>): Phrase
  /** Against which value: one line. */
  against(told: Told<Facts>): Phrase
}

/** Where the API shows what an alert rests on. */
export interface KindEvidence<Facts> {
  /** Paths of series and documents. */
  paths(asked: Pick<Asked, 'subject' | 'asOfMs'>): string[]
  /** What the value is the ratio of; null: it is no ratio of its facts. */
  ratio(facts: Facts): { part: number; whole: number } | null
  /** The indicator whose chain of months leads to the value; null: it rests on no indicator. */
  chain(facts: Facts): EvidenceChain | null
}
export interface EvidenceChain {
  table: 'quota' | 'dualControl'
  indicator: Indicator | (typeof QUOTA_INDICATORS)[number]
  /** What of the chain is the alert's amount as of now; null: a chain of past months does not say. */
  now: 'result' | 'forecast' | null
}

/** What a kind may ask during one round. */
export interface Inquiry<Facts> {
  nowMs: number
  /** `institution`: the id of the subject's, unless it is the subject. */
  ask(subject: AlertSubject, institution?: string): Asked
  /** Whether a user set limits of this kind for this very subject. */
  isSet(subject: string): boolean
  /** The facts of the alert of this kind that stands for the subject. */
  current(subject: string): Facts | undefined
}

/** What each group of kinds is given to look at. */
export interface Given {
  /** Once a day, of an institution or area: what was judged already. */
  judged: {
    subject: AlertSubject
    /** Null: nothing is known of this month or the last. */
    dualControl: DualControl | null
    /** Null: of an area, or nothing is known. */
    quota: { rows: readonly QuotaStatus[]; pace: readonly QuotaPace[] } | null
  }
  /** Every few minutes, of a gateway that was heard before. */
  silence: {
    gateway: string
    /** Those behind it, at least one. */
    meters: readonly ReadMeter[]
    /** Its last message, or its status `offline` where that came later: the last will speaks for it. */
    lastMs: number
    /** Since when somebody listens without interruption. */
    listeningSinceMs: number
    /** The latest reading of a meter. */
    lastReadingMs(meter: string): number | undefined
  }
  /** Once a day, of an institution: the last weeks of its meters. */
  hours: {
    institution: Institution
    meters: readonly Meter[]
    /** By meter. All begin at the same hour. */
    hours: ReadonlyMap<string, MeterHours>
    events: ReadonlyMap<string, readonly { kind: string; atMs: number; reviewed: boolean }[]>
    /** Of PV meters: the present month, then the same month of earlier years. */
    generated: ReadonlyMap<string, readonly { kwh: number; days: number }[]>
    /** Of its data centre. */
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
 * Default limits; times in minutes. `reopenWithin`: how long after its clearing an alert that comes back is still the
 * same one. It is a month where a rolling year or a forecast decides, since such a value can stay around its limit for
 * weeks; a week where some days of hours do; a day for silence. An event of a register is each time another one.
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
