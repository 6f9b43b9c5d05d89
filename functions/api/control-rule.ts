// Routes of the rules of control (docs/rules/control-rules.md): tried on a meter's past, stored, permitted for a time
// by a person with the right to control, and the word on what a rule proposes. Nothing is sent here: the trigger
// `control` sends what is permitted or confirmed.

import * as z from 'zod'
import { grantsFor, reaches } from '../../domain/access/permission.ts'
import { canonicalJson } from '../../domain/canonical.ts'
import { type BuildingRule, buildingRuleSchema, proposedCommands } from '../../domain/control/building-rule.ts'
import { decided, hasBegun, withDueOrder } from '../../domain/control/orders.ts'
import {
  isOpenOrder,
  isPermitted,
  permissionProblem,
  type RuleOrder,
  ruleOrderSchema,
  type StoredRule,
} from '../../domain/control/stored-rule.ts'
import { type Phrase, phraseOf } from '../../domain/phrase.ts'
import type { Meter } from '../../domain/registry/records.ts'
import { amountUnit } from '../../domain/unit.ts'
import {
  type ControlRuleView,
  controlRuleViewSchema,
  institutionRulesViewSchema,
  ruleSimulationViewSchema,
} from '../../domain/view/control.ts'
import { signer } from '../access/principal.ts'
import { inTurn } from '../contracting/store.ts'
import { asStoredRule, controlKeys, orderDetail, putRuleFact, RULES_MAX } from '../controlling/store.ts'
import { loadOfRule, TrialProblem, triedRule } from '../controlling/trial.ts'
import type { Doc } from '../platform.ts'
import { metersOfInstitution } from '../registry/reader.ts'
import { instant, institutionOf, meterOf } from './query.ts'
import { ApiProblem, notFound, type RouteContext, route } from './route.ts'

const triedDays = {
  from: instant.meta({ description: 'Whole days of UTC+8 from the one of this instant' }),
  to: instant.meta({ description: 'Up to the day of this instant, not included' }),
}
const CONTROL = { action: 'control', at: { meter: 'id' } } as const
const RULE_ID = /^[\w.-]{1,32}$/

export const controlRuleRoutes = {
  ...route('POST /api/v1/meters/{id}/rule-simulation', {
    access: { action: 'field', at: { meter: 'id' } },
    summary: 'What a rule of control would have done with the past of a meter, what it would have saved and send',
    body: z.object({ rule: buildingRuleSchema, ...triedDays }),
    response: ruleSimulationViewSchema,
    handle: async (context, { body }) => simulated(context, body),
  }),
  ...route('GET /api/v1/meters/{id}/control-rules', {
    access: { action: 'field', at: { meter: 'id' } },
    summary: 'The rules of control of a meter: trial, permission, and what they ordered',
    response: z.object({ items: z.array(controlRuleViewSchema) }),
    async handle(context) {
      const { meter } = await meterOf(context)
      const docs = await context.platform.state.query(controlKeys.rule(meter.id))
      const rules = docs.flatMap((doc) => asStoredRule(doc) ?? [])
      return { items: await Promise.all(rules.map((rule) => viewOf(context, rule, meter))) }
    },
  }),
  ...route('GET /api/v1/institutions/{id}/control-rules', {
    access: { action: 'field', at: { institution: 'id' } },
    summary: 'The rules of control of all meters of an institution, and whether the sender may act on them',
    response: institutionRulesViewSchema,
    async handle(context) {
      const { institution, shard } = await institutionOf(context)
      const meters = metersOfInstitution(await context.registry.shard(shard), institution.id)
      const byId = new Map(meters.map((meter) => [meter.id, meter]))
      const rules = (await context.platform.state.query(controlKeys.rule())).flatMap((doc) => asStoredRule(doc) ?? [])
      const own = rules.flatMap((rule) => {
        const meter = byId.get(rule.meter)
        return meter ? [{ rule, meter }] : []
      })
      return {
        mayControl: await mayControl(context, institution.id, shard),
        items: await Promise.all(own.map(({ rule, meter }) => viewOf(context, rule, meter))),
      }
    },
  }),
  ...route('PUT /api/v1/meters/{id}/control-rules/{rule}', {
    access: CONTROL,
    summary: 'Stores a rule, which does nothing yet. Another content ends its trial and permission',
    body: z.object({ rule: buildingRuleSchema }),
    response: controlRuleViewSchema,
    async handle(context, { body: { rule } }) {
      const { meter } = await meterOf(context)
      const { rule: id } = context.path
      if (!RULE_ID.test(id))
        throw refusal(422, 'the id of a rule is 1 to 32 letters, digits, dots, dashes, underscores')
      if (rule.kind === 'demandLimit') await checked(() => loadOfRule(context, rule.load, meter))
      const others = await context.platform.state.query(controlKeys.rule(meter.id))
      if (others.length >= RULES_MAX && !others.some(({ value }) => value.id === id))
        throw refusal(409, `a meter has at most ${RULES_MAX} rules`)
      return changed(context, 'control.rule', (stored, now) => {
        if (stored && isSameRule(stored.rule, rule)) return stored
        return { id, meter: meter.id, rule, ...now, trial: null, permission: null }
      })
    },
  }),
  ...route('DELETE /api/v1/meters/{id}/control-rules/{rule}', {
    access: CONTROL,
    summary: 'Removes a rule that is not permitted and has no open order',
    response: z.object({ removed: z.string() }),
    handle: removed,
  }),
  ...route('POST /api/v1/meters/{id}/control-rules/{rule}/trial', {
    access: CONTROL,
    summary: 'Tries a stored rule on the past, as a permission needs',
    body: z.object(triedDays),
    response: ruleSimulationViewSchema,
    async handle(context, { body }) {
      const { value: stored } = await ruleOf(context)
      const simulation = await simulated(context, { ...body, rule: stored.rule })
      const { hours, hoursUnknown, count, saved } = simulation
      await changed(context, 'control.trial', (now, { by, atMs }) => {
        if (!now || !isSameRule(now.rule, stored.rule)) throw refusal(409, 'the rule was changed meanwhile')
        const trial = { hours, hoursUnknown, count, saved, by, atMs, fromMs: body.from, toMs: body.to }
        return { ...now, trial }
      })
      return simulation
    },
  }),
  ...route('PUT /api/v1/meters/{id}/control-rules/{rule}/permission', {
    access: CONTROL,
    summary: 'Lets a rule that was tried act in the name of the sender, up to untilMs',
    body: z.object({ untilMs: z.int().meta({ description: 'Epoch ms, at most 92 days ahead' }) }),
    response: controlRuleViewSchema,
    handle: permit,
  }),
  ...route('DELETE /api/v1/meters/{id}/control-rules/{rule}/permission', {
    access: CONTROL,
    summary: 'Withdraws the permission. What the rule has begun is proposed to be ended',
    response: controlRuleViewSchema,
    handle: withdraw,
  }),
  ...route('POST /api/v1/meters/{id}/control-rules/{rule}/orders/{order}/confirm', {
    access: CONTROL,
    summary: 'Confirms what a rule proposes: it is sent within a minute, in the name of the sender',
    response: ruleOrderSchema,
    handle: (context) => decide(context, 'confirmed'),
  }),
  ...route('POST /api/v1/meters/{id}/control-rules/{rule}/orders/{order}/decline', {
    access: CONTROL,
    summary: 'Declines what a rule proposes: nothing is sent',
    response: ruleOrderSchema,
    handle: (context) => decide(context, 'declined'),
  }),
}

