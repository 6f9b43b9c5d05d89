// Gathers the chain behind a number of an institution or area: the months that judging used, the hours and readings of the
// meters, the bills and the row it is held against. Reads what stands; computes nothing that domain/explain.ts does not.

import { billId } from '../domain/bill.ts'
import { dayLabel, dayOf, monthRange, yearOf } from '../domain/calendar.ts'
import { INDICATOR_UNITS, targetFor } from '../domain/dual-control.ts'
import {
  type ExplainedIndicator,
  type ExplainedMeter,
  type ExplainTable,
  type ExplainView,
  explainMonths,
  explainWindow,
  formulaOf,
} from '../domain/explain.ts'
import { QUOTA_UNITS, quotaRow } from '../domain/quota.ts'
import { HOUR_FLAGS } from '../domain/register.ts'
import {
  INDICATORS,
  type Indicator,
  type Institution,
  isRead,
  type Meter,
  QUOTA_INDICATORS,
} from '../domain/registry.ts'
import { amountUnit } from '../domain/unit.ts'
import { billsOf } from './bills.ts'
import { dualControlOf, parentOf, quotaOf, standardsIn, subjectMonths } from './judgement.ts'
import { NO_HOUR, type Platform } from './platform.ts'
import type { RegistryReader } from './registry.ts'

export interface ExplainQuestion {
  /** The area's code when no institution is given. */
  area: string
  institution?: Institution
  table: ExplainTable
  indicator: ExplainedIndicator
  month: string
}

const CLAUSES: Record<ExplainTable, { zh: string; en: string }> = {
  dualControl: {
    zh: '能源消费总量和强度双控：预测值与目标之比 ≤ 95 % 正常，≤ 100 % 预警，> 100 % 超标',
    en: 'dual control: forecast over target up to 95 % on track, up to 100 % at risk, beyond it over',
  },
  quota: {
    zh: '定额：≤ 引导值 先进，≤ 基准值 合理，≤ 约束值 达标，> 约束值 需整改',
    en: 'quota: up to guide advanced, up to benchmark reasonable, up to constraint compliant, beyond it to rectify',
  },
}

/** The table that an indicator's name means when none is asked for: dual control where both have it. */
export const tableOf = (indicator: string): ExplainTable =>
  INDICATORS.some((name) => name === indicator) ? 'dualControl' : 'quota'

export async function explain(
  platform: Platform,
  registry: RegistryReader,
  { area, institution, table, indicator, month }: ExplainQuestion,
): Promise<ExplainView> {
  const { state } = platform
  const nowMs = platform.now()
  const subject = institution?.id ?? area
  const formula = formulaOf(table, indicator)
  if (!formula) throw new RangeError(`${table} has no indicator ${indicator}`)
  const areas = await registry.areas()
  const tables = await registry.tables()
  const { fromMs, toMs } = monthRange(month)
  const asOfMs = Math.min(nowMs, toMs)
  const endMs = Math.max(asOfMs, fromMs + 1)
  const children = institution ? undefined : await childrenOf(area, { registry, areas })
  const chain = explainMonths({
    table,
    indicator,
    endMs,
    months: await subjectMonths(state, subject, month),
    standards: (of) => standardsIn({ areas, tables }, area, of),
    children:
      children &&
      (await Promise.all(
        children.map(async (child) => ({ subject: child, months: await subjectMonths(state, child, month) })),
      )),
  })
  const held = await heldAgainst({ platform, registry }, { area, institution, table, indicator, month })
  // The quota cannot tell heating from the rest, or there was none: the number is withheld although the amounts stand.
  const isWithheld = table === 'quota' && held.shown === null && chain.result !== null
  const result = isWithheld ? null : chain.result
  const window = explainWindow(table, indicator, endMs)
  const range = { fromMs: monthRange(window[0].month).fromMs, toMs: endMs }
  const isWater = indicator === 'water' || indicator === 'waterPerCapita'
  const own = institution
    ? (await registry.shard(institution.area)).meters.filter(
        (meter) => meter.institution === institution.id && (meter.medium === 'water') === isWater,
      )
    : []
  return {
    subject,
    kind: institution ? 'institution' : 'area',
    table,
    indicator,
    unit:
      table === 'quota' ? QUOTA_UNITS[indicator as keyof typeof QUOTA_UNITS] : INDICATOR_UNITS[indicator as Indicator],
    month,
    asOfMs,
    formula,
    clause: CLAUSES[table],
    shown: held.shown,
    ...chain,
    result,
    why: isWithheld ? 'notApart' : chain.why,
    matches: isSame(held.shown, result),
    window: range,
    meters: await metersExplained(platform, own, range),
    bills: institution
      ? await billsExplained(platform, institution.id, new Set(window.map((one) => one.month)), isWater)
      : [],
    against: held.against,
    status: held.status,
  }
}

