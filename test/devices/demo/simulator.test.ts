// History is valid on the wire, repeats byte for byte, and live readings go on where it ended, faults included.

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { DemoFault } from '../../../devices/demo/faults.ts'
import { demoProvince } from '../../../devices/demo/province.ts'
import { type HistoryWindow, Simulator } from '../../../devices/demo/simulator.ts'
import type { Reading } from '../../../devices/source.ts'
import { nightFlow } from '../../../domain/alert/kinds/night-flow-leak.ts'
import { defaultLimits } from '../../../domain/alert/rules.ts'
import { DAY_MS, dayOf, HOUR_MS, hourOfDay } from '../../../domain/calendar.ts'
import type { ReadMeter } from '../../../domain/registry/records.ts'
import { HOUR_FLAGS, settleSamples } from '../../../domain/settle/settle.ts'
import { factorToAmount } from '../../../domain/unit.ts'
import { parseReadings } from '../../../domain/wire/reading.ts'

const START_MS = Date.parse('2026-11-23T10:00:00+08:00')
const demo = demoProvince({ seed: 'kilowatch', startMs: START_MS })
const simulator = new Simulator(demo)
const meters = new Map(demo.registry.meters.map((meter) => [meter.id, meter]))
const LAST_MONTHS: HistoryWindow = { fromMs: START_MS - 200 * DAY_MS, toMs: START_MS }

describe('history', () => {
  test('is made of messages that the border accepts whole, numbered from 1', () => {
    for (const gateway of someGateways()) {
      let seq = 0
      for (const message of simulator.historyOf(gateway, LAST_MONTHS)) {
        const parsed = parseReadings(message.payload, {
          gateway,
          receivedMs: START_MS,
          meterOf: (id) => meters.get(id),
          accept: () => {},
        })
        expect(parsed).toEqual({ accepted: message.readings, rejections: [], seq: ++seq })
      }
      expect(seq).toBeGreaterThan(0)
    }
  })

  test('has a reading for every meter and hour, in order of time', () => {
    const [gateway] = someGateways()
    const rows = readingsOf(gateway, { fromMs: START_MS - 3 * DAY_MS, toMs: START_MS })
    expect(rows).toHaveLength(simulator.metersOf(gateway).length * 72)
    const times = rows.map(({ at }) => Number(at))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times[0]).toBe(START_MS - 3 * DAY_MS)
    expect(times.at(-1)).toBe(START_MS - HOUR_MS)
  })

  test('tells earlier days by one reading at midnight', () => {
    const gateway = gatewayOf(ordinaryMeter('water').id)
    const window = { dailyFromMs: demo.originMs, fromMs: START_MS - DAY_MS, toMs: START_MS }
    const times = readingsOf(gateway, window)
      .filter(({ meter }) => meter === ordinaryMeter('water').id)
      .map(({ at }) => Number(at))
    const early = times.filter((at) => at < window.fromMs)
    expect(early).toHaveLength(dayOf(window.fromMs) - dayOf(demo.originMs) + 1)
    expect(early.every((at) => hourOfDay(at) === 0)).toBe(true)
    expect(times.length - early.length).toBe(24)
  })

  test('comes out the same to the byte from the same seed, and differs for another', () => {
    const digest = (of: Simulator, gateway: string) => {
      const hash = createHash('sha256')
      for (const message of of.historyOf(gateway, LAST_MONTHS)) hash.update(message.payload)
      return hash.digest('hex')
    }
    const again = new Simulator(demoProvince({ seed: 'kilowatch', startMs: START_MS }))
    const other = new Simulator(demoProvince({ seed: 'other', startMs: START_MS }))
    for (const gateway of someGateways()) {
      expect(digest(again, gateway)).toBe(digest(simulator, gateway))
      expect(digest(other, gateway)).not.toBe(digest(simulator, gateway))
    }
  })

  test('does not depend on where it begins', () => {
    const [gateway] = someGateways()
    const short = readingsOf(gateway, { fromMs: START_MS - 5 * HOUR_MS, toMs: START_MS })
    expect(readingsOf(gateway, LAST_MONTHS).slice(-short.length)).toEqual(short)
  })
})

