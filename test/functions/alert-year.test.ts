// A year and a half of a small province, with one fault of each kind: every kind is raised once, where the fault is, and
// nowhere else; it is cleared when the fault is over. Through ingest, settle and assess, on a clock of the test's own.

import { expect, test } from 'vitest'
import type { AlertEvent } from '../../domain/alert.ts'
import { isWeekday } from '../../domain/alert-detector.ts'
import { dayOf, formatInstant, HOUR_MS, hourOfDay, MINUTE_MS } from '../../domain/calendar.ts'
import type { Meter } from '../../domain/registry.ts'
import { gatewaySeenKey } from '../../functions/alert-gateway.ts'
import { alertKeys } from '../../functions/alert-store.ts'
import { putReview } from '../../functions/event-review.ts'
import { AREAS, derive, institution, meter, openTestPlatform, register, send, type TestPlatform } from './province.ts'

const at = (date: string, hour = 0): number => Date.parse(`${date}T00:00:00+08:00`) + hour * HOUR_MS
const FROM = at('2024-12-31')
const UNTIL = at('2026-07-15')

const within = (ms: number, from: string, to: string): boolean => ms >= at(from) && ms < at(to)
const isWork = (ms: number): boolean => isWeekday(dayOf(ms)) && hourOfDay(ms) >= 8 && hourOfDay(ms) < 18

/** What each meter uses in the hour that begins at `ms`. */
type Load = (ms: number) => number
const office: Load = (ms) => (isWork(ms) ? 10 : 1)
const taps: Load = (ms) => (isWork(ms) ? 1 : 0.05)
const sun: Load = (ms) => Math.max(0, 10 * Math.sin(((hourOfDay(ms) - 6) / 12) * Math.PI))

interface Watched {
  meter: Meter
  load: Load
}
const e = (id: string, inst: string, load: Load, more: Partial<Meter> = {}): Watched => ({
  meter: meter(id, inst, { resolution: 0.0001, ...more }),
  load,
})
const w = (id: string, inst: string, load: Load): Watched => e(id, inst, load, { medium: 'water', unit: 'm³' })

const METERS: Watched[] = [
  ...['well', 'silent', 'night', 'reset', 'quota', 'over', 'risk'].flatMap((id) => [
    e(`${id}-E`, id, (ms) => {
      if (id === 'night' && within(ms, '2026-04-01', '2026-05-01')) return 8
      if (id === 'quota' && ms >= at('2026-01-01')) return office(ms) * 1.3
      return office(ms)
    }),
    w(`${id}-W`, id, taps),
  ]),
  e('leak-E', 'leak', office),
  w('leak-W', 'leak', (ms) => taps(ms) + (within(ms, '2026-03-10', '2026-03-25') ? 1 : 0)),
  ...Array.from({ length: 10 }, (_, n) => e(`dead-${n}`, 'dead', office)),
  e('centre-E', 'centre', (ms) => office(ms) + 20),
  e('centre-T', 'centre', (ms) => (within(ms, '2026-02-01', '2026-03-01') ? 18 : 14), {
    role: 'sub',
    purpose: '01D10',
    parent: 'centre-E',
  }),
  e('centre-I', 'centre', () => 10, { role: 'sub', purpose: '01D1A', parent: 'centre-T' }),
  e('tree-E', 'tree', office),
  ...['01A00', '01B00', '01C00', '01D00'].map((purpose, n) =>
    e(`tree-${n}`, 'tree', (ms) => (office(ms) / 4) * (n === 0 && within(ms, '2026-05-01', '2026-06-01') ? 0.2 : 1), {
      role: 'sub',
      purpose,
      parent: 'tree-E',
    }),
  ),
  e('sun-E', 'sun', office),
  e('sun-P', 'sun', (ms) => sun(ms) * (within(ms, '2026-06-01', '2026-07-01') ? 0.5 : 1), { role: 'generation' }),
]
const INSTITUTIONS = [...new Set(METERS.map((one) => one.meter.institution))]
/** kWh of a year of an office. */
const OFFICE_YEAR_KWH = 261 * 10 * 10 + (8760 - 2610)

/** No word of the silent meter and the dead gateway during these days. */
const isSilent = (id: string, ms: number): boolean =>
  (id === 'silent-W' && within(ms, '2026-02-10', '2026-02-14')) ||
  (id.startsWith('dead-') && within(ms, '2026-03-02', '2026-03-04'))

