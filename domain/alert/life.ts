// The life of an alert: raised → (acknowledged) → cleared, with hysteresis and a history that only grows
// (docs/rules/alerts.md#life).
// Pure: the clock is an argument. An alert that waits out its minimum duration is `pending` and nobody's business yet.

import { MINUTE_MS } from '../calendar.ts'
import type { Severity } from '../phrase.ts'
import type { AlertSubject } from './finding.ts'
import { ALERT_KINDS, type AlertKind, type Finding, type KnownFinding } from './kinds.ts'
import { ALERT_RULES } from './rules.ts'

export const ALERT_STATES = ['pending', 'raised', 'acknowledged', 'cleared'] as const
/** Told to the next level at most this often; whoever has not answered by then will not. */
export const ESCALATIONS_MAX = 3
/** Relative room for floating point, so that a value equal to a limit meets it. */
const ROUNDING = 1e-9

/** Plain JSON, stored as it is. */
export interface Alert {
  /** Unique for ever: kind, subject and the time at which the condition began. */
  id: string
  kind: AlertKind
  subject: AlertSubject
  severity: Severity
  state: (typeof ALERT_STATES)[number]
  /** When the condition began: since then, until it was raised, it was never over. */
  sinceMs: number
  raisedMs: number | null
  /** Since when it has been over without interruption; null while it holds. */
  overSinceMs: number | null
  escalations: number
  /** How often it came back after it was cleared; absent: never. */
  relapses?: number
  /** The latest that judged, and the worst value since the condition began. */
  finding: KnownFinding
  worst: number
  history: readonly AlertEvent[]
}

export const SYSTEM = 'system'
/**
 * Why an alert was cleared: the condition is over; a stronger kind took its place; its rule was switched off; its
 * subject is gone.
 */
export type ClearReason = 'over' | 'yielded' | 'disabled' | 'retired'
export interface AlertEvent {
  alert: string
  kind: AlertKind
  subject: AlertSubject
  what: 'raised' | 'acknowledged' | 'escalated' | 'cleared' | 'reopened'
  atMs: number
  /** A person, or SYSTEM. */
  who: string
  severity: Severity
  /** How it stood then. */
  finding: KnownFinding
  reason?: ClearReason
  note?: string
  /** How often the alert has been escalated, this time included. */
  level: number
}

export interface Advance {
  /**
   * What to store in the place of what was given; undefined: nothing (any more). A cleared alert is history from here.
   */
  alert?: Alert
  events: readonly AlertEvent[]
}

export const isOpen = (alert: Alert | undefined): alert is Alert & { state: 'raised' | 'acknowledged' } =>
  alert?.state === 'raised' || alert?.state === 'acknowledged'

/** One open alert per subject and kind: this is what there is one of. */
export const alertSlot = ({ kind, subject }: Pick<Alert, 'kind' | 'subject'>): string => `${kind}:${subject.id}`

/**
 * The next state after one finding. `open`: the alert of this subject and kind as last returned. One that was cleared
 * lately is opened again, at once, since it was proven before; after one that was cleared earlier comes a new alert.
 * Time never runs backwards for an alert: an earlier `nowMs` is taken as that of its last event. Throws RangeError when
 * the finding is of another subject or kind.
 */
export function advance(open: Alert | undefined, finding: Finding, nowMs: number): Advance {
  if (open && alertSlot(open) !== alertSlot(finding)) {
    throw new RangeError(`a finding of ${alertSlot(finding)} does not concern the alert ${open.id}`)
  }
  const atMs = open ? after(open, nowMs) : nowMs
  const { limits } = finding
  if (!limits.enabled) return isOpen(open) ? clear(open, 'disabled', atMs) : { events: [] }
  if (finding.value === null) return { alert: open && open.state !== 'cleared' ? open : undefined, events: [] }
  const holds = finding.value > limits.raise + ROUNDING * Math.abs(limits.raise)
  if (isOpen(open)) {
    const current = { ...open, finding, worst: Math.max(open.worst, finding.value) }
    if (finding.value > limits.clear) return { alert: { ...current, overSinceMs: null }, events: [] }
    const overSinceMs = open.overSinceMs ?? atMs
    const alert = { ...current, overSinceMs }
    return lasted(overSinceMs, atMs, minutesToClear(alert)) ? clear(alert, 'over', atMs) : { alert, events: [] }
  }
  // Within the band nothing changes: what waits to be raised waits on.
  if (!holds)
    return open?.state === 'pending' && finding.value > limits.clear ? { alert: open, events: [] } : { events: [] }
  if (open && canReopen(open, atMs)) return reopen(open, finding, atMs)
  const pending = open?.state === 'pending' ? { ...open, finding } : begin(finding, atMs, open)
  const alert = { ...pending, worst: Math.max(pending.worst, finding.value) }
  const raisedMs = Math.max(atMs, alert.sinceMs)
  return lasted(alert.sinceMs, raisedMs, limits.raiseAfterMinutes)
    ? enter({ ...alert, raisedMs }, 'raised', { atMs: raisedMs, who: SYSTEM })
    : { alert, events: [] }
}

/**
 * All findings of one round for a set of subjects, with the alerts that stand for them: `changed` are the alerts to
 * store, cleared ones among them; `dropped` were pending and no longer are. Kinds that yield to a stronger one are
 * closed or held back while that is open for the same subject. Throws RangeError when two findings are for one subject
 * and kind.
 */
