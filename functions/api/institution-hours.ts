// Computes the meter tree, data centre and cost of one institution from the hours of its meters. Reads month by month,
// so that it holds no more than one month of an institution.

import {
  dayLabel,
  dayOf,
  dayStartMs,
  HOUR_MS,
  type Month,
  monthRange,
  monthsThrough,
  yearOf,
  yearRange,
} from '../../domain/calendar.ts'
import { type Bill, billedAmount } from '../../domain/energy/bill.ts'
import {
  type CentreBoundary,
  centreBoundaries,
  DATA_CENTRE_COOLING,
  namedMeters,
} from '../../domain/energy/data-centre-boundary.ts'
import { generationOf } from '../../domain/energy/generation.ts'
import { costOfHours, pricerOf, tariffId } from '../../domain/energy/tariff.ts'
import { type Hours, NO_HOUR } from '../../domain/hours.ts'
import {
  type CentreHours,
  type CentreUsage,
  effectivenessOf,
  hourlyEffectiveness,
  pueGrade,
  pueLowerBound,
  rateEue,
  sumUsage,
  usageOfHours,
} from '../../domain/judge/data-centre.ts'
import { knownShareLimits, worstKnownShare } from '../../domain/judge/known-share.ts'
import { must } from '../../domain/must.ts'
import { lifeOf } from '../../domain/registry/dated.ts'
import { balanceOf, meterTree } from '../../domain/registry/meter-tree.ts'
import type { Institution, Meter } from '../../domain/registry/records.ts'
import { virtualHours } from '../../domain/registry/virtual-meter.ts'
import { HOUR_FLAGS } from '../../domain/settle/settle.ts'
import { amountUnit } from '../../domain/unit.ts'
import { connectionsOf, usedBefore } from '../judging/month-amounts.ts'
import { billsOf } from '../registry/bills.ts'
import { metersOfInstitution } from '../registry/reader.ts'
import { monthsOfYear, type Sources } from './institution-years.ts'

interface Range {
  fromMs: number
  toMs: number
}

export const ownMeters = async ({ id, area }: Institution, { registry }: Sources): Promise<Meter[]> =>
  metersOfInstitution(await registry.shard(area), id)

/** Whole months as consecutive hours by meter; unsettled hours are null. */
export async function hoursIn(
  meters: readonly string[],
  { fromMs, toMs }: Range,
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
      flags: new Uint8Array(size).fill(NO_HOUR),
    }
    hours.amounts.set(amounts, (day - fromDay) * 24)
    hours.flags.set(flags, (day - fromDay) * 24)
    found.set(meter, hours)
  }
  return found
}

/** The elapsed part of a period, in whole hours. */
export const passed = ({ fromMs, toMs }: Range, nowMs: number): Range => ({
  fromMs,
  toMs: Math.max(fromMs, Math.min(toMs, Math.floor(nowMs / HOUR_MS) * HOUR_MS)),
})

export async function treeOf(institution: Institution, month: Month, sources: Sources) {
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

const billsIn = async ({ id }: Institution, month: Month, { platform }: Sources): Promise<Bill[]> =>
  ((await billsOf(platform.state, new Map([[id, [month]]]))).get(id) ?? []).filter((bill) => bill.month === month)

const billedAmountOf = (bills: readonly Bill[], meter: string): number | undefined => {
  const bill = bills.find((one) => one.meter === meter)
  return bill && billedAmount(bill)
}

/** Cost by period of each main and excluded meter of a month, and the cost on bills. */
export async function costOfMonth(institution: Institution, month: Month, sources: Sources) {
  const all = await ownMeters(institution, sources)
  const meters = all.filter(({ role, kind }) => (role === 'main' || role === 'exclude') && kind !== 'offline')
  const range = passed(monthRange(month), sources.platform.now())
  const ids = meters.map(({ id }) => id)
  const hours = await hoursIn(ids, range, sources)
  const tariffs = await sources.registry.tariffs()
  const bills = await billsIn(institution, month, sources)
  const sizes = connectionsOf(all, bills)
  const yearBefore = await usedBefore(sources.platform.consumption, ids, { month, tariffs })
  const days = [dayOf(range.fromMs), dayOf(range.toMs - 1) + 1] as const
  const subjects = [institution.id, ...(await sources.registry.path(institution.area))]
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
      before: { yearly: yearBefore.get(meter.id) ?? 0 },
    }),
    basicYuan:
      pricerOf(tariffs, { subjects, medium: meter.medium })?.basicYuan(sizes.get(meter.id) ?? {}, ...days) ?? null,
  }))
  const used = new Set(priced.flatMap((one) => one.tariffs))
  return {
    institution: institution.id,
    month,
    costYuan: subject?.costYuan ?? null,
    knownShare: subject ? worstKnownShare(subject) : null,
    hoursExpected: subject?.hoursExpected ?? 0,
    hoursPriced: subject?.hoursPriced ?? 0,
    meters: priced,
    tariffs: tariffs
      .map((tariff) => ({ id: tariffId(tariff), source: tariff.source ?? null, standIn: tariff.standIn }))
      .filter(({ id }) => used.has(id)),
    bills: bills.map(({ carrier, quantity, unit, ...bill }) => ({
      carrier,
      quantity,
      unit,
      costYuan: bill.costYuan ?? null,
      basicYuan: bill.basicYuan ?? null,
      powerFactorYuan: bill.powerFactorYuan ?? null,
      demandKw: bill.demandKw ?? null,
      source: bill.source ?? null,
    })),
  }
}

/**
 * PUE and EUE by month and of the calendar year up to now, PUE by hour as well; grades apply to whole years. Each value
 * names the meters of its boundary.
 */
