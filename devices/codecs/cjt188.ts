// CJ/T 188 frames of water, heat, cooling and gas meters: cut, check and read (docs/rules/devices.md#cjt-188). Both
// orders of the identifier's bytes are read. What a vendor alone knows keeps its bytes.

import {
  type Field,
  type FrameResult,
  hexByte,
  hexOf,
  hexReversed,
  sumOfBytes,
  truncated,
  wrongByte,
  wrongSum,
} from './answer.ts'
import { type Cjt188Variant, cjt188Data } from './cjt188-data.ts'
import type { FrameCutter } from './stream.ts'

export interface Cjt188Options {
  /** How the vendor departs from the standard; found by the bytes when not told. */
  variant?: Cjt188Variant
  /** Digits after the point of a heat meter's flow; vendors have 2 or 4. */
  flowDecimals?: number
}

export interface Cjt188Frame {
  meterType: string
  meterTypeName: string
  /** Seven bytes in reading order; not always decimal. */
  address: string
  control: string
  kind?: string
  di?: string
  diBytesOnWire?: string
  ser?: string
  fields?: Field[]
  errorPayload?: string
  moreFollows?: true
  dataHex?: string
  variant?: Cjt188Variant
  preambleBytes?: number
}

const START = 0x68
const END = 0x16
export const CJT188_HEADER_BYTES = 11

export const cjt188Cutter = (options: Cjt188Options = {}): FrameCutter<Cjt188Frame> => ({
  startsAt: (bytes, offset) => bytes[offset] === START,
  cut: (bytes, offset) => cutCjt188(bytes, offset, options),
  preamble: 0xfe,
})

/** Reads the frame that starts at the offset. */
function cutCjt188(bytes: Uint8Array, start: number, options: Cjt188Options): FrameResult<Cjt188Frame> {
  if (start >= bytes.length) return truncated(bytes)
  if (bytes[start] !== START) return wrongByte('header', bytes, start, '68H')
  const length = bytes[start + 10]
  if (length === undefined) return truncated(bytes)
  const sumAt = start + CJT188_HEADER_BYTES + length
  if (sumAt + 1 >= bytes.length) return truncated(bytes)
  const sum = sumOfBytes(bytes, start, sumAt)
  if (sum !== bytes[sumAt]) return wrongSum(sumAt, hexByte(sum), hexByte(bytes[sumAt] ?? 0))
  if (bytes[sumAt + 1] !== END) return wrongByte('endMarker', bytes, sumAt + 1, '16H')
  return { frame: readFrame(bytes, start, length, options), end: sumAt + 2 }
}

const REPLY = 0x80
const REFUSED = 0x40
const FOLLOWS = 0x20
const READ = 1

/** What the low five bits of the control code ask for. */
const FUNCTIONS: Readonly<Record<number, string>> = {
  1: 'read',
  3: 'readAddress',
  4: 'write',
  21: 'writeAddress',
  22: 'motorSync',
}

function readFrame(bytes: Uint8Array, start: number, length: number, options: Cjt188Options): Cjt188Frame {
  const type = bytes[start + 1] ?? 0
  const control = bytes[start + 9] ?? 0
  const frame: Cjt188Frame = {
    meterType: hexByte(type),
    meterTypeName: meterTypeName(type),
    address: hexReversed(bytes, start + 2, 7),
    control: hexByte(control),
  }
  const data = bytes.subarray(start + CJT188_HEADER_BYTES, start + CJT188_HEADER_BYTES + length)
  const name = FUNCTIONS[control & 0x1f]
  const reply = (control & REPLY) !== 0
  if (name === undefined || ((control & REFUSED) !== 0 && !reply)) return withData(frame, data)
  if ((control & REFUSED) !== 0) return refusal(frame, data)
  frame.kind = `${name}${reply ? 'Reply' : 'Request'}`
  if (data.length < 3) return withData(frame, data)
  Object.assign(frame, identifierOf(data[0] ?? 0, data[1] ?? 0), { ser: hexByte(data[2] ?? 0) })
  const payload = data.subarray(3)
  const follows = (control & FOLLOWS) !== 0
  const read =
    reply && !follows && (control & 0x1f) === READ ? cjt188Data(frame.di ?? '', type, payload, options) : null
  if (follows) frame.moreFollows = true
  return read ? Object.assign(frame, read) : withData(frame, payload)
}

function withData(frame: Cjt188Frame, data: Uint8Array): Cjt188Frame {
  if (data.length > 0) frame.dataHex = hexOf(data)
  return frame
}

/** A refusal repeats the identifier, or has only its status. */
function refusal(frame: Cjt188Frame, data: Uint8Array): Cjt188Frame {
  frame.kind = 'errorReply'
  const [first = 0, second = 0, ser = 0] = data
  const named = data.length > 3 && (isIdentifier(first, second) || isIdentifier(second, first))
  if (named) Object.assign(frame, identifierOf(first, second), { ser: hexByte(ser) })
  const payload = named ? data.subarray(3) : data
  if (payload.length > 0) frame.errorPayload = hexOf(payload)
  return frame
}

/** As it is written: high byte first, whichever way it was sent. An unknown one is taken as it was sent. */
function identifierOf(first: number, second: number): { di: string; diBytesOnWire: string } {
  const swapped = !isIdentifier(first, second) && isIdentifier(second, first)
  const [high, low] = swapped ? [second, first] : [first, second]
  return { di: hexByte(high) + hexByte(low), diBytesOnWire: `${hexByte(first)} ${hexByte(second)}` }
}

function isIdentifier(high: number, low: number): boolean {
  switch (high) {
    case 0x90:
      return low === 0x1f || low === 0x3f || low === 0x4f || low === 0x5f || low === 0x6f || low === 0x7f
    case 0x91:
      return low === 0x1f
    case 0x81:
      return (low >= 0x02 && low <= 0x06) || low === 0x0a
    case 0xd1:
      return low >= 0x20 && low <= 0x2b
    case 0xa0:
      return low >= 0x10 && low <= 0x19
    default:
      return high === 0xa1 || high === 0xd3 || high === 0xd4
  }
}

const TYPE_NAMES: Readonly<Record<number, string>> = {
  16: 'coldWater',
  17: 'hotWater',
  18: 'drinkingWater',
  19: 'reclaimedWater',
  33: 'cooling',
  34: 'heatAndCooling',
  170: 'wildcard',
}
const GROUP_NAMES: Readonly<Record<number, string>> = { 1: 'water', 2: 'heat', 3: 'gas', 4: 'other' }

const meterTypeName = (type: number): string =>
  TYPE_NAMES[type] ?? ((type & 0xf) <= 9 ? GROUP_NAMES[type >> 4] : undefined) ?? 'unknown'
