// Lists the terms of an indicator's numerator in one month: carriers with the rows that convert them, and parts.

import { entriesOf, type LedgerCoefficient, type LedgerFactor } from '../energy/carbon-source.ts'
import { kgceOf, type StandardsInForce } from '../energy/conversion.ts'
import type { SubjectMonth } from '../energy/subject-month.ts'
import type { IndicatorRow } from '../indicator.ts'
import { CARRIERS } from '../medium.ts'
import type { ExplainRow, ExplainTerm } from '../view/explain.ts'

const rowOf = (row: LedgerCoefficient | LedgerFactor): ExplainRow => ({
  name:
    'name' in row
      ? row.name
      : [row.series, row.dataYear, row.areaName, row.publisher]
          .filter((part) => part !== null && part !== '')
          .join(' '),
  value: row.value,
  unit: row.unit,
  source: row.source,
  certainty: row.certainty,
  validFrom: row.validFrom,
  validTo: row.validTo ?? null,
  retroactive: row.retroactive,
})
const energyTerms = (part: SubjectMonth, sets: StandardsInForce): ExplainTerm[] =>
  entriesOf(part, sets)
    .filter(({ source }) => source !== 'heatByArea')
    .map(({ source, activity, coefficient }) => ({
      kind: 'carrier',
      source,
      amount: activity,
      unit: CARRIERS[source].amountUnit,
      row: coefficient && rowOf(coefficient),
      adds: coefficient && activity * coefficient.value,
      sources: [],
    }))
/** The quota counts all energy used: what is generated and used on site as well as what is bought. */
function quotaTerms(part: SubjectMonth, sets: StandardsInForce): ExplainTerm[] {
  const usedKwh = part.generationKwh - part.exportedKwh
  const bought = energyTerms(part, { ...sets, statistics: sets.quota })
  if (usedKwh === 0) return bought
  return [...bought, partTerm('generation', kgceOf('electricity', usedKwh, sets.quota), 'kgce')]
}
const co2Terms = (part: SubjectMonth, sets: StandardsInForce): ExplainTerm[] =>
  entriesOf(part, sets)
    .filter(({ source }) => source !== 'heatByArea')
    .map(({ source, activity, factor, emissionsT }) => ({
      kind: 'carrier',
      source,
      amount: activity,
      unit: CARRIERS[source].amountUnit,
      row: factor && rowOf(factor),
      adds: emissionsT === null ? null : emissionsT * 1000,
      sources: [],
    }))
const partTerm = (source: string, value: number, unit: string, sign: 1 | -1 = 1): ExplainTerm => ({
  kind: 'part',
  source,
  amount: value,
  unit,
  row: null,
  adds: sign * value,
  sources: [],
})
/** Parts of a month's record that are not carriers. */
const PART_NAMES = { heatingKgce: 'heating', specialKgce: 'special', transportKgce: 'transport' } as const

/** The terms whose sum is the numerator in a month's record. */
export function termsOf(row: IndicatorRow, part: SubjectMonth, sets: StandardsInForce): ExplainTerm[] {
  if (row.resource === 'water') return [partTerm('water', part.waterM3, row.numeratorUnit)]
  if (row.numerator === 'heatingKgce') return [partTerm('heating', part.heatingKgce, row.numeratorUnit)]
  const carriers = { statistics: energyTerms, quota: quotaTerms, co2: co2Terms }[row.carriers](part, sets)
  return [...carriers, ...row.less.map((field) => partTerm(PART_NAMES[field], part[field], row.numeratorUnit, -1))]
}
