// The values of M-Bus records: integers, BCD with a minus in the top digit, 32-bit floats, packed dates and texts, as
// exact decimals (docs/rules/devices.md#m-bus-records).

import type { Field } from './answer.ts'
import { bcdWhole, decimalOf, float32Text, shifted } from './decimal.ts'
import type { MbusQuantity } from './mbus-quantities.ts'
import { timeText } from './meter-time.ts'

export type MbusCoding = 'integer' | 'real' | 'bcd' | 'negativeBcd' | 'text'

type Value = Pick<Field, 'value' | 'unit' | 'quality'>

/** Undefined where the coding cannot hold the quantity. */
export function mbusValue(bytes: Uint8Array, coding: MbusCoding, quantity: MbusQuantity): Value | undefined {
  const { form, unit, exponent } = quantity
  if (coding === 'text') return form === 'number' && unit === null ? textValue(bytes) : undefined
  if (form !== 'number') return coding === 'integer' ? packedTime(bytes, form) : undefined
  if (bytes.length === 0) return undefined
  if (coding === 'integer') return { value: decimalOf(integerOf(bytes), -exponent), unit, quality: 'good' }
  if (coding === 'real') return realValue(bytes, quantity)
  return bcdValue(bytes, coding === 'negativeBcd', quantity)
}

/** Two's complement, low byte first. */
function integerOf(bytes: Uint8Array): number | bigint {
  const bits = BigInt(8 * bytes.length)
  if (bytes.length > 4) {
    let wide = 0n
    for (let at = bytes.length - 1; at >= 0; at--) wide = (wide << 8n) | BigInt(bytes[at] ?? 0)
    return BigInt.asIntN(Number(bits), wide)
  }
  let whole = 0
  for (let at = bytes.length - 1; at >= 0; at--) whole = whole * 256 + (bytes[at] ?? 0)
  const limit = 2 ** (8 * bytes.length)
  return whole >= limit / 2 ? whole - limit : whole
}

function realValue(bytes: Uint8Array, { unit, exponent }: MbusQuantity): Value {
  const real = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat32(0, true)
  if (!Number.isFinite(real)) return { value: null, unit, quality: 'invalid' }
  return { value: shifted(float32Text(real), exponent), unit, quality: 'good' }
}

const MINUS = 0xf

function bcdValue(bytes: Uint8Array, negative: boolean, { unit, exponent }: MbusQuantity): Value {
  const minus = negative || (bytes[bytes.length - 1] ?? 0) >> 4 === MINUS
  const whole = bcdWhole(bytes, 0, bytes.length, minus && !negative ? 0x0f : 0xff)
  if (whole === undefined) return { value: null, unit, quality: 'nonBcd' }
  return { value: decimalOf(minus && whole ? -whole : whole, -exponent), unit, quality: 'good' }
}

function textValue(bytes: Uint8Array): Value | undefined {
  if (bytes.some((code) => code < 0x20 || code > 0x7e)) return undefined
  const text = String.fromCharCode(...Array.from(bytes).reverse()).trim()
  return text === '' ? { value: null, unit: null, quality: 'absent' } : { value: text, unit: null, quality: 'good' }
}

const TIME_INVALID = 0x80
/** Up to this two-digit year the century is 2000 where the meter gives none. */
const YEAR_2000_MAX = 80

function packedTime(bytes: Uint8Array, form: 'date' | 'time'): Value | undefined {
  const count = bytes.length
  if (form === 'date' ? count !== 2 : count !== 4 && count !== 6) return undefined
  const flagged = count === 4 ? (bytes[0] ?? 0) : count === 6 ? (bytes[1] ?? 0) : 0
  if ((flagged & TIME_INVALID) !== 0) return { value: null, unit: null, quality: 'invalid' }
  if (bytes.every((byte) => byte === 0xff) || bytes.every((byte) => byte === 0))
    return { value: null, unit: null, quality: 'absent' }
  const text = packedText(bytes)
  return text === undefined
    ? { value: null, unit: null, quality: 'invalid' }
    : { value: text, unit: null, quality: 'good' }
}

/** Type G (2 bytes: date), F (4: to the minute) or I (6: to the second). */
function packedText(bytes: Uint8Array): string | undefined {
  const dateAt = bytes.length === 6 ? 3 : bytes.length - 2
  const [low = 0, high = 0] = bytes.subarray(dateAt, dateAt + 2)
  const hours = bytes.length === 4 ? (bytes[1] ?? 0) : 0
  const centuries = (hours >> 5) & 3
  const twoDigits = (low >> 5) | ((high & 0xf0) >> 1)
  const year =
    centuries === 0 ? twoDigits + (twoDigits <= YEAR_2000_MAX ? 2000 : 1900) : 1900 + 100 * centuries + twoDigits
  const date = { year, month: high & 0xf, day: low & 0x1f }
  if (bytes.length === 2) return timeText(date)
  if (bytes.length === 4) return timeText({ ...date, hour: hours & 0x1f, minute: (bytes[0] ?? 0) & 0x3f })
  const [second = 0, minute = 0, hour = 0] = bytes
  return timeText({ ...date, hour: hour & 0x1f, minute: minute & 0x3f, second: second & 0x3f })
}