export function advanceAll(
  current: readonly Alert[],
  findings: readonly Finding[],
  nowMs: number,
): { changed: Alert[]; dropped: Alert[]; events: AlertEvent[] } {
  const slots = new Map<string, Alert | undefined>(current.map((alert) => [alertSlot(alert), alert]))
  const result = { changed: [] as Alert[], dropped: [] as Alert[], events: [] as AlertEvent[] }
  const seen = new Set<string>()
  for (const finding of findings.toSorted((a, b) => RANK[a.kind] - RANK[b.kind])) {
    const slot = alertSlot(finding)
    if (seen.has(slot)) throw new RangeError(`two findings for ${slot} in one round`)
    seen.add(slot)
    const before = slots.get(slot)
    const stronger = ALERT_RULES[finding.kind].yieldsTo
    const yields = stronger !== undefined && isOpen(slots.get(alertSlot({ kind: stronger, subject: finding.subject })))
    const { alert, events } = yields ? yieldTo(before, nowMs) : advance(before, finding, nowMs)
    slots.set(slot, alert)
    result.events.push(...events)
    if (alert && alert !== before) result.changed.push(alert)
    if (!alert && before?.state === 'pending') result.dropped.push(before)
  }
  return result
}

/** Whoever takes an alert in hand. Acknowledging again, or one that is not open, changes nothing. */
export function acknowledge(alert: Alert, { who, note }: { who: string; note?: string }, nowMs: number): Advance {
  if (alert.state !== 'raised') return { alert, events: [] }
  return enter(alert, 'acknowledged', { atMs: after(alert, nowMs), who, note })
}

/** Closes what can no longer be judged because its subject is not registered any more. */
export const retire = (alert: Alert, nowMs: number): Advance =>
  isOpen(alert) ? clear(alert, 'retired', after(alert, nowMs)) : { events: [] }

/** The next escalation, when nobody has acknowledged for as long as the limits say; no event when it is not due. */
export function escalate(alert: Alert, nowMs: number): Advance {
  const { escalateAfterMinutes } = alert.finding.limits
  if (alert.state !== 'raised' || alert.raisedMs === null || escalateAfterMinutes === null) return { alert, events: [] }
  const level = alert.escalations + 1
  if (level > ESCALATIONS_MAX || !lasted(alert.raisedMs, nowMs, escalateAfterMinutes * level)) {
    return { alert, events: [] }
  }
  return record({ ...alert, escalations: level }, 'escalated', { atMs: after(alert, nowMs), who: SYSTEM })
}

/** Whether what was cleared may come back as the same alert: until when its own limits say. */
export function canReopen({ state, history, finding }: Alert, nowMs: number): boolean {
  const last = history.at(-1)
  if (state !== 'cleared' || last === undefined || (last.reason !== 'over' && last.reason !== 'yielded')) return false
  const { reopenWithinMinutes = 0 } = finding.limits
  return reopenWithinMinutes > 0 && nowMs - last.atMs <= reopenWithinMinutes * MINUTE_MS
}

/** Open as on the first day: nobody has acknowledged that it is back. */
function reopen(cleared: Alert, finding: KnownFinding, atMs: number): Advance {
  const alert: Alert = {
    ...cleared,
    state: 'raised',
    raisedMs: atMs,
    overSinceMs: null,
    escalations: 0,
    relapses: (cleared.relapses ?? 0) + 1,
    finding,
    worst: Math.max(cleared.worst, finding.value),
  }
  return record(alert, 'reopened', { atMs, who: SYSTEM })
}

/** Whoever has relapsed once is believed later: else a value that swings around its limits would tell of each swing. */
const minutesToClear = ({ relapses = 0, finding: { limits } }: Alert): number =>
  relapses > 0 ? Math.max(limits.clearAfterMinutes, limits.reopenWithinMinutes) : limits.clearAfterMinutes

/** Stronger kinds first, so that the weaker know of them in the same round. */
const RANK = Object.fromEntries(
  ALERT_KINDS.map((kind, index) => [kind, index + (ALERT_RULES[kind].yieldsTo ? ALERT_KINDS.length : 0)]),
) as Record<AlertKind, number>

function begin(finding: KnownFinding, atMs: number, previous: Alert | undefined): Alert {
  // After a clearing in the same millisecond the new alert still needs an id of its own.
  const sinceMs = Math.max(atMs, (previous?.history.at(-1)?.atMs ?? -1) + 1)
  return {
    id: `${alertSlot(finding)}:${sinceMs}`,
    kind: finding.kind,
    subject: finding.subject,
    severity: ALERT_RULES[finding.kind].severity,
    state: 'pending',
    sinceMs,
    raisedMs: null,
    overSinceMs: null,
    escalations: 0,
    finding,
    worst: finding.value,
    history: [],
  }
}

const yieldTo = (before: Alert | undefined, nowMs: number): Advance =>
  isOpen(before) ? clear(before, 'yielded', after(before, nowMs)) : { events: [] }

const clear = (alert: Alert, reason: ClearReason, atMs: number): Advance =>
  enter(alert, 'cleared', { atMs, who: SYSTEM, reason })

const enter = (
  alert: Alert,
  state: 'raised' | 'acknowledged' | 'cleared',
  said: Pick<AlertEvent, 'atMs' | 'who' | 'note' | 'reason'>,
): Advance => record({ ...alert, state }, state, said)

function record(
  alert: Alert,
  what: AlertEvent['what'],
  said: Pick<AlertEvent, 'atMs' | 'who' | 'note' | 'reason'>,
): Advance {
  const { id, kind, subject, severity, finding, escalations: level } = alert
  const event: AlertEvent = { alert: id, kind, subject, what, severity, finding, level, ...said }
  return { alert: { ...alert, history: [...alert.history, event] }, events: [event] }
}

const after = (alert: Alert, nowMs: number): number => Math.max(nowMs, alert.history.at(-1)?.atMs ?? nowMs)

const lasted = (sinceMs: number, nowMs: number, minutes: number): boolean => nowMs - sinceMs >= minutes * MINUTE_MS
