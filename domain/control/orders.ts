// Decides which order a rule in force gives, and what becomes of an order: sent in two steps, confirmed, done or not
// (docs/rules/control-rules.md#orders). Pure: the caller sends, and says what was answered.

import { DAY_MS, dayOf, dayStartMs, HOUR_MS, MINUTE_MS } from '../calendar.ts'
import { must } from '../must.ts'
import { proposedCommands, type SetBackRule } from './building-rule.ts'
import { isOpenOrder, isPermitted, type RuleOrder, type StoredRule } from './stored-rule.ts'
import { nightLength, type RuleWatch } from './watch.ts'

/** Orders that are kept of a rule, the latest. */
const ORDERS_KEPT = 50
/** A load is shed for the hour that was too high, not for one of long ago: readings and settling take their time. */
const SHED_MS_MAX = 2 * HOUR_MS
const RESTORE_MS_MAX = DAY_MS
/** A leak that nobody decided on; it lapses before that when it is over. */
const PROPOSED_MS_MAX = 30 * DAY_MS
/** A command waits so long for a gateway that is away; its second step has to come within five minutes. */
const COMMAND_MS_MAX = 10 * MINUTE_MS
/** The pause after an attempt grows with their number up to this. */
const PAUSES_MAX = 6

type When = RuleOrder['when']
/** What may leave the building other than a person would find it, until its counterpart. */
const BEGINS: Partial<Record<When, When>> = { nightBegins: 'nightEnds', aboveLimit: 'belowLimit' }

interface DueOrder {
  when: When
  atMs: number
  untilMs: number
}

/** Whether the rule changed something that it has not ended; what a person declined to end is that person's matter. */
export function hasBegun(orders: readonly RuleOrder[]): boolean {
  const began = orders.findLastIndex(({ when, mayHaveActed }) => BEGINS[when] !== undefined && mayHaveActed)
  if (began < 0) return false
  const end = BEGINS[must(orders[began]).when]
  return !orders.slice(began + 1).some(({ when, state }) => when === end && (state === 'done' || state === 'declined'))
}

/** The orders with the one that is due now, if there is one that was not given before. */
export function withDueOrder(
  stored: StoredRule,
  orders: readonly RuleOrder[],
  { watch, nowMs }: { watch: RuleWatch | undefined; nowMs: number },
): readonly RuleOrder[] {
  const due = dueOrder(stored, orders, watch, nowMs)
  if (!due || orders.some(({ when, atMs }) => when === due.when && atMs === due.atMs)) return orders
  const command = must(proposedCommands(stored.rule, stored.meter).find(({ when }) => when === due.when))
  const { permission } = stored
  const byPermission = stored.rule.kind !== 'leak' && permission?.endedMs === null
  const order: RuleOrder = {
    ...command,
    ...due,
    id: `${due.when}.${Math.floor(due.atMs / MINUTE_MS).toString(36)}`,
    ...{ state: byPermission ? 'confirmed' : 'proposed', by: byPermission ? permission.by : null, byPermission },
    ...{ attempt: 0, commandUntilMs: null, mayHaveActed: false, reason: null, changedMs: nowMs },
  }
  const overtaken = orders.map((one) =>
    isOpenOrder(one) && one.state !== 'confirming' ? ended(one, 'lapsed', 'a later order took its place', nowMs) : one,
  )
  return [...overtaken, order].slice(-ORDERS_KEPT)
}

function dueOrder(
  stored: StoredRule,
  orders: readonly RuleOrder[],
  watch: RuleWatch | undefined,
  nowMs: number,
): DueOrder | undefined {
  const { rule, permission } = stored
  const natural = naturalOrder(stored, watch, nowMs)
  if (rule.kind === 'leak') return natural
  if (!permission) return undefined
  if (hasBegun(orders)) {
    const over = { when: rule.kind === 'nightSetBack' ? ('nightEnds' as const) : ('belowLimit' as const) }
    if (permission.endedMs !== null)
      return { ...over, atMs: permission.endedMs, untilMs: permission.endedMs + PROPOSED_MS_MAX }
    // A load does not stay off for want of a permission. A night ends at its hour.
    if (nowMs >= permission.untilMs && rule.kind === 'demandLimit')
      return { ...over, atMs: permission.untilMs, untilMs: permission.untilMs + RESTORE_MS_MAX }
  }
  if (!natural || natural.atMs < permission.fromMs || natural.untilMs <= nowMs) return undefined
  const isAllowed = BEGINS[natural.when] === undefined ? hasBegun(orders) : isPermitted(stored, nowMs)
  return isAllowed ? natural : undefined
}

/** What clock and hours ask for, whatever is permitted. */
function naturalOrder({ rule }: StoredRule, watch: RuleWatch | undefined, nowMs: number): DueOrder | undefined {
  if (rule.kind === 'nightSetBack') return boundary(rule, nowMs)
  const atMs = watch?.changedMs ?? null
  if (!watch || atMs === null) return undefined
  if (rule.kind === 'leak') return watch.isOn ? { when: 'leakFound', atMs, untilMs: atMs + PROPOSED_MS_MAX } : undefined
  return watch.isOn
    ? { when: 'aboveLimit', atMs, untilMs: atMs + SHED_MS_MAX }
    : { when: 'belowLimit', atMs, untilMs: atMs + RESTORE_MS_MAX }
}