const refusal = (status: number, detail: string | Phrase, more: Record<string, unknown> = {}) =>
  new ApiProblem(status, 'Refused', detail, more)

async function mayControl({ principal, registry }: RouteContext, institution: string, shard: string) {
  if (principal.role === 'admin') return true
  if (principal.role !== 'user' || (principal.only && !principal.only.includes('control'))) return false
  const place = { areas: await registry.path(shard), institution }
  return grantsFor(principal.grants, 'control').some((grant) => reaches(grant, place))
}

/** A problem of a trial as one of the request. */
async function checked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof TrialProblem) throw refusal(422, error.message, { field: error.field })
    throw error
  }
}

async function simulated(context: RouteContext<'id'>, given: { rule: BuildingRule; from: number; to: number }) {
  const { meter, shard } = await meterOf(context)
  const simulation = await checked(() => triedRule(context, { ...given, meter, shard }))
  const commands = proposedCommands(given.rule, meter.id)
  return { meter: meter.id, unit: amountUnit(meter.medium), ...simulation, commands }
}

type RulePath = RouteContext<'id' | 'rule'>

const isSameRule = (a: BuildingRule, b: BuildingRule): boolean => canonicalJson(a) === canonicalJson(b)
const ordersKey = ({ path }: RulePath) => controlKeys.orders(path.id, path.rule)

async function ordersOf(context: RulePath): Promise<readonly RuleOrder[]> {
  return (await context.platform.state.get(ordersKey(context)))?.value.orders ?? []
}

async function ruleOf({ platform, path }: RulePath): Promise<Doc<StoredRule>> {
  const doc = await platform.state.get(controlKeys.rule(path.id, path.rule))
  if (!doc || !asStoredRule(doc)) throw notFound('rule', path.rule)
  return doc
}

async function viewOf(context: RouteContext, rule: StoredRule, meter: Meter): Promise<ControlRuleView> {
  const orders = (await context.platform.state.get(controlKeys.orders(meter.id, rule.id)))?.value.orders ?? []
  const stands = { isPermitted: isPermitted(rule, context.platform.now()), hasBegun: hasBegun(orders) }
  return { ...rule, unit: amountUnit(meter.medium), ...stands, orders: orders.toReversed() }
}

