// Deletes rejection records older than a quarter or beyond a number that anyone would read; their counts stay. Also
// deletes cleared alerts and finished notifications (telling/retention.ts).

import { DAY_MS } from '../domain/calendar.ts'
import { denialKeys } from './access/denials.ts'
import { handlerOf } from './handler.ts'
import type { Platform, ShardEvent, ShardResult } from './platform.ts'
import { DENIAL_DAYS_MAX, REJECTION_DAYS_MAX } from './state/documents.ts'
import { forgetDone } from './telling/retention.ts'
import { rejectionKeys } from './wire/rejections.ts'

/** Messages with rejections: one gateway that errs each minute for two weeks. */
export const REJECTIONS_MAX = 20_000
const PAGE = 1_000
/** Alerts, and notifications, deleted by one run: a province makes fewer in an hour, and a backlog goes within days. */
const DONE_MAX = 2_000

async function forgetDenials(state: Platform['state'], beforeMs: number): Promise<void> {
  const oldest = denialKeys.from(beforeMs)
  const page = await state.query(denialKeys.from(''), { limit: DONE_MAX })
  await state.delete(page.map(({ key }) => key).filter((key) => key < oldest))
}

export function prune({ state, now, hostClock }: Platform, recordsMax = REJECTIONS_MAX) {
  return handlerOf(async (_: ShardEvent): Promise<ShardResult> => {
    // A clock that runs ahead must not delete what is young (docs/rules/data.md#the-clock-of-the-host).
    const nowMs = hostClock?.vouched(now()) ?? now()
    const oldest = rejectionKeys.from(nowMs - REJECTION_DAYS_MAX * DAY_MS)
    const newest = await state.query(rejectionKeys.from(''), { descending: true, limit: recordsMax + 1 })
    const beyond = newest[recordsMax]?.key ?? ''
    for (;;) {
      const page = await state.query(rejectionKeys.from(''), { limit: PAGE })
      const old = page.map(({ key }) => key).filter((key) => key < oldest || key <= beyond)
      await state.delete(old)
      if (old.length < PAGE) break
    }
    await forgetDenials(state, nowMs - DENIAL_DAYS_MAX * DAY_MS)
    await forgetDone(state, nowMs, DONE_MAX)
    return { failed: [] }
  })
}
