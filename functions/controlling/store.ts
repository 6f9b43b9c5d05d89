// Keeps rules of control, what they have seen, and their orders. Each decision and each change of an order is written
// in one put with its entry of the audit log.

import { type RuleOrder, type StoredRule, storedRuleSchema } from '../../domain/control/stored-rule.ts'
import type { RuleWatch } from '../../domain/control/watch.ts'
import { type Doc, type DocWrite, docKey, type StateStore } from '../platform.ts'
import { appendAudit } from '../state/audit.ts'

/** Orders of a rule, the oldest first. */
export interface RuleOrders {
  orders: readonly RuleOrder[]
}

export const controlKeys = {
  /** Without a rule: all rules of a meter; without a meter: all. */
  rule: (meter?: string, id = '') => docKey<StoredRule>(`control-rule/${meter === undefined ? '' : `${meter}/${id}`}`),
  watch: (meter: string, id: string) => docKey<RuleWatch>(`control-watch/${meter}/${id}`),
  orders: (meter: string, id: string) => docKey<RuleOrders>(`control-orders/${meter}/${id}`),
} as const

/** Rules of one meter; more are a mistake. */
export const RULES_MAX = 20

export const ruleAbout = ({ meter, id }: Pick<StoredRule, 'meter' | 'id'>): string => `${meter}/${id}`

/** In whose name a rule sends: the allow-list of a gateway may name it. */
export const ruleSender = (by: string, { id }: Pick<StoredRule, 'id'>): string => `${by}, rule ${id}`

/** A stored rule is read strictly: what this version does not know must not act. */
export const asStoredRule = ({ value }: Doc<StoredRule>): StoredRule | undefined =>
  storedRuleSchema.safeParse(value).data

interface RuleFact {
  what: 'control.rule' | 'control.trial' | 'control.permission' | 'control.order'
  who: string
  atMs: number
  detail: unknown
}

export async function putRuleFact(
  state: StateStore,
  rule: Pick<StoredRule, 'meter' | 'id'>,
  fact: RuleFact,
  docs: readonly DocWrite[],
): Promise<void> {
  await appendAudit(state, { ...fact, about: ruleAbout(rule) }, docs)
}

export const orderDetail = ({ id, when, name, arguments: given, state, by, attempt, reason }: RuleOrder) => ({
  ...{ id, when, name, arguments: given, state, by, attempt, reason },
})
