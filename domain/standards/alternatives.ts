// Holds published rows that stand beside those in force: they hold where an area adopts them, from the day that it
// says, and never replace a row by themselves (docs/rules/energy-and-carbon.md#alternatives).

import * as z from 'zod'
import { areaCode } from '../registry/records.ts'
import { keysOf } from '../table.ts'
import { type Co2Factor, JST_303_FACTORS, NATIONAL } from './co2-factors.ts'
import { type CoefficientSet, STATISTICS_2015 } from './coefficients.ts'
import { type FuelFactor, JST_303_FUELS } from './fuel-factors.ts'
import { datedRow } from './validity.ts'

export interface AlternativeRows {
  coefficients: readonly CoefficientSet[]
  co2Factors: readonly Co2Factor[]
  fuelFactors: readonly FuelFactor[]
}

export const ALTERNATIVES = {
  'statistics-2015': { coefficients: [STATISTICS_2015], co2Factors: [], fuelFactors: [] },
  'JS/T 303-2026': { coefficients: [], co2Factors: JST_303_FACTORS, fuelFactors: JST_303_FUELS },
} as const satisfies Record<string, AlternativeRows>
export const ALTERNATIVE_NAMES = keysOf(ALTERNATIVES)
type AlternativeName = keyof typeof ALTERNATIVES

/** The choice of an area (`CN`: of the whole country): its months are converted by the alternative's rows. */
export const adoptionSchema = z.object({ alternative: z.enum(ALTERNATIVE_NAMES), area: areaCode, ...datedRow })
export type Adoption = z.infer<typeof adoptionSchema>

/** The first day from which an alternative's rows may be adopted. */
export const adoptableFrom = (name: AlternativeName): string => {
  const { coefficients, co2Factors, fuelFactors }: AlternativeRows = ALTERNATIVES[name]
  return [...coefficients, ...co2Factors, ...fuelFactors].reduce(
    (first, { validFrom }) => (validFrom > first ? validFrom : first),
    '',
  )
}

/** The rows of the adopted alternatives, as rows of the areas that adopted them. */
export function adoptedRows(adoptions: readonly Adoption[]): AlternativeRows {
  const rows = adoptions.map((adoption) => rowsOf(ALTERNATIVES[adoption.alternative], adoption))
  return {
    coefficients: rows.flatMap(({ coefficients }) => coefficients),
    co2Factors: rows.flatMap(({ co2Factors }) => co2Factors),
    fuelFactors: rows.flatMap(({ fuelFactors }) => fuelFactors),
  }
}

function rowsOf({ coefficients, co2Factors, fuelFactors }: AlternativeRows, adoption: Adoption): AlternativeRows {
  const { area, validFrom, validTo, standIn, source } = adoption
  const said = `adopted by ${area}: ${source}`
  const chosen = {
    area,
    validFrom,
    ...(validTo !== undefined && { validTo }),
    ...(standIn !== undefined && { standIn }),
  }
  const factor = <T extends { source: string }>(row: T) => ({ ...row, ...chosen, source: `${row.source}; ${said}` })
  return {
    coefficients: coefficients.map((set) => ({ ...set, ...chosen, remark: `${set.remark}; ${said}` })),
    co2Factors: co2Factors.map(factor),
    fuelFactors: fuelFactors.map(factor),
  }
}

/** Problems of one adoption that its schema does not detect. */
export const adoptionFindings = ({ alternative, area, validFrom, validTo }: Adoption) => [
  validFrom < adoptableFrom(alternative) &&
    (['validFrom', `${validFrom} is before ${adoptableFrom(alternative)}, the first day of ${alternative}`] as const),
  area === NATIONAL &&
    validTo !== undefined &&
    (['validTo', 'an adoption for the whole country ends with the next row, not on a day'] as const),
]
