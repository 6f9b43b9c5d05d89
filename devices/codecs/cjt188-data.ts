// The current reading of CJ/T 188 meters: the layouts of water, gas and heat, unit bytes, and what vendors do otherwise
// (docs/rules/devices.md#readings-of-cjt-188).

import { type Field, good, hexOf, missing } from './answer.ts'
import { bcdByte, bcdField, isFilled, shifted } from './decimal.ts'
import { timeText } from './meter-time.ts'

/** unitFirst: the unit stands before its value. integerLitresClockBigEndian: whole litres, clock high byte first. */
export type Cjt188Variant = (typeof CJT188_VARIANTS)[number]
export const CJT188_VARIANTS = ['standard', 'unitFirst', 'integerLitresClockBigEndian'] as const

export interface Cjt188Reading {
  fields: Field[]
  variant?: Cjt188Variant
}

interface LayoutOptions {
  variant?: Cjt188Variant
  flowDecimals?: number
}

/** Both stand for a value that is not there, although 99 is decimal. */
const FILLS = [0xff, 0x99]
const FLOW_DECIMALS = 4
const CURRENT_READING = '901F'
const WATER_BYTES = 19
const HEAT_BYTES = 43
const SHORT_BYTES = 6

/** The data after identifier and serial number; undefined where no layout is known: keep them raw. */
export function cjt188Data(
  di: string,
  meterType: number,
  data: Uint8Array,
  options: LayoutOptions = {},
): Cjt188Reading | undefined {
  if (di !== CURRENT_READING) return undefined
  const group = meterType >> 4
  const anyType = meterType === 0xaa
  if (data.length === WATER_BYTES && (group === 1 || group === 3 || anyType)) return waterReading(data, options.variant)
  if (data.length === HEAT_BYTES && (group === 2 || anyType)) return heatReading(data, options)
  if (data.length === SHORT_BYTES && group === 1)
    return { fields: [value(data, 0, 'cumulativeVolume', 'm3', 2), status(data, 4)] }
  return undefined
}

type Dimension = 'energy' | 'power' | 'volume' | 'flow'

interface UnitRow {
  unit: string
  dimension: Dimension
  /** Powers of ten: 1 and 2 for the two bytes after a unit that has multiples. */
  exponent: number
}

const UNITS = unitTable()

function unitTable(): ReadonlyMap<number, UnitRow> {
  const single: readonly [number, string, Dimension][] = [
    [0x01, 'J', 'energy'],
    [0x40, 'J/h', 'power'],
  ]
  const tenfold: readonly [number, string, Dimension][] = [
    [0x02, 'Wh', 'energy'],
    [0x05, 'kWh', 'energy'],
    [0x08, 'MWh', 'energy'],
    [0x0b, 'kJ', 'energy'],
    [0x0e, 'MJ', 'energy'],
    [0x11, 'GJ', 'energy'],
    [0x14, 'W', 'power'],
    [0x17, 'kW', 'power'],
    [0x1a, 'MW', 'power'],
    [0x29, 'L', 'volume'],
    [0x2c, 'm3', 'volume'],
    [0x32, 'L/h', 'flow'],
    [0x35, 'm3/h', 'flow'],
    [0x43, 'kJ/h', 'power'],
    [0x46, 'MJ/h', 'power'],
    [0x49, 'GJ/h', 'power'],
  ]
  const rows = [
    ...single.map(([byte, unit, dimension]): [number, UnitRow] => [byte, { unit, dimension, exponent: 0 }]),
    ...tenfold.flatMap(([byte, unit, dimension]) =>
      [0, 1, 2].map((exponent): [number, UnitRow] => [byte + exponent, { unit, dimension, exponent }]),
    ),
  ]
  return new Map(rows)
}

const LITRE = 0x29

function waterReading(data: Uint8Array, told: Cjt188Variant | undefined): Cjt188Reading {
  const variant = told ?? (data[4] === LITRE && isHighFirst(data, 10) ? 'integerLitresClockBigEndian' : 'standard')
  const litres = variant === 'integerLitresClockBigEndian'
  const decimals = litres ? 0 : 2
  const fields = [
    quantity(data, 0, 4, { name: 'cumulativeVolume', decimals, dimension: 'volume' }),
    quantity(data, 5, 9, { name: 'settlementVolume', decimals, dimension: 'volume' }),
    clock(data, 10, litres),
    status(data, 17),
  ]
  return named(fields, variant)
}

