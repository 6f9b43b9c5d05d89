// Gives the orders of one rule of control and takes each a step further: the same two steps by which a person controls
// (docs/rules/devices.md#gateway-commands). An order is noted before it is sent, so that a run that is killed repeats a
// step at most, under another id, and a gateway prepares it twice and does it once.

import { grantsFor, reaches } from '../../domain/access/permission.ts'
import { advanced, type OrderAnswer, withDueOrder } from '../../domain/control/orders.ts'
import { isPermitted, type RuleOrder, type StoredRule } from '../../domain/control/stored-rule.ts'
import type { RuleWatch } from '../../domain/control/watch.ts'
import { must } from '../../domain/must.ts'
import { CONFIRM_COMMAND } from '../../domain/wire/control-command.ts'
import type { DeviceCommand, Doc, Platform } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import { sha256 } from '../state/audit.ts'
import { noteCommand, sentCommandsKey } from '../wire/commands.ts'
import { controlKeys, orderDetail, putRuleFact, type RuleOrders, ruleAbout, ruleSender } from './store.ts'

/** Who proposes, as the audit log names it. */
const SCHEDULE = 'kilowatch schedule'

export interface ControlSources {
  platform: Pick<Platform, 'state' | 'devices' | 'accounts' | 'now'>
  registry: RegistryReader
}

export async function sendOrders(on: ControlSources, stored: StoredRule): Promise<void> {
  const { state, now } = on.platform
  const nowMs = now()
  const watch = await watchOf(on, stored)
  const key = controlKeys.orders(stored.meter, stored.id)
  const before = await state.get(key)
  let current: Doc<RuleOrders> = before ?? { key, value: { orders: [] }, version: 0 }
  const due = withDueOrder(stored, current.value.orders, { watch, nowMs })
  if (due !== current.value.orders) current = await putOrders(on, stored, current, due)
  const forbidden = await forbiddenNow(on, stored, nowMs)
  for (const { id, when } of current.value.orders) {
    const { orders } = current.value
    const index = orders.findIndex((one) => one.id === id && one.when === when)
    const order = must(orders[index])
    // The end of what is being begun waits for its answer.
    if (orders.slice(0, index).some((one) => one.state === 'confirming')) break
    const answer = await answerTo(on, stored, order)
    const next = advanced(order, { nowMs, answer, forbidden, isStillOn: watch?.isOn ?? false })
    if (next.order === order) continue
    current = await putOrders(on, stored, current, orders.with(index, next.order))
    if (next.send) await sendStep(on, stored, next.order, { step: next.send, token: answer?.token })
  }
}

async function watchOf({ platform }: ControlSources, { meter, id, rule }: StoredRule): Promise<RuleWatch | undefined> {
  if (rule.kind === 'nightSetBack') return undefined
  return (await platform.state.get(controlKeys.watch(meter, id)))?.value
}

/** Why the rule may not act by its permission; undefined: it may. */
async function forbiddenNow(
  { platform, registry }: ControlSources,
  stored: StoredRule,
  nowMs: number,
): Promise<string | undefined> {
  if (!isPermitted(stored, nowMs)) return 'the permission is over'
  const { byId, by } = must(stored.permission ?? undefined)
  if (byId === null || !platform.accounts) return undefined
  const account = await platform.accounts.get(byId)
  const found = await registry.meter(stored.meter)
  const place = found && { areas: await registry.path(found.shard), institution: found.meter.institution }
  const holds = place && grantsFor(account?.grants ?? [], 'control').some((grant) => reaches(grant, place))
  return holds ? undefined : `${by} no longer has the right to control this`
}

/** The gateway of the meter that an order names. Throws where there is none. */
async function gatewayOfOrder({ registry }: ControlSources, { arguments: given }: RuleOrder): Promise<string> {
  const found = await registry.meter(String(given.meter))
  if (!found?.meter.gateway) throw new Error(`meter "${given.meter}" has no gateway`)
  return found.meter.gateway
}

/** The same for each attempt, at most 48 characters with `.confirm`. */
const commandId = (stored: StoredRule, order: RuleOrder): string =>
  `rule.${sha256(ruleAbout(stored)).slice(0, 8)}.${order.id}.${order.attempt}`

async function answerTo(on: ControlSources, stored: StoredRule, order: RuleOrder): Promise<OrderAnswer | undefined> {
  if (order.state !== 'sent' && order.state !== 'confirming') return undefined
  const id = order.state === 'sent' ? commandId(stored, order) : `${commandId(stored, order)}.confirm`
  const doc = await on.platform.state.get(sentCommandsKey(await gatewayOfOrder(on, order)))
  return doc?.value.commands.find((one) => one.id === id)?.result?.value
}

async function sendStep(
  on: ControlSources,
  stored: StoredRule,
  order: RuleOrder,
  { step, token }: { step: 'first' | 'second'; token: unknown },
): Promise<void> {
  const { state, devices, now } = on.platform
  const gateway = await gatewayOfOrder(on, order)
  const id = commandId(stored, order)
  const command: DeviceCommand & { by: string } = {
    ...(step === 'first'
      ? { id, name: order.name, arguments: order.arguments }
      : { id: `${id}.confirm`, name: CONFIRM_COMMAND, arguments: { token } }),
    ...{ expiresMs: must(order.commandUntilMs ?? undefined), by: ruleSender(must(order.by ?? undefined), stored) },
  }
  if (await noteCommand(state, gateway, { command, sentMs: now() })) await devices.command(gateway, command)
}

async function putOrders(
  { platform: { state, now } }: ControlSources,
  stored: StoredRule,
  { key, value, version }: Doc<RuleOrders>,
  orders: readonly RuleOrder[],
): Promise<Doc<RuleOrders>> {
  const before = new Map(value.orders.map((one) => [`${one.when}/${one.id}`, one.state]))
  const changed = orders.filter((one) => before.get(`${one.when}/${one.id}`) !== one.state)
  await putRuleFact(
    state,
    stored,
    { what: 'control.order', who: SCHEDULE, atMs: now(), detail: changed.map(orderDetail) },
    [{ key, value: { orders } satisfies RuleOrders, ifVersion: version }],
  )
  return { key, value: { orders }, version: version + 1 }
}
