// Collects the rules of all alert kinds, and derives the default limits of one subject. Each kind states its own rule
// (domain/alert/kinds/).

import type { Institution } from '../registry/records.ts'
import type { Limits } from './finding.ts'
import type { AlertRule } from './kind.ts'
import { ALERT_KINDS, type AlertKind, definitionOf } from './kinds.ts'

/** A test holds that the stronger kind is one. */
type NamedRule = Omit<AlertRule, 'yieldsTo'> & { yieldsTo?: AlertKind }

export const ALERT_RULES = Object.fromEntries(ALERT_KINDS.map((kind) => [kind, definitionOf(kind).rule])) as Readonly<
  Record<AlertKind, NamedRule>
>

/** The default limits of a kind; `institutionType`: of the subject's institution, none for an area. */
export function defaultLimits(kind: AlertKind, institutionType?: Institution['type']): Limits {
  const { defaults, institutionTypes } = ALERT_RULES[kind]
  const applies = !institutionTypes || (institutionType !== undefined && institutionTypes.includes(institutionType))
  return { enabled: applies, ...defaults }
}