interface Quantity {
  name: string
  decimals: number
  dimension: Dimension
}

const heatQuantities = (flowDecimals: number): readonly Quantity[] => [
  { name: 'settlementHeatOrCooling', decimals: 2, dimension: 'energy' },
  { name: 'heat', decimals: 2, dimension: 'energy' },
  { name: 'power', decimals: 2, dimension: 'power' },
  { name: 'flow', decimals: flowDecimals, dimension: 'flow' },
  { name: 'volume', decimals: 2, dimension: 'volume' },
]
const HEAT_QUANTITIES = heatQuantities(FLOW_DECIMALS)

function heatReading(data: Uint8Array, { variant: told, flowDecimals }: LayoutOptions): Cjt188Reading {
  const quantities = flowDecimals === undefined ? HEAT_QUANTITIES : heatQuantities(flowDecimals)
  const variant = told ?? (!unitsFit(data, 4) && unitsFit(data, 0) ? 'unitFirst' : 'standard')
  const [valueAt, unitAt] = variant === 'unitFirst' ? [1, 0] : [0, 4]
  const fields = quantities.map((row, index) => quantity(data, 5 * index + valueAt, 5 * index + unitAt, row))
  fields.push(
    value(data, 25, 'supplyTemperature', 'degC', 2, 3),
    value(data, 28, 'returnTemperature', 'degC', 2, 3),
    value(data, 31, 'workingHours', 'h', 0, 3),
    clock(data, 34, variant === 'integerLitresClockBigEndian'),
    status(data, 41),
  )
  return named(fields, variant)
}

const named = (fields: Field[], variant: Cjt188Variant): Cjt188Reading =>
  variant === 'standard' ? { fields } : { fields, variant }

/** All five unit bytes, from that place on, are units of what they stand by. */
const unitsFit = (data: Uint8Array, at: number): boolean =>
  HEAT_QUANTITIES.every(({ dimension }, index) => UNITS.get(data[5 * index + at] ?? 0)?.dimension === dimension)

/** A value of four bytes and its unit byte. Without a known unit there is no value. */
function quantity(data: Uint8Array, valueAt: number, unitAt: number, { name, decimals, dimension }: Quantity): Field {
  const row = UNITS.get(data[unitAt] ?? 0)
  const field = value(data, valueAt, name, row?.unit ?? null, decimals)
  if (field.value === null) return field
  if (row === undefined || row.dimension !== dimension) {
    const start = Math.min(valueAt, unitAt)
    return { ...missing(name, 'invalid'), dataHex: hexOf(data.subarray(start, start + 5)) }
  }
  return row.exponent === 0 ? field : { ...field, value: shifted(field.value, row.exponent) }
}

const value = (data: Uint8Array, at: number, name: string, unit: string | null, decimals: number, count = 4): Field =>
  bcdField(data, at, { name, unit, count, decimals }, FILLS)

/** The raw bytes: what they mean differs by vendor. */
const status = (data: Uint8Array, at: number): Field => good('status', hexOf(data.subarray(at, at + 2)))

/** Seven bytes: seconds first, or the century first. A clock that is no date takes nothing from the reading. */
function clock(data: Uint8Array, at: number, highFirst: boolean): Field {
  for (const fill of [0, 0xff, 0x99]) if (isFilled(data, at, 7, fill)) return missing('meterTime', 'absent')
  for (let byte = at; byte < at + 7; byte++) if (bcdByte(data[byte] ?? 0) < 0) return missing('meterTime', 'nonBcd')
  const text = clockTextOf(data, at, highFirst)
  return text === undefined ? missing('meterTime', 'invalid') : good('meterTime', text)
}

/** Centuries of a meter's clock. */
const CENTURIES = [19, 20]

function clockTextOf(data: Uint8Array, at: number, highFirst: boolean): string | undefined {
  const pair = (index: number): number => bcdByte(data[at + (highFirst ? 6 - index : index)] ?? 0)
  const century = pair(6)
  if (!CENTURIES.includes(century)) return undefined
  const [second, minute, hour, day, month] = [pair(0), pair(1), pair(2), pair(3), pair(4)]
  return timeText({ year: century * 100 + pair(5), month, day, hour, minute, second })
}

/** Whether the clock is a date when its high byte comes first. */
function isHighFirst(data: Uint8Array, at: number): boolean {
  for (let byte = at; byte < at + 7; byte++) if (bcdByte(data[byte] ?? 0) < 0) return false
  return clockTextOf(data, at, true) !== undefined
}
