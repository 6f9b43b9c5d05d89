// Holds the CO2 factors of fuels (docs/rules/energy-and-carbon.md#fuels). Petrol, kerosene and LPG have no row, because
// no source for their factors was found: their emission stays unknown until a user imports one, and the ledger says so.

import * as z from 'zod'
import { FUEL_CARRIERS, type FuelCarrier } from '../medium.ts'
import { FYP14_START, factorShape, JST_303, NATIONAL } from './co2-factors.ts'
import { nearestOn } from './validity.ts'

/** The value in kgCO2/kg equals that in t/t. */
export const fuelFactorSchema = z.object({
  carrier: z.enum(FUEL_CARRIERS),
  ...factorShape,
  unit: z.literal('kgCO2/kg'),
})
export type FuelFactor = z.infer<typeof fuelFactorSchema>

const NATIONAL_DATABASE = {
  series: '化石燃料燃烧二氧化碳排放因子',
  dataYear: null,
  area: 'CN',
  areaName: '全国',
  publisher: '国家温室气体排放因子数据库, second edition (2026)',
  notice: null,
  validFrom: FYP14_START,
  unit: 'kgCO2/kg',
  source: 'public code repository (docs/rules/facts.md#co2-of-heat-and-fuels)',
  certainty: 'secondary',
} as const

export const FUEL_FACTORS: readonly FuelFactor[] = [
  // 42.652 GJ/t × 20.480956 tC/TJ × 99 % × 44/12, and 20.908 × 33.17 × 98 % × 44/12; both recomputed in
  // docs/rules/facts.md#co2-of-heat-and-fuels.
  { carrier: 'diesel', ...NATIONAL_DATABASE, value: 3.171 },
  { carrier: 'rawCoal', ...NATIONAL_DATABASE, value: 2.492 },
]

/**
 * Petrol and diesel are printed in kg/L, here divided by the density that recomputes them. Kerosene (2.539 kg/L) has no
 * density, 无烟煤 (2.429) and 烟煤 (2.174) are not raw coal: they have no row (docs/rules/facts.md#jst-303).
 */
export const JST_303_FUELS: readonly FuelFactor[] = [
  { ...JST_303, carrier: 'petrol', value: 2.179 / 0.73, unit: 'kgCO2/kg', certainty: 'derived' },
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: kg per litre of diesel as printed, not e
  { ...JST_303, carrier: 'diesel', value: 2.718 / 0.86, unit: 'kgCO2/kg', certainty: 'derived' },
  { ...JST_303, carrier: 'lpg', value: 3.166, unit: 'kgCO2/kg', certainty: 'secondary' },
]

/**
 * The row in force on a local date for the nearest area of `areaPath` (the national row comes last); with `retroactive`
 * the earliest row also holds for days before it (domain/energy/conversion.ts). Undefined: the emission is unknown, not
 * 0.
 */
export function fuelFactorOn(
  carrier: FuelCarrier,
  date: string,
  options: { retroactive?: boolean; areaPath?: readonly string[] } = {},
  factors: readonly FuelFactor[] = FUEL_FACTORS,
): FuelFactor | undefined {
  const rows = factors.filter((row) => row.carrier === carrier)
  return nearestOn(rows, date, [...(options.areaPath ?? []), NATIONAL], options)
}
