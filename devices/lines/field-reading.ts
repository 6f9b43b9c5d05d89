// A field of a meter's answer as a reading: the number in a unit that a readings message may carry
// (docs/rules/devices.md#fields-and-readings).

import type { Field } from '../codecs/answer.ts'
import { shifted } from '../codecs/decimal.ts'
import type { Reading } from '../source.ts'

/** Units that messages do not have, as powers of ten of one that they have. */
const UNITS: Readonly<Record<string, { unit: string; exponent: number }>> = {
  Wh: { unit: 'kWh', exponent: -3 },
  J: { unit: 'MJ', exponent: -6 },
  kJ: { unit: 'MJ', exponent: -3 },
}

/** Undefined where the field has no value: a gap is a fact. */
export function fieldReading(meter: string, { value, unit, quality }: Field, atMs: number): Reading | undefined {
  if (value === null || quality !== 'good') return undefined
  const known = unit === null ? undefined : UNITS[unit]
  const number = Number(known ? shifted(value, known.exponent) : value)
  if (!Number.isFinite(number)) return undefined
  const written = known?.unit ?? unit
  return { meter, at: atMs, value: number, ...(written !== null && { unit: written }) }
}
