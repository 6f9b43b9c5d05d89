// Brings samples into the unit of their register (docs/rules/settling.md#dated-register).

import { must } from '../must.ts'
import type { Meter } from '../registry/records.ts'
import { intoRegisterUnit, SENT_UNITS } from '../wire/sent-unit.ts'
import type { Samples } from './series.ts'

/** Samples of a meter in its register's unit; those that do not measure what it measures are left out. */
export function inRegisterUnit({ atMs, value, unit }: Samples, meter: Meter): Samples {
  if (!unit) return { atMs, value }
  const into = intoRegisterUnit(meter)
  const own = value.map((one, row) => {
    const sent = SENT_UNITS[unit[row] ?? 0]
    return sent ? (into(must(atMs[row]), one, sent) ?? Number.NaN) : one
  })
  if (!own.some(Number.isNaN)) return { atMs, value: own }
  return { atMs: atMs.filter((_, row) => !Number.isNaN(own[row])), value: own.filter((one) => !Number.isNaN(one)) }
}
