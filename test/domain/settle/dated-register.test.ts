// Holds meters that change by date to conservation: a change of ratio, unit or id leaves totals as they were.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dateStartMs, HOUR_MS } from '../../../domain/calendar.ts'
import { type Meter, meterSchema } from '../../../domain/registry/records.ts'
import { datedProfile, datedRegisterOf, inFirstUnit, inHourScales } from '../../../domain/settle/dated-register.ts'
import type { HourSeries, MeterProfile, Samples } from '../../../domain/settle/series.ts'
import { planWindow, settleSamples } from '../../../domain/settle/settle.ts'
import { factorToAmount } from '../../../domain/unit.ts'
import { runsOf } from '../../campaign.ts'

const plain = { institution: 'A', gateway: 'G', unit: 'kWh', resolution: 0.001 }
const meter = (of: object): Meter => meterSchema.parse({ id: 'M', medium: 'electricity', ...plain, ...of })
const july = dateStartMs('2026-07-01')
const samples = (fromMs: number, stepMs: number, value: readonly number[]): Samples => ({
  atMs: Float64Array.from(value, (_, row) => fromMs + row * stepMs),
  value: Float64Array.from(value),
})
const profileOf = (one: Meter): MeterProfile => ({
  ...(one as MeterProfile & Meter),
  factor: factorToAmount(one.unit, one.medium) ?? Number.NaN,
})
function settled(one: Meter, readings: Samples, touched?: { fromMs: number; toMs: number }): HourSeries {
  const register = datedRegisterOf(one)
  if (!register) return settleSamples(profileOf(one), readings)
  const [profile, own] = [datedProfile(profileOf(one), one, register), inFirstUnit(readings, register)]
  const plan = touched && planWindow(profile, own, touched, { reachesStart: true, reachesEnd: true })
  return inHourScales(settleSamples(profile, own, plan && !('more' in plan) ? plan : undefined), register)
}
const totalOf = ({ amounts }: HourSeries): number =>
  amounts.reduce((sum, one) => sum + (Number.isNaN(one) ? 0 : one), 0)
const hourAt = ({ firstHourMs, amounts }: HourSeries, ms: number): number => amounts[(ms - firstHourMs) / HOUR_MS]

