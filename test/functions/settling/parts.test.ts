// A run with a limit settles in parts: what it did by then stands, the rest follows in the next run, and all ends as if
// one run had settled everything.

import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../../domain/calendar.ts'
import { registryReader } from '../../../functions/registry/reader.ts'
import { settle } from '../../../functions/settle.ts'
import { freshDays } from '../../../functions/settling/fresh-days.ts'
import { settledKey } from '../../../functions/settling/mark.ts'
import {
  consumptionBytes,
  documents,
  meter,
  NOON_MS,
  oneInstitution,
  openTestPlatform,
  register,
  send,
  TEST_DAYS,
  type TestPlatform,
} from '../province.ts'

const SHARD = '130102'
const IDS = ['M0', 'M1', 'M2', 'M3', 'M4', 'M5']
const VIRTUAL = meter('V', 'A', {
  ...{ kind: 'virtual', gateway: undefined, role: 'sub' },
  formula: IDS.slice(0, 3).map((id) => ({ meter: id, factor: 1 })),
})
const READINGS_PER_PART = 40

/** Hourly readings of each meter from a day on; a new value for a time that was sent already corrects it. */
const sendDay = async (platform: TestPlatform, day: number, ids = IDS, plus = 0): Promise<void> => {
  const fromMs = NOON_MS - 20 * DAY_MS + day * DAY_MS
  for (const [n, id] of ids.entries()) {
    const readings = Array.from({ length: 24 }, (_, hour) => ({
      ...{ meter: id, at: fromMs + hour * HOUR_MS, value: 1000 * n + 24 * day + hour + plus },
    }))
    await send(platform, 'G-A', readings)
  }
}

async function opened() {
  const asked: string[] = []
  const platform = await openTestPlatform()
  await register(platform, oneInstitution([...IDS.map((id) => meter(id, 'A')), VIRTUAL]))
  const fanOut = { send: async (queue: string) => void asked.push(queue) }
  return { platform: { ...platform, fanOut }, asked }
}

/** A run that has time for `parts` parts. Resolves to whether it asked for the rest. */
async function run({ platform, asked }: Awaited<ReturnType<typeof opened>>, parts: number): Promise<boolean> {
  asked.length = 0
  let left = parts
  const handler = settle(platform, { readingsPerPart: READINGS_PER_PART })
  expect(await handler({ shards: [SHARD], hasTime: () => --left > 0 })).toMatchObject({ failed: [] })
  return asked.includes('settle')
}

const outcome = async (platform: TestPlatform) => ({
  hours: await consumptionBytes(platform, [...IDS, 'V']),
  dirty: await documents(platform, 'dirty/'),
  marks: await documents(platform, 'settledTo/'),
})

/** The same readings in the same order, settled without a limit. */
async function atOnce(steps: readonly ((platform: TestPlatform) => Promise<void>)[]) {
  const { platform } = await opened()
  for (const step of steps) await step(platform)
  await settle(platform)({ shards: [SHARD] })
  return outcome(platform)
}

test.each([1, 2, 5])('the first settling of a county, %i parts a run, ends as one run would', async (parts) => {
  const days = [0, 1, 2].map((day) => (platform: TestPlatform) => sendDay(platform, day))
  const host = await opened()
  for (const day of days) await day(host.platform)
  let runs = 1
  while (await run(host, parts)) runs++
  // 432 readings: the six meters have 72 each, so each is a part of its own.
  expect(runs).toBe(Math.ceil(6 / parts))
  const { marks, ...found } = await outcome(host.platform)
  const wanted = await atOnce(days)
  expect(found).toEqual({ hours: wanted.hours, dirty: wanted.dirty })
  expect(marks).toEqual(wanted.marks)
})

test('readings that arrive between two parts, corrections among them, are settled once and wholly', async () => {
  const steps = [
    (platform: TestPlatform) => sendDay(platform, 0),
    (platform: TestPlatform) => sendDay(platform, 1),
    (platform: TestPlatform) => sendDay(platform, 2, ['M1', 'M4']),
    (platform: TestPlatform) => sendDay(platform, 1, ['M0', 'M5'], 0.5),
  ]
  const host = await opened()
  await steps[0](host.platform)
  while (await run(host, 1));
  for (const step of steps.slice(1)) {
    await step(host.platform)
    // One part: of two days' meters some wait when the next readings come.
    expect(await run(host, 1)).toBe(true)
    const mark = (await host.platform.state.get(settledKey(SHARD)))?.value
    expect(mark?.done?.meters.length).toBeGreaterThan(0)
  }
  while (await run(host, 1));
  const { hours, marks } = await outcome(host.platform)
  const wanted = await atOnce(steps)
  expect(hours).toEqual(wanted.hours)
  expect(marks).toEqual(wanted.marks)
  expect(await run(host, 1)).toBe(false)
})

test('hours are shown in full while parts of them wait', async () => {
  const host = await opened()
  await sendDay(host.platform, 0)
  while (await run(host, 1));
  await sendDay(host.platform, 1)
  expect(await run(host, 1)).toBe(true)
  const registry = registryReader(host.platform.state)
  await registry.refresh()
  const wanted = (await atOnce([0, 1].map((day) => (platform: TestPlatform) => sendDay(platform, day)))).hours
  for (const id of IDS) {
    const { platform } = host
    const days = await freshDays(
      { platform, registry },
      { meter: meter(id, 'A'), shard: SHARD, fromDay: TEST_DAYS[0], toDay: TEST_DAYS[1] },
    )
    const shown = await consumptionBytes({ consumption: { ...platform.consumption, get: async () => days } }, [id])
    expect(shown).toEqual(Object.fromEntries(Object.entries(wanted).filter(([key]) => key.startsWith(`${id} `))))
  }
})
