// What is looked at once a day, institution by institution: judgements against their limits, and a month of hours of its
// meters for leaks, load at night, register events, balance of the tree, PUE and PV.

import type { Alert } from '../domain/alert.ts'
import {
  afterHoursLoad,
  nightFlowLeak,
  pvUnderperformance,
  registerEvent,
  treeImbalance,
} from '../domain/alert-detector.ts'
import { type AlertKind, type AlertSubject, type Asked, type Finding, unjudged } from '../domain/alert-finding.ts'
import {
  dualControlAtRisk,
  dualControlOver,
  pueOverLimit,
  quotaExceeded,
  quotaPredicted,
} from '../domain/alert-judgement.ts'
import {
  addMonths,
  DAY_MS,
  dayOf,
  dayStartMs,
  HOUR_MS,
  monthOf,
  monthRange,
  yearOf,
  yearRange,
} from '../domain/calendar.ts'
import { type CentreBoundary, centreBoundaries } from '../domain/data-centre-boundary.ts'
import { COVERAGE_MIN } from '../domain/dual-control.ts'
import { balanceOf, type MeterHours, meterTree, type TreeNode } from '../domain/meter-tree.ts'
import { quotaPace } from '../domain/quota-pace.ts'
import { type EventReview, eventId } from '../domain/register-review.ts'
import { EXPORT, type Institution, type Meter } from '../domain/registry.ts'
import type { DualControl } from '../domain/view.ts'
import type { LimitsReader } from './alert-limits.ts'
import { reviewKey } from './event-review.ts'
import { dualControlOf, latestMonth, quotaOf, subjectMonths } from './judgement.ts'
import type { ConsumptionDay, Platform } from './platform.ts'
import type { RegistryReader } from './registry.ts'

/** Three nights and four weeks of nights before them, and the present day. */
const DAYS_LOADED = 33
const BALANCE_DAYS = 7
const PUE_DAYS = 7
/** Earlier years that PV is held against. */
const PV_YEARS = 3
/** Known hours of a day that counts for PV. */
const PV_HOURS_MIN = 22
/** Sub-items of electricity (facts §7.1) that together make the whole: lighting and sockets, HVAC, power, special. */
const SUB_ITEMS = ['01A', '01B', '01C', '01D']

export interface DailyQuestion {
  shard: string
  limits: LimitsReader
  nowMs: number
  /** Alerts that stand, by slot. */
  standing: ReadonlyMap<string, Alert>
}
type Ports = Pick<Platform, 'state' | 'consumption'> & { registry: RegistryReader }

/** Dual control of an institution, or of an area (`above`: the surrounding area). */
export async function targetFindings(
  { state, registry }: Ports,
  of: { subject: AlertSubject; area: string; above?: string; type?: Institution['type'] } & DailyQuestion,
): Promise<Finding[]> {
  const { subject, nowMs } = of
  const month = await freshMonth({ state }, subject.id, nowMs)
  const question = { subject: subject.id, area: of.area, profileArea: of.above, nowMs }
  const status = month ? await dualControlOf(state, registry, { ...question, month }) : null
  const seen = status && withoutEarlyForecasts(status, nowMs)
  return [
    dualControlAtRisk(askedOf(of, 'dualControlAtRisk', subject, of.type), seen),
    dualControlOver(askedOf(of, 'dualControlOver', subject, of.type), seen),
  ]
}

