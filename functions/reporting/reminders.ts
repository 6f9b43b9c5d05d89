// Reminds of reports that are due, once a day: recipients that ask for it get one message for each of their areas and
// each reminder of a deadline, through the outbox of notifications. Ids make a repetition harmless.

import type { Notification } from '../../domain/notify/plan.ts'
import { toEachChannel } from '../../domain/notify/plan.ts'
import type { Recipient } from '../../domain/notify/setting.ts'
import { reminderOn, reminderText } from '../../domain/report/reminder.ts'
import { docKey, type Platform } from '../platform.ts'
import { type RegistryReader, registryReader } from '../registry/reader.ts'
import { dailyDueMs } from '../state/due.ts'
import { enqueue, recipientsOf } from '../telling/outbox.ts'
import { pageUrlOf } from '../telling/plan.ts'
import { schedules } from '../triggers.ts'
import { dueIn, localDateOf, missingIn } from './due.ts'

/** When it was last looked. */
const REMINDED_KEY = docKey<{ atMs: number }>('report-reminded')

export async function remindOfReports(on: Pick<Platform, 'state' | 'pageUrl'>, nowMs: number): Promise<void> {
  const { state } = on
  const mark = await state.get(REMINDED_KEY)
  if (mark && mark.value.atMs >= dailyDueMs(schedules.reportReminders, { area: '', nowMs })) return
  const recipients = (await recipientsOf(state)).filter(({ enabled, reports }) => enabled && reports)
  if (recipients.length > 0) {
    const registry = registryReader(state)
    const { rootArea } = await registry.refresh()
    const pageUrl = await pageUrlOf(on)
    for (const recipient of recipients) {
      const areas = recipient.areas ?? (rootArea === null ? [] : [rootArea])
      for (const area of areas)
        await enqueue(state, await remindersOf({ ...on, registry, pageUrl, nowMs }, recipient, area))
    }
  }
  await state.put([{ key: REMINDED_KEY, value: { atMs: nowMs } }])
}

/** None for an institution, or an area that is not registered. */
async function remindersOf(
  {
    state,
    registry,
    pageUrl,
    nowMs,
  }: Pick<Platform, 'state'> & { registry: RegistryReader; pageUrl: string; nowMs: number },
  recipient: Recipient,
  code: string,
): Promise<Notification[]> {
  const area = (await registry.areasByCode()).get(code)
  if (!area) return []
  const date = localDateOf(nowMs)
  return (await dueIn({ state, registry }, code, date)).flatMap((due) => {
    const days = reminderOn(due, date)
    const missing = missingIn(due).map(({ part }) => part.name)
    if (days === undefined || missing.length === 0) return []
    const text = reminderText({ due, area, missing, date, pageUrl }, recipient.language)
    return toEachChannel(
      recipient,
      `report-due:${code}:${due.period}:${due.label}:${days}:${recipient.id}`,
      text,
      nowMs,
    )
  })
}
