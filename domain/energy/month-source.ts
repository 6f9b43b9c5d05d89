// Lists the meters and bills behind the amounts of an institution's month: the level of an explanation between the
// month's record and the hours. Computed independently of the record, so that a difference is seen.

import { HOUR_MS, monthRange } from '../calendar.ts'
import { type Carrier, MEDIA } from '../medium.ts'
import type { Meter } from '../registry/records.ts'
import { accountBills, type BilledAmount, billId, isFuel } from './bill.ts'
import { heatingMeters, type MonthInput, specialMeters } from './institution-month.ts'
import { meterCount, supplyOf } from './supply.ts'

export interface MonthSource {
  kind: 'meter' | 'bill'
  /** The meter's id, or the bill's `billId`. */
  id: string
  carrier: Carrier
  /** −1: subtracted (let to others). */
  factor: 1 | -1
  /** kWh, GJ, m³ or kg. */
  amount: number
}

/** By carrier, and by the quota's parts; the parts lie within the carriers and must not be added to them. */
export interface MonthSources {
  carriers: ReadonlyMap<Carrier, MonthSource[]>
  heating: MonthSource[]
  special: MonthSource[]
  transport: MonthSource[]
}

/** The rules are those of `institutionMonth`. */
export function monthSources(input: Omit<MonthInput, 'sets'>): MonthSources {
  const { institution, meters, month, asOfMs } = input
  const { fromMs, toMs } = monthRange(month)
  const hours = Math.max(0, Math.floor((Math.min(toMs, asOfMs) - fromMs) / HOUR_MS))
  const { ofMeter, loose } = accountBills(input.bills ?? [], { institution: institution.id, month, meters })
  const countOf = (meter: Meter) => meterCount(meter, hours, { amounts: input.amounts, ofMeter })
  const supplies = MEDIA.map((medium) => supplyOf(medium, { meters, loose, hours, countOf }))
  const fuels = loose.filter(({ bill }) => isFuel(bill.carrier))
  const counted = [...supplies.flatMap(({ bills }) => bills), ...fuels]
  const metered = supplies.flatMap((supply) =>
    supply.meters.map(({ meter, factor, amount }) => meterSource(meter, factor, amount)),
  )
  const explaining = (chosen: readonly Meter[]): MonthSource[] =>
    chosen.map((meter) => meterSource(meter, 1, countOf(meter).amount))
  /** Heat is heating whatever its bill says. */
  const billedFor = (purpose: 'heating' | 'special' | 'transport'): MonthSource[] =>
    counted
      .filter(({ bill }) => bill.purpose === purpose && bill.carrier !== 'heat' && bill.carrier !== 'water')
      .map(billSource)
  const all = [...metered, ...counted.map(billSource)]
  return {
    carriers: Map.groupBy(all, ({ carrier }) => carrier),
    heating: [
      ...all.filter(({ carrier }) => carrier === 'heat'),
      ...explaining(heatingMeters(meters)),
      ...billedFor('heating'),
    ],
    special: [...explaining(specialMeters(input)), ...billedFor('special')],
    transport: billedFor('transport'),
  }
}

const meterSource = ({ id, medium }: Meter, factor: 1 | -1, amount: number): MonthSource => ({
  kind: 'meter',
  id,
  carrier: medium,
  factor,
  amount,
})
const billSource = ({ bill, amount }: BilledAmount): MonthSource => ({
  kind: 'bill',
  id: billId(bill),
  carrier: bill.carrier,
  factor: 1,
  amount,
})