/** Quota and dual control stand to the end: a rolling year and a year's cap do not recover within the months shown. */
const WANTED: readonly string[] = [
  '2026-02-02 raised dualControlOver over',
  '2026-02-03 raised quotaPredicted quota',
  '2026-02-04 raised pueOverLimit centre',
  '2026-02-06 raised dualControlAtRisk risk',
  '2026-02-11 raised meterSilent silent-W',
  '2026-02-15 cleared meterSilent silent-W',
  '2026-03-03 raised gatewayOffline G-dead',
  '2026-03-05 cleared gatewayOffline G-dead',
  '2026-03-09 cleared pueOverLimit centre',
  '2026-03-13 raised nightFlowLeak leak-W',
  '2026-03-26 cleared nightFlowLeak leak-W',
  '2026-04-08 raised afterHoursLoad night',
  '2026-04-11 raised registerEvent reset-W',
  '2026-04-21 cleared registerEvent reset-W',
  '2026-05-05 cleared afterHoursLoad night',
  '2026-05-07 cleared quotaPredicted quota',
  '2026-05-07 raised quotaExceeded quota',
  '2026-05-07 raised treeImbalance tree-E',
  '2026-06-06 cleared treeImbalance tree-E',
  '2026-06-12 raised pvUnderperformance sun-P',
  '2026-07-12 cleared pvUnderperformance sun-P',
]

async function populated(): Promise<TestPlatform> {
  const platform = await openTestPlatform()
  const kgcePerKwh = 0.1229
  await register(platform, {
    areas: AREAS,
    institutions: INSTITUTIONS.map((id) => institution(id, '130102', id === 'quota' ? { type: 'research' } : {})),
    gateways: INSTITUTIONS.map((id) => ({ id: `G-${id}`, institution: id })),
    meters: METERS.map((one) => one.meter),
    quotas: [
      {
        standard: 'test',
        type: 'research',
        indicator: 'energyPerCapita',
        constraint: ((OFFICE_YEAR_KWH * 0.31) / 50) * 1.1,
        benchmark: 2,
        guide: 1,
        validFrom: '2020-01-01',
        source: 'test',
        standIn: true,
      },
    ],
    targets: (
      [
        ['over', 0.94],
        ['risk', 1.025],
      ] as const
    ).map(([subject, share]) => ({
      subject,
      indicator: 'energy' as const,
      baseYear: 2025,
      endYear: 2030,
      path: 'linear' as const,
      years: { 2025: 100, 2026: (OFFICE_YEAR_KWH * kgcePerKwh * share) / 1000 },
      source: 'test',
      standIn: true,
    })),
  })
  return platform
}

/** Runs the clock, with all that is read meanwhile; returns what happened. */
async function live(platform: TestPlatform): Promise<AlertEvent[]> {
  const registers = new Map<string, number>()
  let stepHours = 0
  for (let ms = FROM; ms < UNTIL; ms += stepHours * HOUR_MS) {
    // The year before is only history: it comes in larger pieces, and nobody looks at it until it is over.
    stepHours = ms < at('2025-12-20') ? 120 : 24
    const readings = new Map<string, { meter: string; at: number; value: number }[]>()
    for (const { meter: one, load } of METERS) {
      for (let hourMs = ms; hourMs < ms + stepHours * HOUR_MS; hourMs += HOUR_MS) {
        if (one.id === 'reset-W' && hourMs === at('2026-04-10', 12)) registers.set(one.id, 0)
        const value = (registers.get(one.id) ?? 1000) + load(hourMs)
        registers.set(one.id, value)
        if (isSilent(one.id, hourMs)) continue
        const own = readings.get(one.institution) ?? []
        own.push({ meter: one.id, at: hourMs + HOUR_MS, value: Number(value.toFixed(4)) })
        readings.set(one.institution, own)
      }
    }
    platform.clock.nowMs = ms + stepHours * HOUR_MS + MINUTE_MS
    for (const [id, own] of readings) {
      expect((await send(platform, `G-${id}`, own)).rejected).toBe(0)
      const value = { lastMs: platform.clock.nowMs, offlineMs: null }
      await platform.state.put([{ key: gatewaySeenKey(`G-${id}`), value }])
    }
    if (within(ms, '2026-04-20', '2026-04-21')) await review(platform)
    if (ms >= at('2025-12-20')) await derive(platform)
  }
  return (await platform.state.query<AlertEvent>(alertKeys.event())).map(({ value }) => value)
}

async function review(platform: TestPlatform): Promise<void> {
  const days = await platform.consumption.get(['reset-W'], dayOf(at('2026-04-01')), dayOf(at('2026-04-20')))
  for (const event of days.flatMap(({ events }) => events)) {
    const key = { meter: 'reset-W', event }
    await putReview(platform.state, key, { state: 'accepted', who: 'li', note: null, atMs: platform.clock.nowMs })
  }
}

test('each fault is raised once, where it is, and cleared when it is over', { timeout: 240_000 }, async () => {
  const platform = await populated()
  const events = await live(platform)
  const told = events
    .filter(({ what }) => what === 'raised' || what === 'cleared')
    .map(({ what, kind, subject, atMs }) => `${formatInstant(atMs).slice(0, 10)} ${what} ${kind} ${subject.id}`)
  expect(told.toSorted()).toEqual(WANTED.toSorted())
})
