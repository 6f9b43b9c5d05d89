// A month of hours of meters, loaded for some institutions at once and looked at for leaks, load at night, register
// events, balance of the tree, PUE and PV.

import {
  afterHoursLoad,
  nightFlowLeak,
  pvUnderperformance,
  registerEvent,
  treeImbalance,
} from '../../domain/alert/detect-hours.ts'
import { pueOverLimit } from '../../domain/alert/detect-judged.ts'
import { type AlertKind, type Asked, type Finding, unjudged } from '../../domain/alert/finding.ts'
import type { Alert } from '../../domain/alert/life.ts'
import { addMonths, DAY_MS, dayOf, dayStartMs, HOUR_MS, monthOf, monthRange } from '../../domain/calendar.ts'
import { type CentreBoundary, centreBoundaries } from '../../domain/energy/data-centre-boundary.ts'
import { COVERAGE_MIN } from '../../domain/judge/dual-control.ts'
import { balanceOf, type MeterHours, meterTree, type TreeNode } from '../../domain/registry/meter-tree.ts'
import { EXPORT, type Institution, type Meter } from '../../domain/registry/records.ts'
import { type EventKind, type EventReview, eventId } from '../../domain/settle/review.ts'
import type { ConsumptionDay, Platform } from '../platform.ts'
import { clockJumpsOf } from '../settling/clock-jumps.ts'
import { reviewKey } from '../settling/review.ts'
import { standstillsOf, stuckAmong } from '../settling/stuck.ts'
import type { LimitsReader } from './limits.ts'

/** Three nights and four weeks of nights before them, and the present day. */
const DAYS_LOADED = 33
const BALANCE_DAYS = 7
const PUE_DAYS = 7
/** Earlier years that PV is held against. */
const PV_YEARS = 3
/** Known hours of a day that counts for PV. */
const PV_HOURS_MIN = 22
/**
 * Sub-items of electricity (docs/rules/data.md#sub-item-codes) that together make the whole: lighting and sockets,
 * HVAC, power, special.
 */
const SUB_ITEMS = ['01A', '01B', '01C', '01D']

export type StandingAlerts = ReadonlyMap<string, Alert>
type Ports = Pick<Platform, 'state' | 'consumption'>

/** What is known of some meters. */
export interface MeterLook {
  /** The last DAYS_LOADED days and the present one. */
  hours: ReadonlyMap<string, MeterHours>
  events: ReadonlyMap<string, readonly { kind: string; atMs: number; reviewed: boolean }[]>
  /** Of PV meters: the present month, then the same month of earlier years. */
  generated: ReadonlyMap<string, readonly { kwh: number; days: number }[]>
}

/** Reads all that `hoursFindings` asks of these meters. */
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
  return { hours, events, generated: await generatedBy(ports, meters, nowMs) }
}

/** By meter, with whether a person has accepted or undone it. Clocks that jumped are of the range, as the days are. */
async function eventsOf(
  { state, consumption }: Ports,
  meters: readonly Meter[],
  {
    days,
    hours,
    ...range
  }: { days: readonly ConsumptionDay[]; hours: MeterLook['hours']; fromMs: number; toMs: number },
): Promise<MeterLook['events']> {
  // Of the first hour it is not known whether a standstill begins there.
  const standing = standstillsOf(hours, meters, { ...range, fromMs: range.fromMs + HOUR_MS })
  const stuck = await stuckAmong(consumption, standing)
  const jumps = await clockJumpsOf(state, meters, range)
  const found: { meter: string; events: readonly { kind: EventKind; atMs: number }[] }[] = [
    ...days,
    ...[...stuck].map(([meter, events]) => ({ meter, events })),
    ...jumps.map(({ meter, event }) => ({ meter, events: [event] })),
  ]
  const eventful = Map.groupBy(
    found.filter(({ events }) => events.length > 0),
    ({ meter }) => meter,
  )
  const docs = await Promise.all([...eventful.keys()].map((meter) => state.query<EventReview>(reviewKey(meter))))
  const reviews = new Set(docs.flat().flatMap(({ key, value }) => (value.state === 'open' ? [] : [key])))
  return new Map(
    [...eventful].map(([meter, own]) => [
      meter,
      own.flatMap(({ events }) =>
        events.map(({ kind, atMs }) => ({
          kind,
          atMs,
          reviewed: reviews.has(reviewKey(meter, eventId({ kind, atMs }))),
        })),
      ),
    ]),
  )
}