/** All findings on one institution and its meters but silence. `meters`: its own. */
export async function institutionFindings(
  ports: Ports,
  of: { institution: Institution; meters: readonly Meter[] } & DailyQuestion,
): Promise<Finding[]> {
  const { institution, meters, shard, nowMs } = of
  const subject = { type: 'institution', id: institution.id } as const
  const asked = (kind: AlertKind): Asked => askedOf(of, kind, subject, institution.type)
  const today = dayOf(nowMs)
  const days = await ports.consumption.get(
    meters.map(({ id }) => id),
    today - DAYS_LOADED,
    today + 1,
  )
  const daysOf = Map.groupBy(days, ({ meter }) => meter)
  const hours = new Map([...daysOf].map(([id, own]) => [id, hoursOfDays(own, today - DAYS_LOADED)]))
  const reviews = await reviewedEvents(ports, days)
  return [
    ...(await targetFindings(ports, { ...of, subject, area: shard, above: shard, type: institution.type })),
    ...(await quotaFindings(ports, of, asked)),
    ...officeHours(meters, hours, asked),
    ...centreEfficiency(centreBoundaries(institution, meters).pue, hours, { asked, today }),
    ...meters.flatMap((meter) => [
      registerEvent(
        meterAsked(of, 'registerEvent', meter),
        (daysOf.get(meter.id) ?? []).flatMap(({ events }) =>
          events.map(({ kind, atMs }) => ({
            kind,
            atMs,
            reviewed: reviews.has(reviewKey(meter.id, eventId({ kind, atMs }))),
          })),
        ),
      ),
      ...leak(of, meter, hours),
    ]),
    ...meterTree(meters).nodes.flatMap((node) => imbalance(of, node, hours)),
    ...(await sunshine(ports, of)),
  ]
}

/** Keys of the reviews that a person has accepted or undone, of the meters on which something happened. */
async function reviewedEvents({ state }: Ports, days: readonly ConsumptionDay[]): Promise<ReadonlySet<string>> {
  const meters = new Set(days.filter(({ events }) => events.length > 0).map(({ meter }) => meter))
  const docs = await Promise.all([...meters].map((meter) => state.query<EventReview>(reviewKey(meter))))
  return new Set(docs.flat().flatMap(({ key, value }) => (value.state === 'open' ? [] : [key])))
}

type OfInstitution = Parameters<typeof institutionFindings>[1]

function askedOf(
  { limits, nowMs }: DailyQuestion,
  kind: AlertKind,
  subject: AlertSubject,
  type: Institution['type'] | undefined,
): Asked {
  return { subject, limits: limits.of(kind, [subject.id], type), asOfMs: nowMs }
}

function meterAsked({ institution, limits, nowMs }: OfInstitution, kind: AlertKind, { id }: Meter): Asked {
  const own = limits.of(kind, [id, institution.id], institution.type)
  return { subject: { type: 'meter', id }, limits: own, asOfMs: nowMs }
}

/** The latest month with data when it is this or the last one: alerts are about now, not about imported history. */
async function freshMonth({ state }: Pick<Ports, 'state'>, subject: string, nowMs: number) {
  const month = await latestMonth(state, subject, nowMs)
  return month !== undefined && month >= addMonths(monthOf(nowMs), -1) ? month : undefined
}

/** What January says of the year's end is the weather: until it is over, only what a rolling year measures counts. */
function withoutEarlyForecasts(status: DualControl, nowMs: number): DualControl {
  const { fromMs } = yearRange(yearOf(nowMs))
  if (nowMs - fromMs >= 31 * DAY_MS) return status
  return { ...status, indicators: status.indicators.filter(({ forecastBasis }) => forecastBasis === 'complete') }
}

async function quotaFindings(
  { state, registry }: Ports,
  { institution, nowMs }: OfInstitution,
  asked: (kind: AlertKind) => Asked,
): Promise<Finding[]> {
  const month = await freshMonth({ state }, institution.id, nowMs)
  if (!month) return []
  const rows = await quotaOf(state, registry, { institution, month, nowMs })
  const asOfMs = Math.min(nowMs, monthRange(month).toMs)
  const months = await subjectMonths(state, institution.id, month)
  const pace = quotaPace(institution, months, await registry.quotas(), asOfMs)
  // The share of elapsed days knows no winter, and a share of a few days is noise: only an own year is a forecast.
  const projected = new Map(
    pace
      .filter(({ basis, share }) => basis === 'ownProfile' && (share ?? 0) >= 1 / 12)
      .map((one) => [one.indicator, one.projected]),
  )
  return [
    quotaExceeded(asked('quotaExceeded'), rows),
    quotaPredicted(
      asked('quotaPredicted'),
      rows.map((row) => ({ ...row, actual: projected.get(row.indicator) ?? null })),
    ),
  ]
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
  return [afterHoursLoad(asked('afterHoursLoad'), { hours: sumOf(signed) })]
}