/** The latest begin or end of a night. */
function boundary(rule: SetBackRule, nowMs: number): DueOrder {
  const lastAt = (hour: number): number => {
    const todayMs = dayStartMs(dayOf(nowMs)) + hour * HOUR_MS
    return todayMs <= nowMs ? todayMs : todayMs - DAY_MS
  }
  const [begunMs, endedMs] = [lastAt(rule.fromHour), lastAt(rule.toHour)]
  const nightMs = nightLength(rule) * HOUR_MS
  return begunMs > endedMs
    ? { when: 'nightBegins', atMs: begunMs, untilMs: begunMs + nightMs }
    : { when: 'nightEnds', atMs: endedMs, untilMs: endedMs + DAY_MS - nightMs }
}

/** What the gateway answered to a step: `confirm` with a token to the first one. */
export interface OrderAnswer {
  state?: unknown
  reason?: unknown
  token?: unknown
}
interface Advance {
  nowMs: number
  /** The answer to the latest step; undefined: none came. */
  answer: OrderAnswer | undefined
  /** Why a rule that acts by its permission may not act now; undefined: it may. */
  forbidden: string | undefined
  /** Leak: whether it is still found. */
  isStillOn: boolean
}

/** An order a step further, and the step that is to be sent now. */
export function advanced(order: RuleOrder, on: Advance): { order: RuleOrder; send?: 'first' | 'second' } {
  const { nowMs } = on
  if (order.when === 'leakFound' && !on.isStillOn && (order.state === 'proposed' || order.state === 'confirmed'))
    return { order: ended(order, 'lapsed', 'the leak is over', nowMs) }
  const isForbidden = order.byPermission && BEGINS[order.when] !== undefined && on.forbidden !== undefined
  switch (order.state) {
    case 'proposed':
      return { order: nowMs >= order.untilMs ? ended(order, 'lapsed', 'nobody confirmed it in time', nowMs) : order }
    case 'confirmed': {
      if (nowMs >= order.untilMs)
        return { order: ended(order, order.attempt > 0 ? 'failed' : 'lapsed', order.reason ?? 'too late', nowMs) }
      if (isForbidden) return { order: ended(order, 'lapsed', on.forbidden ?? null, nowMs) }
      const pauseMs = Math.min(order.attempt, PAUSES_MAX) * COMMAND_MS_MAX
      if (order.attempt > 0 && nowMs < order.changedMs + pauseMs) return { order }
      const commandUntilMs = Math.min(order.untilMs, nowMs + COMMAND_MS_MAX)
      const attempt = order.attempt + 1
      return { order: { ...order, state: 'sent', attempt, commandUntilMs, changedMs: nowMs }, send: 'first' }
    }
    case 'sent':
      return sentFurther(order, on, isForbidden)
    case 'confirming':
      return { order: confirmedFurther(order, on) }
    default:
      return { order }
  }
}

function sentFurther(order: RuleOrder, { nowMs, answer, forbidden }: Advance, isForbidden: boolean) {
  if (isForbidden) return { order: ended(order, 'lapsed', forbidden ?? null, nowMs) }
  if (answer?.state === 'refused' || answer?.state === 'failed')
    return { order: ended(order, 'refused', reasonOf(answer), nowMs) }
  if (isOver(order, nowMs)) return { order: again(order, 'the gateway did not answer', nowMs) }
  if (answer?.state !== 'confirm' || typeof answer.token !== 'string') return { order }
  const order2: RuleOrder = { ...order, state: 'confirming', mayHaveActed: true, changedMs: nowMs }
  return { order: order2, send: 'second' as const }
}

function confirmedFurther(order: RuleOrder, { nowMs, answer }: Advance): RuleOrder {
  if (answer?.state === 'done') return ended(order, 'done', null, nowMs)
  if (answer?.state === 'refused' || answer?.state === 'failed') return again(order, reasonOf(answer), nowMs)
  return isOver(order, nowMs) ? again(order, 'the gateway did not answer the confirmation', nowMs) : order
}

const isOver = ({ commandUntilMs }: RuleOrder, nowMs: number): boolean =>
  commandUntilMs !== null && nowMs >= commandUntilMs
const reasonOf = ({ reason }: OrderAnswer): string => (typeof reason === 'string' ? reason : 'without a reason')
const again = (order: RuleOrder, reason: string, nowMs: number): RuleOrder => ({
  ...{ ...order, state: 'confirmed' as const, reason, changedMs: nowMs },
})
const ended = (order: RuleOrder, state: RuleOrder['state'], reason: string | null, nowMs: number): RuleOrder => ({
  ...{ ...order, state, reason, changedMs: nowMs },
})

/** A person's word on a proposal; undefined: it does not wait for one. */
export const decided = (
  order: RuleOrder,
  { state, by, nowMs }: { state: 'confirmed' | 'declined'; by: string; nowMs: number },
): RuleOrder | undefined =>
  order.state === 'proposed' && nowMs < order.untilMs ? { ...order, state, by, changedMs: nowMs } : undefined
