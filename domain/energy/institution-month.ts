// Computes one institution's consumption and cost in one month from the amounts of its meters and its bills. Decides
// which meters count, and which energy is heating, special function or transport. Rules:
// docs/rules/energy-and-carbon.md#what-counts, docs/rules/quota.md#indicators.

import { dayOf, type Month, monthRange } from '../calendar.ts'
import { weightedMean } from '../mean.ts'
import { CARRIERS, ENERGY_MEDIA, type LedgerScope, MEDIA } from '../medium.ts'
import { must } from '../must.ts'
import { changesWithin, institutionOn, metersOn } from '../registry/dated.ts'
import type { Institution, Meter } from '../registry/records.ts'
import { meanSize, UNKNOWN_SIZE } from '../registry/size.ts'
import type { CoefficientSet } from '../standards/coefficients.ts'
import { keysOf } from '../table.ts'
import { accountBills, type Bill, type BilledAmount, type BillProblem, isFuel, isMedium, itemsYuan } from './bill.ts'
import { co2KgOf, kgceOf, type StandardsInForce } from './conversion.ts'
import { COSTS, type CostField } from './cost.ts'
import { centreBoundaries } from './data-centre-boundary.ts'
import { addDays, daysInMonth, emptyDays, packDays } from './day-amounts.ts'
import { type Deducted, deductionsOf, generatorsOf } from './deductions.ts'
import { type Fuels, fuelField, fuelsOf } from './fuel.ts'
import { daysOfSpan, missingOfSpan, type Purpose, type Purposes, type SpanParts, type Supplied } from './span-days.ts'
import { carrierAmounts, SIZE_KEYS, type SubjectMonth, sumSubjects } from './subject-month.ts'
import { type CountInput, type MeterCount, meterCount, type Span, type Supply, spanOf, supplyOf } from './supply.ts'

export interface MonthInput {
  institution: Institution
  meters: readonly Meter[]
  /** Those of the month count; those of the year before say what is usual. */
  bills?: readonly Bill[]
  month: Month
  asOfMs: number
  /** A meter's amount in a span of the month. */
  amounts: CountInput['amounts']
  sets: StandardsInForce
}

/**
 * The month of one institution as of an instant. `meters` are those of the institution. `main` counts, `exclude` is
 * subtracted, `sub` only explains (data centre, heating, special functions); `check` does not count.
 * A sub meter below another of the same purpose is part of it and is not counted twice, nor is a main meter below a
 * main meter.
 *
 * The month is computed by spans in which no registered fact changes (docs/rules/data.md#dated-attributes).
 *
 * Electricity is purchased electricity: PV power reduces dual control and CO2 by the purchase that it saves. The quota
 * counts all energy used, so it adds the generation used on site. `generation` meters are summed separately
 * (domain/energy/generation.ts).
 *
 * Bills count as `main`. A bill of an offline meter is that meter's month. A bill without a meter counts for the time
 * that no main meter of its medium knows (domain/energy/supply.ts). Bills for transport lie outside the building's
 * meters and always count.
 */
export function institutionMonth(input: MonthInput): SubjectMonth {
  const spans = spansOfMonth(input).map(
    (own) => own.institution && { span: own.span, part: spanMonth({ ...input, ...own }, own.span) },
  )
  return joinSpans(input.month, spans)
}

type InForce = Pick<MonthInput, 'institution' | 'meters'>

/** The elapsed month by spans in which no registered fact changes, with the facts in force; null: not open. */
export function spansOfMonth({
  institution,
  meters,
  month,
  asOfMs,
}: Pick<MonthInput, 'institution' | 'meters' | 'month' | 'asOfMs'>): (
  | ({ span: Span } & InForce)
  | { span: Span; institution: null }
)[] {
  const { fromMs, toMs } = monthRange(month)
  const endMs = Math.max(fromMs, Math.min(toMs, asOfMs))
  const bounds = [fromMs, ...changesWithin({ institution, meters }, fromMs, endMs), endMs]
  return bounds.slice(1).map((untilMs, index) => {
    const span = spanOf(month, must(bounds[index]), untilMs, endMs)
    const own = institutionOn(institution, span.fromMs)
    return own ? { span, institution: own, meters: metersOn(meters, span.fromMs) } : { span, institution: null }
  })
}

