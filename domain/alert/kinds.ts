// The table of alert kinds: a row each, whose parts stand in a file of domain/alert/kinds/. Names, rules, texts,
// findings and the evidence of an explanation are derived from it.

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
  nightFlowLeak,
  afterHoursLoad,
  pueOverLimit,
  treeImbalance,
  pvUnderperformance,
} satisfies Record<string, AnyKind>
export type AlertKind = keyof typeof KINDS
/** In the order in which the API and the page list them. */
export const ALERT_KINDS = keysOf(KINDS)

/** A kind whose facts nobody asks for: a finding carries its kind, so the facts fit. */
type AnyKind = KindDefinition<object, keyof Given>
export const definitionOf = (kind: AlertKind): AnyKind => KINDS[kind]

/** What each kind knows beside its value. Plain JSON. */
type AlertFacts = {
  [K in AlertKind]: (typeof KINDS)[K] extends KindDefinition<infer Facts, infer _Group> ? Facts : never
}

/** What a kind says of one subject: a verdict with the name of its kind. */
export type KnownFinding<K extends AlertKind = AlertKind> = {
  [P in K]: { kind: P } & Asked & { value: number; facts: AlertFacts[P] }
}[K]
export type Finding<K extends AlertKind = AlertKind> = { [P in K]: { kind: P } & Detected<AlertFacts[P]> }[K]

/** The verdict must be of this kind, which types cannot follow where a kind is chosen as the program runs. */
export const findingOf = <K extends AlertKind>(kind: K, verdict: Detected<object>): Finding<K> =>
  ({ kind, ...verdict }) as Finding<K>
