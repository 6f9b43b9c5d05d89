// What is shown before settling is what settling then writes, byte for byte: for random arrivals, corrections, suspect
// readings, undone events, replaced meters and formulas, also while a settling that was killed has written half of it.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dayOf, HOUR_MS, MINUTE_MS } from '../../../domain/calendar.ts'
import type { Meter } from '../../../domain/registry/records.ts'
import { canUndo, type ReviewEntry } from '../../../domain/settle/review.ts'
import type { ReadingQuality } from '../../../domain/wire/sent-unit.ts'
import type { ConsumptionDay, Platform } from '../../../functions/platform.ts'
import { registryReader } from '../../../functions/registry/reader.ts'
import { settle } from '../../../functions/settle.ts'
import { freshDays } from '../../../functions/settling/fresh-days.ts'
import { putReview } from '../../../functions/settling/review.ts'
import { runsOf } from '../../campaign.ts'
import {
  AREAS,
  dyingPlatform,
  institution,
  meter,
  NOON_MS,
  openTestPlatform,
  PROVINCE,
  register,
  send,
} from '../province.ts'

/** Many small counties: settling one of them looks at all its meters. */
const SHARDS = Array.from({ length: 100 }, (_, n) => String(130_103 + 2 * n))
const START_MS = NOON_MS - 96 * HOUR_MS
const [FROM_DAY, TO_DAY] = [dayOf(START_MS) - 40, dayOf(NOON_MS) + 40]

/** Rows as text that tells every byte of them. */
const bytesOf = (days: readonly ConsumptionDay[]): string[] =>
  days.map(
    ({ meter: id, day, amounts, flags, events }) =>
      `${id} ${day} ${Buffer.from(new Float64Array(amounts).buffer).toString('hex')} ${Buffer.from(flags).toString('hex')} ${JSON.stringify(events)}`,
  )

/** The platform with every port that writes broken. */
function readOnly(platform: Platform): Platform {
  const refuse = (): never => {
    throw new Error('asking must not write')
  }
  return {
    ...platform,
    readings: { ...platform.readings, append: refuse },
    consumption: { ...platform.consumption, put: refuse },
    state: { ...platform.state, put: refuse, delete: refuse },
    fanOut: { send: refuse },
  }
}

async function shownOf(platform: Platform, meters: readonly string[]): Promise<string[]> {
  const on = readOnly(platform)
  const registry = registryReader(on.state)
  await registry.refresh()
  const days: ConsumptionDay[] = []
  for (const id of meters) {
    const found = await registry.meter(id)
    if (!found) throw new Error(`${id} is not registered`)
    days.push(...(await freshDays({ platform: on, registry }, { ...found, fromDay: FROM_DAY, toDay: TO_DAY })))
  }
  return bytesOf(days)
}

const stoodOf = async ({ consumption }: Platform, meters: readonly string[]): Promise<string[]> =>
  bytesOf(await consumption.get(meters, FROM_DAY, TO_DAY))

interface Arrival {
  part: number
  slot: number
  value: number
  quality: ReadingQuality
}
type Step = { arrivals: Arrival[] } | { undone: number } | { multiplier: number; formula: [number, number] }

/** Few slots, so that corrections and duplicates are common; a few are far away. */
const slot = fc.oneof({ arbitrary: fc.nat(24), weight: 9 }, { arbitrary: fc.nat(280), weight: 1 })
const arrival: fc.Arbitrary<Arrival> = fc.record({
  part: fc.nat(1),
  slot,
  value: fc.oneof({ arbitrary: fc.nat(30), weight: 1 }, { arbitrary: fc.constant(-1), weight: 4 }),
  quality: fc.oneof({ arbitrary: fc.constant('good' as const), weight: 6 }, fc.constantFrom('suspect', 'estimated')),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ arrivals: fc.array(arrival, { minLength: 1, maxLength: 12 }) }), weight: 12 },
  { arbitrary: fc.record({ undone: fc.nat(20) }), weight: 3 },
  {
    arbitrary: fc.record({ multiplier: fc.integer({ min: 1, max: 3 }), formula: fc.tuple(fc.nat(2), fc.nat(2)) }),
    weight: 1,
  },
)

/** Two read meters of one kind, and what is made of them. */
const KINDS: Partial<Meter>[] = [
  { intervalMinutes: 20, digits: 3 },
  {
    intervalMinutes: 60,
    replacements: [{ atMs: START_MS + 5.2 * HOUR_MS, finalValue: 15, startValue: 3 }],
  },
  { kind: 'interval', intervalMinutes: 40, stamp: 'end' },
]
const metersOf = (id: string, kind: number, multiplier = 1, [a, b] = [1, 1]): Meter[] => {
  const { gateway: _, ...sum } = meter(`${id}-S`, id)
  const virtual = { ...sum, kind: 'virtual' as const, role: 'check' as const }
  return [
    meter(`${id}-0`, id, { ...KINDS[kind], multiplier }),
    meter(`${id}-1`, id, { ...KINDS[kind] }),
    { ...virtual, formula: [0, 1].map((part) => ({ meter: `${id}-${part}`, factor: [a, b][part] || -1 })) },
    { ...virtual, id: `${id}-T`, formula: [{ meter: `${id}-S`, factor: 0.5 }] },
  ]
}

