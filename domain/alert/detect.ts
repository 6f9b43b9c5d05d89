// Asks all kinds of a group what they say of what the group was given. Reads nothing.

import type { Institution } from '../registry/records.ts'
import type { Limits } from './finding.ts'
import type { Given, Inquiry } from './kind.ts'
import { ALERT_KINDS, type AlertKind, definitionOf, type Finding, findingOf } from './kinds.ts'
import type { Alert } from './life.ts'

/** What one round of evaluation knows of all subjects of an area. */
export interface Round {
  nowMs: number
  limits: LimitsReader
  /** Of the area's institutions. */
  typeOf: ReadonlyMap<string, Institution['type']>
  /** Alerts that stand, by slot; none: no kind of the group asks. */
  current?: ReadonlyMap<string, Alert>
}

export interface LimitsReader {
  /** `nearest`: ids from the subject up to its institution. */
  of(kind: AlertKind, nearest: readonly string[], institutionType?: Institution['type']): Limits
  /** Whether somebody set this kind for this very subject. */
  isSet(kind: AlertKind, subject: string): boolean
}

/** The findings of the group's kinds, kind by kind in the order of the table. */
export function detect<Group extends keyof Given>(group: Group, given: Given[Group], round: Round): Finding[] {
  return ALERT_KINDS.flatMap((kind) => {
    const definition = definitionOf(kind)
    if (definition.group !== group) return []
    return definition.detect(given, inquiryOf(kind, round)).map((verdict) => findingOf(kind, verdict))
  })
}

function inquiryOf(kind: AlertKind, { nowMs, limits, typeOf, current }: Round): Inquiry<object> {
  return {
    nowMs,
    ask(subject, institution = subject.id) {
      const nearest = institution === subject.id ? [institution] : [subject.id, institution]
      return { subject, limits: limits.of(kind, nearest, typeOf.get(institution)), asOfMs: nowMs }
    },
    isSet: (subject) => limits.isSet(kind, subject),
    current(subject) {
      const finding = current?.get(`${kind}:${subject}`)?.finding
      return finding?.kind === kind ? finding.facts : undefined
    },
  }
}
