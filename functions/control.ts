// Gives the orders of the rules of control that people permitted, and sends those that people confirmed
// (docs/rules/control-rules.md#orders). Reads no hours: assess has watched them.

import { sendOrders } from './controlling/sending.ts'
import { asStoredRule, controlKeys, ruleAbout } from './controlling/store.ts'
import { handlerOf } from './handler.ts'
import type { Platform, ShardEvent, ShardResult } from './platform.ts'
import { registryReader } from './registry/reader.ts'
import { eachShard } from './state/shard.ts'

/** The messages of its queue name rules, as METER/RULE; a tick names none. */
export function control({ state, devices, accounts, now }: Platform) {
  const registry = registryReader(state)
  const on = { platform: { state, devices, now, ...(accounts && { accounts }) }, registry }
  return handlerOf(async ({ shards }: ShardEvent): Promise<ShardResult> => {
    await registry.refresh()
    const rules = (await state.query(controlKeys.rule())).flatMap((doc) => asStoredRule(doc) ?? [])
    const asked = rules.filter((rule) => shards.length === 0 || shards.includes(ruleAbout(rule)))
    const byName = new Map(asked.map((rule) => [ruleAbout(rule), rule]))
    return eachShard([...byName.keys()], async (name) => {
      const rule = byName.get(name)
      if (rule) await sendOrders(on, rule)
    })
  })
}
