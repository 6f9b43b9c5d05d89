// DL/T 645 frames of both editions: cut, check and read (docs/rules/devices.md#dlt-645). The edition is told by the
// caller and never guessed. A frame whose data fit no layout keeps its bytes.

import {
  type Field,
  type FrameResult,
  good,
  hexByte,
  hexOf,
  hexReversed,
  missing,
  sumOfBytes,
  truncated,
  wrongByte,
  wrongSum,
} from './answer.ts'
import { bcdWhole } from './decimal.ts'
import { dlt645Fields } from './dlt645-data.ts'
import type { FrameCutter } from './stream.ts'

export type Dlt645Edition = '2007' | '1997'

export interface Dlt645Frame {
  /** Twelve digits in reading order. */
  address: string
  control: string
  kind?: string
  di?: string
  sequence?: number
  fields?: Field[]
  errorWord?: string
  errorBits?: string[]
  /** More data follow in another frame. */
  moreFollows?: true
  dataHex?: string
  preambleBytes?: number
}

const START = 0x68
const END = 0x16
export const DLT645_HEADER_BYTES = 10
/** Data bytes of a frame: 200 when reading, 50 when writing. */
export const DLT645_DATA_MAX = 200
export const DLT645_OFFSET = 0x33

export const dlt645Cutter = (edition: Dlt645Edition): FrameCutter<Dlt645Frame> => ({
  startsAt: (bytes, offset) => bytes[offset] === START,
  cut: (bytes, offset) => cutDlt645(bytes, offset, edition),
  preamble: 0xfe,
})

/** Reads the frame that starts at the offset. */
function cutDlt645(bytes: Uint8Array, start: number, edition: Dlt645Edition): FrameResult<Dlt645Frame> {
  if (start >= bytes.length) return truncated(bytes)
  if (bytes[start] !== START) return wrongByte('header', bytes, start, '68H')
  if (start + 7 >= bytes.length) return truncated(bytes)
  if (bytes[start + 7] !== START) return wrongByte('header', bytes, start + 7, 'the second 68H')
  const length = bytes[start + 9]
  if (length === undefined) return truncated(bytes)
  if (length > DLT645_DATA_MAX) return wrongByte('length', bytes, start + 9, `a length of at most ${DLT645_DATA_MAX}`)
  const sumAt = start + DLT645_HEADER_BYTES + length
  if (sumAt + 1 >= bytes.length) return truncated(bytes)
  const sum = sumOfBytes(bytes, start, sumAt)
  if (sum !== bytes[sumAt]) return wrongSum(sumAt, hexByte(sum), hexByte(bytes[sumAt] ?? 0))
  if (bytes[sumAt + 1] !== END) return wrongByte('endMarker', bytes, sumAt + 1, '16H')
  const data = new Uint8Array(length)
  for (let at = 0; at < length; at++) data[at] = (bytes[start + DLT645_HEADER_BYTES + at] ?? 0) - DLT645_OFFSET
  const address = hexReversed(bytes, start + 1, 6)
  return { frame: readFrame({ address, control: bytes[start + 8] ?? 0, data, edition }), end: sumAt + 2 }
}

interface FramePayload {
  address: string
  control: number
  /** Without the offset of 33H. */
  data: Uint8Array
  edition: Dlt645Edition
}

const REPLY = 0x80
const REFUSED = 0x40
const FOLLOWS = 0x20

/** What the low five bits of the control code ask for. */
const FUNCTIONS: Record<Dlt645Edition, Readonly<Record<number, string>>> = {
  '2007': {
    8: 'broadcastTimeSync',
    17: 'read',
    18: 'readFollow',
    19: 'readAddress',
    20: 'write',
    21: 'writeAddress',
    22: 'freeze',
    23: 'changeBaud',
    24: 'changePassword',
    25: 'clearDemand',
    26: 'clearMeter',
    27: 'clearEvents',
    28: 'control',
  },
  '1997': { 1: 'read' },
}
const DI_BYTES: Record<Dlt645Edition, number> = { '2007': 4, '1997': 2 }

