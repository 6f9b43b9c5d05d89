// Implements the review of register events by a person, and its effect on the hours. Readings never change: an undone
// event becomes an override in the meter's profile, and settling makes that one exception
// (docs/rules/settling.md#event-review).

import type { ClockJump } from './clock-jump.ts'
import { type Override, type RegisterEvent, WALKED_KINDS } from './series.ts'
import type { StuckRegister } from './stuck.ts'

/** Events for review, detected by settling, in settled hours, and in the order of arrival. */
export type FieldEvent = RegisterEvent | StuckRegister | ClockJump
export type EventKind = FieldEvent['kind']
export const EVENT_KINDS = [...WALKED_KINDS, 'replacement', 'stuck', 'clockJump'] as const satisfies EventKind[]

export type ReviewState = 'open' | 'accepted' | 'undone'

/** One action of a person; the history of a review is append-only. */
export interface ReviewEntry {
  state: ReviewState
  who: string
  note: string | null
  atMs: number
}

/** The review of one event. `event` is a copy from the first review: an undone event is stored nowhere else. */
export interface EventReview {
  meter: string
  event: FieldEvent
  state: ReviewState
  history: ReviewEntry[]
}

/** The id of an event within its meter: `spike:1780000000000`. */
export const eventId = ({ kind, atMs }: { kind: EventKind; atMs: number }): string => `${kind}:${atMs}`

/** Kind and time of an event id; undefined for any other text. */
export function parseEventId(id: string): { kind: EventKind; atMs: number } | undefined {
  const [name, at, ...rest] = id.split(':')
  const kind = EVENT_KINDS.find((one) => one === name)
  if (!kind || rest.length > 0 || !/^-?\d{1,15}$/.test(at ?? '')) return undefined
  return { kind, atMs: Number(at) }
}

/** True when undoing the event changes its hours: these kinds have overrides. */
export const changesHours = <E extends { kind: EventKind }>(event: E): event is E & Pick<Override, 'kind'> =>
  WALKED_KINDS.some((kind) => kind === event.kind)

/** Kinds whose hours are unknown until a person reviews the event (docs/rules/settling.md#doubtful-events). */
const DOUBTFUL_KINDS: readonly string[] = [
  'jump',
  'scaleJump',
  'longGap',
  'wrongKind',
  'replacementConflict',
] satisfies EventKind[]
export const isDoubtful = (kind: string): boolean => DOUBTFUL_KINDS.includes(kind)

/** The override that follows from the state of a review: of an undone event, and of a scale jump that is accepted. */
export function overrideOf(event: FieldEvent, state: ReviewState): Override | undefined {
  if (!changesHours(event)) return undefined
  if (state === 'undone') return { kind: event.kind, atMs: event.atMs }
  const isScaled = event.kind === 'scaleJump' && state === 'accepted'
  return isScaled ? { kind: event.kind, atMs: event.atMs, accepted: true } : undefined
}

/** True when an event can be undone. A replacement is corrected in the registry instead. */
export const canUndo = ({ kind }: { kind: EventKind }): boolean => kind !== 'replacement'

/** The review with one more entry. */
export function reviewed(
  stored: EventReview | undefined,
  given: { meter: string; event: FieldEvent },
  entry: ReviewEntry,
): EventReview {
  return {
    meter: given.meter,
    event: stored?.event ?? given.event,
    state: entry.state,
    history: [...(stored?.history ?? []), entry],
  }
}

/** The overrides of a meter after an event was reviewed, in order of time and kind. */
export function withOverride(overrides: readonly Override[], event: FieldEvent, state: ReviewState): Override[] {
  const id = eventId(event)
  const others = overrides.filter((one) => eventId(one) !== id)
  const own = overrideOf(event, state)
  const added = own ? [own] : []
  return [...others, ...added].sort((a, b) => a.atMs - b.atMs || (a.kind < b.kind ? -1 : 1))
}

const NOTHING: ReadonlySet<string> = new Set()
/** The ids of the undone events, for settling. */
export const undoneIds = (overrides: readonly Override[] | undefined): ReadonlySet<string> =>
  overrides && overrides.length > 0 ? new Set(overrides.filter(({ accepted }) => !accepted).map(eventId)) : NOTHING

/** The ids of the accepted scale jumps, for settling. */
export const acceptedIds = (overrides: readonly Override[] | undefined): ReadonlySet<string> =>
  overrides && overrides.length > 0 ? new Set(overrides.filter(({ accepted }) => accepted).map(eventId)) : NOTHING
