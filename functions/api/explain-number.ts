// Gathers the chain behind a number of an institution or area: the months that were judged, the hours and readings of
// the meters, the bills, and the table row it is compared with. Reads stored data; domain/explain/chain.ts does all
// computing.

import { addMonths, dayLabel, dayOf, type Month, monthRange, yearOf } from '../../domain/calendar.ts'
import { billId } from '../../domain/energy/bill.ts'
import type { StandardsInForce } from '../../domain/energy/conversion.ts'
import type { MonthInput } from '../../domain/energy/institution-month.ts'
import { monthSources } from '../../domain/energy/month-source.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import { type ExplainMonthsInput, explainMonths, explainWindow, sameNumber } from '../../domain/explain/chain.ts'
import { explainTargetFactors } from '../../domain/explain/target-factors.ts'
import {
  INDICATORS,
  type Indicator,
  type IndicatorSize,
  type IndicatorTable,
  indicatorRow,
  isTotal,
  QUOTA_INDICATORS,
} from '../../domain/indicator.ts'
import { statusOf } from '../../domain/judge/dual-control.ts'
import { statusOfChance } from '../../domain/judge/forecast-status.ts'
import { knownShareLimits } from '../../domain/judge/known-share.ts'
import { quotaRow } from '../../domain/judge/quota.ts'
import type { IndicatorStatus, QuotaStatus } from '../../domain/judge/result.ts'
import { targetFor, targetValue } from '../../domain/judge/target-value.ts'
import { must } from '../../domain/must.ts'
import { rate } from '../../domain/rating.ts'
import { areasIn, everAbove } from '../../domain/registry/area.ts'
import type { Area, Institution, Meter } from '../../domain/registry/records.ts'
import { meanSize } from '../../domain/registry/size.ts'
import type { ExplainCheck, ExplainedIndicator, ExplainTerm, ExplainView } from '../../domain/view/explain.ts'
import { dualControlOf, quotaOf, standardsIn, subjectMonths } from '../judging/judgement.ts'
import { amountsOfSums } from '../judging/month-amounts.ts'
import { daysToCut } from '../judging/subject-year.ts'
import { ownRowsBelow } from '../judging/target-factors.ts'
import type { ConsumptionDay, Platform } from '../platform.ts'
import { billsOf } from '../registry/bills.ts'
import { metersOfInstitution, parentOf, type RegistryReader } from '../registry/reader.ts'
import { sumsOf } from '../settling/sum.ts'
import { dirtyKey } from '../state/dirty.ts'
import { dayExplained, hoursOfDays, metersExplained } from './explain-hours.ts'
import { paged } from './query.ts'

export interface ExplainQuestion {
  /** The area's code when no institution is given. */
  area: string
  institution?: Institution
  table: IndicatorTable
  indicator: ExplainedIndicator
  month: Month
  /** Number of children of an area, or meters of an institution, to list after `cursor`. All are checked. */
  limit: number
  cursor?: string | undefined
  /** A meter of the institution and a day to explain down to the readings. `day`: as in calendar.ts. */
  detail?: { meter: Meter; day: number } | undefined
}

const CLAUSES: Record<IndicatorTable, { zh: string; en: string }> = {
  dualControl: {
    zh: '能源消费总量和强度双控：总量看全年超过目标的可能性，≤ 20 % 正常，≤ 50 % 预警，> 50 % 超标；强度看与目标之比，≤ 95 % 正常，≤ 100 % 预警，> 100 % 超标',
    en: 'dual control: totals by the chance that the year exceeds its target, up to 20 % on track, up to 50 % at risk, beyond it over; intensities by value over target, up to 95 % on track, up to 100 % at risk, beyond it over',
  },
  quota: {
    zh: '定额：≤ 引导值 先进，≤ 基准值 合理，≤ 约束值 达标，> 约束值 需整改',
    en: 'quota: up to guide advanced, up to benchmark reasonable, up to constraint compliant, beyond it to rectify',
  },
}

/** The table of an indicator when the request names none: dual control where both tables have it. */
export const indicatorTableOf = (indicator: string): IndicatorTable =>
  INDICATORS.some((name) => name === indicator) ? 'dualControl' : 'quota'

const metersIn = (meters: readonly Meter[], ids: ReadonlySet<string>): Meter[] => meters.filter(({ id }) => ids.has(id))