describe('what is shown before settling', () => {
  const RUNS = runsOf({ test: 60, campaign: 300 })
  /** A run that fails is made smaller by further runs, each at an institution of its own. */
  const INSTITUTIONS = RUNS + 100

  test('is what settling then writes', { timeout: 900_000 }, async () => {
    const platform = await openTestPlatform()
    const institutions = Array.from({ length: INSTITUTIONS }, (_, n) => institution(`I${n}`, SHARDS[n % SHARDS.length]))
    await register(platform, {
      areas: [
        ...(AREAS ?? []).slice(0, 2),
        ...SHARDS.map((code) => ({ code, name: code, level: 'county' as const, parent: '130100' })),
      ],
      institutions,
      gateways: institutions.map(({ id }) => ({ id: `G-${id}`, institution: id })),
      meters: institutions.flatMap(({ id }, n) => metersOf(id, n % KINDS.length)),
    })
    const settleNow = settle(platform)
    expect(await settleNow({ shards: [] })).toEqual({ failed: [] })
    let next = 0
    let differed = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 3 }), fc.nat(3), async (steps, asked) => {
        const n = next++
        const { id, area } = institutions[n]
        const meters = [metersOf(id, n % KINDS.length)[asked].id]
        for (const one of steps) {
          await take(platform, { id, kind: n % KINDS.length }, one)
          const before = await stoodOf(platform, meters)
          const shown = await shownOf(platform, meters)
          expect(await settleNow({ shards: [area] })).toEqual({ failed: [] })
          expect(shown).toEqual(await stoodOf(platform, meters))
          if (before.join() !== shown.join()) differed++
        }
      }),
      { numRuns: RUNS, endOnFailure: false },
    )
    expect(differed).toBeGreaterThan(RUNS / 2)
  })

  async function take(platform: Platform, { id, kind }: { id: string; kind: number }, one: Step): Promise<void> {
    const atOf = (n: number): number => START_MS + n * 20 * MINUTE_MS
    if ('arrivals' in one) {
      const batch = one.arrivals.map(({ part, slot: n, value, quality }) => ({
        meter: `${id}-${part}`,
        atMs: atOf(n),
        // A register that rises with time, or whatever came.
        value: value < 0 ? n * 3 : value,
        quality,
      }))
      await platform.readings.append(batch, platform.now())
    } else if ('undone' in one) {
      const of = `${id}-${one.undone % 2}`
      const days = await platform.consumption.get([of], FROM_DAY, TO_DAY)
      const events = days.flatMap((day) => day.events.filter(canUndo))
      const entry: ReviewEntry = { state: 'undone', who: 'test', note: null, atMs: platform.now() }
      if (events.length > 0)
        await putReview(platform.state, { meter: of, event: events[one.undone % events.length] }, entry)
    } else {
      await register(platform, { meters: metersOf(id, kind, one.multiplier, one.formula) })
    }
  }

  test('is right at every moment of a settling that is killed', async () => {
    const platform = await openTestPlatform()
    await register(platform, { ...PROVINCE, meters: metersOf('A', 0) })
    const meters = metersOf('A', 0).map(({ id }) => id)
    const reading = (n: number, more = 0) => ({
      meter: 'A-0',
      at: START_MS + n * 20 * MINUTE_MS,
      value: 100 + n + more,
    })
    const hourly = Array.from({ length: 90 }, (_, n) => reading(n))
    await send(platform, 'G-A', [...hourly, ...hourly.map((one) => ({ ...one, meter: 'A-1' }))])
    await settle(platform)({ shards: [] })
    await send(platform, 'G-A', [reading(90), reading(44, 0.5), { ...reading(91), meter: 'A-1' }])
    const shown = await shownOf(platform, meters)
    const before = await stoodOf(platform, meters)
    let kills = 0
    for (let failed = true; failed; ) {
      kills++
      const result = await settle(dyingPlatform(platform, kills))({ shards: [] }).catch(() => undefined)
      failed = result === undefined || result.failed.length > 0
      expect(await shownOf(platform, meters), `killed before call ${kills}`).toEqual(shown)
    }
    expect(kills).toBeGreaterThan(8)
    expect(await stoodOf(platform, meters)).toEqual(shown)
    expect(before).not.toEqual(shown)
  })
})
