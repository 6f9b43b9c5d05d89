// Hours of one institution's meters, for its tree, its data centre and its cost: read by month, so that no more than one
// month of an institution is held.

import { type Bill, billedAmount } from '../domain/bill.ts'
import { dayOf, dayStartMs, HOUR_MS, monthRange, monthsThrough, yearOf, yearRange } from '../domain/calendar.ts'
import {
  effectivenessOf,
  hourlyEffectiveness,
  pueGrade,
  pueLowerBound,
  rateEue,
  sumUsage,
  usageOfHours,
} from '../domain/data-centre.ts'
import { generationOf } from '../domain/generation.ts'
import { DATA_CENTRE, DATA_CENTRE_IT } from '../domain/institution-month.ts'
import { balanceOf, meterTree, outermost } from '../domain/meter-tree.ts'
import { HOUR_FLAGS } from '../domain/register.ts'
import type { Hours } from '../domain/register-hours.ts'
import type { Institution, Meter } from '../domain/registry.ts'
import { costOfHours, tariffId } from '../domain/tariff.ts'
import { amountUnit } from '../domain/unit.ts'
import { NO_HOUR_FLAG, virtualHours } from '../domain/virtual-meter.ts'
import { billsOf } from './bills.ts'
import { monthsOfYear, pathOf, type Sources } from './energy-years.ts'

/** Purpose of the cooling of a data centre (facts §7.1). */
const COOLING = '01D1B'

export const ownMeters = async ({ id, area }: Institution, { registry }: Sources): Promise<Meter[]> =>
  (await registry.shard(area)).meters.filter(({ institution }) => institution === id)

