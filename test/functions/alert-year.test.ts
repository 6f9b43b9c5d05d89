// A year and a half of a small province, with one fault of each kind: every kind is raised once, where the fault is,
// and nowhere else; it is cleared when the fault is over. Through ingest, settle and assess, on a clock of the test's
// own.

import { expect } from 'vitest'
import { ALERT_KINDS, type AlertKind } from '../../domain/alert/kinds.ts'
import type { AlertEvent } from '../../domain/alert/life.ts'
import { DAY_MS, dayOf, formatInstant, HOUR_MS, hourOfDay, MINUTE_MS } from '../../domain/calendar.ts'
import type { Meter } from '../../domain/registry/records.ts'
import { daysInForce, isWeekday } from '../../domain/standards/working-days.ts'
import { putGatewaysSeen } from '../../functions/alerts/gateways-heard.ts'
import { alertKeys } from '../../functions/alerts/store.ts'
import { putReview } from '../../functions/settling/review.ts'
import { testInCampaign } from '../campaign.ts'
import { AREAS, derive, institution, meter, openTestPlatform, register, send, type TestPlatform } from './province.ts'

const at = (date: string, hour = 0): number => Date.parse(`${date}T00:00:00+08:00`) + hour * HOUR_MS
const FROM = at('2024-12-31')
const UNTIL = at('2026-07-15')

const within = (ms: number, from: string, to: string): boolean => ms >= at(from) && ms < at(to)
const isWork = (ms: number): boolean => isWeekday(dayOf(ms)) && hourOfDay(ms) >= 8 && hourOfDay(ms) < 18

/** The province of this test works Monday to Friday all the year, and moves no day. */
const UNMOVED = daysInForce([]).map(({ date }) => ({
  date,
  kind: isWeekday(Date.parse(date) / DAY_MS) ? ('workday' as const) : ('holiday' as const),
}))

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

/**
 * An office on a working day and at the weekend: 10 h × 10 kWh + 14 h × 1 kWh, and 24 h × 1 kWh; a week of it is 618
 * kWh.
 */
interface Expected {
  kind: AlertKind
  subject: string
  raised: string
  /** Undefined: stands to the end of the time shown. */
  cleared?: string
}
/**
 * From the faults and the text of the rules (domain/alert/kinds.ts), by hand, not from what the program said. A look on
 * day D is at 00:01 and sees whole days up to D − 1. "Held for a day" means: at two looks running. kWh of an office:
 * 2025 January 2,814, February 2,472, May 2,724, January to April 10,620, the year 32,250; 2026 January 2,724, January
 * to April 10,620.
 */
