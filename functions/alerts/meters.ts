// Loads the input of the alert kinds that work on hours, for several institutions at once: a month of hours of their
// meters, their register events, and PV generation.

import { BALANCE_DAYS, type Given } from '../../domain/alert/kind.ts'
import { DAY_MS, dayOf, dayStartMs, HOUR_MS } from '../../domain/calendar.ts'
import { centreBoundaries } from '../../domain/energy/data-centre-boundary.ts'
import { DOUBTFUL } from '../../domain/hours.ts'
import { balanceOf, type MeterHours, meterTree } from '../../domain/registry/meter-tree.ts'
import { EXPORT, type Institution, type Meter } from '../../domain/registry/records.ts'
import { type EventKind, eventId, isDoubtful } from '../../domain/settle/review.ts'
import type { ConsumptionDay, Platform } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import { clockJumpsOf } from '../settling/clock-jumps.ts'
import { reviewKey } from '../settling/review.ts'
import { standstillsOf, stuckAmong } from '../settling/stuck.ts'

/** Three nights, the four weeks of nights before them, and the present day. */
const DAYS_LOADED = 33
/** Earlier years with which PV is compared. */
const PV_YEARS = 3
/** Days that are compared: two weeks have some clear days at any season. */
const PV_DAYS = 14
/** Known hours that a day needs to count for PV. */
const PV_HOURS_MIN = 22
type Ports = Pick<Platform, 'state' | 'consumption'> & { registry: Pick<RegistryReader, 'workingDays'> }

/** `hours`: of the last DAYS_LOADED days and the present one. */
export type MeterLook = Pick<Given['hours'], 'hours' | 'events' | 'generated' | 'workingDays'>

/** Reads the hours, events and PV generation of some meters. */
export async function meterLook(ports: Ports, meters: readonly Meter[], nowMs: number): Promise<MeterLook> {
  const firstDay = dayOf(nowMs) - DAYS_LOADED
  const ids = meters.map(({ id }) => id)
  const days = await ports.consumption.get(ids, firstDay, dayOf(nowMs) + 1)
  const hours = new Map<string, MeterHours>()
  for (const { meter, day, amounts } of days) {
    const own = hours.get(meter)?.amounts ?? new Float64Array((DAYS_LOADED + 1) * 24).fill(Number.NaN)
    own.set(amounts, (day - firstDay) * 24)
    if (!hours.has(meter)) hours.set(meter, { firstHourMs: dayStartMs(firstDay), amounts: own })
  }
  const events = await eventsOf(ports, meters, { days, hours, fromMs: dayStartMs(firstDay), toMs: nowMs })
  const generated = await generatedBy(ports, meters, nowMs)
  return { hours, events, generated, workingDays: await ports.registry.workingDays() }
}

/** The part of a look that concerns one institution and its meters. */
export function givenHours(
  look: MeterLook,
  { institution, meters, nowMs }: { institution: Institution; meters: readonly Meter[]; nowMs: number },
): Given['hours'] {
  const toMs = dayStartMs(dayOf(nowMs))
  const span = { fromMs: toMs - BALANCE_DAYS * DAY_MS, toMs }
  const balances = meterTree(meters)
    .nodes.filter(({ meter, subs }) => ![meter, ...subs].some(({ kind }) => kind === 'offline'))
    .map((node) => ({
      node,
      periods: balanceOf(node, { ...span, grain: 'day', hoursOf: (id) => look.hours.get(id) }).periods,
    }))
  return { ...look, institution, meters, centre: centreBoundaries(institution, meters).pue, balances }
}

/**
 * Events by meter, with whether a person accepted or undid each. Clock jumps are limited to the range, as the days are.
 */
