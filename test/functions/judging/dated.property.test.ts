// Random changes by date, many at once: splitting a meter's life into two ids, exchanging it, changing its ratio or
// unit, and moving it or its institution leave every total as it was; and what is entered late stands as what was
// entered early.

import { existsSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { DAY_MS, dateStartMs, dayLabel, dayOf, HOUR_MS, type Month } from '../../../domain/calendar.ts'
import type { SubjectMonth } from '../../../domain/energy/subject-month.ts'
import type { Institution, Meter } from '../../../domain/registry/records.ts'
import { importInto } from '../../../functions/judging/import-records.ts'
import { readYear, subjectYearKey } from '../../../functions/judging/subject-year.ts'
import type { Platform } from '../../../functions/platform.ts'
import { rebuild } from '../../../functions/rebuild.ts'
import type { RegistryPart } from '../../../functions/registry/import.ts'
import { runsOf } from '../../campaign.ts'
import { AREAS, derive, documents, institution, meter, openTestPlatform, register, send } from '../province.ts'

const FIRST_DAY = dayOf(dateStartMs('2026-04-24'))
const DAYS = 13
const HOURS = DAYS * 24
const MONTHS: readonly Month[] = ['2026-04', '2026-05']
/** Each run holds so many changes, each of an institution of its own. */
const CHANGES = 25
const RUNS = runsOf({ test: 2, campaign: 40 })
const TIMEOUT_MS = 900_000

const KINDS = ['split', 'exchange', 'ratio', 'unit', 'move', 'toOther'] as const
const change = fc.record({
  kind: fc.constantFrom(...KINDS),
  day: fc.integer({ min: 1, max: DAYS - 2 }),
  /** Quarters of a kWh in each hour of a day: sums of them are exact. */
  quarters: fc.array(fc.integer({ min: 4, max: 40 }), { minLength: 24, maxLength: 24 }),
  ratios: fc.constantFrom([1, 2], [2, 4], [4, 1], [2, 2]),
})
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

/** The kWh from the start up to each hour. */
function registerOf({ quarters }: Change): Float64Array {
  const sums = new Float64Array(HOURS + 1)
  for (let hour = 0; hour < HOURS; hour++) sums[hour + 1] = (sums[hour] ?? 0) + (quarters[hour % 24] ?? 0) / 4
  return sums
}

interface World {
  /** Nothing changes: one meter at one institution. */
  plain: RegistryPart
  /** The same use with the changes. */
  dated: RegistryPart
  readings: { gateway: string; meter: string; at: number; value: number; unit?: string }[]
}

function worldOf(changes: readonly Change[]): World {
  const plain: { institutions: Institution[]; meters: Meter[] } = { institutions: [], meters: [] }
  const [institutions, meters]: [Institution[], Meter[]] = [[], []]
  const readings: World['readings'] = []
  for (const [index, one] of changes.entries()) {
    const id = `A${index}`
    const day = dayLabel(FIRST_DAY + one.day)
    const sums = registerOf(one)
    const before = (atMs: number): boolean => atMs <= dateStartMs(day)
    const sent = (name: string, valueAt: (kwh: number, atMs: number) => number | undefined, more = {}): void => {
      for (let hour = 0; hour <= HOURS; hour++) {
        const at = FIRST_MS + hour * HOUR_MS
        const value = valueAt(sums[hour] ?? 0, at)
        if (value !== undefined) readings.push({ gateway: `G-${id}`, meter: name, at, value, ...more })
      }
    }
    const changedKwh = sums[one.day * 24] ?? 0
    const [first, then] = one.kind === 'ratio' || one.kind === 'exchange' ? one.ratios : [1, 1]
    const row = { institution: id, gateway: `G-${id}`, role: 'main', unit: 'kWh', resolution: 0.01, multiplier: first }
    const rowOf = (more: object) => ({ ...row, ...more }) as NonNullable<Meter['rows']>[number]
    plain.institutions.push(institution(id, COUNTIES[0]), institution(`B${index}`, COUNTIES[1]))
    plain.meters.push(meter(`${id}-E`, id, { multiplier: first }))
    institutions.push(institution(id, COUNTIES[0]), institution(`B${index}`, COUNTIES[1]))
    const name = `${id}-E`
    if (one.kind === 'split') {
      sent(name, (kwh, at) => (before(at) ? kwh : undefined))
      sent(`${id}-N`, (kwh, at) => (at >= dateStartMs(day) ? kwh - changedKwh + 7 : undefined))
      meters.push(meter(name, id, { rows: [rowOf({ validTo: day })] }))
      meters.push(meter(`${id}-N`, id, { rows: [rowOf({ validFrom: day })] }))
    } else if (one.kind === 'exchange') {
      // The old meter's last value is sent at the instant of the exchange, the new one begins at 3.
      sent(name, (kwh, at) => (before(at) ? kwh / first : 3 + (kwh - changedKwh) / then))
      const replacement = { atMs: dateStartMs(day), finalValue: changedKwh / first, startValue: 3, multiplier: then }
      meters.push(meter(name, id, { multiplier: first, replacements: [replacement] }))
    } else if (one.kind === 'ratio') {
      sent(name, (kwh, at) => (before(at) ? kwh / first : changedKwh / first + (kwh - changedKwh) / then))
      const rows = [rowOf({}), rowOf({ multiplier: then, validFrom: day })]
      meters.push(meter(name, id, { multiplier: then, rows }))
    } else if (one.kind === 'unit') {
      // The gateway says kWh all the time, whatever the register is taken to count in.
      sent(name, (kwh) => kwh, { unit: 'kWh' })
      const rows = [rowOf({}), rowOf({ unit: 'MWh', resolution: 1e-5, validFrom: day })]
      meters.push(meter(name, id, { unit: 'MWh', resolution: 1e-5, rows }))
    } else if (one.kind === 'move') {
      sent(name, (kwh) => kwh)
      const rows = [{ area: COUNTIES[0] }, { area: COUNTIES[2], validFrom: day }]
      const moved = rows.map((own) => ({ type: 'government' as const, ...own }))
      institutions.splice(-2, 1, institution(id, COUNTIES[2], { rows: moved }))
      meters.push(meter(name, id))
    } else {
      sent(name, (kwh) => kwh)
      const rows = [rowOf({}), rowOf({ institution: `B${index}`, gateway: `G-B${index}`, validFrom: day })]
      // The gateway that sent it before may go on sending it.
      meters.push(meter(name, `B${index}`, { rows }))
    }
  }
  const gateways = changes.flatMap((_, index) =>
    ['A', 'B'].map((letter) => ({ id: `G-${letter}${index}`, institution: `${letter}${index}` })),
  )
  return {
    plain: { areas: AREAS, ...plain, gateways },
    dated: { areas: AREAS, institutions, meters, gateways },
    readings,
  }
}
const FIRST_MS = FIRST_DAY * DAY_MS - 8 * HOUR_MS
const COUNTIES = ['130102', '130104', '130202'] as const

const NOW_MS = FIRST_MS + HOURS * HOUR_MS + 9 * HOUR_MS
const openAtNow = async () => {
  const folder = existsSync('/dev/shm') ? mkdtempSync(join('/dev/shm', 'kilowatch-dated-')) : undefined
  const closers: (() => Promise<void>)[] = []
  const platform = await openTestPlatform(folder, (close) => closers.push(close))
  const end = async () => {
    for (const close of closers.splice(0)) await close()
  }
  onTestFinished(end)
  platform.clock.nowMs = NOW_MS
  return { platform, end }
}

async function sendAll(platform: Platform, readings: World['readings']): Promise<void> {
  for (const [gateway, own] of Map.groupBy(readings, (one) => one.gateway)) {
    const { rejected, failed } = await send(platform, gateway, own)
    expect([rejected, failed]).toEqual([0, []])
  }
}

const monthOf = async (platform: Platform, subject: string, month: Month): Promise<SubjectMonth | undefined> =>
  (await readYear(platform.state, subjectYearKey(subject, month.slice(0, 4))))?.[month]

test('changes by date leave every total as it was', { timeout: TIMEOUT_MS }, async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: CHANGES, maxLength: CHANGES }), async (changes) => {
      const { dated, readings } = worldOf(changes)
      const { platform, end } = await openAtNow()
      await register(platform, dated)
      await sendAll(platform, readings)
      await derive(platform)
      for (const [index, one] of changes.entries()) {
        seen.add(one.kind)
        const sums = registerOf(one)
        for (const month of MONTHS) {
          const [from, to] = month === '2026-04' ? [0, 7 * 24] : [7 * 24, HOURS]
          const own = await monthOf(platform, `A${index}`, month)
          const other = await monthOf(platform, `B${index}`, month)
          const label = `${one.kind} on day ${one.day}, ${month}`
          expect((own?.electricityKwh ?? 0) + (other?.electricityKwh ?? 0), label).toBeCloseTo(
            (sums[to] ?? 0) - (sums[from] ?? 0),
            6,
          )
          expect((own?.hoursKnown ?? 0) + (other?.hoursKnown ?? 0), label).toBe(to - from)
        }
      }
      const whole = changes.reduce((sum, one) => sum + (registerOf(one)[HOURS] ?? 0), 0)
      const inMonths = async (area: string) => {
        const months = await Promise.all(MONTHS.map((month) => monthOf(platform, area, month)))
        return months.reduce((sum, one) => sum + (one?.electricityKwh ?? 0), 0)
      }
      const counties = await Promise.all(COUNTIES.map(inMonths))
      expect(counties.reduce((sum, one) => sum + one, 0)).toBeCloseTo(whole, 5)
      expect(await inMonths('130000')).toBeCloseTo(whole, 5)
      await end()
    }),
    { numRuns: RUNS, endOnFailure: true },
  )
  expect([...seen].sort()).toEqual([...KINDS].sort())
})

