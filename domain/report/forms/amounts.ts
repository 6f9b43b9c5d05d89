// Adds the amounts and costs of a period from month records and bills, in the units of the forms. A sum is null as soon
// as a month of it is not known: a lower bound is no figure for a form (docs/rules/report.md#blanks).

import { type Month, monthRange } from '../../calendar.ts'
import { type Bill, billedAmount } from '../../energy/bill.ts'
import { resourceHours, type SubjectMonth } from '../../energy/subject-month.ts'
import { CARRIERS, type Carrier, type FuelCarrier, type Medium } from '../../medium.ts'
import { institutionOn, metersOn } from '../../registry/dated.ts'
import type { Institution, Meter } from '../../registry/records.ts'
import type { CoefficientSet } from '../../standards/coefficients.ts'
import type { ReportPeriod } from './edition.ts'

export interface PeriodFacts {
  institution: Institution
  /** The institution's. */
  meters: readonly Meter[]
  /** The institution's; may include other months. */
  months: readonly SubjectMonth[]
  bills: readonly Bill[]
  period: ReportPeriod
  /** The statistics set in force at the period's end: densities of liquid fuels, and other energy in tce. */
  set: CoefficientSet
  /** What meters cost by tariff, for a month without a bill; absent: not known. */
  costYuanOf?: (carrier: Carrier, month: Month) => number | null
}

type BillChoice = (bill: Bill) => boolean

/** The sum of known values; null when one is unknown, and for none. */
const sumOrNull = (values: readonly (number | null)[]): number | null =>
  values.length === 0 || values.some((value) => value === null)
    ? null
    : values.reduce<number>((sum, value) => sum + (value ?? 0), 0)

const isOpenIn = ({ institution }: PeriodFacts, month: Month): boolean => {
  const { fromMs, toMs } = monthRange(month)
  return institutionOn(institution, fromMs) !== null || institutionOn(institution, toMs - 1) !== null
}
/** Kept by the facts, since every field of a form asks: the months in which the institution is open, and its bills. */
const ofPeriod = new WeakMap<PeriodFacts, { openMonths: Month[]; bills: Bill[] }>()
function inPeriod(facts: PeriodFacts) {
  const known = ofPeriod.get(facts)
  if (known) return known
  const { institution, period, bills } = facts
  const own = {
    openMonths: period.months.filter((month) => isOpenIn(facts, month)),
    bills: bills.filter((bill) => bill.institution === institution.id && period.months.includes(bill.month)),
  }
  ofPeriod.set(facts, own)
  return own
}
const openMonths = (facts: PeriodFacts): Month[] => inPeriod(facts).openMonths
export const billsOfPeriod = (facts: PeriodFacts): Bill[] => inPeriod(facts).bills

/** True when a main meter of the medium is read, or computed from read ones, at the month's begin or end. */
function isMetered({ meters }: PeriodFacts, medium: Medium, month: Month): boolean {
  const { fromMs, toMs } = monthRange(month)
  return [fromMs, toMs - 1].some((ms) =>
    metersOn(meters, ms).some((meter) => meter.medium === medium && meter.role === 'main' && meter.kind !== 'offline'),
  )
}

/**
 * The period's amount in the medium's own unit. Null: no meter and no bill, or a month of which nothing is known. A
 * month without a bill is complete for a seasonal medium. A zero counts where every hour of the resource is known.
 */
export function mediumAmount(facts: PeriodFacts, medium: Medium): number | null {
  const billed = new Set(billsOfPeriod(facts).flatMap((bill) => (bill.carrier === medium ? [bill.month] : [])))
  const months = openMonths(facts).map((month) => ({
    month,
    isSourced: billed.has(month) || isMetered(facts, medium, month),
  }))
  if (!months.some(({ isSourced }) => isSourced)) return null
  const asked = CARRIERS[medium].seasonal ? months.filter(({ isSourced }) => isSourced) : months
  return sumOrNull(
    asked.map(({ month, isSourced }) => {
      const part = facts.months.find((one) => one.month === month)
      if (!part || !isSourced) return null
      const amount = part[CARRIERS[medium].field]
      if (amount !== 0 || billed.has(month)) return amount
      const hours = resourceHours(part, medium === 'water' ? 'water' : 'energy')
      return hours.expected > 0 && hours.known >= hours.expected ? 0 : null
    }),
  )
}