function spanMonth(input: MonthInput, span: Span): SubjectMonth {
  const { institution, meters, month, sets, bills = [] } = input
  const { hours } = span
  const set = sets.statistics
  const account = accountBills(bills, { institution: institution.id, month, meters, set })
  const { ofMeter, loose } = account
  const counts = new Map<Meter, MeterCount>()
  const countOf = (meter: Meter): MeterCount => {
    const count = counts.get(meter) ?? meterCount(meter, span, { amounts: input.amounts, ofMeter, bills })
    counts.set(meter, count)
    return count
  }
  const sum = (chosen: readonly Meter[]): number => chosen.reduce((total, meter) => total + countOf(meter).amount, 0)
  const supplied = Object.fromEntries(
    MEDIA.map((medium) => [medium, supplyOf(medium, { meters, loose, bills, span, countOf })]),
  ) as Supplied
  const supplies = Object.values(supplied)
  const counted = supplies.flatMap((supply) => supply.bills)
  const fuels = fuelsOf(
    loose.filter(({ bill }) => isFuel(bill.carrier)).map((one) => ({ ...one, amount: one.amount * span.share })),
    sets,
    account.litresWithoutDensity * span.share,
  )

  const energyKgce = energyOf(supplied, sets.statistics, fuels.kgce)
  const co2 = co2Of(supplied, sets, fuels)
  const centre = centreBoundaries(institution, meters).pue
  const amountIn = (side: readonly string[]): number => sum(meters.filter(({ id }) => side.includes(id)))
  const generators = generatorsOf(meters)
  const purposes = purposesOf(input, { supplied, counted, fuels, countOf })
  const parts: SpanParts = { span, supplied, fuels, purposes, usedOnSite: generators.usedOnSite, countOf, sets }
  return {
    month,
    ...carrierAmounts((carrier) => (isFuel(carrier) ? fuels.kg[fuelField(carrier)] : supplied[carrier].amount)),
    dataCentreKwh: amountIn(centre.total),
    dataCentreItKwh: amountIn(centre.it),
    generationKwh: sum(generators.generating),
    exportedKwh: sum(generators.exporting),
    energyKgce,
    fuelsKgce: fuels.kgce,
    transportEnergyKgce: fuels.transportKgce + billedOf(counted, 'transport', sets.statistics),
    quotaKgce:
      energyOf(supplied, sets.quota, fuels.quotaKgce) +
      kgceOf('electricity', sum(generators.generating) - sum(generators.exporting), sets.quota),
    heatingKgce: purposes.heating.kgce,
    specialKgce: purposes.special.kgce,
    transportKgce: purposes.transportKgce,
    ...co2,
    ...fuels.unconverted,
    ...costsOf(supplied, loose, span),
    areaBilledHeatM2: loose.reduce(
      (area, { bill, amount }) => (bill.carrier === 'heatByArea' ? area + amount : area),
      0,
    ),
    ...sizesOf(institution, supplied, { span, energyKgce, co2Kg: co2.co2Kg }),
    ...knownHours(supplied, hours),
    generationHoursExpected: hours * generators.generating.length,
    generationHoursKnown: generators.generating.reduce((known, meter) => known + countOf(meter).hoursKnown, 0),
    ...missingOfSpan(parts),
    byDay: packDays(daysOfSpan(parts)),
  }
}

/** Sizes, where something is metered or billed that they are held against, and the numerators of the intensities. */
function sizesOf(
  { sizes }: Institution,
  supplied: Supplied,
  { span, energyKgce, co2Kg }: { span: Span; energyKgce: number; co2Kg: number },
) {
  const stated = meanSize(sizes, span.fromMs, span.toMs)
  const size = ENERGY_MEDIA.some((medium) => supplied[medium].sources > 0) ? stated : UNKNOWN_SIZE
  const waterUsers = supplied.water.sources > 0 ? stated.energyUsers : null
  return {
    energyKgceWithArea: size.floorAreaM2 === null ? 0 : energyKgce,
    co2KgWithArea: size.floorAreaM2 === null ? 0 : co2Kg,
    energyKgceWithUsers: size.energyUsers === null ? 0 : energyKgce,
    waterM3WithUsers: waterUsers === null ? 0 : supplied.water.amount,
    ...size,
    waterUsers,
  }
}

/** The spans of a month as one record. Time in which the institution was closed holds nothing, and no size. */
function joinSpans(month: Month, spans: readonly ({ span: Span; part: SubjectMonth } | null)[]): SubjectMonth {
  const open = spans.filter((one) => one !== null)
  const [only] = open
  if (only && spans.length === 1) return only.part
  const joined = sumSubjects(
    month,
    open.map(({ part }) => part),
  )
  const days = emptyDays(daysInMonth(month))
  for (const { span, part } of open) addDays(days, part, dayOf(span.fromMs) - dayOf(monthRange(month).fromMs))
  const ofTime = open.reduce((sum, { span }) => sum + span.share, 0)
  for (const key of SIZE_KEYS) {
    const mean = weightedMean(open.map(({ span, part }) => ({ value: part[key], weight: span.toMs - span.fromMs })))
    joined[key] = mean === null ? null : mean * ofTime
  }
  return {
    ...joined,
    areaBilledHeatM2: Math.max(0, ...open.map(({ part }) => part.areaBilledHeatM2)),
    byDay: packDays(days),
  }
}