test('facts entered late equal the same facts entered early, to the byte', { timeout: TIMEOUT_MS }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: CHANGES, maxLength: CHANGES }), async (changes) => {
      // A meter of another id cannot have sent before it was registered.
      const { plain, dated, readings } = worldOf(
        changes.map((one) => (one.kind === 'split' ? { ...one, kind: 'exchange' } : one)),
      )
      const [late, early] = [await openAtNow(), await openAtNow()]
      await register(late.platform, plain)
      await sendAll(late.platform, readings)
      await derive(late.platform)
      const outcome = await importInto(late.platform, dated, { rewritePast: true })
      expect('problems' in outcome && outcome.problems).toBe(false)
      await derive(late.platform)
      await register(early.platform, dated)
      await sendAll(early.platform, readings)
      await derive(early.platform)
      const judged = async ({ platform }: typeof late) => documents(platform, 'subject/')
      const stands = await judged(early)
      expect(Object.keys(stands).length).toBeGreaterThan(CHANGES)
      expect(await judged(late)).toEqual(stands)
      for (const { platform } of [late, early]) {
        const { failed } = await rebuild(platform, () => platform.consumption.clear())
        expect(failed).toEqual([])
      }
      expect(await judged(late)).toEqual(stands)
      expect(await judged(early)).toEqual(stands)
      await late.end()
      await early.end()
    }),
    { numRuns: RUNS, endOnFailure: true },
  )
})
