// A gateway against a real broker and a real outbox: nothing lost, nothing out of order, whatever happens between.

import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type DeviceGateway, type GatewayOptions, startGateway } from '../../devices/gateway.ts'
import { Outbox } from '../../devices/outbox.ts'
import type { Reading, Source } from '../../devices/source.ts'
import type { UplinkState } from '../../devices/uplink.ts'
import { type Broker, firstArrivals, freePort, startBroker, temporaryFolder, until } from './broker.ts'

const QUARTER_MS = 15 * 60_000
const MONDAY_MS = Date.UTC(2026, 10, 23)
const WEEK = 7 * 96
const METERS = ['130102-0007-E1', '130102-0007-E2', '130102-0007-W1', '130102-0007-H1']
const QUICK = { retryMsMin: 5, retryMsMax: 50, refusedRetryMs: 20, stopMsMax: 500 }

/** Registers of four meters every 15 minutes, a block for each time. */
const readingsAt = (round: number): Reading[] =>
  METERS.map((meter, index) => ({ meter, at: MONDAY_MS + round * QUARTER_MS, value: round * (index + 1) + 0.25 }))
const rounds = (count: number): Reading[][] => Array.from({ length: count }, (_, round) => readingsAt(round))
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1)

const sourceOf = (blocks: Iterable<readonly Reading[]>): Source => ({
  async *readings() {
    yield* blocks
  },
})

/** Ends only with the signal, as a driver does. */
const endless = (blocks: readonly (readonly Reading[])[]): Source => ({
  async *readings(signal) {
    yield* blocks
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  },
})

interface Told {
  states: UplinkState[]
  log: { level: string; message: string; facts: Record<string, unknown> }[]
}

function start(
  url: string,
  source: Source,
  options: Partial<GatewayOptions> = {},
): { gateway: DeviceGateway; told: Told } {
  const told: Told = { states: [], log: [] }
  const note =
    (level: string) =>
    (message: string, facts: Record<string, unknown> = {}) => {
      told.log.push({ level, message, facts })
    }
  const gateway = startGateway({
    id: 'gw-1',
    password: 'secret',
    url,
    source,
    outbox: { file: join(temporaryFolder(), 'gw-1.outbox') },
    readingsPerMessage: METERS.length,
    limits: QUICK,
    log: { info: note('info'), warn: note('warn'), error: note('error') },
    onState: (state) => told.states.push(state),
    ...options,
  })
  onTestFinished(() => gateway.stop())
  gateway.drained().catch(() => {})
  return { gateway, told }
}

