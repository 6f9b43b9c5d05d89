// The unit that a sender gave with a reading is kept with it, and the value as it was sent: which unit the register
// counts in is a dated fact that may be entered late (docs/rules/interfaces.md#readings-message). This file has how the
// unit is kept, and the way into the register's unit.

import { must } from '../must.ts'
import { unitsOf } from '../registry/dated.ts'
import type { Meter } from '../registry/records.ts'
import { convert } from '../unit.ts'

export const READING_QUALITIES = ['good', 'suspect', 'estimated'] as const
export type ReadingQuality = (typeof READING_QUALITIES)[number]

/**
 * Every unit of a register, by its number in stores, which never changes; 0: the sender gave none, and the value is in
 * the register's own.
 */
export const SENT_UNITS = ['', 'Wh', 'kWh', 'MWh', 'MJ', 'GJ', 'L', 'm³', 'm3'] as const
/** A mark is the number of the quality and this many times that of the unit. */
export const QUALITY_MARKS = 4
export const SUSPECT_MARK = READING_QUALITIES.indexOf('suspect')

export interface ReadingMark {
  quality: ReadingQuality
  /** As it was sent; absent: in the register's own unit. */
  unit?: string | undefined
}

/** Quality and unit of a reading as one number below 256. Throws a RangeError for a unit that no register has. */
export function markOf({ quality, unit }: ReadingMark): number {
  if (unit === undefined) return quality === 'good' ? 0 : READING_QUALITIES.indexOf(quality)
  return READING_QUALITIES.indexOf(quality) + QUALITY_MARKS * numberOfUnit(unit)
}

/** Throws an Error when the number is no mark: then another program wrote the store. */
export function ofMark(mark: number): ReadingMark {
  const quality = READING_QUALITIES[mark % QUALITY_MARKS]
  const unit = SENT_UNITS[Math.floor(mark / QUALITY_MARKS)]
  if (quality === undefined || unit === undefined) throw new Error(`${mark} is no mark of a reading`)
  return unit === '' ? { quality } : { quality, unit }
}

/** Throws a RangeError for a unit that no register has. */
export function numberOfUnit(unit: string): number {
  const number = (SENT_UNITS as readonly string[]).indexOf(unit)
  if (number < 1) throw new RangeError(`"${unit}" is no unit of a register`)
  return number
}

/** Values as sent → the unit that the register counts in at that time; undefined where it does not measure the same. */
export function intoRegisterUnit(meter: Meter): (atMs: number, value: number, unit: string) => number | undefined {
  const units = unitsOf(meter)
  return (atMs, value, unit) => {
    const own = units ? unitAt(units, atMs) : meter.unit
    return unit === own ? value : convert(value, unit, own)
  }
}

/** The unit in which a register counts at a time. */
export const registerUnit = (meter: Meter, atMs: number): string =>
  unitAt(unitsOf(meter) ?? [{ afterMs: null, unit: meter.unit }], atMs)

/** The unit of a register: at the very instant of a change it is that of the time before. */
export const unitAt = (units: readonly { afterMs: number | null; unit: string }[], atMs: number): string =>
  (units.findLast(({ afterMs }) => (afterMs ?? Number.NEGATIVE_INFINITY) < atMs) ?? must(units[0])).unit