describe('registers', () => {
  test('never fall but where a fault is listed', () => {
    const falls = new Set<string>()
    const steps = new Float64Array(24)
    for (const gateway of demo.registry.gateways)
      for (const simulated of simulator.metersOf(gateway.id)) {
        let before = 0
        for (let day = dayOf(START_MS) - 200; day < dayOf(START_MS); day++) {
          simulated.hourlySteps(day, steps)
          for (const now of steps) {
            if (now < before) falls.add(simulated.meter.id)
            before = now
          }
        }
      }
    const falling = demo.faults.filter(({ kind }) => ['reset', 'replaced', 'spike', 'rollover'].includes(kind))
    expect(falls).toEqual(new Set(falling.map(({ meter }) => meter)))
  })

  test('settle to the truth but for what a fault lost', () => {
    for (const kind of ['rollover', 'replaced', 'spike', 'gapFilledLate', 'gapNeverFilled', 'leak'] as const) {
      const { meter } = fault(kind)
      const { series, fromMs, toMs } = settled(meter)
      const simulated = simulator.metersOf(gatewayOf(meter.id)).find((one) => one.meter.id === meter.id)
      const truth = (simulated?.amountAt(toMs) ?? 0) - (simulated?.amountAt(fromMs) ?? 0)
      const total = series.amounts.reduce((sum, amount) => sum + (Number.isNaN(amount) ? 0 : amount), 0)
      const step = meter.resolution * meter.multiplier * (factorToAmount(meter.unit, meter.medium) ?? NaN)
      // Registers are cut to their resolution, and so are both sides of a replacement.
      expect(Math.abs(total - truth), kind).toBeLessThan(kind === 'replaced' ? 3 * step : 2 * step)
    }
  })

  test('show each listed fault to the rules of settlement', () => {
    const events = (kind: DemoFault['kind']) => settled(fault(kind).meter).series.events.map((event) => event.kind)
    expect(events('rollover')).toEqual(['rollover'])
    expect(events('replaced')).toEqual(['replacement'])
    expect(events('reset')).toEqual(['reset'])
    expect(events('spike')).toEqual(['spike'])
    expect(events('leak')).toEqual([])
  })

  test('bridge a gap by estimate until it is filled late', () => {
    const flags = (meter: ReadMeter, fault: DemoFault) => {
      const { series } = settled(meter)
      const hour = Math.floor((fault.fromMs + DAY_MS - series.firstHourMs) / HOUR_MS)
      return HOUR_FLAGS[series.flags[hour]]
    }
    const never = fault('gapNeverFilled')
    expect(flags(never.meter, never.fault)).toBe('estimated')
    const late = fault('gapFilledLate')
    expect(flags(late.meter, late.fault)).toBe('measured')
    expect(readingsOf(gatewayOf(late.meter.id), LAST_MONTHS).at(-1)).toMatchObject({
      meter: late.meter.id,
      at: (late.fault.toMs ?? 0) - HOUR_MS,
    })
  })

  test('of a silent meter are not heard of again', () => {
    const { meter, fault: silence } = fault('silent')
    const heard = readingsOf(gatewayOf(meter.id), LAST_MONTHS).filter((reading) => reading.meter === meter.id)
    expect(Math.max(...heard.map(({ at }) => Number(at)))).toBeLessThan(silence.fromMs)
    expect(simulator.liveReading(meter.id, START_MS + DAY_MS)).toBeUndefined()
  })

  test('stand still while stuck', () => {
    const { meter, fault: stuck } = fault('stuck')
    const at = (ms: number) => simulator.registerAt(meter.id, ms)
    expect(at(stuck.toMs ?? 0)).toBe(at(stuck.fromMs))
    expect(at((stuck.toMs ?? 0) + DAY_MS)).toBeGreaterThan(at(stuck.fromMs))
    expect(at(stuck.fromMs)).toBeGreaterThan(at(stuck.fromMs - DAY_MS))
  })

  test('of a leaking building run at night', () => {
    const { meter, fault: leak } = fault('leak')
    const night = (ms: number) => simulator.registerAt(meter.id, ms + 4 * HOUR_MS) - simulator.registerAt(meter.id, ms)
    const midnights = (from: number) => Array.from({ length: 7 }, (_, day) => from + day * DAY_MS)
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    const before = mean(midnights(leak.fromMs - 14 * DAY_MS).map(night))
    const after = mean(midnights(leak.fromMs + 7 * DAY_MS).map(night))
    expect(after).toBeGreaterThan(2 * before)
  })

  test('of a leaking building are found by the alert rule as it comes', () => {
    const { meter } = fault('leak')
    const { series } = settled(meter)
    const subject = { type: 'meter', id: meter.id } as const
    const asked = { subject, limits: defaultLimits('nightFlowLeak'), asOfMs: START_MS }
    expect(nightFlow(asked, { hours: series }).value).toBeGreaterThan(asked.limits.raise)
  })

  test('of sub-meters sum to a little less than their main meter and what the roof generates', () => {
    const fromMs = START_MS - 30 * DAY_MS
    const amounts = new Map<string, number>()
    for (const { id } of demo.registry.gateways)
      for (const one of simulator.metersOf(id)) amounts.set(one.meter.id, one.amountAt(START_MS) - one.amountAt(fromMs))
    const fully = demo.registry.meters.filter((meter) => meter.purpose === '01D00')
    expect(fully.length).toBeGreaterThan(10)
    for (const { parent } of fully) {
      const below = (role: string) => demo.registry.meters.filter((one) => one.parent === parent && one.role === role)
      const sum = (meters: { id: string }[]) => meters.reduce((total, { id }) => total + (amounts.get(id) ?? 0), 0)
      const generated = sum(below('generation'))
      expect(generated).toBeGreaterThan(0)
      const share = sum(below('sub')) / ((amounts.get(parent ?? '') ?? 0) + generated)
      expect(share).toBeGreaterThan(0.95)
      expect(share).toBeLessThan(0.99)
    }
    for (const total of demo.registry.meters.filter((meter) => meter.purpose === '01D10')) {
      const it = demo.registry.meters.find((meter) => meter.parent === total.id)
      const pue = (amounts.get(total.id) ?? 0) / (amounts.get(it?.id ?? '') ?? 0)
      expect(pue).toBeGreaterThan(1.2)
      expect(pue).toBeLessThan(2)
    }
  })

  test('of district heat stand still outside the heating season', () => {
    const heat = ordinaryMeter('heat').id
    const at = (date: string) => simulator.registerAt(heat, Date.parse(`${date}T12:00:00+08:00`))
    expect(at('2026-11-14')).toBe(at('2026-03-16'))
    expect(at('2026-11-16')).toBeGreaterThan(at('2026-11-14'))
  })
})