/** Writes what becomes of the rule, with an audit entry; `change` may refuse, and is asked anew in a race. */
async function changed(
  context: RulePath,
  what: 'control.rule' | 'control.trial' | 'control.permission',
  change: (stored: StoredRule | undefined, now: { by: string; atMs: number }) => StoredRule,
): Promise<ControlRuleView> {
  const { state, now } = context.platform
  const { meter } = await meterOf(context)
  const made = await inTurn(async () => {
    const key = controlKeys.rule(context.path.id, context.path.rule)
    const doc = await state.get(key)
    const given = { by: signer(context.principal, undefined), atMs: now() }
    const value = change(doc && asStoredRule(doc), given)
    if (value === doc?.value) return value
    if (what === 'control.rule') refuseWhileActive(doc && asStoredRule(doc), await ordersOf(context), now())
    const fact = { what, who: given.by, atMs: given.atMs, detail: value }
    await putRuleFact(state, value, fact, [{ key, value, ifVersion: doc?.version ?? 0 }])
    return value
  })
  return viewOf(context, made, meter)
}

/** A rule that acts, or is in the middle of something, is neither changed nor removed. */
function refuseWhileActive(stored: StoredRule | undefined, orders: readonly RuleOrder[], nowMs: number): void {
  if (stored && isPermitted(stored, nowMs))
    throw refusal(409, phraseOf('该规则已获许可：请先撤回许可', 'the rule is permitted: withdraw its permission first'))
  if (orders.some(isOpenOrder))
    throw refusal(
      409,
      phraseOf('该规则有未了结的指令：请先确认或拒绝', 'the rule has an open order: confirm or decline it first'),
    )
}

async function removed(context: RulePath): Promise<{ removed: string }> {
  const { state, now } = context.platform
  const { value } = await ruleOf(context)
  refuseWhileActive(value, await ordersOf(context), now())
  const who = signer(context.principal, undefined)
  await putRuleFact(state, value, { what: 'control.rule', who, atMs: now(), detail: { removed: value.rule } }, [])
  const { meter, id } = value
  await state.delete([controlKeys.rule(meter, id), controlKeys.watch(meter, id), controlKeys.orders(meter, id)])
  return { removed: id }
}

async function permit(context: RulePath, { body: { untilMs } }: { body: { untilMs: number } }) {
  await ruleOf(context)
  const { principal } = context
  return changed(context, 'control.permission', (stored, { by, atMs }) => {
    if (!stored) throw notFound('rule', context.path.rule)
    const problem = permissionProblem(stored, untilMs, atMs)
    if (problem !== undefined) throw refusal(409, problem)
    const byId = principal.role === 'user' && context.platform.accounts ? principal.id : null
    // One that follows another goes on with what this has begun.
    const fromMs = isPermitted(stored, atMs) ? (stored.permission?.fromMs ?? atMs) : atMs
    return { ...stored, permission: { by, byId, fromMs, untilMs, endedMs: null, endedBy: null } }
  })
}

async function withdraw(context: RulePath): Promise<ControlRuleView> {
  const { state, now } = context.platform
  await changed(context, 'control.permission', (stored, { by, atMs }) => {
    if (!stored) throw notFound('rule', context.path.rule)
    if (!stored.permission || stored.permission.endedMs !== null) throw refusal(409, 'the rule has no permission')
    return { ...stored, permission: { ...stored.permission, endedMs: atMs, endedBy: by } }
  })
  const { value: stored } = await ruleOf(context)
  await inTurn(async () => {
    const doc = await state.get(ordersKey(context))
    const orders = withDueOrder(stored, doc?.value.orders ?? [], { watch: undefined, nowMs: now() })
    if (!doc || orders === doc.value.orders) return
    const fact = { what: 'control.order' as const, who: signer(context.principal, undefined), atMs: now() }
    const detail = orders.slice(-1).map(orderDetail)
    const write = { key: doc.key, value: { orders }, ifVersion: doc.version }
    await putRuleFact(state, stored, { ...fact, detail }, [write])
  })
  const { meter } = await meterOf(context)
  return viewOf(context, stored, meter)
}

async function decide(
  context: RouteContext<'id' | 'rule' | 'order'>,
  state: 'confirmed' | 'declined',
): Promise<RuleOrder> {
  const { state: store, now } = context.platform
  const { value: stored } = await ruleOf(context)
  return inTurn(async () => {
    const doc = await store.get(ordersKey(context))
    const orders = doc?.value.orders ?? []
    const index = orders.findIndex(({ id }) => id === context.path.order)
    const found = orders[index]
    if (!doc || !found) throw notFound('order', context.path.order)
    const who = signer(context.principal, undefined)
    const order = decided(found, { state, by: who, nowMs: now() })
    if (!order) throw refusal(409, `the order is ${found.state}, and waits for nobody`)
    const fact = { what: 'control.order' as const, who, atMs: now(), detail: [orderDetail(order)] }
    const write = { key: doc.key, value: { orders: orders.with(index, order) }, ifVersion: doc.version }
    await putRuleFact(store, stored, fact, [write])
    return order
  })
}
