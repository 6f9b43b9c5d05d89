// Lists all alert kinds, each implemented in a file of domain/alert/kinds/. Names, rules, texts, findings and the
// evidence of an explanation are derived from this table.

import { keysOf } from '../table.ts'
import type { Asked, Detected } from './finding.ts'
import type { Given, KindDefinition } from './kind.ts'
import { afterHoursLoad } from './kinds/after-hours-load.ts'
import { dualControlAtRisk, dualControlOver } from './kinds/dual-control.ts'
import { nightFlowLeak } from './kinds/night-flow-leak.ts'
import { pueOverLimit } from './kinds/pue-over-limit.ts'
import { pvUnderperformance } from './kinds/pv-underperformance.ts'
import { quotaExceeded, quotaPredicted } from './kinds/quota.ts'
import { registerEvent } from './kinds/register-event.ts'
import { registerJump } from './kinds/register-jump.ts'
import { gatewayOffline, meterSilent } from './kinds/silence.ts'
import { treeImbalance } from './kinds/tree-imbalance.ts'

const KINDS = {
  quotaExceeded,
  quotaPredicted,
  dualControlAtRisk,
  dualControlOver,
  gatewayOffline,
  meterSilent,
  registerEvent,
  registerJump,
  nightFlowLeak,
  afterHoursLoad,
  pueOverLimit,
  treeImbalance,
  pvUnderperformance,
} satisfies Record<string, AnyKind>
export type AlertKind = keyof typeof KINDS
/** In the order in which the API and the page list them. */
export const ALERT_KINDS = keysOf(KINDS)

/** A kind with facts of any type: a finding names its kind, so the facts fit. */
type AnyKind = KindDefinition<object, keyof Given>
export const definitionOf = (kind: AlertKind): AnyKind => KINDS[kind]

/** The facts of each kind besides its value. Plain JSON. */
type AlertFacts = {
  [K in AlertKind]: (typeof KINDS)[K] extends KindDefinition<infer Facts, infer _Group> ? Facts : never
}

/** A verdict with a value on one subject, with the name of its kind. */
export type KnownFinding<K extends AlertKind = AlertKind> = {
  [P in K]: { kind: P } & Asked & { value: number; facts: AlertFacts[P] }
}[K]
export type Finding<K extends AlertKind = AlertKind> = { [P in K]: { kind: P } & Detected<AlertFacts[P]> }[K]

/** Precondition: the verdict is of this kind. Types cannot check it, since the kind is chosen at run time. */
export const findingOf = <K extends AlertKind>(kind: K, verdict: Detected<object>): Finding<K> =>
  ({ kind, ...verdict }) as Finding<K>
