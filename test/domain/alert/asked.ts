// What alert tests share: a question about one subject, and a finding of a plain kind with limits of one's own.

import { type Asked, judged as judgedAs, type Limits, unjudged } from '../../../domain/alert/finding.ts'
import { type AlertKind, type Finding, findingOf, type KnownFinding } from '../../../domain/alert/kinds.ts'
import { defaultLimits } from '../../../domain/alert/rules.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** 2026-11-23 10:00 in Hebei, a Monday. */
export const NOW = Date.UTC(2026, 10, 23, 2)

/** The default limits, switched on, with what is given in their place. */
export const asked = (kind: AlertKind, id = 'S', limits: Partial<Limits> = {}, asOfMs = NOW): Asked => ({
  subject: { type: 'meter', id },
  limits: { ...defaultLimits(kind), enabled: true, ...limits },
  asOfMs,
})

/** A finding with a value. */
export const judged = <K extends AlertKind>(
  kind: K,
  question: Asked,
  found: { value: number; facts: KnownFinding<K>['facts'] },
): KnownFinding<K> => findingOf(kind, judgedAs(question, found)) as KnownFinding<K>

/** PUE has the simplest facts; raise above 10, clear at or below 8, at once unless told otherwise. */
export const finding = (value: number | null, limits: Partial<Limits> = {}, id = 'S'): Finding<'pueOverLimit'> => {
  const plain = {
    raise: 10,
    clear: 8,
    raiseAfterMinutes: 0,
    clearAfterMinutes: 0,
    reopenWithinMinutes: 0,
    escalateAfterMinutes: 60,
  }
  const question = asked('pueOverLimit', id, { ...plain, ...limits })
  return value === null
    ? findingOf('pueOverLimit', unjudged(question))
    : judged('pueOverLimit', question, { value, facts: { totalKwh: value, itKwh: 1 } })
}
