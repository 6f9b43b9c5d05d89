// Computes an institution's sizes (floor area, heated area, energy users) from its dated statements. A new value holds
// from its day on and never rewrites the past. Before the first statement a size is unknown: null, never 0.

import { dateStartMs } from '../calendar.ts'
import { weightedMean } from '../mean.ts'
import type { InstitutionSize } from './records.ts'

/** Areas in m², people as 用能人数. */
export interface Size {
  floorAreaM2: number | null
  heatedAreaM2: number | null
  specialAreaM2: number | null
  energyUsers: number | null
}
const SIZE_FIELDS = [
  'floorAreaM2',
  'heatedAreaM2',
  'specialAreaM2',
  'energyUsers',
] as const satisfies readonly (keyof Size)[]
/** All sizes unknown. */
export const UNKNOWN_SIZE: Size = { floorAreaM2: null, heatedAreaM2: null, specialAreaM2: null, energyUsers: null }

/**
 * The sizes at an instant. A statement without a field does not change that field: the last statement with it holds.
 * `sizes` in any order.
 */
export function sizeOn(sizes: readonly InstitutionSize[], ms: number): Size {
  const size = { ...UNKNOWN_SIZE }
  for (const statement of inOrder(sizes)) {
    if (dateStartMs(statement.validFrom) > ms) break
    for (const field of SIZE_FIELDS) size[field] = statement[field] ?? size[field]
  }
  return size
}

/**
 * The time-weighted mean over [fromMs, toMs). Each value has the weight of its time within the period. Time before a
 * field's first statement has no weight, so the mean covers only the time in which the field was known. Null when it
 * was never known, and for an empty period.
 */
export function meanSize(sizes: readonly InstitutionSize[], fromMs: number, toMs: number): Size {
  const changes = inOrder(sizes)
    .map((statement) => dateStartMs(statement.validFrom))
    .filter((ms) => ms > fromMs && ms < toMs)
  const bounds = [fromMs, ...changes, Math.max(fromMs, toMs)]
  const pieces = bounds
    .slice(1)
    .map((endMs, index) => ({ startMs: bounds[index] ?? endMs, endMs }))
    .map(({ startMs, endMs }) => ({ size: sizeOn(sizes, startMs), ms: endMs - startMs }))
  const mean = (field: keyof Size) => weightedMean(pieces.map(({ size, ms }) => ({ value: size[field], weight: ms })))
  return {
    floorAreaM2: mean('floorAreaM2'),
    heatedAreaM2: mean('heatedAreaM2'),
    specialAreaM2: mean('specialAreaM2'),
    energyUsers: mean('energyUsers'),
  }
}

const inOrder = (sizes: readonly InstitutionSize[]): InstitutionSize[] =>
  sizes.toSorted((a, b) => a.validFrom.localeCompare(b.validFrom))