const isSame = (a: number | null, b: number | null): boolean =>
  a === null || b === null ? a === b : Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))

/** The areas right below, or the institutions of a county. */
async function childrenOf(
  area: string,
  { registry, areas }: { registry: RegistryReader; areas: Awaited<ReturnType<RegistryReader['areas']>> },
): Promise<string[]> {
  const below = areas.filter(({ parent }) => parent === area).map(({ code }) => code)
  return below.length > 0 ? below : (await registry.shard(area)).institutions.map(({ id }) => id)
}

async function heldAgainst(
  { platform, registry }: { platform: Platform; registry: RegistryReader },
  { area, institution, table, indicator, month }: ExplainQuestion,
): Promise<Pick<ExplainView, 'shown' | 'against' | 'status'>> {
  const nowMs = platform.now()
  const asOfMs = Math.min(nowMs, monthRange(month).toMs)
  if (table === 'quota') {
    const name = QUOTA_INDICATORS.find((one) => one === indicator)
    if (!institution || !name) return { shown: null, against: null, status: null }
    const status = (await quotaOf(platform.state, registry, { institution, month, nowMs })).find(
      (one) => one.indicator === name,
    )
    const row = quotaRow(institution, name, await registry.quotas(), dayLabel(dayOf(asOfMs - 1)))
    return {
      shown: status?.actual ?? null,
      status: status ?? null,
      against: row ? { name: row.standard, source: row.source, standIn: row.standIn, row } : null,
    }
  }
  const subject = institution?.id ?? area
  const profileArea = institution ? area : parentOf(area, await registry.areas())
  const judged = await dualControlOf(platform.state, registry, { subject, area, profileArea, month, nowMs })
  const status = judged?.indicators.find((one) => one.indicator === indicator)
  const target = targetFor(await registry.targets(subject), indicator as Indicator, yearOf(asOfMs - 1))
  return {
    shown: status?.actual ?? null,
    status: status ?? null,
    against: target
      ? { name: `${target.subject} ${target.indicator}`, source: target.source, standIn: target.standIn, row: target }
      : null,
  }
}

/** Meter by meter, so that a year of readings of one is held at a time. */
async function metersExplained(
  { consumption, readings }: Platform,
  meters: readonly Meter[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<ExplainedMeter[]> {
  const explained: ExplainedMeter[] = []
  for (const meter of meters) {
    const days = await consumption.get([meter.id], dayOf(fromMs), dayOf(toMs - 1) + 1)
    const samples = isRead(meter) ? (await readings.range([meter.id], fromMs, toMs)).get(meter.id) : undefined
    const months = [...Map.groupBy(days, ({ day }) => dayLabel(day).slice(0, 7))].map(([month, own]) => {
      const flags: Record<string, number> = {}
      let [amount, hoursKnown] = [0, 0]
      for (const { amounts, flags: codes } of own) {
        for (const [hour, value] of amounts.entries()) {
          if (codes[hour] !== NO_HOUR) flags[HOUR_FLAGS[codes[hour]]] = (flags[HOUR_FLAGS[codes[hour]]] ?? 0) + 1
          if (Number.isNaN(value)) continue
          amount += value
          hoursKnown++
        }
      }
      return { month, amount: hoursKnown > 0 ? amount : null, hoursKnown, flags }
    })
    explained.push({
      meter: meter.id,
      medium: meter.medium,
      role: meter.role,
      kind: meter.kind,
      purpose: meter.purpose ?? null,
      unit: amountUnit(meter.medium),
      months,
      series: `/api/v1/meters/${meter.id}/series?from=${fromMs}&to=${toMs}&grain=hour`,
      readings: {
        count: samples?.atMs.length ?? 0,
        firstMs: samples?.atMs.at(0) ?? null,
        lastMs: samples?.atMs.at(-1) ?? null,
      },
    })
  }
  return explained
}

async function billsExplained(
  { state }: Platform,
  institution: string,
  months: ReadonlySet<string>,
  isWater: boolean,
): Promise<ExplainView['bills']> {
  const bills = (await billsOf(state, new Map([[institution, months]]))).get(institution) ?? []
  return bills
    .filter((bill) => months.has(bill.month) && (bill.carrier === 'water') === isWater)
    .map((bill) => ({
      id: billId(bill),
      carrier: bill.carrier,
      month: bill.month,
      quantity: bill.quantity,
      unit: bill.unit,
      source: bill.source ?? null,
    }))
}