function readFrame(payload: FramePayload): Dlt645Frame {
  const { address, control, data, edition } = payload
  const frame: Dlt645Frame = { address, control: hexByte(control) }
  const name = FUNCTIONS[edition][control & 0x1f]
  const body = name === undefined ? undefined : readBody(name, payload)
  if (body) return Object.assign(frame, body)
  return data.length > 0 ? { ...frame, dataHex: hexOf(data) } : frame
}

type Body = Omit<Dlt645Frame, 'address' | 'control'>

/** Undefined where the data do not have the layout of the function. */
function readBody(name: string, { control, data, edition }: FramePayload): Body | undefined {
  const reply = (control & REPLY) !== 0
  if ((control & REFUSED) !== 0) return reply ? refusal(data, edition) : undefined
  if (name === 'broadcastTimeSync') return reply ? undefined : { kind: name, ...rest(data, 0) }
  const kind = `${name}${reply ? 'Reply' : 'Request'}`
  if (name === 'read' || name === 'readFollow') {
    if (data.length < DI_BYTES[edition]) return undefined
    return { kind, ...(reply ? readings(data, control, edition) : question(name, data, edition)) }
  }
  if (name === 'readAddress') return reply ? addressBody(kind, 'address', data) : { kind, ...rest(data, 0) }
  if (name === 'writeAddress' && !reply) return addressBody(kind, 'newAddress', data)
  if (name === 'write' && !reply && data.length >= 4) return { kind, di: hexReversed(data, 0, 4), ...rest(data, 4) }
  return { kind, ...rest(data, 0) }
}

const rest = (data: Uint8Array, from: number): { dataHex?: string } =>
  data.length > from ? { dataHex: hexOf(data.subarray(from)) } : {}

function question(name: string, data: Uint8Array, edition: Dlt645Edition): Body {
  const count = DI_BYTES[edition]
  const di = hexReversed(data, 0, count)
  if (name === 'readFollow' && data.length === count + 1) return { di, sequence: data[count] ?? 0 }
  return { di, ...rest(data, count) }
}

/** A part of a longer answer keeps its bytes beside its fields, so that the parts can be put together. */
function readings(data: Uint8Array, control: number, edition: Dlt645Edition): Body {
  const count = DI_BYTES[edition]
  const di = hexReversed(data, 0, count)
  const follows = (control & FOLLOWS) !== 0
  // The answer to "read following data" ends with a sequence byte that no source here places: it stays raw.
  const fields = (control & 0x1f) === 18 ? undefined : dlt645Fields(di, data.subarray(count))
  return {
    di,
    ...(fields && { fields }),
    ...(follows && { moreFollows: true }),
    ...(!fields || follows ? rest(data, count) : {}),
  }
}

function addressBody(kind: string, name: string, data: Uint8Array): Body | undefined {
  if (data.length !== 6) return undefined
  const field = bcdWhole(data, 0, 6) === undefined ? missing(name, 'nonBcd') : good(name, hexReversed(data, 0, 6))
  return { kind, fields: [field] }
}

/** Bits of the error word; the 1997 edition has others, which no source here gives. */
const ERROR_BITS = [
  'other',
  'noRequestedData',
  'passwordWrongOrNotAuthorised',
  'baudCannotBeChanged',
  'yearZoneCountExceeded',
  'daySlotCountExceeded',
  'tariffCountExceeded',
  'reserved',
] as const

function refusal(data: Uint8Array, edition: Dlt645Edition): Body | undefined {
  const word = data[0]
  if (word === undefined || data.length !== 1) return { kind: 'errorReply', ...rest(data, 0) }
  const errorBits = ERROR_BITS.filter((_, bit) => ((word >> bit) & 1) === 1)
  return { kind: 'errorReply', errorWord: hexByte(word), ...(edition === '2007' && { errorBits }) }
}