async function generatedBy({ consumption }: Ports, meters: readonly Meter[], nowMs: number) {
  const roofs = meters.filter(isRoof).map(({ id }) => id)
  if (roofs.length === 0) return new Map<string, { kwh: number; days: number }[]>()
  const years = await Promise.all(
    Array.from({ length: PV_YEARS + 1 }, async (_, back) => {
      const { fromMs, toMs } = monthRange(addMonths(monthOf(nowMs), -12 * back))
      const endDay = dayOf(Math.min(toMs, dayStartMs(dayOf(nowMs))))
      return Map.groupBy(await consumption.get(roofs, dayOf(fromMs), endDay), ({ meter }) => meter)
    }),
  )
  return new Map(roofs.map((id) => [id, years.map((year) => generated(year.get(id) ?? []))]))
}
const isRoof = ({ role, purpose, medium }: Meter): boolean =>
  role === 'generation' && purpose !== EXPORT && medium === 'electricity'

function generated(days: readonly ConsumptionDay[]): { kwh: number; days: number } {
  const known = days
    .map(({ amounts }) => amounts.filter((amount) => !Number.isNaN(amount)))
    .filter((amounts) => amounts.length >= PV_HOURS_MIN)
  return { kwh: known.reduce((sum, amounts) => sum + amounts.reduce((a, b) => a + b, 0), 0), days: known.length }
}

interface OfInstitution {
  institution: Institution
  /** Its own. */
  meters: readonly Meter[]
  limits: LimitsReader
  nowMs: number
  standing: StandingAlerts
}

/** What the hours of one institution's meters say. */
export function hoursFindings({ hours, events, generated: roofs }: MeterLook, of: OfInstitution): Finding[] {
  const { institution, meters, limits, nowMs } = of
  const subject = { type: 'institution', id: institution.id } as const
  const asked = (kind: AlertKind): Asked => ({
    subject,
    limits: limits.of(kind, [institution.id], institution.type),
    asOfMs: nowMs,
  })
  return [
    ...officeHours(meters, hours, asked),
    ...centreEfficiency(centreBoundaries(institution, meters).pue, hours, { asked, today: dayOf(nowMs) }),
    ...meters.flatMap((meter) => [
      registerEvent(meterAsked(of, 'registerEvent', meter), events.get(meter.id) ?? []),
      ...leak(of, meter, hours),
      ...sunshine(of, meter, roofs.get(meter.id)),
    ]),
    ...meterTree(meters).nodes.flatMap((node) => imbalance(of, node, hours)),
  ]
}

function meterAsked({ institution, limits, nowMs }: OfInstitution, kind: AlertKind, { id }: Meter): Asked {
  const own = limits.of(kind, [id, institution.id], institution.type)
  return { subject: { type: 'meter', id }, limits: own, asOfMs: nowMs }
}

/** Each PV meter in the present month against the same month of the years before. */
function sunshine(of: OfInstitution, meter: Meter, years: readonly { kwh: number; days: number }[] = []): Finding[] {
  const [current, ...earlier] = years
  return current ? [pvUnderperformance(meterAsked(of, 'pvUnderperformance', meter), { current, earlier })] : []
}

function officeHours(
  meters: readonly Meter[],
  hours: ReadonlyMap<string, MeterHours>,
  asked: (kind: AlertKind) => Asked,
): Finding[] {
  const signed = meters.flatMap(({ id, medium, role, kind }) =>
    medium === 'electricity' && kind !== 'offline' && (role === 'main' || role === 'exclude')
      ? [{ own: hours.get(id), sign: role === 'main' ? 1 : -1 }]
      : [],
  )
  if (!signed.some(({ sign }) => sign > 0)) return []
  const question = asked('afterHoursLoad')
  // Off for most types of institution: whatever the hours say, nothing comes of it.
  if (!question.limits.enabled) return [unjudged('afterHoursLoad', question)]
  return [afterHoursLoad(question, { hours: sumOf(signed) })]
}

