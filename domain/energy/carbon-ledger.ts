// Computes the carbon ledger (碳排放量统计台账) of an institution or area for a year: the amount of each source, and the
// factor and coefficient rows that convert it to tonnes. The ledger is computed independently from amounts and compared
// with the CO2 that judging uses, so that a difference between the two is seen.

import type { Month } from '../calendar.ts'
import { CARRIERS, LEDGER_SCOPES, LEDGER_SOURCES, type LedgerScope } from '../medium.ts'
import { must } from '../must.ts'
import { entriesOf, type LedgerEntry, type LedgerMonth } from './carbon-source.ts'
import type { StandardsInForce } from './conversion.ts'

/** 核算边界, each sentence with its source. Meters of role `exclude` subtract separately metered use. */
export const LEDGER_BOUNDARY = [
  {
    zh: '核算边界与公共机构能源资源消费统计一致；家属楼、独立法人附属单位、对外租赁场所单独计量的不计入，边界逐年保持一致。',
    en: 'The boundary is that of the consumption statistics: dwellings, legally independent units and premises let to others are left out when separately metered, the same every year.',
    source: 'https://www.ggj.gov.cn/qx/qxllyj/202302/t20230208_42292.htm (docs/rules/facts.md#carbon-boundary)',
    standIn: false,
  },
  {
    zh: '电力按外购电量计；自发自用的光伏电量不计排放。',
    en: 'Electricity counts as purchased; own PV power used on site emits nothing.',
    source:
      'assumption of this product; JS/T 303-2026 counts net purchased electricity, read second-hand (docs/rules/facts.md#jst-303)',
    standIn: true,
  },
] as const

export type LedgerRowMonth = Pick<LedgerEntry, 'month' | 'activity' | 'emissionsT'>

/** One source under one factor row and one coefficient row; a new notice within the year begins another ledger row. */
export interface LedgerRow extends Pick<LedgerEntry, 'source' | 'factor' | 'coefficient' | 'reason'> {
  scope: LedgerScope
  unit: string
  /** Sum of the year. `heatByArea`: the largest month, since the same area is billed repeatedly. */
  activity: number
  /** Null when the emission is unknown. */
  emissionsT: number | null
  /** By the statistics set; null without a coefficient. */
  energyKgce: number | null
  months: LedgerRowMonth[]
}

/** Tonnes of CO2; unknown emissions are left out. */
export interface LedgerSplit {
  direct: number
  purchasedElectricity: number
  purchasedHeat: number
  total: number
}

export interface CarbonLedger {
  /** Institution id or area code. */
  subject: string
  year: number
  /** In a fixed order of sources, then by first month. */
  rows: LedgerRow[]
  /** One entry for each month that has a record. */
  months: (LedgerSplit & { month: Month })[]
  totals: LedgerSplit
  /** CO2 of the same months in the records that judging uses; `reconciled`: each part equals the ledger's. */
  judged: LedgerSplit
  reconciled: boolean
  boundary: typeof LEDGER_BOUNDARY
}

/**
 * The ledger of one subject. `months`: in any order; those of the year are used. `standards`: the sets and factors in
 * force in a month for the subject's area; the emission of a fuel without a factor is unknown. For an area whose parts
 * have their own factors, use sumLedgers.
 */
export function carbonLedger(input: {
  subject: string
  year: number
  months: readonly LedgerMonth[]
  standards: (month: Month) => StandardsInForce
}): CarbonLedger {
  const { subject, year, standards } = input
  const months = input.months
    .filter(({ month }) => month.startsWith(`${year}-`))
    .toSorted((a, b) => compareText(a.month, b.month))
  return ledgerOf({
    subject,
    year,
    rows: rowsOf(months.flatMap((part) => entriesOf(part, standards(part.month)))),
    names: months.map(({ month }) => month),
    judged: judgedOf(months),
  })
}

/**
 * An area's ledger: the sum of its children's, in the order given. Rows with the same source, factor and coefficient
 * are merged. Throws RangeError when a child's ledger is of another year.
 */
export function sumLedgers(subject: string, year: number, children: readonly CarbonLedger[]): CarbonLedger {
  const stray = children.find((child) => child.year !== year)
  if (stray) throw new RangeError(`cannot add the ledger of ${stray.subject} for ${stray.year} to ${year}`)
  const rows = [
    ...Map.groupBy(
      children.flatMap((child) => child.rows),
      keyOf,
    ).values(),
  ].map(addRows)
  const names = [...new Set(children.flatMap((child) => child.months.map(({ month }) => month)))].toSorted(compareText)
  const judged = children.reduce((sum, child) => addSplits(sum, child.judged), emptySplit())
  return ledgerOf({ subject, year, rows, names, judged })
}

const keyOf = ({ source, factor, coefficient }: Pick<LedgerRow, 'source' | 'factor' | 'coefficient'>): string =>
  JSON.stringify([source, factor, coefficient])