/** Whole months as consecutive hours by meter; hours of which nothing stands are null. */
async function hoursIn(
  meters: readonly string[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
  { platform }: Sources,
): Promise<Map<string, Hours>> {
  const fromDay = dayOf(fromMs)
  const toDay = dayOf(toMs - 1) + 1
  const found = new Map<string, Hours>()
  for (const { meter, day, amounts, flags } of await platform.consumption.get(meters, fromDay, toDay)) {
    const size = (toDay - fromDay) * 24
    const hours = found.get(meter) ?? {
      firstHourMs: dayStartMs(fromDay),
      amounts: new Float64Array(size).fill(Number.NaN),
      flags: new Uint8Array(size).fill(NO_HOUR_FLAG),
    }
    hours.amounts.set(amounts, (day - fromDay) * 24)
    hours.flags.set(flags, (day - fromDay) * 24)
    found.set(meter, hours)
  }
  return found
}

/** What has passed of a period, in whole hours. */
const passed = ({ fromMs, toMs }: { fromMs: number; toMs: number }, nowMs: number) => ({
  fromMs,
  toMs: Math.max(fromMs, Math.min(toMs, Math.floor(nowMs / HOUR_MS) * HOUR_MS)),
})

export async function treeOf(institution: Institution, month: string, sources: Sources) {
  const meters = await ownMeters(institution, sources)
  const { nodes, problems } = meterTree(meters)
  const range = passed(monthRange(month), sources.platform.now())
  const hours = await hoursIn(
    meters.map(({ id }) => id),
    range,
    sources,
  )
  const bills = await billsIn(institution, month, sources)
  const subject = (await monthsOfYear(institution.id, Number(month.slice(0, 4)), sources)).find(
    (one) => one.month === month,
  )
  return {
    institution: institution.id,
    month,
    nodes: nodes.map((node) => {
      const balance = balanceOf(node, {
        ...range,
        grain: 'month',
        hoursOf: (meter) => hours.get(meter),
        monthOfMeter: (meter) => billedAmountOf(bills, meter),
      })
      const { medium, periods } = balance
      return { meter: balance.meter, medium, subs: balance.subs, unit: amountUnit(medium), periods }
    }),
    problems,
    generation: subject ? generationOf(subject) : null,
  }
}

const billsIn = async ({ id }: Institution, month: string, { platform }: Sources): Promise<Bill[]> =>
  ((await billsOf(platform.state, new Map([[id, [month]]]))).get(id) ?? []).filter((bill) => bill.month === month)

const billedAmountOf = (bills: readonly Bill[], meter: string): number | undefined => {
  const bill = bills.find((one) => one.meter === meter)
  return bill && billedAmount(bill)
}

/** Cost by period of each main and excluded meter of a month, and what bills say. */
export async function costOfMonth(institution: Institution, month: string, sources: Sources) {
  const all = await ownMeters(institution, sources)
  const meters = all.filter(({ role, kind }) => (role === 'main' || role === 'exclude') && kind !== 'offline')
  const range = passed(monthRange(month), sources.platform.now())
  const hours = await hoursIn(
    meters.map(({ id }) => id),
    range,
    sources,
  )
  const tariffs = await sources.registry.tariffs()
  const subjects = [institution.id, ...pathOf(institution.area, await sources.registry.areas())]
  const subject = (await monthsOfYear(institution.id, Number(month.slice(0, 4)), sources)).find(
    (one) => one.month === month,
  )
  const priced = meters.map((meter) => ({
    meter: meter.id,
    medium: meter.medium,
    role: meter.role,
    unit: amountUnit(meter.medium),
    ...costOfHours({
      tariffs,
      subjects,
      medium: meter.medium,
      firstHourMs: range.fromMs,
      amounts: hours.get(meter.id)?.amounts ?? [],
    }),
  }))
  const used = new Set(priced.flatMap((one) => one.tariffs))
  return {
    institution: institution.id,
    month,
    costYuan: subject?.costYuan ?? null,
    hoursExpected: subject?.hoursExpected ?? 0,
    hoursPriced: subject?.hoursPriced ?? 0,
    meters: priced,
    tariffs: tariffs
      .map((tariff) => ({ id: tariffId(tariff), source: tariff.source ?? null, standIn: tariff.standIn }))
      .filter(({ id }) => used.has(id)),
    bills: (await billsIn(institution, month, sources)).map(({ carrier, quantity, unit, costYuan, source }) => ({
      carrier,
      quantity,
      unit,
      costYuan: costYuan ?? null,
      source: source ?? null,
    })),
  }
}

/** PUE and EUE by hour and month, and of the calendar year up to now; grades are those of a whole year. */
export async function dataCentreOf(institution: Institution, month: string, sources: Sources) {
  const nowMs = sources.platform.now()
  const tables = await sources.registry.tables()
  const meters = (await ownMeters(institution, sources)).filter(({ medium }) => medium === 'electricity')
  const withPurpose = (code: string): Meter[] =>
    outermost(meters, ({ role, purpose }) => (role === 'main' || role === 'sub') && purpose === code)
  const [total, it, cooling] = [DATA_CENTRE, DATA_CENTRE_IT, COOLING].map(withPurpose)
  const year = yearOf(monthRange(month).fromMs)
  const usages = []
  let chosen: { total: Hours | null; it: Hours | null } = { total: null, it: null }
  let chosenCooling: Hours | null = null
  for (const one of monthsThrough(`${year}-01`, month)) {
    const range = passed(monthRange(one), nowMs)
    const hours = await hoursIn(
      [...total, ...it, ...cooling].map(({ id }) => id),
      range,
      sources,
    )
    const size = Math.max(0, (monthRange(one).toMs - range.fromMs) / HOUR_MS)
    const sideOf = (side: readonly Meter[]): Hours | null =>
      side.length === 0
        ? null
        : {
            firstHourMs: range.fromMs,
            ...virtualHours(
              side.map(({ id }) => ({ meter: id, factor: 1 })),
              size,
              (meter) => hours.get(meter),
            ),
          }
    chosen = { total: sideOf(total), it: sideOf(it) }
    chosenCooling = sideOf(cooling)
    usages.push({ month: one, usage: usageOfHours(chosen, range) })
  }
  const range = passed(monthRange(month), nowMs)
  const usage = usages.at(-1)?.usage ?? usageOfHours(chosen, range)
  const ofYear = sumUsage(usages.map((one) => one.usage))
  const yearly = effectivenessOf(ofYear)
  const date = new Date(Math.min(nowMs, yearRange(year).toMs) - 1 + 8 * HOUR_MS).toISOString().slice(0, 10)
  const lower =
    total.length === 0 && chosen.it && chosenCooling
      ? usageOfHours({ total: chosenCooling, it: chosen.it }, range)
      : null
  return {
    institution: institution.id,
    month,
    meters: { total: total.map(({ id }) => id), it: it.map(({ id }) => id) },
    hours: hourlyEffectiveness(chosen, range).map(({ flag, ...hour }) => ({
      ...hour,
      flag: flag === null ? null : (HOUR_FLAGS[flag] ?? null),
    })),
    months: usages.map((one) => ({ month: one.month, ...one.usage, pue: effectivenessOf(one.usage) })),
    monthly: { ...usage, pue: effectivenessOf(usage) },
    yearly: { year, ...ofYear, pue: yearly, eue: yearly },
    pueAtLeast: lower && pueLowerBound({ itKwh: lower.itKwh ?? 0, coolingKwh: lower.totalKwh ?? 0 }),
    pueGrade: pueGrade(yearly.value, { date, tables: tables.pueGrades }),
    eueRating: rateEue(yearly.value, { type: institution.type, date, quotas: tables.eueQuotas }),
  }
}