describe('a register with dated rows', () => {
  it('that never changed in what settling needs is settled as one', () => {
    const rows = [plain, { ...plain, role: 'sub', parent: 'X', validFrom: '2026-07-01' }]
    expect(datedRegisterOf(meter({ rows }))).toBeUndefined()
  })

  it('multiplies each hour by the multiplier of its row', () => {
    const one = meter({
      multiplier: 20,
      rows: [
        { ...plain, multiplier: 10 },
        { ...plain, multiplier: 20, validFrom: '2026-07-01' },
      ],
    })
    const series = settled(one, samples(july - 4 * HOUR_MS, 2 * HOUR_MS, [0, 2, 4, 5, 6]))
    expect([...series.amounts]).toEqual([10, 10, 10, 10, 10, 10, 10, 10])
  })

  it('takes the reading at the instant of a change in the unit of the row before', () => {
    const one = meter({ unit: 'Wh', rows: [plain, { ...plain, unit: 'Wh', validFrom: '2026-07-01' }] })
    const series = settled(one, samples(july - 2 * HOUR_MS, HOUR_MS, [5, 6, 7, 8000, 9000]))
    expect([...series.amounts]).toEqual([1, 1, 1, 1])
  })

  it('runs both ways from the day on which its direction says so', () => {
    const one = meter({
      direction: 'bidirectional',
      rows: [plain, { ...plain, direction: 'bidirectional', validFrom: '2026-07-01' }],
    })
    const readings = samples(july - 4 * HOUR_MS, HOUR_MS, [50, 51, 52, 0, 1, 2, 3, 1, 0, 1])
    const series = settled(one, readings)
    expect([...series.amounts]).toEqual([1, 1, Number.NaN, 1, 1, 1, -2, -1, 1])
    expect(series.events).toMatchObject([{ kind: 'reset', before: 52, after: 0 }])
    const forward = settled(meter({}), readings)
    expect(forward.events.length).toBeGreaterThan(1)
  })

  it('that runs both ways and was exchanged counts nothing where its rated maximum does not reach', () => {
    const values = [8_000, 8_020, 7_990, 7_960, 7_980, 40, 55, 30, 10, 25]
    const readings = samples(july, HOUR_MS, values)
    const rated = { ...plain, direction: 'bidirectional' as const, ratedMaxPerHour: 60 }
    const series = settled(meter({ direction: 'bidirectional', ratedMaxPerHour: 60, rows: [rated] }), readings)
    expect([...series.amounts]).toEqual([20, -30, -30, 20, Number.NaN, 15, -25, -20, 15])
    expect(series.events).toMatchObject([{ kind: 'jump', before: 7_980, after: 40, proposed: 'exchange' }])
    // Nobody knows what this register can reach: its falls are what was fed in.
    const unrated = settled(meter({ direction: 'bidirectional' }), readings)
    expect([[...unrated.amounts][4], unrated.events]).toEqual([-7_940, []])
  })

  it('rolls over at the digits of the row in force', () => {
    const rows = [
      { ...plain, digits: 5 },
      { ...plain, digits: 6, validFrom: '2026-07-01' },
    ]
    const one = meter({ digits: 6, rows })
    const before = settled(one, samples(july - 6 * HOUR_MS, HOUR_MS, [99_990, 99_995, 0, 5, 10, 15]))
    expect(hourAt(before, july - 5 * HOUR_MS)).toBe(5)
  })

  it('has another multiplier and unit from a replacement on', () => {
    const atMs = july - 1.5 * HOUR_MS
    const replacements = [{ atMs, finalValue: 102.5, startValue: 1000, multiplier: 2, unit: 'Wh' }]
    const one = meter({ multiplier: 10, replacements })
    const series = settled(one, samples(july - 4 * HOUR_MS, HOUR_MS, [100, 101, 102, 3500, 8500]))
    // 10 kWh an hour: 1 kWh × 10 before, 5000 Wh × 2 after.
    for (const amount of series.amounts) expect(amount).toBeCloseTo(10, 9)
  })

  // No load that a register would be doubted for (docs/rules/settling.md#pace).
  const amounts = fc.array(fc.integer({ min: 200, max: 5000 }), { minLength: 6, maxLength: 60 })
  const multipliers = fc.constantFrom(1, 10, 30, 80)

  it('keeps the total when a row is added, and settles to the same bytes by pieces', () => {
    fc.assert(
      fc.property(
        amounts,
        fc.nat(),
        multipliers,
        multipliers,
        fc.constantFrom('kWh', 'MWh', 'Wh'),
        (steps, where, first, second, unit) => {
          const changeRow = 1 + (where % (steps.length - 1))
          const fromMs = july - changeRow * HOUR_MS
          const toUnit = unit === 'kWh' ? 1 : unit === 'MWh' ? 0.001 : 1000
          const values = [0]
          for (const step of steps) values.push((values.at(-1) ?? 0) + step)
          const shown = values.map((value, row) => (row <= changeRow ? value : value * toUnit))
          const readings = samples(fromMs, HOUR_MS, shown)
          const rows = [
            { ...plain, multiplier: first },
            { ...plain, unit, multiplier: second, validFrom: '2026-07-01' },
          ]
          const one = meter({ unit, multiplier: second, rows })
          const whole = settled(one, readings)
          const want = steps.reduce((sum, step, row) => sum + step * (row < changeRow ? first : second), 0)
          expect(totalOf(whole)).toBeCloseTo(want, 3)
          const touchedMs = fromMs + (where % values.length) * HOUR_MS
          const piece = settled(one, readings, { fromMs: touchedMs, toMs: touchedMs })
          for (const [row, amount] of piece.amounts.entries())
            expect(amount).toBe(hourAt(whole, piece.firstHourMs + row * HOUR_MS))
        },
      ),
      { numRuns: runsOf({ test: 1_000, campaign: 20_000 }) },
    )
  })

  it('leaves hours before a new row to the last bit', () => {
    fc.assert(
      fc.property(amounts, multipliers, multipliers, (steps, first, second) => {
        const values = [0.001]
        for (const step of steps) values.push((values.at(-1) ?? 0) + step / 1000)
        const readings = samples(july - steps.length * HOUR_MS, HOUR_MS, values)
        const before = settled(meter({ multiplier: first }), readings)
        const rows = [
          { ...plain, multiplier: first },
          { ...plain, multiplier: second, validFrom: '2026-07-01' },
        ]
        expect(settled(meter({ multiplier: second, rows }), readings)).toEqual(before)
      }),
      { numRuns: runsOf({ test: 1_000, campaign: 20_000 }) },
    )
  })
})
