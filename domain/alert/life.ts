// Implements the life of an alert: raised → (acknowledged) → cleared, with hysteresis and an append-only history
// (docs/rules/alerts.md#life). Pure: the clock is an argument. An alert that has not reached its minimum duration is
// `pending` and not reported yet.

import { MINUTE_MS } from '../calendar.ts'
import { clockTime, type Severity } from '../phrase.ts'
import type { AlertSubject } from './finding.ts'
import { ALERT_KINDS, type AlertKind, type Finding, type KnownFinding } from './kinds.ts'
import { ALERT_RULES } from './rules.ts'

export const ALERT_STATES = ['pending', 'raised', 'acknowledged', 'cleared'] as const
/** Escalations per alert: further reminders would not be answered either. */
export const ESCALATIONS_MAX = 3
/** Relative tolerance for floating point: a value equal to a limit meets it. */
const ROUNDING = 1e-9

/** Plain JSON, stored as it is. */
export interface Alert {
  /** Unique for ever: kind, subject and the time at which the condition began. */
  id: string
  kind: AlertKind
  subject: AlertSubject
  severity: Severity
  state: (typeof ALERT_STATES)[number]
  /** Start of the condition: from then until raising it was never over. */
  sinceMs: number
  raisedMs: number | null
  /** Start of the uninterrupted time for which it has been over; null while it holds. */
  overSinceMs: number | null
  escalations: number
  /** Number of reopenings; absent: 0. */
  relapses?: number
  /** The latest finding with a value, and the worst value since the condition began. */
  finding: KnownFinding
  worst: number
  history: readonly AlertEvent[]
  /** Who has it in hand; absent: nobody was named. */
  assignee?: string
  /** No reminders until then; absent: none was asked for. */
  snoozedUntilMs?: number
}

export const SYSTEM = 'system'
/**
 * Why an alert was cleared: the condition is over; a stronger kind replaced it; its rule was disabled; its subject is
 * no longer registered.
 */
export type ClearReason = 'over' | 'yielded' | 'disabled' | 'retired'
export interface AlertEvent {
  alert: string
  kind: AlertKind
  subject: AlertSubject
  what: 'raised' | 'acknowledged' | 'escalated' | 'cleared' | 'reopened' | 'commented' | 'assigned' | 'snoozed'
  atMs: number
  /** A person, or SYSTEM. */
  who: string
  severity: Severity
  /** The finding at that time. */
  finding: KnownFinding
  reason?: ClearReason
  note?: string
  /** Number of escalations so far, this one included. */
  level: number
}

export interface Advance {
  /** The alert to store instead of the given one; undefined: none. A cleared alert is only history. */
  alert?: Alert
  events: readonly AlertEvent[]
}

export const isOpen = (alert: Alert | undefined): alert is Alert & { state: 'raised' | 'acknowledged' } =>
  alert?.state === 'raised' || alert?.state === 'acknowledged'

/** Key of an alert: there is at most one open alert per subject and kind. */
export const alertSlot = ({ kind, subject }: Pick<Alert, 'kind' | 'subject'>): string => `${kind}:${subject.id}`

/**
 * The next state after one finding. `open`: the alert of this subject and kind as last returned. An alert cleared
 * within `reopenWithinMinutes` is reopened at once, without the minimum duration; otherwise a new alert begins. A
 * `nowMs` before the alert's last event counts as that event's time. Throws RangeError when the finding is of another
 * subject or kind.
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
  // Within the band nothing changes: a pending alert stays pending.
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
 * Advances the alerts of a set of subjects by all findings of one round. `changed`: alerts to store, cleared ones
 * included; `dropped`: alerts that were pending and no longer are. A kind that yields to a stronger one is closed or
 * held back while the stronger one is open for the same subject. Throws RangeError when two findings are for one
 * subject and kind.
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

/** Acknowledges a raised alert; an alert in another state stays unchanged. */
export function acknowledge(alert: Alert, { who, note }: { who: string; note?: string }, nowMs: number): Advance {
  if (alert.state !== 'raised') return { alert, events: [] }
  return enter(alert, 'acknowledged', { atMs: after(alert, nowMs), who, note })
}