export async function explain(
  platform: Platform,
  registry: RegistryReader,
  question: ExplainQuestion,
): Promise<ExplainView> {
  const { area, institution, table, indicator, month, detail } = question
  const { state } = platform
  // Read once: a number of a rolling year changes by the millisecond.
  const nowMs = platform.now()
  const subject = institution?.id ?? area
  const row = indicatorRow(table, indicator)
  if (!row) throw new RangeError(`${table} has no indicator ${indicator}`)
  const [areas, tables] = [await registry.areas(), await registry.tables()]
  const asOfMs = Math.min(nowMs, monthRange(month).toMs)
  const endMs = Math.max(asOfMs, monthRange(month).fromMs + 1)
  const children = institution ? undefined : await childrenOf(area, { registry, areas })
  const shard = institution ? area : (parentOf(area, areas) ?? area)
  const wasPending = await isPending(state, shard, subject)
  const window = explainWindow(table, indicator, endMs)
  const standards = (given: Month) => standardsIn({ areas, tables }, area, given)
  const isWater = row.resource === 'water'
  const own = institution && (await ownOf({ platform, registry }, { institution, window, endMs, isWater, standards }))
  const monthsOf = async (name: string) => ({
    subject: name,
    months: await subjectMonths(state, name, month, daysToCut(month)),
  })
  const { months } = await monthsOf(subject)
  const below = children && whileBelow(await Promise.all(children.map(monthsOf)), { area, areas })
  const chain = explainMonths({ table, indicator, endMs, own, months, standards, children: below })
  const held = await heldAgainst({ platform, registry }, question, nowMs)
  // A number that could be computed is withheld when too little of it is known, or it cannot be told apart or be true.
  const isWithheld = held.known.reason !== null && chain.result !== null
  const result = isWithheld ? null : chain.result
  const isWhole = institution !== undefined || ownRowsBelow({ area, areas, tables }).length === 0
  const step = explainTargetFactors({ row, months, standards, explained: chain.months, status: held.judged, isWhole })
  const value = sameNumber('value', `${indicator} shown, and of the months below`, [held.shown, result])
  // A number that is not given agrees with nothing.
  const shownChecks = held.shown === null && result === null ? [] : [...held.rating(result), value]
  const page = paged(own?.meters.map(({ id }) => id) ?? children ?? [], (id) => id, question)
  const listed = new Set(page.items)
  const day = detail && (await dayExplained(platform, { ...detail, shard: area }))
  return {
    ...{ subject, table, indicator, month, asOfMs },
    kind: institution ? 'institution' : 'area',
    ...{ unit: row.unit, formula: row.formula, clause: CLAUSES[table] },
    shown: held.shown,
    ...chain,
    months: children ? chain.months.map((one) => ({ ...one, terms: termsOf(one.terms, listed) })) : chain.months,
    result,
    why: isWithheld ? held.known.reason : chain.why,
    ...knownStep(held.known, asOfMs),
    matches: value.ok,
    checks: [...shownChecks, ...step.checks, ...chain.checks, ...(own?.checks ?? []), ...(day?.checks ?? [])],
    // Checked before and after: data judged in between mixes two states as well.
    pending: wasPending || (await isPending(state, shard, subject)),
    window: { fromMs: monthRange(must(window[0]).month).fromMs, toMs: endMs },
    meters: own ? await metersExplained(platform, metersIn(own.meters, listed), own) : [],
    bills: own?.bills ?? [],
    ...{ against: held.against, status: held.status, targetFactors: step.targetFactors },
    detail: day?.detail ?? null,
    next: page.next,
  }
}

const knownStep = ({ knownShare, knownPart }: Known, asOfMs: number) => ({
  ...{ knownShare, knownPart },
  limits: knownShareLimits(dayLabel(dayOf(asOfMs - 1))),
})

/** True when months of the subject are still to be judged anew. */
async function isPending(state: Platform['state'], shard: string, subject: string): Promise<boolean> {
  const dirty = await state.get(dirtyKey(shard))
  return (dirty?.value[subject]?.length ?? 0) > 0
}