describe('live readings', () => {
  test('go on exactly where history ended', () => {
    for (const { id, gateway, kind } of [ordinaryMeter('electricity'), ordinaryMeter('gas'), intervalMeter()]) {
      const last = readingsOf(gateway, { fromMs: START_MS - DAY_MS, toMs: START_MS + HOUR_MS })
        .filter(({ meter }) => meter === id)
        .at(-1)
      expect(simulator.liveReading(id, START_MS), kind).toEqual(last)
    }
  })

  test('grow within the hour and after days switched off', () => {
    const { id } = ordinaryMeter('electricity')
    const values = [0, HOUR_MS / 2, HOUR_MS, 5 * DAY_MS].map((later) => simulator.registerAt(id, START_MS + later))
    expect(values).toEqual(values.toSorted((a, b) => a - b))
    expect(new Set(values).size).toBe(4)
    const restarted = new Simulator(demoProvince({ seed: 'kilowatch', startMs: START_MS }))
    expect(restarted.registerAt(id, START_MS + 5 * DAY_MS)).toBe(values[3])
  })

  test('come from a source at its interval of the given clock, after the hours it missed', async () => {
    const { gateway } = ordinaryMeter('electricity')
    let nowMs = START_MS
    const stop = new AbortController()
    const source = simulator.source(gateway, {
      intervalSeconds: 60,
      sinceMs: START_MS - 3 * HOUR_MS,
      now: () => nowMs,
      wait: async (ms) => {
        nowMs += ms
      },
    })
    const blocks: (readonly Reading[])[] = []
    for await (const block of source.readings(stop.signal)) {
      blocks.push(block)
      if (blocks.length === 7) stop.abort()
    }
    const times = blocks.map((block) => Number(block[0].at))
    expect(times.slice(0, 4)).toEqual([3, 2, 1, 0].map((hours) => START_MS - hours * HOUR_MS))
    expect(times.slice(5).map((at, index) => at - times[index + 4])).toEqual([60_000, 60_000])
    expect(blocks[0].length).toBe(simulator.metersOf(gateway).length)
  })

  test('of an interval meter come once an hour', async () => {
    const { id, gateway } = intervalMeter()
    let nowMs = START_MS
    const stop = new AbortController()
    const wait = async (ms: number) => {
      nowMs += ms
    }
    const heard: Reading[] = []
    const options = { intervalSeconds: 600, sinceMs: START_MS, now: () => nowMs, wait }
    for await (const block of simulator.source(gateway, options).readings(stop.signal)) {
      heard.push(...block.filter(({ meter }) => meter === id))
      if (nowMs >= START_MS + 3 * HOUR_MS) stop.abort()
    }
    expect(heard.map(({ at }) => Number(at))).toEqual([0, 1, 2, 3].map((hours) => START_MS + hours * HOUR_MS))
  })
})

