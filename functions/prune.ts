// Deletes rejection records older than a quarter or beyond a number that anyone would read; their counts stay. Also
// deletes cleared alerts and finished notifications (telling/retention.ts).

import { DAY_MS } from '../domain/calendar.ts'
import { handlerOf } from './handler.ts'
import type { Platform, ShardEvent, ShardResult } from './platform.ts'
import { REJECTION_DAYS_MAX } from './state/documents.ts'
import { forgetDone } from './telling/retention.ts'
import { rejectionKeys } from './wire/rejections.ts'

/** Messages with rejections: one gateway that errs each minute for two weeks. */
export const REJECTIONS_MAX = 20_000
const PAGE = 1_000
/** Alerts, and notifications, deleted by one run: a province makes fewer in an hour, and a backlog goes within days. */
const DONE_MAX = 2_000

export function prune({ state, now }: Platform, recordsMax = REJECTIONS_MAX) {
  return handlerOf(async (_: ShardEvent): Promise<ShardResult> => {
    const oldest = rejectionKeys.from(now() - REJECTION_DAYS_MAX * DAY_MS)
    const newest = await state.query(rejectionKeys.from(''), { descending: true, limit: recordsMax + 1 })
    const beyond = newest[recordsMax]?.key ?? ''
    for (;;) {
      const page = await state.query(rejectionKeys.from(''), { limit: PAGE })
      const old = page.map(({ key }) => key).filter((key) => key < oldest || key <= beyond)
      await state.delete(old)
      if (old.length < PAGE) break
    }
    await forgetDone(state, now(), DONE_MAX)
    return { failed: [] }
  })
}
