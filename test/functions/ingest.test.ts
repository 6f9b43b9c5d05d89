// What ingest does with messages, over the platform of one machine: good readings are stored in the register's unit,
// bad ones are kept and counted by their reason, and nothing is acknowledged that is not stored.

import { describe, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import { inRegisterUnit } from '../../domain/settle/sent-samples.ts'
import { SENT_UNITS } from '../../domain/wire/sent-unit.ts'
import { ingest } from '../../functions/ingest.ts'
import { type Key, type MqttMessage, type Platform, VersionConflict } from '../../functions/platform.ts'
import { registryKeys } from '../../functions/registry/reader.ts'
import { type RejectionRecord, rejectionKeys } from '../../functions/wire/rejections.ts'
import {
  documents,
  meter,
  NOON_MS,
  oneInstitution,
  openTestPlatform,
  PROVINCE,
  register,
  send,
  type WireReading,
} from './province.ts'

const good = (id: string, value: unknown = 1, more: Partial<WireReading> = {}): WireReading => ({
  meter: id,
  at: NOON_MS - MINUTE_MS,
  value,
  ...more,
})
const message = (gateway: string, readings: readonly WireReading[], id = 'm1'): MqttMessage => ({
  id,
  gateway,
  payload: JSON.stringify({ v: 1, readings }),
  receivedMs: NOON_MS,
})
async function province() {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  return platform
}
const records = async (platform: Platform): Promise<RejectionRecord[]> =>
  Object.values(await documents(platform, 'rejection/')) as RejectionRecord[]
const valuesOf = async (platform: Platform, id: string): Promise<number[]> =>
  Array.from((await platform.readings.range([id], 0, Infinity)).get(id)?.value ?? [])

test('one bad reading never sinks its message, and one bad message never its batch', async () => {
  const platform = await province()
  const result = await ingest(platform)({
    messages: [
      message('G-A', [good('A-E', 5), good('A-E', 'much'), good('A-W', 7)], 'a'),
      { ...message('G-B', []), id: 'b', payload: '{"v":1,"readings":[' },
      message('G-C', [good('C-E', 9)], 'c'),
    ],
  })
  expect(result).toEqual({ stored: 3, rejected: 2, failed: [] })
  expect(await valuesOf(platform, 'A-E')).toEqual([5])
  expect(await valuesOf(platform, 'A-W')).toEqual([7])
  expect(await valuesOf(platform, 'C-E')).toEqual([9])
  expect(await records(platform)).toMatchObject([
    { gateway: 'G-A', count: 1, receivedMs: NOON_MS, rejections: [{ code: 'badReading', index: 1, meter: 'A-E' }] },
    { gateway: 'G-B', count: 1, rejections: [{ code: 'notJson', index: null, meter: null }] },
  ])
})

describe('a reading is refused by its reason', () => {
  const cases: [code: string, readings: WireReading[]][] = [
    ['unknownMeter', [good('nobody')]],
    ['meterOfOtherGateway', [good('B-E')]],
    ['atInFuture', [good('A-E', 1, { at: NOON_MS + 16 * MINUTE_MS })]],
    ['atTooOld', [good('A-E', 1, { at: 0 })]],
    ['badTime', [good('A-E', 1, { at: 'yesterday' })]],
    ['notFinite', [good('A-E', 1e308, { unit: 'MWh' })]],
    ['unitNotConvertible', [good('A-E', 1, { unit: 'm³' })]],
    ['badReading', [good('A-E', null)]],
  ]
  test.each(cases)('%s', async (code, readings) => {
    const platform = await province()
    const result = await send(platform, 'G-A', [good('A-E', 42, { at: NOON_MS - DAY_MS }), ...readings])
    expect(result).toEqual({ stored: 1, rejected: readings.length, failed: [] })
    const [record] = await records(platform)
    expect(record.rejections[0]).toMatchObject({ code, index: 1 })
    expect(record.rejections[0].detail).not.toBe('')
    expect(await documents(platform, rejectionKeys.count('G-A'))).toEqual({ 'rejectionCount/G-A': { [code]: 1 } })
    expect(await valuesOf(platform, 'A-E')).toEqual([42])
    expect(await valuesOf(platform, 'B-E')).toEqual([])
  })

  test('unknownGateway, for a message whose sender is not registered', async () => {
    const platform = await province()
    const result = await send(platform, 'G-nobody', [good('A-E')])
    expect(result).toEqual({ stored: 0, rejected: 1, failed: [] })
    expect((await records(platform))[0].rejections).toEqual([
      { code: 'unknownGateway', detail: 'gateway "G-nobody" is not registered', index: null, meter: null },
    ])
  })

  test('meterOfOtherGateway, and says at which', async () => {
    const platform = await province()
    await send(platform, 'G-A', [good('B-E')])
    expect((await records(platform))[0].rejections[0].detail).toBe('meter "B-E" is registered at gateway "G-B"')
  })
})

test('readings are stored as they come, and are in the unit of their register for who reads them', async () => {
  const platform = await openTestPlatform()
  const units: [medium: 'electricity' | 'heat' | 'water', register: string, sent: string, want: number][] = [
    ['electricity', 'kWh', 'MWh', 2_000],
    ['electricity', 'MWh', 'Wh', 0.000_002],
    ['heat', 'GJ', 'MWh', 7.2],
    ['heat', 'kWh', 'GJ', 2 / 0.0036],
    ['water', 'm³', 'L', 0.002],
    ['water', 'L', 'm3', 2_000],
  ]
  await register(platform, oneInstitution(units.map(([medium, unit], n) => meter(`M${n}`, 'A', { medium, unit }))))
  const result = await send(
    platform,
    'G-A',
    units.map(([, , unit], n) => good(`M${n}`, 2, { unit })),
  )
  expect(result.stored).toBe(units.length)
  const stored = await platform.readings.range(
    units.map((_, n) => `M${n}`),
    0,
    Number.POSITIVE_INFINITY,
  )
  for (const [n, [medium, register, sent, want]] of units.entries()) {
    const samples = must(stored.get(`M${n}`))
    expect([...samples.value, SENT_UNITS[samples.unit?.[0] ?? 0]]).toEqual([2, sent])
    const [value] = inRegisterUnit(samples, meter(`M${n}`, 'A', { medium, unit: register })).value
    expect(must(value) / want).toBeCloseTo(1, 14)
  }
})

describe('rejections that cannot be kept', () => {
  const batch = (bad: readonly string[]) => ({
    messages: [
      message('G-A', [good('A-E')], 'good'),
      ...bad.map((gateway, n) => message(gateway, [good(gateway === 'G-A' ? 'B-E' : 'A-E', null)], `bad${n}`)),
    ],
  })
  const failing = (platform: Platform, failure: (keys: readonly string[]) => Error | undefined): Platform => ({
    ...platform,
    state: {
      ...platform.state,
      async put(docs, options) {
        const error = failure(docs.map(({ key }) => key))
        if (error) throw error
        return platform.state.put(docs, options)
      },
    },
  })

  test('fail no message but their own: good readings are stored and acknowledged', async () => {
    const platform = await province()
    const broken = failing(platform, () => new Error('throttled'))
    const { stored, failed } = await ingest(broken)(batch(['G-B', 'G-C']))
    expect({ stored, failed: failed.map(({ id }) => id) }).toEqual({ stored: 1, failed: ['bad0', 'bad1'] })
    expect(failed[0].reason).toContain('throttled')
    expect(await valuesOf(platform, 'A-E')).toHaveLength(1)
  })

  test('because the registry cannot be asked for other gateways, too', async () => {
    const platform = await province()
    const getMany = () => Promise.reject(new Error('throttled'))
    const broken = { ...platform, state: { ...platform.state, getMany } }
    const { failed } = await ingest(broken)(batch(['G-A']))
    expect(failed.map(({ id }) => id)).toEqual(['bad0'])
  })

  test('because another batch counts one gateway do not hold up those of others', async () => {
    const platform = await province()
    const meeting = failing(platform, (keys) => {
      const count = keys.find((key) => key === rejectionKeys.count('G-B'))
      return count ? new VersionConflict(count) : undefined
    })
    const { failed } = await ingest(meeting)(batch(['G-B', 'G-C', 'G-D']))
    expect(failed.map(({ id }) => id)).toEqual(['bad0'])
    expect(Object.keys(await documents(platform, rejectionKeys.count('')))).toEqual([
      'rejectionCount/G-C',
      'rejectionCount/G-D',
    ])
    // Delivered again it is counted once.
    await ingest(platform)(batch(['G-B', 'G-C', 'G-D']))
    expect(await documents(platform, rejectionKeys.count('G-C'))).toMatchObject({
      'rejectionCount/G-C': { badReading: 1 },
    })
  })
})

test('when the store cannot take them, nothing of the batch is acknowledged or counted', async () => {
  const platform = await province()
  const broken: Platform = {
    ...platform,
    readings: { ...platform.readings, append: () => Promise.reject(new Error('the disk is full')) },
  }
  const batch = { messages: [message('G-A', [good('A-E')]), message('G-B', [good('B-E', 'bad')], 'b')] }
  await expect(ingest(broken)(batch)).rejects.toThrow('the disk is full')
  expect(await documents(platform, 'rejection')).toEqual({})
  expect(await ingest(platform)(batch)).toEqual({ stored: 1, rejected: 1, failed: [] })
})

test('a message whose registration cannot be read is to be delivered again; the others are done', async () => {
  const platform = await province()
  const broken: Platform = {
    ...platform,
    state: {
      ...platform.state,
      get: <T>(key: Key<T>) =>
        key === registryKeys.gateway('G-A') ? Promise.reject(new Error('timeout')) : platform.state.get(key),
    },
  }
  const result = await ingest(broken)({
    messages: [message('G-A', [good('A-E')], 'a'), message('G-B', [good('B-E')], 'b')],
  })
  expect(result).toMatchObject({ stored: 1, rejected: 0, failed: [{ id: 'a' }] })
  expect(result.failed[0].reason).toContain('timeout')
})

test('of a message with many bad readings the first 50 are kept with their detail, and all are counted', async () => {
  const platform = await province()
  const bad = Array.from({ length: 130 }, (_, n) => good('A-E', n % 2 === 0 ? 'x' : null, { at: NOON_MS - n }))
  expect(await send(platform, 'G-A', bad)).toEqual({ stored: 0, rejected: 130, failed: [] })
  const [record] = await records(platform)
  expect(record.count).toBe(130)
  expect(record.rejections).toHaveLength(50)
  expect(await documents(platform, 'rejectionCount/')).toEqual({ 'rejectionCount/G-A': { badReading: 130 } })
})

test('every reading of another gateway or of a virtual meter is told apart from unknown ones, however many', async () => {
  const platform = await province()
  const formula = [{ meter: 'A-E', factor: 1 }]
  await register(platform, {
    meters: [meter('A-V', 'A', { kind: 'virtual', role: 'check', formula, gateway: undefined })],
  })
  const many = (count: number, id: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => good(id(n), 1, { at: NOON_MS - n }))
  await send(platform, 'G-A', [
    ...many(70, (n) => `nobody-${n}`),
    ...many(120, () => 'B-E'),
    ...many(3, () => 'A-V'),
    ...many(5, () => 'A-E').map((one) => ({ ...one, at: 0 })),
  ])
  const counts = { unknownMeter: 70, meterOfOtherGateway: 120, meterNotRead: 3, atTooOld: 5 }
  expect(await documents(platform, 'rejectionCount/')).toEqual({ 'rejectionCount/G-A': counts })
  const [record] = await records(platform)
  expect(record).toMatchObject({ count: 198, counts })
  expect(record.rejections).toHaveLength(50)
  expect(Object.keys(Object.groupBy(record.rejections, ({ code }) => code)).sort()).toEqual(Object.keys(counts).sort())
})

test('what is refused is counted by gateway and code, over batches that race', async () => {
  const platform = await province()
  const take = ingest(platform)
  await Promise.all(
    Array.from({ length: 4 }, (_, n) =>
      take({
        messages: [
          message('G-A', [good('A-E', 'x'), good('nobody')], `a${n}`),
          message('G-A', [good('nobody')], `b${n}`),
          message('G-B', [good('nobody')], `c${n}`),
        ],
      }),
    ),
  )
  expect(await documents(platform, 'rejectionCount/')).toEqual({
    'rejectionCount/G-A': { badReading: 4, unknownMeter: 8 },
    'rejectionCount/G-B': { unknownMeter: 4 },
  })
  expect(await records(platform)).toHaveLength(12)
})

test('a message that is delivered again is kept and counted once', async () => {
  const platform = await province()
  const batch = { messages: [message('G-A', [good('A-E', 5), good('A-E', 'x')])] }
  for (let time = 0; time < 3; time++) await ingest(platform)(batch)
  expect(await records(platform)).toHaveLength(1)
  expect(await documents(platform, 'rejectionCount/')).toEqual({ 'rejectionCount/G-A': { badReading: 1 } })
  expect(await platform.readings.count(['A-E'])).toBe(1)
})

test('a registry that has changed holds from the next invocation on', async () => {
  const platform = await province()
  const take = ingest(platform)
  const batch = { messages: [message('G-A', [good('A-new', 3, { at: NOON_MS - HOUR_MS })])] }
  expect(await take(batch)).toMatchObject({ stored: 0, rejected: 1 })
  await register(platform, { meters: [meter('A-new', 'A')] })
  expect(await take(batch)).toMatchObject({ stored: 1, rejected: 0 })
  const toOther = { institution: 'B', gateway: 'G-B' }
  await register(platform, { meters: [meter('A-new', 'B', toOther)] })
  expect(await take(batch)).toMatchObject({ stored: 0, rejected: 1 })
})

test('asks for the counties of its senders to be settled, and only when something was stored', async () => {
  const platform = await province()
  const asked: string[][] = []
  const watched: Platform = {
    ...platform,
    fanOut: { send: async (queue, shards) => void asked.push([queue, ...shards]) },
  }
  await ingest(watched)({
    messages: [message('G-A', [good('A-E')]), message('G-B', [good('B-E')], 'b'), message('G-D', [good('D-E')], 'd')],
  })
  await ingest(watched)({ messages: [message('G-A', [good('nobody')], 'e')] })
  await ingest(watched)({ messages: [] })
  expect(asked).toEqual([['settle', '130102', '130202']])
})

test('names of JavaScript itself are meters and gateways like any other', async () => {
  const platform = await openTestPlatform()
  await register(platform, oneInstitution([meter('constructor', 'A'), meter('M', 'A')]))
  expect(
    await send(platform, 'G-A', [good('constructor', 5), good('toString', 5), good('__proto__', 5)]),
  ).toMatchObject({
    stored: 1,
    rejected: 2,
  })
  expect(await valuesOf(platform, 'constructor')).toEqual([5])
})

test('a reading that the store refuses for good is a rejection of its message; the others stand and are settled', async () => {
  const platform = await province()
  const sent: string[][] = []
  const choosy: Platform = {
    ...platform,
    readings: {
      ...platform.readings,
      append: async (batch, receivedMs) => {
        const index = batch.findIndex(({ meter: id }) => id === 'B-E')
        await platform.readings.append(batch.toSpliced(index, 1), receivedMs)
        return [{ index, reason: 'outside of retention' }]
      },
    },
    fanOut: { send: async (_, shards) => void sent.push([...shards]) },
  }
  const batch = { messages: [message('G-A', [good('A-E')]), message('G-B', [good('B-E'), good('B-E', 'bad')], 'b')] }
  expect(await ingest(choosy)(batch)).toEqual({ stored: 1, rejected: 2, failed: [] })
  const [record] = Object.values(await documents(platform, 'rejection/')) as RejectionRecord[]
  expect(record).toMatchObject({
    gateway: 'G-B',
    count: 2,
    rejections: [{ code: 'badReading' }, { code: 'notKept', meter: 'B-E' }],
  })
  expect(record.rejections[1].detail).toMatch(/at 2\d{3}-.*outside of retention/)
  expect(sent).toHaveLength(1)
  expect(
    await ingest({
      ...choosy,
      readings: { ...choosy.readings, append: async (all) => all.map((_, index) => ({ index, reason: 'no' })) },
    })(batch),
  ).toMatchObject({ stored: 0 })
  expect(sent).toHaveLength(1)
})