/** The terms of the children on this page, and one for the sum of all others. */
function termsOf(terms: readonly ExplainTerm[], shown: ReadonlySet<string>): ExplainTerm[] {
  const others = terms.filter(({ source }) => !shown.has(source))
  const [first] = others
  if (!first) return [...terms]
  const amount = others.reduce((sum, { adds }) => sum + (adds ?? 0), 0)
  return [
    ...terms.filter(({ source }) => shown.has(source)),
    { ...first, kind: 'others', source: `${others.length} others`, amount, adds: amount },
  ]
}

/** An institution's meters with their hours in the window, its bills, and how each month is made of them. */
async function ownOf(
  { platform: { state, consumption }, registry }: { platform: Platform; registry: RegistryReader },
  given: {
    institution: Institution
    window: ReturnType<typeof explainWindow>
    endMs: number
    isWater: boolean
    standards: (month: Month) => StandardsInForce
  },
) {
  const { institution, window, endMs, isWater, standards } = given
  const all = metersOfInstitution(await registry.shard(institution.area), institution.id)
  const meters = all.filter(({ medium }) => (medium === 'water') === isWater)
  const names = window.map(({ month }) => month)
  const billed = names.flatMap((month) => [addMonths(month, -12), month])
  const bills = (await billsOf(state, new Map([[institution.id, billed]]))).get(institution.id) ?? []
  const range = { fromMs: monthRange(must(names[0])).fromMs, toMs: endMs }
  const ids = meters.map(({ id }) => id)
  const days = await consumption.get(ids, dayOf(range.fromMs), dayOf(range.toMs - 1) + 1)
  const daysOfMonth = Map.groupBy(days, ({ day }) => dayLabel(day).slice(0, 7))
  const amountsIn = new Map(
    names.map((month) => {
      const { fromMs, toMs } = monthRange(month)
      const sums = sumsOf(daysOfMonth.get(month) ?? [], dayOf(fromMs), dayOf(toMs))
      return [month, amountsOfSums(sums, month)] as const
    }),
  )
  const amounts = (month: Month) => must(amountsIn.get(month))
  const daysOf = Map.groupBy(days, ({ meter }) => meter)
  const used = bills.filter((bill) => names.includes(bill.month) && (bill.carrier === 'water') === isWater)
  return {
    ...range,
    meters,
    daysOf,
    sources: (month) => {
      const sets = standards(month)
      return monthSources({ institution, meters, bills, month, asOfMs: endMs, amounts: amounts(month), sets })
    },
    size: (month) => sizesOf(institution, monthRange(month), endMs),
    checks: meters.flatMap(({ id, kind }) =>
      kind === 'offline' ? [] : [meterCheck(id, names, { amounts, days: daysOf.get(id) ?? [] })],
    ),
    bills: used.map((bill) => ({
      id: billId(bill),
      carrier: bill.carrier,
      month: bill.month,
      quantity: bill.quantity,
      unit: bill.unit,
      source: bill.source ?? null,
    })),
  } satisfies ExplainMonthsInput['own'] & Record<string, unknown>
}

/** Checks a meter's amounts of the window's months against the sum of all its hours. */
function meterCheck(
  id: string,
  months: readonly Month[],
  given: { amounts: (month: Month) => MonthInput['amounts']; days: readonly ConsumptionDay[] },
): ExplainCheck {
  const amountIn = (month: Month): number | null => {
    const { fromMs, toMs } = monthRange(month)
    return given.amounts(month)(id, fromMs, toMs)?.amount ?? null
  }
  const counted = months.map(amountIn).filter((amount) => amount !== null)
  const scale = counted.reduce((sum, amount) => sum + Math.abs(amount), 0)
  const want = counted.length > 0 ? counted.reduce((sum, amount) => sum + amount, 0) : null
  const { amount } = hoursOfDays(given.days)
  return sameNumber('meter', `${id}: months, and the hours of them`, [want ?? amount, amount ?? want, scale])
}

/** The registered denominators of a month. */
function sizesOf(
  { sizes }: Institution,
  { fromMs, toMs }: { fromMs: number; toMs: number },
  endMs: number,
): Record<IndicatorSize, number | null> {
  const { floorAreaM2, heatedAreaM2, specialAreaM2, energyUsers } = meanSize(sizes, fromMs, Math.min(toMs, endMs))
  const generalAreaM2 = floorAreaM2 === null ? null : floorAreaM2 - (specialAreaM2 ?? 0)
  return { floorAreaM2, heatedAreaM2, energyUsers, waterUsers: energyUsers, generalAreaM2 }
}

