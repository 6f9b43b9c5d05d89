// Draws an alert: its curve before and since, the limit, and what it has cost so far (docs/rules/alerts.md#cost).

import { evidenceOf } from '../../domain/alert/evidence.ts'
import type { CurvePoint, KindCurve, KindLoss } from '../../domain/alert/kind.ts'
import { definitionOf } from '../../domain/alert/kinds.ts'
import type { Alert } from '../../domain/alert/life.ts'
import { DAY_MS, dayOf, dayStartMs, HOUR_MS, monthOf, monthRange } from '../../domain/calendar.ts'
import { centreBoundaries } from '../../domain/energy/data-centre-boundary.ts'
import { costOfHours, pricerOf, tariffId } from '../../domain/energy/tariff.ts'
import type { Phrase } from '../../domain/phrase.ts'
import type { MeterHours } from '../../domain/registry/meter-tree.ts'
import type { Institution, Meter } from '../../domain/registry/records.ts'
import { amountUnit } from '../../domain/unit.ts'
import type { AlertCostView, AlertCurveView } from '../../domain/view/alert.ts'
import type { ExplainView } from '../../domain/view/explain.ts'
import type { Platform } from '../platform.ts'
import { metersOfInstitution, type RegistryReader } from '../registry/reader.ts'
import { explain } from './explain-number.ts'

/** Read before the alert began: the nights of a baseline, and some more. */
const DAYS_BEFORE = 34
/** Of an alert that is open for longer, the cost of so many days is told. */
const DAYS_MAX = 400

interface Sources {
  platform: Platform
  registry: RegistryReader
}

interface Place {
  institution: Institution | undefined
  meters: readonly Meter[]
}

export async function alertCurve(alert: Alert, sources: Sources): Promise<AlertCurveView> {
  const { finding, history, state } = alert
  const { checks } = definitionOf(alert.kind)
  const texts = { zh: checks.map(({ zh }) => zh), en: checks.map(({ en }) => en) }
  const clearedMs = state === 'cleared' ? history.findLast(({ what }) => what === 'cleared')?.atMs : undefined
  const toMs = clearedMs ?? sources.platform.now()
  const asked = evidenceOf(finding).chain
  if (asked) return { ...(await chainCurve(alert, sources)), checks: texts }
  const { curve, place } = await curveOfHours(alert, toMs, sources)
  const { loss, other, limit, baseline, eventMs, points, ...shown } = curve
  return {
    ...shown,
    points: [...points],
    other: other ? { name: other.name, points: [...other.points] } : null,
    limit: limit ?? null,
    baseline: baseline ?? null,
    eventMs: eventMs ?? null,
    cost: await costOf(loss, place, sources),
    checks: texts,
  }
}

/** The curve of a kind on hours, from the hours of the subject's meters. */
async function curveOfHours(alert: Alert, toMs: number, sources: Sources): Promise<{ curve: KindCurve; place: Place }> {
  const { subject, finding, kind } = alert
  const place = await placeOf(alert, sources)
  const { meters, institution } = place
  const { atMs } = finding.facts as { atMs?: unknown }
  const sinceMs = Math.min(alert.sinceMs, typeof atMs === 'number' ? atMs : alert.sinceMs)
  const toDay = dayOf(toMs) + 1
  const fromDay = Math.max(dayOf(sinceMs) - DAYS_BEFORE, toDay - DAYS_MAX)
  const hours = new Map<string, MeterHours>()
  const ids = meters.map(({ id }) => id)
  for (const { meter, day, amounts } of await sources.platform.consumption.get(ids, fromDay, toDay)) {
    const size = (toDay - fromDay) * 24
    const own = hours.get(meter)?.amounts ?? new Float64Array(size).fill(Number.NaN)
    own.set(amounts, (day - fromDay) * 24)
    hours.set(meter, { firstHourMs: dayStartMs(fromDay), amounts: own })
  }
  const workingDays = await sources.registry.workingDays()
  const centre = institution ? centreBoundaries(institution, meters).pue : { total: [], it: [] }
  const given = { ...finding, subject, sinceMs, toMs, meters, hours, centre, workingDays }
  const curve = definitionOf(kind).curve(given)
  if (!curve) throw new Error(`${kind} has neither a curve nor a chain`)
  return { curve, place }
}

async function placeOf({ subject }: Alert, { registry }: Sources): Promise<Place> {
  const nowhere: Place = { institution: undefined, meters: [] }
  if (subject.type === 'gateway') {
    const entry = await registry.gateway(subject.id)
    if (!entry) return nowhere
    const all = (await registry.shard(entry.shard)).meters
    return { institution: undefined, meters: all.filter(({ gateway }) => gateway === subject.id) }
  }
  const meter = subject.type === 'meter' ? (await registry.meter(subject.id))?.meter : undefined
  const found = await registry.institution(meter?.institution ?? subject.id)
  if (!found) return nowhere
  const { institution, shard } = found
  return { institution, meters: metersOfInstitution(await registry.shard(shard), institution.id) }
}

const NO_TARIFF: Phrase = {
  zh: '没有登记该介质的价格，无法折算金额',
  en: 'no price of this medium is registered, so there is no sum of money',
}
const LADDER: Phrase = {
  zh: '阶梯价按累计用量分档，多用部分不单独计价',
  en: 'the price is a ladder by cumulated use, so a part of the use has no price of its own',
}
const UNKNOWN: Phrase = { zh: '这段时间用量未知', en: 'the use of this time is unknown' }

