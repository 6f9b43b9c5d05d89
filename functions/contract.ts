// Settles contracts (docs/rules/contracts.md#settlement): once a day it computes every ended period of every signed
// contract anew, and adds a revision where late data or an adjustment changed one. Done again, it changes nothing.

import { dayOf } from '../domain/calendar.ts'
import { contractKeys, inTurn } from './contracting/store.ts'
import { scheduledUntil, settleContract } from './contracting/work.ts'
import { handlerOf } from './handler.ts'
import type { Platform, ShardEvent, ShardResult } from './platform.ts'
import { registryReader } from './registry/reader.ts'
import { eachShard } from './state/shard.ts'

/** Who settles, as the audit log names it. */
const SCHEDULE = 'kilowatch schedule'

/** The messages of its queue name contracts in place of shards; a tick names none. */
export function contract({ state, consumption, fanOut, now }: Platform) {
  const registry = registryReader(state)
  const on = { platform: { state, consumption, now }, registry }
  return handlerOf(async ({ shards, hasTime }: ShardEvent): Promise<ShardResult> => {
    const { revision } = await registry.refresh()
    const day = dayOf(now())
    if (shards.length === 0) {
      const looked = await state.get(contractKeys.looked)
      if (looked?.value.day === day && looked.value.revision === revision) return { failed: [] }
      const all = await state.query(contractKeys.contract())
      const ids = all.map(({ value }) => value.terms.id)
      const result = await settleEach(ids)
      await state.put([{ key: contractKeys.looked, value: { day, revision } }])
      return result
    }
    return settleEach(shards)

    function settleEach(ids: readonly string[]): Promise<ShardResult> {
      return eachShard(ids, async (id) => {
        // The rest of a run that ends soon comes as messages of its own.
        if (hasTime?.() === false) return fanOut.send('contract', [id])
        await inTurn(async () => {
          const doc = await state.get(contractKeys.contract(id))
          if (doc) await settleContract(on, doc, { who: SCHEDULE, untilDay: scheduledUntil(now()) })
        })
      })
    }
  })
}