/** A few gateways of different make-up: with a fault filled late, with an interval meter, with a data centre. */
function someGateways(): string[] {
  const dataCentre = demo.registry.meters.find(({ purpose }) => purpose === '01D1A')
  return [dataCentre?.gateway ?? '', intervalMeter().gateway, gatewayOf(fault('gapFilledLate').meter.id)]
}

function gatewayOf(meter: string): string {
  return meters.get(meter)?.gateway ?? ''
}

function readingsOf(gateway: string, window: HistoryWindow): Reading[] {
  return [...simulator.historyOf(gateway, window)].flatMap(
    ({ payload }) => (JSON.parse(payload) as { readings: Reading[] }).readings,
  )
}

const inOrder = (readings: Reading[]): Reading[] => readings.toSorted((a, b) => Number(a.at) - Number(b.at))

/** The first listed fault of a kind, of a register meter, with the meter as registered. */
function fault(kind: DemoFault['kind']): { fault: DemoFault; meter: ReadMeter } {
  for (const candidate of demo.faults) {
    const meter = meters.get(candidate.meter)
    if (candidate.kind === kind && meter?.kind === 'register') return { fault: candidate, meter }
  }
  throw new Error(`the demo has no ${kind}`)
}

function ordinaryMeter(medium: ReadMeter['medium']): ReadMeter {
  const faulty = new Set(demo.faults.map(({ institution }) => institution))
  const meter = demo.registry.meters.find(
    (one) => one.medium === medium && one.role === 'main' && one.kind === 'register' && !faulty.has(one.institution),
  )
  if (!meter) throw new Error(`the demo has no ordinary ${medium} meter`)
  return meter
}

function intervalMeter(): ReadMeter {
  const faulty = new Set(demo.faults.map(({ institution }) => institution))
  const meter = demo.registry.meters.find((one) => one.kind === 'interval' && !faulty.has(one.institution))
  if (!meter) throw new Error('the demo has no interval meter')
  return meter
}

function settled(meter: ReadMeter) {
  const readings = inOrder(readingsOf(meter.gateway, LAST_MONTHS).filter((reading) => reading.meter === meter.id))
  const atMs = Float64Array.from(readings, ({ at }) => Number(at))
  const value = Float64Array.from(readings, (reading) => reading.value)
  const factor = factorToAmount(meter.unit, meter.medium) ?? NaN
  return { series: settleSamples({ ...meter, factor }, { atMs, value }), fromMs: atMs[0], toMs: atMs[atMs.length - 1] }
}