/** People's entries in the history of one alert. */
export const REMARKS_MAX = 200

/** What a person notes at an open alert: a comment, who takes it in hand, or until when nobody is to be reminded. */
export type AlertRemark = { note: string } | { assignee: string } | { snoozedUntilMs: number }

/**
 * Adds a remark to an open alert and its history; an alert that is not open stays unchanged. Nobody is notified of it.
 */
export function remark(alert: Alert, said: AlertRemark, { who, nowMs }: { who: string; nowMs: number }): Alert {
  if (!isOpen(alert)) return alert
  const at = { atMs: after(alert, nowMs), who }
  const noted =
    'note' in said
      ? record(alert, 'commented', { ...at, note: said.note })
      : 'assignee' in said
        ? record({ ...alert, assignee: said.assignee }, 'assigned', { ...at, note: said.assignee })
        : record({ ...alert, snoozedUntilMs: said.snoozedUntilMs }, 'snoozed', {
            ...at,
            note: clockTime(said.snoozedUntilMs),
          })
  return noted.alert ?? alert
}

/** Closes an alert that can no longer be judged, because its subject is no longer registered. */
export const retire = (alert: Alert, nowMs: number): Advance =>
  isOpen(alert) ? clear(alert, 'retired', after(alert, nowMs)) : { events: [] }

/** Escalates an alert that was not acknowledged within the limit's time; no event when no escalation is due. */
export function escalate(alert: Alert, nowMs: number): Advance {
  const { escalateAfterMinutes } = alert.finding.limits
  if (alert.snoozedUntilMs !== undefined && nowMs < alert.snoozedUntilMs) return { alert, events: [] }
  if (alert.state !== 'raised' || alert.raisedMs === null || escalateAfterMinutes === null) return { alert, events: [] }
  const level = alert.escalations + 1
  if (level > ESCALATIONS_MAX || !lasted(alert.raisedMs, nowMs, escalateAfterMinutes * level)) {
    return { alert, events: [] }
  }
  return record({ ...alert, escalations: level }, 'escalated', { atMs: after(alert, nowMs), who: SYSTEM })
}

/** True while a cleared alert may be reopened, by its own limits. */
export function canReopen({ state, history, finding }: Alert, nowMs: number): boolean {
  const last = history.at(-1)
  if (state !== 'cleared' || last === undefined || (last.reason !== 'over' && last.reason !== 'yielded')) return false
  const { reopenWithinMinutes = 0 } = finding.limits
  return reopenWithinMinutes > 0 && nowMs - last.atMs <= reopenWithinMinutes * MINUTE_MS
}

/** A reopened alert is raised, not acknowledged nor snoozed, and its escalations start again. */
function reopen(cleared: Alert, finding: KnownFinding, atMs: number): Advance {
  const { snoozedUntilMs: _, ...rest } = cleared
  const alert: Alert = {
    ...rest,
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

/** A reopened alert is cleared later: otherwise a value that swings around its limits would report every swing. */
const minutesToClear = ({ relapses = 0, finding: { limits } }: Alert): number =>
  relapses > 0 ? Math.max(limits.clearAfterMinutes, limits.reopenWithinMinutes) : limits.clearAfterMinutes

/** Stronger kinds first, so that the weaker ones see them in the same round. */
const RANK = Object.fromEntries(
  ALERT_KINDS.map((kind, index) => [kind, index + (ALERT_RULES[kind].yieldsTo ? ALERT_KINDS.length : 0)]),
) as Record<AlertKind, number>

function begin(finding: KnownFinding, atMs: number, previous: Alert | undefined): Alert {
  // A new alert needs its own id even when the old one was cleared in the same millisecond.
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