const rowsOf = (entries: readonly LedgerEntry[]): LedgerRow[] =>
  [...Map.groupBy(entries, keyOf).values()].map((same) => {
    const { source, factor, coefficient, reason } = must(same[0])
    const months = [...Map.groupBy(same, ({ month }) => month)].map(([month, parts]) => addMonth(month, parts))
    return completed({ source, factor, coefficient, reason, months })
  })

function addRows(same: readonly LedgerRow[]): LedgerRow {
  const { source, factor, coefficient, reason } = must(same[0])
  const byName = Map.groupBy(
    same.flatMap((row) => row.months),
    ({ month }) => month,
  )
  const months = [...byName].map(([month, parts]) => addMonth(month, parts))
  const row = completed({ source, factor, coefficient, reason, months })
  // Children may have their largest areas in different months, so the areas are added child by child.
  return source === 'heatByArea' ? { ...row, activity: sumOf(same, ({ activity }) => activity) } : row
}

const addMonth = (month: Month, parts: readonly Omit<LedgerRowMonth, 'month'>[]): LedgerRowMonth => ({
  month,
  activity: sumOf(parts, ({ activity }) => activity),
  emissionsT: parts.some(({ emissionsT }) => emissionsT === null)
    ? null
    : sumOf(parts, ({ emissionsT }) => emissionsT ?? 0),
})

function completed(given: Pick<LedgerRow, 'source' | 'factor' | 'coefficient' | 'reason' | 'months'>): LedgerRow {
  const months = given.months.toSorted((a, b) => compareText(a.month, b.month))
  const amounts = months.map(({ activity }) => activity)
  const activity = given.source === 'heatByArea' ? Math.max(...amounts) : sumOf(amounts, (amount) => amount)
  return {
    source: given.source,
    scope: CARRIERS[given.source].scope,
    unit: CARRIERS[given.source].amountUnit,
    activity,
    emissionsT: given.factor ? sumOf(months, ({ emissionsT }) => emissionsT ?? 0) : null,
    energyKgce: given.coefficient ? activity * given.coefficient.value : null,
    factor: given.factor,
    coefficient: given.coefficient,
    reason: given.reason,
    months,
  }
}

function ledgerOf(given: {
  subject: string
  year: number
  rows: readonly LedgerRow[]
  names: readonly Month[]
  judged: LedgerSplit
}): CarbonLedger {
  const { subject, year, names, judged } = given
  const rows = given.rows.toSorted(
    (a, b) =>
      LEDGER_SOURCES.indexOf(a.source) - LEDGER_SOURCES.indexOf(b.source) ||
      compareText(a.months[0]?.month ?? '', b.months[0]?.month ?? ''),
  )
  const months = names.map((month) => ({
    month,
    ...splitOf(rows, (row) => row.months.find((part) => part.month === month)?.emissionsT ?? 0),
  }))
  const totals = splitOf(rows, (row) => row.emissionsT ?? 0)
  const scale = sumOf(rows, (row) => sumOf(row.months, ({ emissionsT }) => Math.abs(emissionsT ?? 0)))
  const reconciled = ([...LEDGER_SCOPES, 'total'] as const).every((part) => isNear(totals[part], judged[part], scale))
  return { subject, year, rows, months, totals, judged, reconciled, boundary: LEDGER_BOUNDARY }
}

const judgedOf = (months: readonly LedgerMonth[]): LedgerSplit => ({
  direct: sumOf(months, (part) => part.co2DirectKg) / 1000,
  purchasedElectricity: sumOf(months, (part) => part.co2ElectricityKg) / 1000,
  purchasedHeat: sumOf(months, (part) => part.co2HeatKg) / 1000,
  total: sumOf(months, (part) => part.co2Kg) / 1000,
})

function splitOf(rows: readonly LedgerRow[], emissionsOf: (row: LedgerRow) => number): LedgerSplit {
  const split = emptySplit()
  for (const row of rows) split[row.scope] += emissionsOf(row)
  split.total = split.direct + split.purchasedElectricity + split.purchasedHeat
  return split
}

const emptySplit = (): LedgerSplit => ({ direct: 0, purchasedElectricity: 0, purchasedHeat: 0, total: 0 })

const addSplits = (a: LedgerSplit, b: LedgerSplit): LedgerSplit => ({
  direct: a.direct + b.direct,
  purchasedElectricity: a.purchasedElectricity + b.purchasedElectricity,
  purchasedHeat: a.purchasedHeat + b.purchasedHeat,
  total: a.total + b.total,
})

/** Compares two sums of the same terms in different orders. `scale`: sum of absolute terms, since signs may cancel. */
const isNear = (a: number, b: number, scale: number): boolean => Math.abs(a - b) <= 1e-9 * scale

const sumOf = <T>(parts: readonly T[], amountOf: (part: T) => number): number =>
  parts.reduce((sum, part) => sum + amountOf(part), 0)

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
