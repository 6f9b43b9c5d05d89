// Reads an indicator's numerator and size from a month's or year's record, by the indicator's row.

import type { SubjectMonth } from '../energy/subject-month.ts'
import type { IndicatorRow, IndicatorSize } from '../indicator.ts'

/** In the row's numerator unit. */
export const numeratorOf = (part: SubjectMonth, { numerator, less }: IndicatorRow): number =>
  less.reduce<number>((rest, field) => rest - part[field], part[numerator])

/** Null when unknown. An area of special functions that is not registered for the whole year is not subtracted. */
export function sizeOf(part: SubjectMonth, size: IndicatorSize): number | null {
  if (size !== 'generalAreaM2') return part[size]
  return part.floorAreaM2 === null ? null : part.floorAreaM2 - (part.specialAreaM2 ?? 0)
}

/** Kilograms of fuel that the indicator leaves out, since no row converts them. */
export const fuelLeftOut = (part: SubjectMonth, { leavesOut }: IndicatorRow): number =>
  leavesOut === null ? 0 : part[leavesOut]
