// Computes one institution's consumption and cost in one month from the amounts of its meters and its bills. Decides
// which meters count, and which energy is heating, special function or transport. Rules:
// docs/rules/energy-and-carbon.md#what-counts, docs/rules/quota.md#indicators.

import { HOUR_MS, type Month, monthRange } from '../calendar.ts'
import { CARRIERS, ENERGY_MEDIA, type LedgerScope, MEDIA, type Medium } from '../medium.ts'
import { outermost } from '../registry/meter-tree.ts'
import { EXPORT, type Institution, type Meter } from '../registry/records.ts'
import { meanSize, UNKNOWN_SIZE } from '../registry/size.ts'
import type { CoefficientSet } from '../standards/coefficients.ts'
import { accountBills, type Bill, type BilledAmount, type BillProblem, isFuel, isMedium } from './bill.ts'
import { co2KgOf, kgceOf, type StandardsInForce } from './conversion.ts'
import { centreBoundaries } from './data-centre-boundary.ts'
import { type Fuels, fuelField, fuelsOf } from './fuel.ts'
import { carrierAmounts, type SubjectMonth } from './subject-month.ts'
import { type MeterAmount, meterCount, type Supply, supplyOf } from './supply.ts'

const SPECIAL = /^01D/
/** The purpose of a gas or electricity meter that serves heating alone; the official codes have none for it. */
export const HEATING = 'heating'

/** Gas and electricity meters that serve heating alone. */
export const heatingMeters = (meters: readonly Meter[]): Meter[] =>
  outermost(
    meters,
    ({ medium, role, purpose }) =>
      purpose === HEATING && medium !== 'heat' && medium !== 'water' && (role === 'main' || role === 'sub'),
  )

/**
 * Meters of special functions (docs/rules/energy-and-carbon.md#special-functions): those of 01D and below, and the
 * total of the institution's data centre, whatever the purpose of these meters.
 */
export function specialMeters({ institution, meters }: Pick<MonthInput, 'institution' | 'meters'>): Meter[] {
  const centre = new Set(centreBoundaries(institution, meters).pue.total)
  return outermost(
    meters,
    ({ id, medium, role, purpose }) =>
      medium !== 'water' &&
      (role === 'main' || role === 'sub') &&
      ((purpose !== undefined && SPECIAL.test(purpose)) || centre.has(id)),
  )
}

export interface MonthInput {
  institution: Institution
  meters: readonly Meter[]
  /** Bills of other institutions and months are ignored. */
  bills?: readonly Bill[]
  month: Month
  asOfMs: number
  amounts: (meterId: string) => MeterAmount
  sets: StandardsInForce
}

/**
 * The month of one institution as of an instant. `meters` are those of the institution. `main` counts, `exclude` is
 * subtracted, `sub` only explains (data centre, heating, special functions); `check` does not count.
 * A sub meter below another of the same purpose is part of it and is not counted twice.
 *
 * Electricity is purchased electricity: PV power reduces dual control, CO2 and quota only by the purchase that it
 * saves. `generation` meters are summed separately (domain/energy/generation.ts).
 *
 * Bills count as `main`. A bill of an offline meter is that meter's month. A bill without a meter counts when no main
 * meter of its medium was read in the month; then all hours are known. When one was read, the readings count, and the
 * bill gives only the cost. Bills for transport lie outside the building's meters and always count.
 */