/** The sum of a field that is above 0 in every open month; null otherwise, since a 0 there is unknown time. */
export const fieldAmount = (
  facts: PeriodFacts,
  field: 'dataCentreKwh' | 'dataCentreItKwh' | 'generationKwh',
): number | null =>
  sumOrNull(
    openMonths(facts).map((month) => {
      const amount = facts.months.find((one) => one.month === month)?.[field] ?? 0
      return amount > 0 ? amount : null
    }),
  )

/** Own generation; a month without sun is a 0 where hours of its meters are known. */
export const generationAmount = (facts: PeriodFacts): number | null =>
  sumOrNull(
    openMonths(facts).map((month) => {
      const part = facts.months.find((one) => one.month === month)
      return part && part.generationHoursKnown > 0 ? part.generationKwh : null
    }),
  )

/** Kilograms of a fuel by its bills; null: no bill, or litres without a density. */
export const fuelKg = (facts: PeriodFacts, carrier: FuelCarrier, chosen: BillChoice = () => true): number | null =>
  billedSum(facts, carrier, chosen, (bill) => billedAmount(bill, facts.set) ?? null)

/** Litres of a liquid fuel by its bills, as they state them; kilograms need a density. */
export function fuelLitres(facts: PeriodFacts, carrier: FuelCarrier, chosen: BillChoice = () => true): number | null {
  const density = facts.set.rows.find((row) => row.carrier === carrier)?.kgPerLitre
  return billedSum(facts, carrier, chosen, (bill) => {
    if (bill.unit === 'L') return bill.quantity
    const kg = billedAmount(bill, facts.set)
    return kg === undefined || density === undefined ? null : kg / density
  })
}

const billedSum = (
  facts: PeriodFacts,
  carrier: Carrier,
  chosen: BillChoice,
  amountOf: (bill: Bill) => number | null,
): number | null =>
  sumOrNull(
    billsOfPeriod(facts)
      .filter((bill) => bill.carrier === carrier && chosen(bill))
      .map(amountOf),
  )

/** The amount of bills of a metered medium that have a purpose; null: no such bill. */
export const billedMedium = (facts: PeriodFacts, medium: Medium, chosen: BillChoice): number | null =>
  billedSum(facts, medium, chosen, (bill) => billedAmount(bill, facts.set) ?? null)

/**
 * The cost by bills, in yuan. Null when a bill states none, and for a metered medium when a month has no cost: a part
 * of a cost is no figure either.
 */
export function costYuan(facts: PeriodFacts, carrier: Carrier, chosen: BillChoice = () => true): number | null {
  const own = billsOfPeriod(facts).filter((bill) => bill.carrier === carrier && chosen(bill))
  if (own.length === 0 && !facts.costYuanOf) return null
  const byMonth = Map.groupBy(own, ({ month }) => month)
  const row = CARRIERS[carrier]
  const isMonthly = 'seasonal' in row && !row.seasonal
  return sumOrNull(
    openMonths(facts).flatMap((month): (number | null)[] => {
      const bills = byMonth.get(month)
      if (bills) return bills.map((bill) => bill.costYuan ?? null)
      const byTariff = facts.costYuanOf?.(carrier, month) ?? null
      return byTariff !== null ? [byTariff] : isMonthly ? [null] : []
    }),
  )
}

/** Heat billed by area: the largest month, since the same area is billed again and again. */
export function areaBilledM2(facts: PeriodFacts): number | null {
  const own = billsOfPeriod(facts).filter(({ carrier }) => carrier === 'heatByArea')
  const months = [...Map.groupBy(own, ({ month }) => month).values()]
  const areas = months.map((bills) => sumOrNull(bills.map((bill) => billedAmount(bill) ?? null)))
  return areas.length === 0 || areas.includes(null) ? null : Math.max(...areas.map((area) => area ?? 0))
}
