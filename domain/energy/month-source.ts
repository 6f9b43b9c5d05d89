// Lists the meters and bills behind the amounts of an institution's month: the level of an explanation between the
// month's record and the hours. Computed independently of the record, so that a difference is seen.

import { type Carrier, MEDIA } from '../medium.ts'
import { must } from '../must.ts'
import type { Meter } from '../registry/records.ts'
import { accountBills, type BilledAmount, billId, isFuel } from './bill.ts'
import { type Deducted, deductionsOf, generatorsOf } from './deductions.ts'
import { type MonthInput, spansOfMonth } from './institution-month.ts'
import { meterCount, type Span, supplyOf } from './supply.ts'

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
  /** Generation used on site: not purchased, but a part of the quota's energy. */
  generation: MonthSource[]
}

/** The rules are those of `institutionMonth`: the sources of its spans, each meter and bill once. */
export function monthSources(input: MonthInput): MonthSources {
  const spans = spansOfMonth(input).flatMap((own) => (own.institution ? [spanSources({ ...input, ...own })] : []))
  const of = (part: (sources: SpanSources) => readonly MonthSource[]): MonthSource[] => merged(spans.flatMap(part))
  return {
    carriers: Map.groupBy(
      of(({ carriers }) => carriers),
      ({ carrier }) => carrier,
    ),
    heating: of(({ heating }) => heating),
    special: of(({ special }) => special),
    transport: of(({ transport }) => transport),
    generation: of(({ generation }) => generation),
  }
}

type SpanSources = Record<'carriers' | 'heating' | 'special' | 'transport' | 'generation', MonthSource[]>

function merged(sources: readonly MonthSource[]): MonthSource[] {
  const groups = Map.groupBy(sources, ({ kind, id, factor }) => `${kind} ${id} ${factor}`)
  return [...groups.values()].map((own) => ({
    ...must(own[0]),
    amount: own.reduce((total, { amount }) => total + amount, 0),
  }))
}

function spanSources({ span, ...input }: MonthInput & { span: Span }): SpanSources {
  const { institution, meters, month, bills = [] } = input
  const set = input.sets.statistics
  const { ofMeter, loose } = accountBills(bills, { institution: institution.id, month, meters, set })
  const countOf = (meter: Meter) => meterCount(meter, span, { amounts: input.amounts, ofMeter, bills })
  const supplies = MEDIA.map((medium) => supplyOf(medium, { meters, loose, bills, span, countOf }))
  const fuels = loose
    .filter(({ bill }) => isFuel(bill.carrier))
    .map((one) => ({ ...one, amount: one.amount * span.share }))
  const counted = [...supplies.flatMap((supply) => supply.bills), ...fuels]
  const metered = supplies.flatMap((supply) =>
    supply.meters.map(({ meter, factor, amount }) => meterSource(meter, factor, amount)),
  )
  const deducted = deductionsOf(input)
  const explaining = (chosen: readonly Deducted[]): MonthSource[] =>
    chosen.map(({ meter, factor }) => meterSource(meter, factor, countOf(meter).amount))
  /** Heat is heating whatever its bill says. */
  const billedFor = (purpose: 'heating' | 'special' | 'transport'): MonthSource[] =>
    counted
      .filter(({ bill }) => bill.purpose === purpose && bill.carrier !== 'heat' && bill.carrier !== 'water')
      .map(billSource)
  const all = [...metered, ...counted.map(billSource)]
  return {
    carriers: all,
    heating: [
      ...all.filter(({ carrier }) => carrier === 'heat'),
      ...explaining(deducted.heating),
      ...billedFor('heating'),
    ],
    special: [...explaining(deducted.special), ...billedFor('special')],
    transport: billedFor('transport'),
    generation: explaining(generatorsOf(meters).usedOnSite),
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