export function institutionMonth(input: MonthInput): SubjectMonth {
  const { institution, meters, month, asOfMs, sets } = input
  const { fromMs, toMs } = monthRange(month)
  const endMs = Math.max(fromMs, Math.min(toMs, asOfMs))
  const hours = Math.floor((endMs - fromMs) / HOUR_MS)
  const { ofMeter, loose } = accountBills(input.bills ?? [], { institution: institution.id, month, meters })
  const countOf = (meter: Meter) => meterCount(meter, hours, { amounts: input.amounts, ofMeter })
  const amountOf = (meter: Meter): number => countOf(meter).amount
  const sum = (chosen: readonly Meter[]): number => chosen.reduce((total, meter) => total + amountOf(meter), 0)
  const supplied = Object.fromEntries(
    MEDIA.map((medium) => [medium, supplyOf(medium, { meters, loose, hours, countOf })]),
  ) as Record<Medium, Supply>
  const { water } = supplied
  const supplies = Object.values(supplied)
  const counted = supplies.flatMap((supply) => supply.bills)
  const fuels = fuelsOf(
    loose.filter(({ bill }) => isFuel(bill.carrier)),
    sets,
  )

  const energyKgce = energyOf(supplied, sets.statistics, fuels.kgce)
  const co2 = co2Of(supplied, sets, fuels)

  const centre = centreBoundaries(institution, meters).pue
  const amountIn = (side: readonly string[]): number => sum(meters.filter(({ id }) => side.includes(id)))
  const stated = meanSize(institution.sizes, fromMs, endMs)
  const size = ENERGY_MEDIA.some((medium) => supplied[medium].sources > 0) ? stated : UNKNOWN_SIZE
  const waterUsers = water.sources > 0 ? stated.energyUsers : null
  const generators = meters.filter(({ role, medium }) => role === 'generation' && medium === 'electricity')
  const generating = outermost(generators, ({ purpose }) => purpose !== EXPORT)
  return {
    month,
    ...carrierAmounts((carrier) => (isFuel(carrier) ? fuels.kg[fuelField(carrier)] : supplied[carrier].amount)),
    dataCentreKwh: amountIn(centre.total),
    dataCentreItKwh: amountIn(centre.it),
    generationKwh: sum(generating),
    exportedKwh: sum(outermost(generators, ({ purpose }) => purpose === EXPORT)),
    energyKgce,
    fuelsKgce: fuels.kgce,
    transportEnergyKgce: fuels.transportKgce + billedOf(counted, 'transport', sets.statistics),
    quotaKgce: energyOf(supplied, sets.quota, fuels.quotaKgce),
    ...purposesOf(input, { supplied, counted, fuels, amountOf }),
    ...co2,
    ...fuels.unconverted,
    costYuan: costOf(supplies, loose),
    areaBilledHeatM2: loose.reduce(
      (area, { bill, amount }) => (bill.carrier === 'heatByArea' ? area + amount : area),
      0,
    ),
    energyKgceWithArea: size.floorAreaM2 === null ? 0 : energyKgce,
    co2KgWithArea: size.floorAreaM2 === null ? 0 : co2.co2Kg,
    energyKgceWithUsers: size.energyUsers === null ? 0 : energyKgce,
    waterM3WithUsers: waterUsers === null ? 0 : water.amount,
    ...size,
    waterUsers,
    ...knownHours(supplied, hours),
    generationHoursExpected: hours * generating.length,
    generationHoursKnown: generating.reduce((known, meter) => known + countOf(meter).hoursKnown, 0),
  }
}

/** Energy of heating, special functions and transport by the quota set; heat is heating whatever its bill says. */
function purposesOf(
  input: MonthInput,
  given: { supplied: Supplied; counted: readonly BilledAmount[]; fuels: Fuels; amountOf: (meter: Meter) => number },
): Pick<SubjectMonth, 'heatingKgce' | 'specialKgce' | 'transportKgce'> {
  const { quota } = input.sets
  const { heating, special, transport } = given.fuels.purposeQuotaKgce
  const metered = (chosen: readonly Meter[]): number =>
    chosen.reduce((total, meter) => total + kgceOf(meter.medium, given.amountOf(meter), quota), 0)
  const billed = (purpose: Bill['purpose']): number => billedOf(given.counted, purpose, quota)
  const heat = kgceOf('heat', given.supplied.heat.amount, quota)
  return {
    heatingKgce: heat + metered(heatingMeters(input.meters)) + billed('heating') + heating,
    specialKgce: metered(specialMeters(input)) + billed('special') + special,
    transportKgce: transport + billed('transport'),
  }
}

/** `hours`: elapsed hours of the month. */
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

type Supplied = Readonly<Record<Medium, Supply>>

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
  const { ofMeter, loose, problems } = accountBills(input.bills ?? [], { institution: institution.id, month, meters })
  const countOf = (meter: Meter) => meterCount(meter, Number.POSITIVE_INFINITY, { amounts, ofMeter })
  const supplies = MEDIA.map((medium) => supplyOf(medium, { meters, loose, hours: 0, countOf }))
  return [
    ...problems,
    ...fuelsOf(
      loose.filter(({ bill }) => isFuel(bill.carrier)),
      sets,
    ).problems,
    ...supplies.flatMap((supply) => supply.unused),
  ]
}

/** Cost of meters by their tariffs plus the cost on bills; null when no cost is known. */
function costOf(supplies: readonly Supply[], loose: readonly BilledAmount[]): number | null {
  const known = [...supplies.map(({ yuan }) => yuan), ...loose.map(({ costYuan }) => costYuan)].filter(
    (yuan) => yuan !== null,
  )
  return known.length > 0 ? known.reduce((total, yuan) => total + yuan, 0) : null
}