describe('gateway', () => {
  it('keeps a week of readings while the broker is away, and delivers all of them in order afterwards', async () => {
    const port = await freePort()
    const { gateway } = start(`mqtt://127.0.0.1:${port}`, sourceOf(rounds(WEEK)))
    await until('the week is in the outbox', () => gateway.figures().outbox.readings === WEEK * METERS.length)
    const broker = await startBroker({ port })
    await gateway.drained()
    expect(broker.heard.map(({ seq }) => seq)).toEqual(upTo(WEEK))
    expect(broker.heard.map(({ readings }) => readings)).toEqual(rounds(WEEK))
    expect(broker.heard.every(({ v, topic }) => v === 1 && topic === 'kw/v1/gw-1/readings')).toBe(true)
    expect(gateway.figures()).toMatchObject({
      offered: 2_688,
      acknowledged: 2_688,
      outbox: { entries: 0, droppedReadings: 0 },
    })
  })

  it('keeps the order of first deliveries while the broker dies again and again, and repeats no more than the window', async () => {
    const inFlightMax = 16
    const deaths = 5
    let broker = await startBroker()
    const { port } = broker
    const heard: Broker['heard'] = []
    const { gateway } = start(broker.url, sourceOf(rounds(WEEK)), { limits: { ...QUICK, inFlightMax } })
    for (let death = 1; death <= deaths; death++) {
      await until('the broker has heard some', () => firstArrivals([...heard, ...broker.heard]).length > death * 100)
      await broker.die()
      heard.push(...broker.heard)
      broker = await startBroker({ port })
    }
    await gateway.drained()
    heard.push(...broker.heard)
    expect(firstArrivals(heard)).toEqual(upTo(WEEK))
    expect(heard.length - WEEK).toBeLessThanOrEqual(deaths * inFlightMax)
    for (const { seq, readings } of heard) expect(readings).toEqual(readingsAt(seq - 1))
  })

  it('deletes nothing before its PUBACK', async () => {
    const file = join(temporaryFolder(), 'gw-1.outbox')
    const mute = await startBroker({ beforeAck: () => new Promise(() => {}) })
    const { gateway } = start(mute.url, sourceOf(rounds(10)), { outbox: { file } })
    await until('all are on the wire', () => mute.heard.length === 10)
    expect(gateway.figures()).toMatchObject({ acknowledged: 0, outbox: { entries: 10 } })
    await mute.die()
    await gateway.stop()
    await expect(gateway.drained()).rejects.toThrow('stopped')

    const outbox = new Outbox({ file })
    expect(outbox.peek(0, 100).map(({ seq }) => seq)).toEqual(upTo(10))
    outbox.close()
    const broker = await startBroker()
    const next = start(broker.url, sourceOf([]), { outbox: { file } })
    await next.gateway.drained()
    expect(broker.heard.map(({ seq }) => seq)).toEqual(upTo(10))
  })

  it('deletes what is acknowledged though an earlier message is not', async () => {
    const broker = await startBroker({ beforeAck: ({ seq }) => (seq === 3 ? new Promise(() => {}) : undefined) })
    const { gateway } = start(broker.url, sourceOf(rounds(6)))
    await until('five are acknowledged', () => gateway.figures().outbox.entries === 1)
    expect(gateway.figures().acknowledged).toBe(5 * METERS.length)
  })

  it('leaves a broker that never acknowledges, and sends again from the oldest', async () => {
    const broker = await startBroker({
      beforeAck: () => (broker.connects === 1 ? new Promise(() => {}) : undefined),
    })
    const { gateway, told } = start(broker.url, sourceOf(rounds(3)), { limits: { ...QUICK, ackMsMax: 60 } })
    await gateway.drained()
    expect(broker.connects).toBe(2)
    expect(broker.heard.map(({ seq }) => seq)).toEqual([1, 2, 3, 1, 2, 3])
    expect(told.log.map(({ facts }) => String(facts.reason))).toContainEqual(expect.stringContaining('no PUBACK'))
  })

  it('says that its password is refused, goes on asking slowly, and delivers once it is accepted', async () => {
    const passwords = { 'gw-1': 'other' }
    const broker = await startBroker({ passwords })
    const { gateway, told } = start(broker.url, sourceOf(rounds(2)))
    await until('it was refused three times', () => told.states.filter((state) => state === 'refused').length === 3)
    expect(told.log.filter(({ level }) => level === 'error')[0]).toMatchObject({
      message: expect.stringContaining('refuses id or password'),
      facts: { gateway: 'gw-1', waitMs: QUICK.refusedRetryMs },
    })
    passwords['gw-1'] = 'secret'
    await gateway.drained()
    expect(broker.heard.map(({ seq }) => seq)).toEqual([1, 2])
  })

  it('is shown online with its figures, offline by its will when cut, and offline when it stops', async () => {
    const broker = await startBroker()
    const { gateway } = start(broker.url, endless([]))
    const states = () => broker.statuses.map(({ state }) => state)
    await until('it is online', () => broker.statuses.length === 1)
    expect(broker.statuses[0]).toEqual({ v: 1, state: 'online', queued: 0, dropped: 0 })
    broker.cut()
    await until('it is back', () => broker.statuses.length === 3)
    expect([...states()].sort()).toEqual(['offline', 'online', 'online'])
    await gateway.stop()
    await until('it has said goodbye', () => broker.statuses.length === 4)
    expect(states().at(-1)).toBe('offline')
  })

  it('loses the oldest when its outbox is full, says how many, and delivers the newest', async () => {
    const port = await freePort()
    const file = join(temporaryFolder(), 'gw-1.outbox')
    const { gateway, told } = start(`mqtt://127.0.0.1:${port}`, sourceOf(rounds(50)), {
      outbox: { file, entriesMax: 20 },
    })
    await until('all were offered', () => gateway.figures().offered === 50 * METERS.length)
    const lost = 30 * METERS.length
    expect(gateway.figures().outbox).toMatchObject({ entries: 20, droppedReadings: lost })
    expect(told.log.findLast(({ message }) => message.includes('oldest readings are lost'))).toMatchObject({
      level: 'warn',
      facts: { droppedEver: lost },
    })
    const broker = await startBroker({ port })
    await gateway.drained()
    expect(broker.heard.map(({ seq }) => seq)).toEqual(upTo(50).slice(30))
    expect(broker.statuses[0]).toMatchObject({ state: 'online', dropped: lost })
  })

  it('with `refuse` makes the source wait, and loses nothing', async () => {
    const port = await freePort()
    let given = 0
    const blocks = (function* () {
      for (const block of rounds(50)) {
        given += 1
        yield block
      }
    })()
    const { gateway } = start(`mqtt://127.0.0.1:${port}`, sourceOf(blocks), {
      outbox: { file: join(temporaryFolder(), 'gw-1.outbox'), entriesMax: 20, overflow: 'refuse' },
    })
    await until('the outbox is full', () => gateway.figures().outbox.entries === 20 && given === 21)
    const broker = await startBroker({ port })
    await gateway.drained()
    expect(firstArrivals(broker.heard)).toEqual(upTo(50))
    expect(given).toBe(50)
  })

  it('sends an open message when its first reading has waited long enough', async () => {
    const broker = await startBroker()
    const [block] = rounds(1)
    start(broker.url, endless([block]), { readingsPerMessage: 100, maxDelayMs: 20 })
    await until('it has arrived', () => broker.heard.length === 1)
    expect(broker.heard[0].readings).toEqual(block)
  })

  it('writes what it has read when it is stopped, and sends it after its next start', async () => {
    const file = join(temporaryFolder(), 'gw-1.outbox')
    const stopping = new AbortController()
    const [block] = rounds(1)
    const source: Source = {
      async *readings(signal) {
        yield block
        stopping.abort()
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      },
    }
    const away = `mqtt://127.0.0.1:${await freePort()}`
    const { gateway } = start(away, source, { outbox: { file }, readingsPerMessage: 100, signal: stopping.signal })
    await expect(gateway.drained()).rejects.toThrow('gateway gw-1 was stopped')
    await gateway.stop()
    const broker = await startBroker()
    const next = start(broker.url, sourceOf([]), { outbox: { file } })
    await next.gateway.drained()
    expect(broker.heard.map(({ readings }) => readings)).toEqual([block])
  })

  it('sends what the source gave before it failed, and says why it failed', async () => {
    const broker = await startBroker()
    const [block] = rounds(1)
    const source: Source = {
      async *readings() {
        yield block
        throw new Error('the serial port is gone')
      },
    }
    const { gateway, told } = start(broker.url, source)
    await expect(gateway.drained()).rejects.toThrow('the serial port is gone')
    await until('it has arrived', () => broker.heard.length === 1)
    expect(told.log).toContainEqual(expect.objectContaining({ level: 'error', message: 'the source failed' }))
  })

  it('holds back a value that is not a number, counts it, and sends the rest', async () => {
    const broker = await startBroker()
    const [[first, second, ...rest]] = rounds(1)
    const { gateway } = start(broker.url, sourceOf([[first, { ...second, value: Number.NaN }, ...rest]]))
    await gateway.drained()
    expect(broker.heard.flatMap(({ readings }) => readings)).toEqual([first, ...rest])
    expect(gateway.figures()).toMatchObject({ unsendable: 1, offered: 3 })
  })

  it.each([
    { name: 'an id with a slash', options: { id: 'a/b' }, error: /not a gateway id/ },
    { name: 'more readings a message than the host takes', options: { readingsPerMessage: 2_001 }, error: /1 to 2000/ },
    { name: 'an address that is not MQTT', options: { url: 'http://127.0.0.1' }, error: /not a broker's address/ },
  ])('will not start with $name', ({ options, error }) => {
    expect(() => start('mqtt://127.0.0.1:1', sourceOf([]), options)).toThrow(error)
  })
})