/** Energy of heating, special functions and transport by the quota set; heat is heating whatever its bill says. */
function purposesOf(
  input: MonthInput,
  given: { supplied: Supplied; counted: readonly BilledAmount[]; fuels: Fuels; countOf: (meter: Meter) => MeterCount },
): Purposes {
  const { quota } = input.sets
  const { heating, special, transport } = given.fuels.purposeQuotaKgce
  const metered = (chosen: readonly Deducted[]): number =>
    chosen.reduce(
      (total, { meter, factor }) => total + factor * kgceOf(meter.medium, given.countOf(meter).amount, quota),
      0,
    )
  const billed = (purpose: Bill['purpose']): number => billedOf(given.counted, purpose, quota)
  const heat = kgceOf('heat', given.supplied.heat.amount, quota)
  const deducted = deductionsOf(input)
  const purpose = (own: readonly Deducted[], billedKgce: number, first = 0): Purpose => ({
    kgce: first + metered(own) + billedKgce,
    deducted: own,
    billedKgce,
  })
  return {
    heating: purpose(deducted.heating, billed('heating') + heating, heat),
    special: purpose(deducted.special, billed('special') + special),
    transportKgce: transport + billed('transport'),
  }
}

/** `hours`: elapsed hours of the span. */
function knownHours(supplied: Supplied, hours: number) {
  const { water } = supplied
  const total = (amountOf: (supply: Supply) => number): number =>
    Object.values(supplied).reduce((added, supply) => added + amountOf(supply), 0)
  return {
    hoursExpected: hours * total(({ sources }) => sources),
    hoursKnown: total(({ hoursKnown }) => hoursKnown),
    hoursPriced: total(({ hoursPriced }) => hoursPriced),
    waterHoursExpected: hours * water.sources,
    waterHoursKnown: water.hoursKnown,
  }
}

/** kgce of the bills of metered media with this purpose, by one set. */
const billedOf = (counted: readonly BilledAmount[], purpose: Bill['purpose'], set: CoefficientSet): number =>
  counted.reduce(
    (total, { bill: { carrier, purpose: own }, amount }) =>
      // Heat is heating whatever its bill says: purposesOf counts it by its medium.
      own === purpose && isMedium(carrier) && carrier !== 'heat' ? total + kgceOf(carrier, amount, set) : total,
    0,
  )

/** kgce of all supplied media, by one set, plus `fuelsKgce`, the kgce of fuels. */
const energyOf = (supplied: Supplied, set: CoefficientSet, fuelsKgce: number): number =>
  ENERGY_MEDIA.reduce((total, medium) => total + kgceOf(medium, supplied[medium].amount, set), fuelsKgce)

function co2Of(supplied: Supplied, sets: StandardsInForce, fuels: Fuels) {
  const kgIn = (scope: LedgerScope): number =>
    ENERGY_MEDIA.filter((medium) => CARRIERS[medium].scope === scope).reduce(
      (total, medium) => total + co2KgOf(medium, supplied[medium].amount, sets.co2),
      0,
    )
  const co2DirectKg = kgIn('direct') + fuels.co2Kg
  const co2ElectricityKg = kgIn('purchasedElectricity')
  const co2HeatKg = kgIn('purchasedHeat')
  return { co2Kg: co2DirectKg + co2ElectricityKg + co2HeatKg, co2DirectKg, co2ElectricityKg, co2HeatKg }
}

/**
 * Problems of a month's bills: invalid bills, fuels without a coefficient or factor, and bills whose quantity is left
 * out because meters were read.
 */
export function billProblems(input: Omit<MonthInput, 'asOfMs'>): BillProblem[] {
  const { institution, meters, month, amounts, sets } = input
  const account = { institution: institution.id, month, meters, set: sets.statistics }
  const { ofMeter, loose, problems } = accountBills(input.bills ?? [], account)
  const { fromMs, toMs } = monthRange(month)
  const span = spanOf(month, fromMs, toMs)
  const bills = input.bills ?? []
  const countOf = (meter: Meter) => meterCount(meter, span, { amounts, ofMeter, bills })
  const supplies = MEDIA.map((medium) => supplyOf(medium, { meters, loose, bills, span, countOf }))
  return [
    ...problems,
    ...fuelsOf(
      loose.filter(({ bill }) => isFuel(bill.carrier)),
      sets,
    ).problems,
    ...supplies.flatMap((supply) => supply.unused),
  ]
}

/** Cost of meters by their tariffs plus the cost on bills, in all and by what is paid for; null when none is known. */
function costsOf(
  supplied: Supplied,
  loose: readonly BilledAmount[],
  { share }: Span,
): Pick<SubjectMonth, 'costYuan' | CostField> {
  const billed = loose.map(({ bill, costYuan }) => {
    const yuan = costYuan ?? itemsYuan(bill)
    return { cost: isFuel(bill.carrier) ? ('fuels' as const) : bill.carrier, yuan: yuan && yuan * share }
  })
  const all = [...MEDIA.map((medium) => ({ cost: medium, yuan: supplied[medium].yuan })), ...billed]
  const sumOf = (chosen: typeof all): number | null => {
    const known = chosen.flatMap(({ yuan }) => yuan ?? [])
    return known.length > 0 ? known.reduce((total, yuan) => total + yuan, 0) : null
  }
  const own = keysOf(COSTS).map((cost) => [COSTS[cost].field, sumOf(all.filter((one) => one.cost === cost))])
  return { costYuan: sumOf(all), ...(Object.fromEntries(own) as Pick<SubjectMonth, CostField>) }
}
