// Eight simulated days of a host at (scaled) province rate in accelerated time: every quarter of an hour all meters
// send by MQTT, and everything is settled and judged. In between it is killed, its clock is set wrong, gateways are
// away and send what they kept, a registry is imported, and readings come twice. Nothing may be lost, and memory,
// files, the event loop and PUBACK must stay flat. Stops by itself.

import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../domain/calendar.ts'
import { must } from '../domain/must.ts'
import { openPlatform } from '../local/platform.ts'
import { type FleetGateway, registerFleet, STEP_MS } from './fleet.ts'
import { ask, killed, started } from './process.ts'
import type { Delivered, Round } from './publisher.ts'
import type { SoakFigures, SoakOpened } from './soak-host.ts'
import type { CostRow } from './table.ts'

/** A tenth of a province: 200,000 meters would be 154 million readings. */
const METERS = 20_000
const METERS_PER_GATEWAY = 400
const COUNTIES = 10
const DAYS = 8
const QUARTER_MS = 15 * MINUTE_MS
const QUARTERS = DAY_MS / QUARTER_MS
const STEPS_PER_QUARTER = QUARTER_MS / STEP_MS
const START_MS = Date.UTC(2026, 10, 9, 16)
/** What a flat figure may grow by from the third day to the last. */
const GROWTH_MAX = 1.25

interface DayFigures extends SoakFigures {
  day: number
  pubackP99Ms: number
}
interface Soak {
  data: string
  host: ChildProcess
  opened: SoakOpened
  publisher: ChildProcess
  gateways: readonly FleetGateway[]
  /** PUBACK p99 of each delivery of the day, ms. */
  p99Ms: number[]
}

export async function benchSoak(scale: number, say: (line: string) => void): Promise<CostRow[]> {
  const data = mkdtempSync(join(tmpdir(), 'kilowatch-soak-'))
  const children: ChildProcess[] = []
  try {
    const gateways = await registered(data, scale)
    const publisher = started(new URL('./publisher.ts', import.meta.url))
    children.push(publisher)
    const soak: Soak = { data, ...(await openedHost(data, START_MS)), publisher, gateways, p99Ms: [] }
    const days: DayFigures[] = []
    for (let day = 0; day < DAYS; day++) {
      for (let quarter = 0; quarter < QUARTERS; quarter++) await playQuarter(soak, day, quarter)
      const figures = await ask<SoakFigures>(soak.host, { figures: true })
      days.push({ day: day + 1, ...figures, pubackP99Ms: Math.max(...soak.p99Ms.splice(0)) })
      say(dayLine(must(days.at(-1))))
    }
    await ask(soak.host, { close: true })
    await killed(soak.host)
    const wanted = gateways.length * METERS_PER_GATEWAY * DAYS * QUARTERS
    await checkCount(data, gateways, wanted)
    return rowsOf(days, wanted)
  } finally {
    await Promise.all(children.map(killed))
    rmSync(data, { recursive: true, force: true })
  }
}

/** What is out of the ordinary, by day and quarter. */
async function playQuarter(soak: Soak, day: number, quarter: number): Promise<void> {
  const nowMs = START_MS + day * DAY_MS + (quarter + 1) * QUARTER_MS
  const n = day * QUARTERS + quarter
  // Day 2: the clock is set back by a day for an hour; what comes waits aside.
  const isBehind = day === 1 && quarter >= 40 && quarter < 44
  // Day 3: the clock runs two days ahead for an hour.
  const isAhead = day === 2 && quarter >= 40 && quarter < 44
  const hostMs = nowMs + (isBehind ? -DAY_MS : isAhead ? 2 * DAY_MS : 0)
  await ask(soak.host, { clock: { nowMs: hostMs } })
  // Day 4: no gateway reaches the host for six hours.
  const isAway = day === 3 && quarter >= 40 && quarter < 64
  if (!isAway) await deliver(soak, n)
  if (day === 3 && quarter === 64) for (let late = 24; late > 0; late--) await deliver(soak, n - late)
  // Day 5: an import; day 6: two hours come again.
  if (day === 4 && quarter === 48) await importAgain(soak)
  if (day === 5 && quarter === 48) for (let again = 8; again > 0; again--) await deliver(soak, n - again)
  await ask(soak.host, { work: { nowMs: hostMs } })
  // Every day it is killed at another hour, and starts again.
  if (quarter === 12 + 8 * day) {
    await killed(soak.host)
    Object.assign(soak, await openedHost(soak.data, hostMs))
  }
}

