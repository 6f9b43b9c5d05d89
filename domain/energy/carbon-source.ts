// Lists the CO2 sources of one month of a subject: each with its amount, and the factor and coefficient rows in force
// that convert it to tonnes and standard coal. The ledger (carbon-ledger.ts) sums these entries.

import type { Month } from '../calendar.ts'
import {
  CARRIERS,
  ENERGY_MEDIA,
  type EnergyCarrier,
  FUEL_CARRIERS,
  type FuelCarrier,
  type LedgerSource,
} from '../medium.ts'
import type { Co2Factor } from '../standards/co2-factors.ts'
import type { Coefficient, CoefficientSet } from '../standards/coefficients.ts'
import type { FuelFactor } from '../standards/fuel-factors.ts'
import type { Validity } from '../standards/validity.ts'
import { co2KgOf, type StandardsInForce } from './conversion.ts'
import { fuelField } from './fuel.ts'
import type { SubjectMonth } from './subject-month.ts'

/** The fields of a month's record that the ledger reads. */
export type LedgerMonth = Pick<
  SubjectMonth,
  'month' | (typeof CARRIERS)[LedgerSource]['field'] | 'co2Kg' | 'co2DirectKg' | 'co2ElectricityKg' | 'co2HeatKg'
>

/** A row of a factor table, without its carrier; `retroactive` (追溯): used for a month before its first day. */
export type LedgerFactor = Omit<Co2Factor | FuelFactor, 'medium' | 'carrier'> & { retroactive: boolean }
export type LedgerCoefficient = Pick<Coefficient, 'value' | 'unit' | 'source' | 'certainty'> &
  Pick<CoefficientSet, 'name' | 'standard'> &
  Validity & { retroactive: boolean }

/** The amount of one source in one month, with the rows that convert it to energy and CO2. */
export interface LedgerEntry {
  source: LedgerSource
  month: Month
  activity: number
  /** Null when the emission is unknown. */
  emissionsT: number | null
  factor: LedgerFactor | null
  coefficient: LedgerCoefficient | null
  /**
   * Why the emission is null. `billedByArea`: m² is not a quantity of heat and is never converted into one
   * (docs/rules/energy-and-carbon.md#heat-billed-by-area).
   */
  reason: 'billedByArea' | 'noFactor' | null
}

/** An entry for each source with a non-zero amount in the month's record. */
export function entriesOf(part: LedgerMonth, sets: StandardsInForce): LedgerEntry[] {
  const { month } = part
  const metered = ENERGY_MEDIA.map((medium): LedgerEntry => {
    const activity = part[CARRIERS[medium].field]
    return {
      source: medium,
      month,
      activity,
      emissionsT: co2KgOf(medium, activity, sets.co2) / 1000,
      factor: factorOf(sets.co2[medium], month),
      coefficient: coefficientIn(sets.statistics, medium, month),
      reason: null,
    }
  })
  const fuels = FUEL_CARRIERS.map((carrier) => fuelEntry(carrier, part, sets))
  const billed: LedgerEntry = {
    source: 'heatByArea',
    month,
    activity: part.areaBilledHeatM2,
    emissionsT: null,
    factor: null,
    coefficient: null,
    reason: 'billedByArea',
  }
  return [...metered, ...fuels, billed].filter(({ activity }) => activity !== 0)
}

/** The emission of a fuel without a factor is unknown. */
function fuelEntry(carrier: FuelCarrier, part: LedgerMonth, sets: StandardsInForce): LedgerEntry {
  const { month, [fuelField(carrier)]: activity } = part
  const factor = sets.fuelCo2[carrier]
  return {
    source: carrier,
    month,
    activity,
    emissionsT: factor ? (activity * factor.value) / 1000 : null,
    factor: factor ? factorOf(factor, month) : null,
    coefficient: coefficientIn(sets.statistics, carrier, month),
    reason: factor ? null : 'noFactor',
  }
}

const isBefore = (month: Month, row: Validity): boolean => `${month}-01` < row.validFrom

function factorOf(row: Co2Factor | FuelFactor, month: Month): LedgerFactor {
  const { series, dataYear, area, areaName, publisher, notice, validFrom, validTo, value, unit, source, certainty } =
    row
  const validity = validTo === undefined ? { validFrom } : { validFrom, validTo }
  const named = { series, dataYear, area, areaName, publisher, notice, ...validity, value, unit, source, certainty }
  return { ...named, retroactive: isBefore(month, row) }
}

function coefficientIn(set: CoefficientSet, carrier: EnergyCarrier, month: Month): LedgerCoefficient | null {
  const row = set.rows.find((candidate) => candidate.carrier === carrier)
  if (!row) return null
  const { value, unit, source, certainty } = row
  const { name, standard, validFrom, validTo } = set
  const validity = validTo === undefined ? { validFrom } : { validFrom, validTo }
  return { name, standard, ...validity, value, unit, source, certainty, retroactive: isBefore(month, set) }
}