function centreEfficiency(
  { total, it }: CentreBoundary,
  hours: ReadonlyMap<string, MeterHours>,
  { asked, today }: { asked: (kind: AlertKind) => Asked; today: number },
): Finding[] {
  if (total.length === 0 || it.length === 0) return []
  const question = asked('pueOverLimit')
  const hoursOf = (own: readonly string[]) => sumOf(own.map((id) => ({ own: hours.get(id), sign: 1 })))
  const [totalHours, itHours] = [hoursOf(total), hoursOf(it)]
  const known = { totalKwh: 0, itKwh: 0, hours: 0 }
  const firstMs = totalHours.firstHourMs
  const hourOf = (day: number): number => (dayStartMs(day) - firstMs) / HOUR_MS
  const [from, to] = [hourOf(today - PUE_DAYS), hourOf(today)]
  for (let hour = Math.max(0, from); hour < to; hour++) {
    const [whole = Number.NaN, part = Number.NaN] = [totalHours.amounts[hour], itHours.amounts[hour]]
    if (!(Number.isFinite(whole) && Number.isFinite(part))) continue
    known.totalKwh += whole
    known.itKwh += part
    known.hours++
  }
  if (known.hours < PUE_DAYS * 24 * COVERAGE_MIN) return [unjudged('pueOverLimit', question)]
  return [pueOverLimit(question, known)]
}

/** Leaks are looked for where water enters: a sub meter would tell of the same water once more. */
function leak(of: OfInstitution, meter: Meter, hours: ReadonlyMap<string, MeterHours>): Finding[] {
  const own = hours.get(meter.id)
  if (meter.medium !== 'water' || meter.role !== 'main' || !own) return []
  const open = of.standing.get(`nightFlowLeak:${meter.id}`)
  const facts = open?.finding.kind === 'nightFlowLeak' ? open.finding.facts : undefined
  const asked = meterAsked(of, 'nightFlowLeak', meter)
  return [nightFlowLeak(asked, { hours: own, baselineM3PerHour: facts?.baselineM3PerHour })]
}

/**
 * Sub meters need not cover everything, and nothing registered says whether they do. So a node is held to balance where
 * its sub-items are complete or somebody set its limits; elsewhere only subs that count more than their main meter are
 * wrong.
 */
function imbalance(of: OfInstitution, node: TreeNode, hours: ReadonlyMap<string, MeterHours>): Finding[] {
  const { meter, subs } = node
  if ([meter, ...subs].some(({ kind }) => kind === 'offline')) return []
  const toMs = dayStartMs(dayOf(of.nowMs))
  const span = { fromMs: toMs - BALANCE_DAYS * DAY_MS, toMs }
  const { periods } = balanceOf(node, { ...span, grain: 'day', hoursOf: (id) => hours.get(id) })
  const asked = meterAsked(of, 'treeImbalance', meter)
  const known = periods.filter(({ own }) => own !== null)
  if (known.reduce((sum, { hoursKnown }) => sum + hoursKnown, 0) < BALANCE_DAYS * 24 * COVERAGE_MIN) {
    return [unjudged('treeImbalance', asked)]
  }
  const mainAmount = known.reduce((sum, { own, generated }) => sum + (own ?? 0) + (generated ?? 0), 0)
  const subAmount = known.reduce((sum, one) => sum + (one.subs ?? 0), 0)
  const items = new Set(subs.map(({ purpose }) => purpose?.slice(0, 3)))
  const covers = SUB_ITEMS.every((item) => items.has(item)) || of.limits.isSet('treeImbalance', meter.id)
  const subAmounts = [covers ? subAmount : Math.max(subAmount, mainAmount)]
  return [treeImbalance(asked, { mainAmount, subAmounts, unit: UNITS[meter.medium] })]
}
const UNITS = { electricity: 'kWh', heat: 'GJ', water: 'm³', gas: 'm³' } as const

/** Null where one of them is. All begin at the same hour. */
function sumOf(parts: readonly { own: MeterHours | undefined; sign: number }[]): MeterHours {
  const [first] = parts.flatMap(({ own }) => own ?? [])
  const amounts = new Float64Array(first?.amounts.length ?? 0)
  for (const { own, sign } of parts) {
    for (let hour = 0; hour < amounts.length; hour++) {
      amounts[hour] = (amounts[hour] ?? 0) + sign * (own?.amounts[hour] ?? Number.NaN)
    }
  }
  return { firstHourMs: first?.firstHourMs ?? 0, amounts }
}