const EXPECTED: readonly Expected[] = [
  // Cap 94 % of a year. Forecast = to date ÷ last year's share; none counts before 31 days have passed. 1 Feb: 2,724 ÷
  // 2,814 =
  // 96.8 % of a year, 103 % of the cap; 2 Feb: 2,748 ÷ (2,814 + 2,472/28) = 94.7 %, 100.7 %. Above 100 for a day.
  { kind: 'dualControlOver', subject: 'over', raised: '2026-02-02' },
  // Cap 102.5 %. The day is the product's own output: from it on the chance of exceeding is above a fifth
  // (docs/rules/dual-control.md#status-by-chance).
  { kind: 'dualControlAtRisk', subject: 'risk', raised: '2026-02-02' },
  // 130 % of an office against 110 %. A share of 1/12 is due from 31 Jan on (30/31 × 2,814 = 2,723 of 32,250; 2,687.5
  // are needed): 117 % at once. Above 100 for three days; cleared by the stronger kind.
  { kind: 'quotaPredicted', subject: 'quota', raised: '2026-02-03', cleared: '2026-05-06' },
  // Limit 1.1 × 32,250 = 35,475. Rolling year on 1 May: 32,250 − 10,620 + 1.3 × 10,620 = 35,436; each day − 2,724/31 +
  // 1.3 × its own. 2 May: 35,496, above; 3 to 5 May: 35,440, 35,383, 35,443, in the band above 98 %; 6 May: 35,504,
  // above, a day after it began.
  { kind: 'quotaExceeded', subject: 'quota', raised: '2026-05-06' },
  // n bad days of seven: PUE (14 × (7 − n) + 18 n) / 70. n = 2 on 3 Feb: 1.51, above 1.5 for a day on the 4th. 7 Mar: n
  // = 1, 1.457, above
  // 1.45; 8 Mar: 1.4, for a day on the 9th.
  { kind: 'pueOverLimit', subject: 'centre', raised: '2026-02-04', cleared: '2026-03-09' },
  // Last reading 10 Feb 00:00. 11 Feb: 24 hourly readings missed, more than 8. Reads again on the 14th.
  { kind: 'meterSilent', subject: 'silent-W', raised: '2026-02-11', cleared: '2026-02-15' },
  // Uploads once a day. Last heard 2 Mar 00:01; 3 Mar: 24 h, less than one and a half times its interval; 4 Mar: 48 h.
  // Heard again on the 5th.
  { kind: 'gatewayOffline', subject: 'G-dead', raised: '2026-03-04', cleared: '2026-03-05' },
  // Nights of 10, 11 and 12 Mar at 1.05 m³/h against max(0.1, 1.5 × 0.05). The night of the 25th is dry: 50 % of the
  // limit.
  { kind: 'nightFlowLeak', subject: 'leak-W', raised: '2026-03-13', cleared: '2026-03-26' },
  // 8 kWh around the clock. 6 Apr (5 bad days of 7): outside (228 + 960 − 440) ÷ 1,188 = 63.0 %; 7 Apr (6): (114 +
  // 1,152 − 420) ÷ 1,266 =
  // 66.8 %, above 65 for a day on the 8th. 3 May: 678 ÷ 1,098 = 61.7 %; 4 May: 510 ÷ 930 = 54.8 %, at most 60 for a day
  // on the 5th.
  { kind: 'afterHoursLoad', subject: 'night', raised: '2026-04-08', cleared: '2026-05-05' },
  // The register falls on 10 Apr at noon; a person accepts it on the 20th, after that day's look.
  { kind: 'registerEvent', subject: 'reset-W', raised: '2026-04-11', cleared: '2026-04-21' },
  // Exchanged on 15 Apr at noon for a meter that stands at 500,000, without a word; accepted on the 20th too.
  { kind: 'registerJump', subject: 'well-W', raised: '2026-04-16', cleared: '2026-04-21' },
  // A quarter at a fifth: 20 % missing on bad days, by their share of the week's 618 kWh. 5 May: 276, 8.9 %; 6 May:
  // 390, 12.6 %, above 10 for a day on the 7th. 4 Jun: 276, 8.9 %; 5 Jun: 162, 5.2 %, at most 8 for a day on the 6th.
  { kind: 'treeImbalance', subject: 'tree-E', raised: '2026-05-07', cleared: '2026-06-06' },
  // Half of last June. n bad days among the best 7 of 14: 50 n ÷ 7 %. 12 Jun: 11 bad days of 14 leave 3 good ones, n =
  // 4, 28.6 %, above 25 for a day on the 13th. 6 Jul: 9 bad days, n = 2, 14.3 %, at most 15 for a day on the 7th.
  { kind: 'pvUnderperformance', subject: 'sun-P', raised: '2026-06-13', cleared: '2026-07-07' },
]

async function populated(): Promise<TestPlatform> {
  const platform = await openTestPlatform()
  const kgcePerKwh = 0.1229
  await register(platform, {
    areas: AREAS,
    calendar: UNMOVED,
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
        if (one.id === 'well-W' && hourMs === at('2026-04-15', 12)) registers.set(one.id, 500_000)
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
      const heard = { lastMs: platform.clock.nowMs, offlineMs: null }
      await putGatewaysSeen(platform.state, new Map([[`G-${id}`, heard]]))
    }
    if (within(ms, '2026-04-20', '2026-04-21')) await review(platform)
    if (ms >= at('2025-12-20')) await derive(platform)
  }
  return (await platform.state.query(alertKeys.event())).map(({ value }) => value)
}

async function review(platform: TestPlatform): Promise<void> {
  const ids = ['reset-W', 'well-W']
  const days = await platform.consumption.get(ids, dayOf(at('2026-04-01')), dayOf(at('2026-04-20')))
  for (const key of days.flatMap(({ meter, events }) => events.map((event) => ({ meter, event })))) {
    await putReview(platform.state, key, { state: 'accepted', who: 'li', note: null, atMs: platform.clock.nowMs })
  }
}

testInCampaign(
  'each fault is raised once, where it is, and cleared when it is over',
  { timeout: 240_000 },
  async () => {
    const platform = await populated()
    const events = await live(platform)
    const told = events.map(
      ({ what, kind, subject, atMs }) => `${formatInstant(atMs).slice(0, 10)} ${what} ${kind} ${subject.id}`,
    )
    const expected = EXPECTED.flatMap(({ kind, subject, raised, cleared }) => [
      `${raised} raised ${kind} ${subject}`,
      ...(cleared === undefined ? [] : [`${cleared} cleared ${kind} ${subject}`]),
    ])
    expect(told.filter((one) => !/ escalated /.test(one)).toSorted()).toEqual(expected.toSorted())
    // Reminders, since nobody acknowledges, are of alerts that were raised.
    const raised = new Set(EXPECTED.map(({ kind, subject }) => `${kind} ${subject}`))
    expect(told.filter((one) => !raised.has(one.split(' ').slice(2).join(' ')))).toEqual([])
    expect(EXPECTED.map(({ kind }) => kind).toSorted()).toEqual([...ALERT_KINDS].toSorted())
  },
)
