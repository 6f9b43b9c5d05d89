// Converts the quantities of NY201, of an institution or summed in NY301, to standard coal by one coefficient set, and
// computes the three published intensities. Published totals of the statistics are made this way
// (docs/rules/facts.md#statistics-of-2015), so this holds a form against the platform's own months.

import { CARRIERS, type EnergyCarrier } from '../../medium.ts'
import type { CoefficientSet } from '../../standards/coefficients.ts'
import { type FormValues, numberIn } from './values.ts'

/** How a field of NY201 becomes the carrier's amount: its unit in amount units; `litres` by the set's density. */
interface CoalField {
  carrier: EnergyCarrier
  size: number | 'litres'
}
const COAL_FIELDS = {
  electricity: { carrier: 'electricity', size: 1e4 },
  coal: { carrier: 'rawCoal', size: 1000 },
  gas: { carrier: 'gas', size: 1e4 },
  lpg: { carrier: 'lpg', size: 1 },
  petrol: { carrier: 'petrol', size: 'litres' },
  diesel: { carrier: 'diesel', size: 'litres' },
  heat: { carrier: 'heat', size: 1 },
} as const satisfies Record<string, CoalField>
/** Stands in the form in tce. */
const OTHER = 'otherEnergy'

export interface CoalRow {
  /** Id of the field of NY201. */
  field: string
  quantity: number
  /** kgce per unit of the carrier's amount; null: the set has none. */
  coefficient: number | null
  unit: string
  tce: number | null
}

export interface CoalEquivalent {
  rows: CoalRow[]
  /** The sum; null when a quantity could not be converted, and for a form without any. */
  tce: number | null
  /** kgce/m², kgce/人 and m³/人; null without the total or the size. */
  energyPerArea: number | null
  energyPerCapita: number | null
  waterPerCapita: number | null
}

export function coalEquivalent(values: FormValues, set: CoefficientSet): CoalEquivalent {
  const converted = Object.entries(COAL_FIELDS).flatMap(([field, how]): CoalRow[] => {
    const quantity = numberIn(values, field)
    if (quantity === null) return []
    const row = set.rows.find(({ carrier }) => carrier === how.carrier)
    const size = how.size === 'litres' ? row?.kgPerLitre : how.size
    const tce = row === undefined || size === undefined ? null : (quantity * size * row.value) / 1000
    return [{ field, quantity, coefficient: row?.value ?? null, unit: `kgce/${CARRIERS[how.carrier].amountUnit}`, tce }]
  })
  const other = numberIn(values, OTHER)
  const rows =
    other === null
      ? converted
      : [...converted, { field: OTHER, quantity: other, coefficient: 1000, unit: 'kgce/tce', tce: other }]
  const isWhole = rows.length > 0 && rows.every(({ tce }) => tce !== null)
  const tce = isWhole ? rows.reduce((sum, row) => sum + (row.tce ?? 0), 0) : null
  const users = numberIn(values, 'energyUsers')
  return {
    rows,
    tce,
    energyPerArea: ratio(tce && tce * 1000, numberIn(values, 'floorArea')),
    energyPerCapita: ratio(tce && tce * 1000, users),
    waterPerCapita: ratio(numberIn(values, 'water'), users),
  }
}

/** 1 t of water is 1 m³. */
const ratio = (value: number | null, size: number | null): number | null =>
  value === null || size === null || !(size > 0) ? null : value / size
