// Exact decimal numbers of registers: BCD, integers and floats become decimal strings without a detour over binary
// fractions (docs/rules/devices.md#values).

import type { Field } from './answer.ts'

/** Decimal digits that a double counts exactly. */
const DIGITS_EXACT = 15

/** A whole number times 10^-decimals; decimals may be negative. */
export function decimalOf(whole: number | bigint, decimals: number): string {
  if (decimals <= 0) return whole === 0 || whole === 0n ? '0' : `${whole}${'0'.repeat(-decimals)}`
  const negative = whole < 0
  const digits = String(negative ? -whole : whole).padStart(decimals + 1, '0')
  const text = `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
  return negative ? `-${text}` : text
}

/** Two decimal digits, or -1 where a nibble is above 9. */
export function bcdByte(byte: number): number {
  const high = byte >> 4
  const low = byte & 0xf
  return high > 9 || low > 9 ? -1 : high * 10 + low
}

/** BCD with the low byte first; undefined where a nibble is above 9. `topMask` takes a sign out of the top byte. */
export function bcdWhole(bytes: Uint8Array, start: number, count: number, topMask = 0xff): number | bigint | undefined {
  if (count * 2 > DIGITS_EXACT) return bcdWide(bytes, start, count, topMask)
  let whole = 0
  for (let at = start + count - 1, mask = topMask; at >= start; at--, mask = 0xff) {
    const pair = bcdByte((bytes[at] ?? 0) & mask)
    if (pair < 0) return undefined
    whole = whole * 100 + pair
  }
  return whole
}

function bcdWide(bytes: Uint8Array, start: number, count: number, topMask: number): bigint | undefined {
  let whole = 0n
  for (let at = start + count - 1, mask = topMask; at >= start; at--, mask = 0xff) {
    const pair = bcdByte((bytes[at] ?? 0) & mask)
    if (pair < 0) return undefined
    whole = whole * 100n + BigInt(pair)
  }
  return whole
}

export function isFilled(bytes: Uint8Array, start: number, count: number, fill: number): boolean {
  for (let at = start; at < start + count; at++) if (bytes[at] !== fill) return false
  return true
}

export interface BcdFormat {
  name: string
  unit: string | null
  /** Bytes. */
  count: number
  /** Digits after the point. */
  decimals: number
  /** The top bit of the top byte is a minus. */
  signed?: boolean
}

/** A number in BCD; absent where all its bytes are one of the fills. The caller checks that the bytes are there. */
export function bcdField(bytes: Uint8Array, start: number, format: BcdFormat, fills: readonly number[]): Field {
  const { name, unit, count, decimals, signed } = format
  for (const fill of fills)
    if (isFilled(bytes, start, count, fill)) return { name, value: null, unit, quality: 'absent' }
  const whole = bcdWhole(bytes, start, count, signed ? 0x7f : 0xff)
  if (whole === undefined) return { name, value: null, unit, quality: 'nonBcd' }
  const negative = signed && (bytes[start + count - 1] ?? 0) >= 0x80 && Number(whole) !== 0
  const text = decimalOf(whole, decimals)
  return { name, value: negative ? `-${text}` : text, unit, quality: 'good' }
}

/** The bytes of decimal digits, low byte first. Throws where the text is not 2 × count digits or A (a wildcard). */
export function bcdBytes(digits: string, count: number): Uint8Array {
  if (!/^[0-9A-Fa-f]*$/.test(digits) || digits.length !== 2 * count)
    throw new RangeError(`"${digits}" is not ${2 * count} digits`)
  return Uint8Array.from({ length: count }, (_, at) =>
    Number.parseInt(digits.slice(digits.length - 2 * at - 2, digits.length - 2 * at), 16),
  )
}

/** The shortest decimal that is this 32-bit float; the value is finite. */
export function float32Text(value: number): string {
  if (value === 0) return '0'
  for (let precision = 1; precision <= 9; precision++) {
    const shorter = Number(value.toPrecision(precision))
    if (Math.fround(shorter) === value) return plainText(shorter)
  }
  return plainText(value)
}

/** A finite number without an exponent. */
export function plainText(value: number): string {
  const text = String(value)
  const parts = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (!parts) return text
  const [, minus = '', whole = '', fraction = '', exponent = '0'] = parts
  const digits = `${whole}${fraction}`
  const decimals = fraction.length - Number(exponent)
  const absolute = decimalOf(BigInt(digits), decimals)
  return `${minus}${absolute}`
}

/** A decimal text times 10^exponent, exactly. */
export function shifted(text: string, exponent: number): string {
  const negative = text.startsWith('-')
  const [whole = '0', fraction = ''] = (negative ? text.slice(1) : text).split('.')
  const value = decimalOf(BigInt(`${whole}${fraction}`), fraction.length - exponent)
  return negative && /[1-9]/.test(value) ? `-${value}` : value
}
