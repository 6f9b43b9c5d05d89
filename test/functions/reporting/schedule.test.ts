// The reports of areas on schedule: built once due, each once, from parts, whatever is cut off; never over one that a
// person has begun.

import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, type Month, monthRange } from '../../../domain/calendar.ts'
import { must } from '../../../domain/must.ts'
import { latest, type ReportRecord } from '../../../domain/report/life.ts'
import { docKey, type Platform } from '../../../functions/platform.ts'
import { reportKey } from '../../../functions/reporting/store.ts'
import { reports } from '../../../functions/reports.ts'
import { verifyAudit } from '../../../functions/state/audit.ts'
import { CAMPAIGN } from '../../campaign.ts'
import {
  derive,
  documents,
  dyingPlatform,
  INSTITUTIONS,
  openTestPlatform,
  PROVINCE,
  register,
  send,
} from '../province.ts'

const MONTH: Month = '2026-05'
const FROM_MS = monthRange(MONTH).fromMs
const END_MS = monthRange(MONTH).toMs
const AREA_CODES = ['130000', '130100', '130102', '130104', '130200', '130202']

/** A judged May; the clock stands on a day of June. */
async function judgedMay(day: number) {
  const platform = await openTestPlatform()
  platform.clock.nowMs = END_MS + HOUR_MS
  await register(platform, PROVINCE)
  for (const { id } of INSTITUTIONS) {
    const readings = Array.from({ length: 32 }, (_, n) => ({
      meter: `${id}-E`,
      at: FROM_MS + n * DAY_MS,
      value: 24 * n,
    }))
    await send(platform, `G-${id}`, readings)
  }
  await derive(platform)
  platform.clock.nowMs = END_MS + (day - 1) * DAY_MS + HOUR_MS
  return platform
}
const run = (platform: Platform) => reports(platform)({ shards: [] })
const recordsOf = async (platform: Platform) => (await documents(platform, 'report/')) as Record<string, ReportRecord>
/** Runs until nothing changes, as ticks and messages would. */
async function settled(platform: Platform): Promise<void> {
  for (let round = 0; round < 3; round++) expect(await run(platform)).toEqual({ failed: [] })
}

test('nothing is built before the day of the deadline row, and each area once from then on', async () => {
  const early = await judgedMay(2)
  await settled(early)
  expect(await recordsOf(early)).toEqual({})
  early.clock.nowMs += DAY_MS
  await settled(early)
  const built = await recordsOf(early)
  expect(Object.keys(built)).toEqual(AREA_CODES.map((code) => `report/${code}/${MONTH}`))
  for (const one of Object.values(built)) {
    const { state, build, history } = latest(one)
    expect([state, build.asOfMs, history.length]).toEqual(['draft', END_MS, 1])
    expect(history[0]).toMatchObject({ step: 'build', who: 'kilowatch schedule', office: one.subject })
  }
  expect(await documents(early, 'report-part/')).toEqual({})
  expect((await verifyAudit(early.state)).broken).toBeNull()
  await settled(early)
  expect(await recordsOf(early)).toEqual(built)
})

test('a report that a person has begun is left alone, a draft of the running month is not', async () => {
  const platform = await judgedMay(20)
  await settled(platform)
  const key = reportKey('130100', MONTH)
  const stored = must(await platform.state.get(key))
  const revision = latest(stored.value)
  const locked = { ...stored.value, revisions: [{ ...revision, state: 'locked' as const }] }
  const running = { ...stored.value, subject: '130200' }
  const early = { ...revision, build: { ...revision.build, asOfMs: FROM_MS + DAY_MS } }
  await platform.state.put([
    { key, value: locked },
    { key: reportKey('130200', MONTH), value: { ...running, revisions: [early] } },
  ])
  await settled(platform)
  const now = await recordsOf(platform)
  expect(now[key]).toEqual(locked)
  expect(latest(must(now[`report/130200/${MONTH}`])).build.asOfMs).toBe(END_MS)
})

test('a run that is cut off anywhere is taken up by the next, and ends in the same documents', async () => {
  const wanted = await judgedMay(3)
  await settled(wanted)
  const digestsOf = async (platform: Platform) =>
    Object.values(await recordsOf(platform)).map((one) => [one.subject, latest(one).build.digest])
  const cut = await judgedMay(3)
  const dying = dyingPlatform(cut)
  await settled(dying)
  const calls = dying.calls()
  for (const part of CAMPAIGN ? [0.2, 0.4, 0.6, 0.8] : [0.5]) {
    await cut.state.delete(Object.keys(await recordsOf(cut)).map((key) => docKey(key)))
    await run(dyingPlatform(cut, Math.floor(calls * part))).catch(() => undefined)
    await settled(cut)
    expect(await digestsOf(cut)).toEqual(await digestsOf(wanted))
  }
})