function centreEfficiency(
  { total, it }: CentreBoundary,
  hours: ReadonlyMap<string, MeterHours>,
  { asked, today }: { asked: (kind: AlertKind) => Asked; today: number },
): Finding[] {
  if (total.length === 0 || it.length === 0) return []
  const question = asked('pueOverLimit')
  const [totalHours, itHours] = [total, it].map((own) => sumOf(own.map((id) => ({ own: hours.get(id), sign: 1 }))))
  const known = { totalKwh: 0, itKwh: 0, hours: 0 }
  const firstMs = totalHours.firstHourMs
  const [from, to] = [today - PUE_DAYS, today].map((day) => (dayStartMs(day) - firstMs) / HOUR_MS)
  for (let hour = Math.max(0, from); hour < to; hour++) {
    const [whole, part] = [totalHours.amounts[hour], itHours.amounts[hour]]
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
 * Sub meters need not cover everything, and nothing registered says whether they do. So a node is held to balance where its
 * sub-items are complete or somebody set its limits; elsewhere only subs that count more than their main meter are wrong.
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

/** Each PV meter in the present month against the same month of the years before. */
async function sunshine({ consumption }: Ports, of: OfInstitution): Promise<Finding[]> {
  const findings: Finding[] = []
  const month = monthOf(of.nowMs)
  for (const meter of of.meters) {
    if (meter.role !== 'generation' || meter.purpose === EXPORT || meter.medium !== 'electricity') continue
    const spans = Array.from({ length: PV_YEARS + 1 }, (_, back) => monthRange(addMonths(month, -12 * back)))
    const years = await Promise.all(
      spans.map(async ({ fromMs, toMs }) => {
        const endDay = dayOf(Math.min(toMs, dayStartMs(dayOf(of.nowMs))))
        return generated(await consumption.get([meter.id], dayOf(fromMs), endDay))
      }),
    )
    const [current, ...earlier] = years
    findings.push(pvUnderperformance(meterAsked(of, 'pvUnderperformance', meter), { current, earlier }))
  }
  return findings
}

function generated(days: readonly ConsumptionDay[]): { kwh: number; days: number } {
  const known = days
    .map(({ amounts }) => amounts.filter((amount) => !Number.isNaN(amount)))
    .filter((amounts) => amounts.length >= PV_HOURS_MIN)
  return { kwh: known.reduce((sum, amounts) => sum + amounts.reduce((a, b) => a + b, 0), 0), days: known.length }
}

function hoursOfDays(days: readonly ConsumptionDay[], firstDay: number): MeterHours {
  const amounts = new Float64Array((DAYS_LOADED + 1) * 24).fill(Number.NaN)
  for (const one of days) amounts.set(one.amounts, (one.day - firstDay) * 24)
  return { firstHourMs: dayStartMs(firstDay), amounts }
}

/** Null where one of them is. All begin at the same hour. */
function sumOf(parts: readonly { own: MeterHours | undefined; sign: number }[]): MeterHours {
  const [first] = parts.flatMap(({ own }) => own ?? [])
  const amounts = new Float64Array(first?.amounts.length ?? 0)
  for (const { own, sign } of parts) {
    for (let hour = 0; hour < amounts.length; hour++) amounts[hour] += own ? sign * own.amounts[hour] : Number.NaN
  }
  return { firstHourMs: first?.firstHourMs ?? 0, amounts }
}
