// Monthly bills (票据): quantity bought and cost, by carrier. Fuels and heat by area are known from bills alone; a
// metered medium is billed where no meter is read. accountBills decides which bills of a month count.

import * as z from 'zod'
import type { Month } from '../calendar.ts'
import { BILL_CARRIERS, CARRIERS, type Carrier, type FuelCarrier, type Medium } from '../medium.ts'
import { type Meter, recordId } from '../registry/records.ts'
import { asMonth } from '../schema.ts'
import { type CoefficientSet, isLiquid } from '../standards/coefficients.ts'
import { convert } from '../unit.ts'

/**
 * Purposes that the quota separates (docs/rules/energy-and-carbon.md#bills): `heating`, `transport` (fuel of vehicles,
 * 公务用车用油) and `special` (kitchen, special equipment). No purpose: all other use. Heat is always heating.
 */
export const BILL_PURPOSES = ['heating', 'transport', 'special'] as const

export const billSchema = z.object({
  institution: recordId,
  /** The offline meter that the bill reads. */
  meter: recordId.optional(),
  carrier: z.enum(BILL_CARRIERS),
  purpose: z.enum(BILL_PURPOSES).optional(),
  month: asMonth(z.string().regex(/^[12]\d{3}-(0[1-9]|1[0-2])$/, 'must be YYYY-MM')),
  quantity: z.number().nonnegative(),
  unit: z.string(),
  /** The whole bill. Without it the items below are added to the cost by tariff. */
  costYuan: z.number().nonnegative().optional(),
  /** Basic fee (基本电费) and power factor adjustment (力调电费, below 0: a reward), parts of `costYuan`. */
  basicYuan: z.number().nonnegative().optional(),
  powerFactorYuan: z.number().optional(),
  /** Highest demand that was measured (最大需量); a basic fee by demand is computed from it when none is stated. */
  demandKw: z.number().nonnegative().optional(),
  /** Number of the invoice (票据号). Invoices of one month add up. */
  source: z.string().optional(),
})
export type Bill = z.infer<typeof billSchema>

/** Identifies a bill: a later bill with the same id, the number of its invoice included, corrects it. */
export const billId = ({ institution, meter, carrier, purpose, month, source }: Bill): string =>
  [institution, month, carrier, purpose ?? '', meter ?? '', ...(source ? [source] : [])].join('/')

/** The items of a bill that states no whole cost; null: none. */
export const itemsYuan = ({ costYuan, basicYuan, powerFactorYuan }: Bill): number | null =>
  costYuan !== undefined || (basicYuan === undefined && powerFactorYuan === undefined)
    ? null
    : (basicYuan ?? 0) + (powerFactorYuan ?? 0)

/** The densities of liquid fuels are those of a coefficient set; without a set none is known. */
type Densities = Pick<CoefficientSet, 'name' | 'rows'>
const kgPerLitreOf = (carrier: Carrier, set: Densities | undefined): number | undefined =>
  set?.rows.find((row) => row.carrier === carrier)?.kgPerLitre

/** The units that a bill may be written in. */
const billUnits = (carrier: Carrier, set?: Densities): readonly string[] =>
  kgPerLitreOf(carrier, set) === undefined ? CARRIERS[carrier].billUnits : [...CARRIERS[carrier].billUnits, 'L']

/**
 * The quantity in the carrier's amount unit; undefined when the bill's unit does not measure its carrier, or `set` has
 * no density for its litres (docs/rules/energy-and-carbon.md#litres).
 */
export function billedAmount(
  { carrier, quantity, unit }: Pick<Bill, 'carrier' | 'quantity' | 'unit'>,
  set?: Densities,
): number | undefined {
  if (!billUnits(carrier, set).includes(unit)) return undefined
  if (isFuel(carrier) && unit === 'L') return quantity * (kgPerLitreOf(carrier, set) ?? Number.NaN)
  return carrier === 'water' && unit === 't' ? quantity : convert(quantity, unit, CARRIERS[carrier].amountUnit)
}

export const isFuel = (carrier: Carrier): carrier is FuelCarrier => CARRIERS[carrier].kind === 'fuel'
export const isMedium = (carrier: Carrier): carrier is Medium => CARRIERS[carrier].kind === 'metered'

