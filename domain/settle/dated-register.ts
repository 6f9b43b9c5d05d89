// Settles a meter whose unit, digits, multiplier or direction changed by date
// (docs/rules/settling.md#dated-register). Readings are brought into the unit of the first row, so that one walk goes
// over the whole series; the hours get the multiplier of their own row afterwards. A change lies on a local midnight,
// the edge of an hour; a replacement lies anywhere.

import { HOUR_MS } from '../calendar.ts'
import { must } from '../must.ts'
import { firstMsOf } from '../registry/dated.ts'
import type { Meter, Replacement } from '../registry/records.ts'
import { convert, factorToAmount } from '../unit.ts'
import type { HourSeries, MeterProfile, Samples } from './series.ts'

/** Readings after `afterMs` count `times` in the unit of the first row. */
interface ReadingScale {
  afterMs: number
  times: number
}
/** Hours from `fromMs` on count `times`: multiplier and factor of the unit. */
interface HourScale {
  fromMs: number
  times: number
}
export interface DatedRegister {
  readings: readonly ReadingScale[]
  hours: readonly HourScale[]
}
type Given = Pick<Meter, 'medium' | 'rows' | 'replacements' | RegisterField>

/** Undefined for a meter whose unit, multiplier, digits, resolution and direction never changed. */
export function datedRegisterOf(meter: Given): DatedRegister | undefined {
  const rows = rowsOf(meter)
  const changed = meter.replacements.some(({ multiplier, unit }) => multiplier !== undefined || unit !== undefined)
  if (!changed && rows.every((row) => isAlike(row, must(rows[0])))) return undefined
  const base = must(rows[0])
  const factor = must(factorToAmount(base.unit, meter.medium))
  const readings: ReadingScale[] = []
  const hours: HourScale[] = []
  // `share`: how much of the present multiplier the readings carry themselves, since a replacement changed it.
  let [share, times, unit] = [1, base.multiplier, base.unit]
  for (const step of stepsOf(rows, meter.replacements)) {
    unit = step.unit ?? unit
    if ('row' in step) times = step.row.multiplier / share
    else if (step.multiplier !== undefined) share = step.multiplier / times
    readings.push({ afterMs: step.atMs, times: share * ratioOf(unit, base.unit) })
    if ('row' in step) hours.push({ fromMs: step.atMs, times: times * factor })
  }
  return { readings, hours }
}

type RegisterField = 'unit' | 'multiplier' | 'resolution' | 'digits' | 'direction'
type Row = Pick<Meter, RegisterField> & { validFrom?: string | undefined }
const rowsOf = (meter: Given): readonly Row[] => meter.rows ?? [meter]
const isAlike = (a: Row, b: Row): boolean =>
  a.unit === b.unit &&
  a.multiplier === b.multiplier &&
  a.resolution === b.resolution &&
  a.digits === b.digits &&
  a.direction === b.direction
const beginOf = (row: Row, index: number): number => (index === 0 ? Number.NEGATIVE_INFINITY : firstMsOf(row))
const ratioOf = (from: string, to: string): number => (from === to ? 1 : (convert(1, from, to) ?? Number.NaN))

type Step = { atMs: number; unit?: string | undefined } & ({ row: Row } | { multiplier: number | undefined })

/** Rows and replacements in order of time, a row before a replacement of its first instant. */
function stepsOf(rows: readonly Row[], replacements: readonly Replacement[]): Step[] {
  const begun = rows.map((row, index): Step => {
    return { atMs: beginOf(row, index), unit: row.unit, row }
  })
  const replaced = replacements
    .filter(({ multiplier, unit }) => multiplier !== undefined || unit !== undefined)
    .map(({ atMs, multiplier, unit }): Step => ({ atMs, unit, multiplier }))
  return [...begun, ...replaced].sort((a, b) => (a.atMs === b.atMs ? 0 : a.atMs - b.atMs))
}

/** The scale of a reading: at the very instant of a change it belongs to the time before. */
const scaleAt = (readings: readonly ReadingScale[], atMs: number): number =>
  (readings.findLast(({ afterMs }) => afterMs < atMs) ?? readings[0])?.times ?? 1

/** The readings in the unit of the first row. */
export function inFirstUnit({ atMs, value }: Samples, { readings }: DatedRegister): Samples {
  if (readings.every(({ times }) => times === 1)) return { atMs, value }
  return { atMs, value: value.map((one, row) => one * scaleAt(readings, atMs[row] as number)) }
}

/** The profile that settles readings in the unit of the first row to hours without multiplier and factor. */
export function datedProfile(profile: MeterProfile, meter: Given, register: DatedRegister): MeterProfile {
  const rows = rowsOf(meter)
  const base = must(rows[0])
  const { readings } = register
  const scaleOf = (row: Row): number => ratioOf(row.unit, base.unit)
  const digitsOf = (row: Row): number | undefined =>
    row.digits === undefined ? undefined : row.digits + Math.log10(scaleOf(row))
  return {
    ...profile,
    multiplier: 1,
    factor: 1,
    // In the register's own unit, as the readings are: a bound for the row that counts least.
    ...(profile.ratedMaxPerHour !== undefined && {
      ratedMaxPerHour: profile.ratedMaxPerHour / Math.min(...register.hours.map(({ times }) => times)),
    }),
    resolution: Math.max(...rows.map((row) => row.resolution * scaleOf(row))),
    digits: digitsOf(base),
    digitsFrom: rows.map((row, index) => ({ fromMs: beginOf(row, index), digits: digitsOf(row) })),
    ...(rows.some(({ direction }) => direction !== base.direction) && {
      directionFrom: rows.map((row, index) => ({ fromMs: beginOf(row, index), direction: row.direction })),
    }),
    replacements: profile.replacements.map((one) => ({
      atMs: one.atMs,
      finalValue: one.finalValue * scaleAt(readings, one.atMs),
      startValue: one.startValue * scaleAt(readings, one.atMs + 0.5),
    })),
  }
}

/** The hours and amounts of events with the multiplier of their row. */
export function inHourScales(series: HourSeries, { hours }: DatedRegister): HourSeries {
  const timesAt = (ms: number): number => (hours.findLast(({ fromMs }) => fromMs <= ms) ?? hours[0])?.times ?? 1
  const { firstHourMs, amounts } = series
  for (let hour = 0; hour < amounts.length; hour++)
    amounts[hour] = (amounts[hour] as number) * timesAt(firstHourMs + hour * HOUR_MS)
  const events = series.events.map((event) =>
    'amount' in event ? { ...event, amount: event.amount * timesAt(event.atMs) } : event,
  )
  return { ...series, amounts, events }
}