async function deliver(soak: Soak, quarter: number): Promise<void> {
  const { publisher, gateways, opened, p99Ms } = soak
  const prepare: Round = {
    gateways: [...gateways],
    ...{ readingsPerMessage: METERS_PER_GATEWAY, messagesPerGateway: 1 },
    ...{ startMs: START_MS, stepsBefore: quarter * STEPS_PER_QUARTER },
  }
  await ask(publisher, { prepare })
  const { delivered } = await ask<{ delivered: Delivered }>(publisher, {
    deliver: { port: opened.mqttPort, window: 1 },
  })
  p99Ms.push(delivered.p99Ms)
}

async function importAgain({ opened, gateways }: Soak): Promise<void> {
  const meters = gateways.flatMap(({ id, meters: ids }) =>
    ids.map((meter) => ({
      ...{ id: meter, institution: id.replace('-G1', ''), gateway: id, name: `named ${meter}` },
      ...{ medium: 'electricity', unit: 'kWh', resolution: 0.01, intervalMinutes: QUARTER_MS / MINUTE_MS },
    })),
  )
  const answer = await fetch(`${opened.httpUrl}/api/v1/registry`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${opened.adminToken}` },
    body: JSON.stringify({ meters }),
  })
  if (answer.status !== 200) throw new Error(`the import was answered with ${answer.status}: ${await answer.text()}`)
}

async function openedHost(data: string, nowMs: number): Promise<Pick<Soak, 'host' | 'opened'>> {
  const host = started(new URL('./soak-host.ts', import.meta.url))
  return { host, opened: await ask<SoakOpened>(host, { open: { data, nowMs } }) }
}

async function registered(data: string, scale: number): Promise<FleetGateway[]> {
  const platform = await openPlatform(data, () => START_MS)
  try {
    const institutions = Math.max(1, Math.round((METERS * scale) / METERS_PER_GATEWAY))
    const counties = Math.min(COUNTIES, institutions)
    return await registerFleet(platform, {
      ...{ counties, institutionsPerCounty: Math.max(1, Math.round(institutions / counties)) },
      ...{ metersPerInstitution: METERS_PER_GATEWAY, intervalMinutes: QUARTER_MS / MINUTE_MS },
    })
  } finally {
    await platform.close()
  }
}

async function checkCount(data: string, gateways: readonly FleetGateway[], wanted: number): Promise<void> {
  const platform = await openPlatform(data, () => START_MS + DAYS * DAY_MS + HOUR_MS)
  try {
    const found = await platform.readings.count(gateways.flatMap(({ meters }) => meters))
    const { rows } = platform.readings.extent()
    if (found !== wanted) throw new Error(`${found} readings stand, ${wanted} were acknowledged`)
    if (rows > wanted) throw new Error(`${rows - wanted} rows of ${rows} are repeats`)
  } finally {
    await platform.close()
  }
}

const dayLine = ({ day, rssMb, readingsMb, stateMb, loopP999Ms, loopMaxMs, pubackP99Ms, rows }: DayFigures): string =>
  `day ${day}: RSS ${rssMb.toFixed(0)} MB, readings ${readingsMb.toFixed(1)} MB (${rows} rows), state ${stateMb.toFixed(1)} MB, ` +
  `loop p99.9 ${loopP999Ms.toFixed(0)} ms, max ${loopMaxMs.toFixed(0)} ms, PUBACK p99 ${pubackP99Ms.toFixed(0)} ms`

/** The last day beside the third. Files grow with the days, so the growth of a day counts. */
function rowsOf(days: readonly DayFigures[], readings: number): CostRow[] {
  const [second, third, beforeLast, last] = [1, 2, DAYS - 2, DAYS - 1].map((index) => must(days[index])) as [
    DayFigures,
    DayFigures,
    DayFigures,
    DayFigures,
  ]
  const grown = (name: 'readingsMb' | 'stateMb') => [last[name] - beforeLast[name], third[name] - second[name]] as const
  const rows: [what: string, value: number, reference: number][] = [
    ['RSS, MB', last.rssMb, third.rssMb],
    ['readings of a day, MB', ...grown('readingsMb')],
    ['state of a day, MB', ...grown('stateMb')],
    ['event loop p99.9, ms', last.loopP999Ms, third.loopP999Ms],
    ['PUBACK p99, ms', last.pubackP99Ms, third.pubackP99Ms],
  ]
  return rows.map(([what, value, reference]) => ({
    ...{ what: `soak, ${what}`, value, ratio: value / reference, bar: reference * GROWTH_MAX },
    ...{ reference: { what: 'the same on the third day', value: reference }, more: { readings } },
  }))
}