export async function dataCentreOf(institution: Institution, month: Month, sources: Sources) {
  const nowMs = sources.platform.now()
  const { pueGrades, eueQuotas } = await sources.registry.tables()
  const meters = await ownMeters(institution, sources)
  const boundaries = centreBoundaries(institution, meters)
  const cooling = namedMeters(DATA_CENTRE_COOLING, meters).map(({ id }) => id)
  const year = yearOf(monthRange(month).fromMs)
  const byId = new Map(meters.map((meter) => [meter.id, meter]))
  const months = []
  for (const one of monthsThrough(`${year}-01`, month)) {
    const range = passed(monthRange(one), nowMs)
    const read = [boundaries.pue, boundaries.eue].flatMap(({ total, it }) => [...total, ...it])
    const hours = await hoursIn([...new Set([...read, ...cooling])], range, sources)
    const size = Math.max(0, (monthRange(one).toMs - range.fromMs) / HOUR_MS)
    const hoursOfMeter = (id: string) => inForceHours(byId.get(id), hours.get(id), range)
    const sideOf = (side: readonly string[]) => sumOfMeters(side, hoursOfMeter, { firstHourMs: range.fromMs, size })
    const hoursOf = ({ total, it }: CentreBoundary): CentreHours => ({ total: sideOf(total), it: sideOf(it) })
    const [pue, eue] = [hoursOf(boundaries.pue), hoursOf(boundaries.eue)]
    months.push({ month: one, range, pue, eue, cooling: sideOf(cooling) })
  }
  const expected = (boundary: CentreBoundary, range: Range) => centreRange(boundary, byId, range)
  const usages = months.map(({ month: name, range, pue, eue }) => ({
    month: name,
    pue: usageOfHours(pue, expected(boundaries.pue, range)),
    eue: usageOfHours(eue, expected(boundaries.eue, range)),
  }))
  const date = dayLabel(dayOf(Math.min(nowMs, yearRange(year).toMs) - 1))
  const limits = knownShareLimits(date)
  const shown = ({ pue, eue }: Record<'pue' | 'eue', CentreUsage>) => ({
    totalKwh: pue.totalKwh,
    itKwh: pue.itKwh,
    hoursExpected: pue.hoursExpected,
    hoursKnown: pue.hoursKnown,
    pue: effectivenessOf(pue, limits),
    eue: { ...effectivenessOf(eue, limits), totalKwh: eue.totalKwh, itKwh: eue.itKwh },
  })
  const yearly = shown({ pue: sumUsage(usages.map(({ pue }) => pue)), eue: sumUsage(usages.map(({ eue }) => eue)) })
  const last = must(months.at(-1))
  const isLower = boundaries.pue.total.length === 0 && last.pue.it !== null && last.cooling !== null
  const lower = isLower ? usageOfHours({ total: last.cooling, it: last.pue.it }, last.range) : null
  return {
    institution: institution.id,
    month,
    boundaries,
    hours: hourlyEffectiveness(last.pue, last.range).map(({ flag, ...hour }) => ({
      ...hour,
      flag: flag === null ? null : (HOUR_FLAGS[flag] ?? null),
    })),
    months: usages.map(({ month: name, ...usage }) => ({ month: name, ...shown(usage) })),
    monthly: shown(must(usages.at(-1))),
    yearly: { year, ...yearly },
    pueAtLeast: lower && pueLowerBound({ itKwh: lower.itKwh ?? 0, coolingKwh: lower.totalKwh ?? 0 }),
    pueGrade: pueGrade(yearly.pue.value, { date, tables: pueGrades }),
    eueRating: rateEue(yearly.eue.value, { type: institution.type, date, quotas: eueQuotas }),
  }
}

/** The part of a period in which each side has a meter in force: before, no data centre is measured. */
function centreRange({ total, it }: CentreBoundary, byId: ReadonlyMap<string, Meter>, range: Range): Range {
  const sides = [total, it].map((side) => side.flatMap((id) => byId.get(id) ?? []).map(lifeOf))
  const fromMs = Math.max(range.fromMs, ...sides.map((lives) => Math.min(...lives.map((life) => life.fromMs))))
  const toMs = Math.min(range.toMs, ...sides.map((lives) => Math.max(...lives.map((life) => life.toMs))))
  return sides.every((lives) => lives.length > 0) ? { fromMs: Math.min(fromMs, range.toMs), toMs } : range
}

/** A meter's hours, 0 where it is not in force: what the other meters of its side measure counts all the same. */
function inForceHours(meter: Meter | undefined, hours: Hours | undefined, { fromMs, toMs }: Range): Hours | undefined {
  const life = meter && lifeOf(meter)
  if (!life || (life.fromMs <= fromMs && life.toMs >= toMs)) return hours
  const size = Math.ceil((toMs - fromMs) / HOUR_MS)
  const amounts = Float64Array.from({ length: size }, (_, hour) => hours?.amounts[hour] ?? Number.NaN)
  const flags = Uint8Array.from({ length: size }, (_, hour) => hours?.flags[hour] ?? NO_HOUR)
  for (let hour = 0; hour < size; hour++) {
    const atMs = fromMs + hour * HOUR_MS
    if (atMs >= life.fromMs && atMs < life.toMs) continue
    amounts[hour] = 0
    flags[hour] = 0
  }
  return { firstHourMs: fromMs, amounts, flags }
}

/** Null without meters. */
const sumOfMeters = (
  side: readonly string[],
  hoursOf: (meter: string) => Hours | undefined,
  { firstHourMs, size }: { firstHourMs: number; size: number },
): Hours | null => {
  if (side.length === 0) return null
  const parts = side.map((meter) => ({ meter, factor: 1 }))
  return { firstHourMs, ...virtualHours(parts, size, hoursOf) }
}