/** A bill that counts; `amount` in the carrier's unit. */
export interface BilledAmount {
  bill: Bill
  amount: number
  /** Null when the bill names no cost. */
  costYuan: number | null
}
/** A field of a bill that cannot be used. */
export interface BillProblem {
  /** `billId`. */
  record: string
  field: string
  reason: string
}
export interface MonthBills {
  /** By offline meter. */
  ofMeter: ReadonlyMap<string, BilledAmount>
  /** The other bills, by `billId`. */
  loose: readonly BilledAmount[]
  /** Litres of fuel that stand unused, since no density is known. */
  litresWithoutDensity: number
  problems: BillProblem[]
}

/**
 * The bills of one institution and month, by meter where they name one, in a fixed order. `bills` may include other
 * institutions and months; `meters` are the institution's. An unusable bill is reported as a problem and left out.
 */
export function accountBills(
  bills: readonly Bill[],
  { institution, month, meters, set }: { institution: string; month: Month; meters: readonly Meter[]; set?: Densities },
): MonthBills {
  const byId = new Map(meters.map((meter) => [meter.id, meter]))
  const ofMeter = new Map<string, BilledAmount>()
  const loose: BilledAmount[] = []
  let litresWithoutDensity = 0
  const problems: BillProblem[] = []
  const taken = new Set<string>()
  const own = bills.filter((bill) => bill.institution === institution && bill.month === month)
  for (const bill of own.toSorted((a, b) => compare(billId(a), billId(b)))) {
    const record = billId(bill)
    const finding = billFinding(bill, bill.meter === undefined ? undefined : byId.get(bill.meter), set)
    const amount = billedAmount(bill, set)
    if (finding) {
      problems.push({ record, ...finding })
      if (isLiquid(bill.carrier) && bill.unit === 'L') litresWithoutDensity += bill.quantity
    } else if (taken.has(record)) problems.push({ record, field: 'month', reason: `${record} is billed twice` })
    else if (amount !== undefined) {
      const counted = { bill, amount, costYuan: bill.costYuan ?? null }
      if (bill.meter === undefined) loose.push(counted)
      else {
        const costYuan = counted.costYuan ?? itemsYuan(bill)
        ofMeter.set(bill.meter, addedBill(ofMeter.get(bill.meter), { ...counted, costYuan }))
      }
    }
    taken.add(record)
  }
  return { ofMeter, loose, litresWithoutDensity, problems }
}

/** Two invoices of one meter and month as one. */
const addedBill = (before: BilledAmount | undefined, bill: BilledAmount): BilledAmount =>
  before
    ? {
        ...before,
        amount: before.amount + bill.amount,
        costYuan: before.costYuan === null ? bill.costYuan : before.costYuan + (bill.costYuan ?? 0),
      }
    : bill

/**
 * Checks a bill against the meter that it names, and its litres against the statistics set; undefined when the bill is
 * sound.
 */
export function billFinding(
  bill: Bill,
  meter: Meter | undefined,
  set?: Densities,
): Omit<BillProblem, 'record'> | undefined {
  if (billedAmount(bill, set) === undefined) {
    const units = billUnits(bill.carrier, set).join(', ')
    const why = isLiquid(bill.carrier) && bill.unit === 'L' && set ? `; ${set.name} has no density for litres` : ''
    return { field: 'unit', reason: `"${bill.unit}" is not a unit of ${bill.carrier}; use ${units}${why}` }
  }
  const { carrier, costYuan, basicYuan, powerFactorYuan, demandKw } = bill
  if (carrier !== 'electricity' && [basicYuan, powerFactorYuan, demandKw].some((item) => item !== undefined))
    return { field: 'carrier', reason: 'basic fee, power factor and demand are items of electricity' }
  if (costYuan !== undefined && basicYuan !== undefined && basicYuan + Math.min(0, powerFactorYuan ?? 0) > costYuan)
    return { field: 'basicYuan', reason: `${basicYuan} is more than the whole bill, ${costYuan}` }
  if (bill.meter === undefined) return undefined
  if (meter === undefined || meter.institution !== bill.institution)
    return { field: 'meter', reason: `meter "${bill.meter}" is not registered at institution "${bill.institution}"` }
  if (meter.kind !== 'offline')
    return {
      field: 'meter',
      reason: `meter "${meter.id}" is not offline; its readings count, a bill would count twice`,
    }
  if (meter.medium !== bill.carrier)
    return { field: 'carrier', reason: `meter "${meter.id}" counts ${meter.medium}, the bill is of ${bill.carrier}` }
  if (bill.purpose !== undefined)
    return { field: 'purpose', reason: `the purpose is that of meter "${meter.id}"; leave it empty` }
  return undefined
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