async function eventsOf(
  { state, consumption }: Ports,
  meters: readonly Meter[],
  {
    days,
    hours,
    ...range
  }: { days: readonly ConsumptionDay[]; hours: MeterLook['hours']; fromMs: number; toMs: number },
): Promise<MeterLook['events']> {
  // The first hour is left out: whether a standstill begins there is unknown.
  const standstills = standstillsOf(hours, meters, { ...range, fromMs: range.fromMs + HOUR_MS })
  const stuck = await stuckAmong(consumption, standstills)
  const jumps = await clockJumpsOf(state, meters, range)
  const found: { meter: string; events: readonly FoundEvent[] }[] = [
    ...days,
    ...(await doubtsBefore(consumption, days, range.fromMs)),
    ...[...stuck].map(([meter, events]) => ({ meter, events })),
    ...jumps.map(({ meter, event }) => ({ meter, events: [event] })),
  ]
  const eventful = Map.groupBy(
    found.filter(({ events }) => events.length > 0),
    ({ meter }) => meter,
  )
  const docs = await Promise.all([...eventful.keys()].map((meter) => state.query(reviewKey(meter))))
  const reviews = new Set(docs.flat().flatMap(({ key, value }) => (value.state === 'open' ? [] : [key])))
  return new Map(
    [...eventful].map(([meter, own]) => [
      meter,
      own.flatMap(({ events }) =>
        events.map(({ kind, atMs, proposed }) => ({
          kind,
          atMs,
          proposed,
          reviewed: reviews.has(reviewKey(meter, eventId({ kind, atMs }))),
        })),
      ),
    ]),
  )
}

interface FoundEvent {
  kind: EventKind
  atMs: number
  proposed?: string
}

/** How far back the beginning of a doubt is looked for: a year and a month, in steps. */
const DOUBT_DAYS_MAX = 400
const DOUBT_DAYS_STEP = 50

/** The events before the look of meters whose hours are doubtful from its first day on. */
async function doubtsBefore(
  consumption: Platform['consumption'],
  days: readonly ConsumptionDay[],
  fromMs: number,
): Promise<readonly { meter: string; events: readonly FoundEvent[] }[]> {
  const firstDay = dayOf(fromMs)
  const found: { meter: string; events: readonly FoundEvent[] }[] = []
  let waiting = days.filter(({ day, flags }) => day === firstDay && flags[0] === DOUBTFUL).map(({ meter }) => meter)
  for (let back = 0; back < DOUBT_DAYS_MAX && waiting.length > 0; back += DOUBT_DAYS_STEP) {
    const toDay = firstDay - back
    const older = await consumption.get(waiting, toDay - DOUBT_DAYS_STEP, toDay)
    const latest = new Map<string, ConsumptionDay>()
    for (const one of older) if (one.events.some(({ kind }) => isDoubtful(kind))) latest.set(one.meter, one)
    for (const { meter, events } of latest.values())
      found.push({ meter, events: events.filter(({ kind }) => isDoubtful(kind)).slice(-1) })
    waiting = waiting.filter((meter) => !latest.has(meter))
  }
  return found
}

async function generatedBy({ consumption }: Ports, meters: readonly Meter[], nowMs: number) {
  const roofs = meters.filter(isRoof).map(({ id }) => id)
  if (roofs.length === 0) return new Map<string, (number | null)[][]>()
  const years = await Promise.all(
    Array.from({ length: PV_YEARS + 1 }, async (_, back) => {
      const endDay = sameDay(dayOf(nowMs), back)
      const days = await consumption.get(roofs, endDay - PV_DAYS, endDay)
      const kwhOf = new Map(days.map((one) => [`${one.meter} ${one.day}`, generated(one)]))
      return (id: string) =>
        Array.from({ length: PV_DAYS }, (_day, n) => kwhOf.get(`${id} ${endDay - PV_DAYS + n}`) ?? null)
    }),
  )
  return new Map(roofs.map((id) => [id, years.map((daysOf) => daysOf(id))]))
}
const isRoof = ({ role, purpose, medium }: Meter): boolean =>
  role === 'generation' && purpose !== EXPORT && medium === 'electricity'

/** kWh of a day; null with too few known hours. */
function generated({ amounts }: ConsumptionDay): number | null {
  const known = amounts.filter((amount) => !Number.isNaN(amount))
  return known.length >= PV_HOURS_MIN ? known.reduce((sum, amount) => sum + amount, 0) : null
}

/** The same date `years` earlier; 1 March for 29 February. */
function sameDay(day: number, years: number): number {
  const date = new Date(day * DAY_MS)
  return Date.UTC(date.getUTCFullYear() - years, date.getUTCMonth(), date.getUTCDate()) / DAY_MS
}