/** The months of child areas in which they were below the area; those of institutions as they are. */
function whileBelow(
  children: { subject: string; months: readonly SubjectMonth[] }[],
  { area, areas }: { area: string; areas: readonly Area[] },
): { subject: string; months: readonly SubjectMonth[] }[] {
  const dated = new Set(areas.flatMap(({ code, rows }) => (rows ? [code] : [])))
  const isBelow = (subject: string, month: Month): boolean =>
    areasIn(areas, month).some(({ code, parent }) => code === subject && parent === area)
  return children.map(({ subject, months }) => ({
    subject,
    months: dated.has(subject) ? months.filter(({ month }) => isBelow(subject, month)) : months,
  }))
}

/** The child areas, or the institutions of a county. */
async function childrenOf(
  area: string,
  { registry, areas }: { registry: RegistryReader; areas: Awaited<ReturnType<RegistryReader['areas']>> },
): Promise<string[]> {
  const below = areas.filter((one) => everAbove(one).includes(area)).map(({ code }) => code)
  return below.length > 0 ? below : (await registry.shard(area)).institutions.map(({ id }) => id)
}

interface Held extends Pick<ExplainView, 'shown' | 'against' | 'status'> {
  known: Known
  /** The status, when it is of dual control. */
  judged: IndicatorStatus | null
  /** Whether the rating or status follows from the result. */
  rating(result: number | null): ExplainCheck[]
}

type Known = Pick<QuotaStatus, 'reason' | 'knownShare' | 'knownPart'>
const NOTHING_KNOWN: Known = { reason: null, knownShare: null, knownPart: null }

async function heldAgainst(
  { platform, registry }: { platform: Platform; registry: RegistryReader },
  { area, institution, table, indicator, month }: ExplainQuestion,
  nowMs: number,
): Promise<Held> {
  const asOfMs = Math.min(nowMs, monthRange(month).toMs)
  if (table === 'quota') {
    const name = QUOTA_INDICATORS.find((one) => one === indicator)
    if (!institution || !name)
      return { shown: null, against: null, status: null, known: NOTHING_KNOWN, judged: null, rating: () => [] }
    const status = (await quotaOf(platform.state, registry, { institution, month, nowMs })).find(
      (one) => one.indicator === name,
    )
    const row = quotaRow(institution, name, await registry.quotas(), dayLabel(dayOf(asOfMs - 1)))
    return {
      shown: status?.actual ?? null,
      status: status ?? null,
      known: status ?? NOTHING_KNOWN,
      judged: null,
      against: row ? { name: row.standard, source: row.source, standIn: row.standIn, row } : null,
      rating: (result) => [
        sameText(`rating of ${name}`, status?.rating ?? null, row && result !== null ? rate(result, row) : null),
      ],
    }
  }
  const subject = institution?.id ?? area
  const profileArea = institution ? area : parentOf(area, await registry.areas())
  const judged = await dualControlOf(platform.state, registry, { subject, area, profileArea, month, nowMs })
  const status = judged?.indicators.find((one) => one.indicator === indicator)
  const year = yearOf(asOfMs - 1)
  const target = targetFor(await registry.targets(subject), indicator as Indicator, year)
  const reached = (result: number | null): string | null => {
    // A total is judged by the chance that its year exceeds the target; an intensity by its own value.
    if (!target || result === null) return null
    const chance = status?.chance ?? null
    if (chance === null && isTotal(indicator as Indicator)) return null
    // Held against its target on the target's own factors, where new ones have come since.
    const value = status?.onTargetFactors?.forecast ?? result
    const found =
      chance === null
        ? statusOf(value / targetValue(target, year))
        : statusOfChance(chance, dayLabel(dayOf(asOfMs - 1)))
    return status?.lowerBound && found !== 'over' ? null : found
  }
  return {
    shown: status?.actual ?? null,
    status: status ?? null,
    known: status ?? NOTHING_KNOWN,
    judged: status ?? null,
    against: target
      ? { name: `${target.subject} ${target.indicator}`, source: target.source, standIn: target.standIn, row: target }
      : null,
    rating: (result) => [sameText(`status of ${indicator}`, status?.status ?? null, reached(result))],
  }
}

const sameText = (name: string, want: string | null, got: string | null): ExplainCheck => ({
  level: 'rating',
  name,
  want,
  got,
  ok: want === got,
})