async function costOf(loss: KindLoss, { institution }: Place, { registry }: Sources): Promise<AlertCostView> {
  if ('reason' in loss) return nothingLost(loss.reason)
  const { medium, firstHourMs, amounts } = loss
  const known = Array.from(amounts).filter((amount) => !Number.isNaN(amount))
  if (known.length === 0) return nothingLost(UNKNOWN)
  const sum = known.reduce((total, amount) => total + amount, 0)
  const span = { fromMs: firstHourMs, toMs: firstHourMs + amounts.length * HOUR_MS }
  const told = { ...nothingLost(null), ...span, amount: Math.max(0, sum), unit: amountUnit(medium) }
  const hours = { hoursKnown: known.length, hoursUnknown: amounts.length - known.length }
  const subjects = institution ? [institution.id, ...(await registry.path(institution.area))] : []
  const tariffs = await registry.tariffs()
  if (!pricerOf(tariffs, { subjects, medium })) return { ...told, ...hours, reason: NO_TARIFF }
  const priced = costOfHours({ tariffs, subjects, medium, firstHourMs, amounts })
  const used = tariffs.filter((row) => priced.tariffs.includes(tariffId(row)))
  if (used.some(({ ladder }) => ladder)) return { ...told, ...hours, reason: LADDER }
  if (priced.yuan === null || priced.hoursUnpriced > 0) return { ...told, ...hours, reason: NO_TARIFF }
  return { ...told, ...hours, yuan: Math.max(0, priced.yuan), standIn: used.some(({ standIn }) => standIn) }
}

const nothingLost = (reason: Phrase | null): AlertCostView => ({
  ...{ amount: null, unit: null, fromMs: null, toMs: null, hoursKnown: 0, hoursUnknown: 0 },
  ...{ yuan: null, standIn: false, reason },
})

/** The number of an indicator as it grew through the months of its window, in the indicator's unit. */
async function chainCurve(alert: Alert, sources: Sources): Promise<Omit<AlertCurveView, 'checks'>> {
  const { platform, registry } = sources
  const { subject, finding } = alert
  const asked = evidenceOf(finding).chain
  if (!asked) throw new Error(`${alert.kind} has no chain`)
  const institution = (await registry.institution(subject.id))?.institution
  const chain = await explain(platform, registry, {
    ...{ table: asked.table, indicator: asked.indicator, month: monthOf(finding.asOfMs - 1), limit: 1 },
    ...{ area: institution?.area ?? subject.id, ...(institution && { institution }) },
  })
  const facts: Partial<Record<string, unknown>> = { ...finding.facts }
  const limit = Number(facts.constraint ?? facts.target)
  const isForecast = asked.now !== 'result'
  return {
    grain: 'month',
    unit: chain.unit,
    name: { zh: '窗口内累计', en: 'sum within the window' },
    points: grown(chain),
    other: null,
    limit: { name: asked.table === 'quota' ? CONSTRAINT : TARGET, value: limit },
    baseline: null,
    eventMs: null,
    cost: chainCost(chain, { limit, isForecast, forecast: Number(facts.forecast ?? facts.amount) }),
  }
}

const CONSTRAINT: Phrase = { zh: '约束值', en: 'constraint value' }
const TARGET: Phrase = { zh: '目标', en: 'target' }

/** Cumulated by month; its last value is the number itself. */
function grown({ months, result, knownPart }: ExplainView): CurvePoint[] {
  const end = result ?? knownPart
  const whole = months.reduce((sum, { numerator, weight }) => sum + numerator * weight, 0)
  let sum = 0
  return months.map(({ month, numerator, weight }) => {
    sum += numerator * weight
    return { atMs: monthRange(month).fromMs, value: end === null || whole <= 0 ? null : (end * sum) / whole }
  })
}

/** Beyond the limit, in the unit of the indicator's numerator. A sum of several carriers has no price of its own. */
function chainCost(
  { unit, months, window, result }: ExplainView,
  { limit, isForecast, forecast }: { limit: number; isForecast: boolean; forecast: number },
): AlertCostView {
  const size = months.findLast(({ size: own }) => own !== null)?.size ?? null
  const [numerator = unit, per] = unit.split('/')
  const times = per === undefined ? 1 : size
  const beyond = ((isForecast ? forecast : (result ?? Number.NaN)) - limit) * (times ?? Number.NaN)
  if (!(beyond > 0)) return nothingLost(isForecast ? WITHIN : UNKNOWN)
  const span = { fromMs: window.fromMs, toMs: Math.min(window.toMs, window.fromMs + DAYS_MAX * DAY_MS) }
  return { ...nothingLost(isForecast ? FORECAST : MIXED), ...span, amount: beyond, unit: numerator }
}

const WITHIN: Phrase = { zh: '尚未超出，没有损失', en: 'it is not over yet, so nothing is lost' }
const FORECAST: Phrase = {
  zh: '这是按全年预测超出的部分，尚未发生，不折算金额',
  en: 'this is what the forecast of the year exceeds; it has not happened, so there is no sum of money',
}
const MIXED: Phrase = {
  zh: '指标合计了多种能源，没有单一价格；金额见“费用”',
  en: 'the indicator adds several carriers, which have no one price; see Cost for money',
}
