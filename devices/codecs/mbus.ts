// Wired M-Bus frames (EN 13757-2) and the header of a meter's variable data (EN 13757-3): cut, check and read
// (docs/rules/devices.md#m-bus).

import {
  type FrameError,
  type FrameResult,
  hexByte,
  hexOf,
  hexReversed,
  sumOfBytes,
  truncated,
  wrongByte,
  wrongSum,
} from './answer.ts'
import { bcdWhole } from './decimal.ts'
import { type MbusField, mbusRecords } from './mbus-records.ts'
import type { FrameCutter } from './stream.ts'

export interface MbusFrame {
  frame: 'acknowledgement' | 'short' | 'long'
  control?: string
  /** Primary address; 253 is one that was selected by its secondary address. */
  address?: number
  ci?: string
  kind: string
  /** Eight digits; null where they are not decimal. */
  identification?: string | null
  manufacturer?: string
  version?: number
  medium?: string
  accessNumber?: number
  status?: string
  signature?: string
  fields?: MbusField[]
  moreFollows?: true
  manufacturerDataHex?: string
  errorCode?: string
  errorName?: string
  dataHex?: string
}

const LONG = 0x68
const SHORT = 0x10
const ACKNOWLEDGEMENT = 0xe5
const END = 0x16
/** Control, address and CI field: what the length counts at least. */
const LENGTH_MIN = 3

export const mbusCutter: FrameCutter<MbusFrame> = {
  startsAt: (bytes, offset) => {
    const byte = bytes[offset]
    return byte === LONG || byte === SHORT || byte === ACKNOWLEDGEMENT
  },
  cut: cutMbus,
  isUnchecked: (bytes, offset) => bytes[offset] === ACKNOWLEDGEMENT,
}

function cutMbus(bytes: Uint8Array, start: number): FrameResult<MbusFrame> {
  if (start >= bytes.length) return truncated(bytes)
  switch (bytes[start]) {
    case ACKNOWLEDGEMENT:
      return { frame: { frame: 'acknowledgement', kind: 'acknowledgement' }, end: start + 1 }
    case SHORT:
      return cutShort(bytes, start)
    case LONG:
      return cutLong(bytes, start)
    default:
      return wrongByte('header', bytes, start, '68H, 10H or E5H')
  }
}

function tailError(bytes: Uint8Array, start: number, sumAt: number): FrameError | undefined {
  if (sumAt + 1 >= bytes.length) return truncated(bytes)
  const sum = sumOfBytes(bytes, start, sumAt)
  if (sum !== bytes[sumAt]) return wrongSum(sumAt, hexByte(sum), hexByte(bytes[sumAt] ?? 0))
  return bytes[sumAt + 1] === END ? undefined : wrongByte('endMarker', bytes, sumAt + 1, '16H')
}

/** The frame count bits of a request are its sender's. */
const KINDS: Readonly<Record<number, string>> = { 64: 'linkResetRequest', 91: 'readRequest', 90: 'alarmRequest' }
const FRAME_COUNT_BIT = 0x20

const kindOfShort = (control: number): string =>
  KINDS[control] ?? ((control & 0x40) !== 0 ? KINDS[control & ~FRAME_COUNT_BIT] : undefined) ?? 'unknown'

function cutShort(bytes: Uint8Array, start: number): FrameResult<MbusFrame> {
  const failed = tailError(bytes, start + 1, start + 3)
  if (failed) return failed
  const control = bytes[start + 1] ?? 0
  const frame: MbusFrame = {
    frame: 'short',
    control: hexByte(control),
    address: bytes[start + 2] ?? 0,
    kind: kindOfShort(control),
  }
  return { frame, end: start + 5 }
}

function cutLong(bytes: Uint8Array, start: number): FrameResult<MbusFrame> {
  const length = bytes[start + 1]
  if (length === undefined || start + 2 >= bytes.length) return truncated(bytes)
  if (bytes[start + 2] !== length) return wrongByte('length', bytes, start + 2, `the length ${hexByte(length)}H again`)
  if (length < LENGTH_MIN) return wrongByte('length', bytes, start + 1, `a length of at least ${LENGTH_MIN}`)
  if (start + 3 >= bytes.length) return truncated(bytes)
  if (bytes[start + 3] !== LONG) return wrongByte('header', bytes, start + 3, 'the second 68H')
  const sumAt = start + 4 + length
  const failed = tailError(bytes, start + 4, sumAt)
  if (failed) return failed
  return { frame: readLong(bytes.subarray(start + 4, sumAt)), end: sumAt + 2 }
}

/** Meters answer with the low four bits 8; the rest are flags. */
const isAnswer = (control: number): boolean => (control & 0xcf) === 0x08

const VARIABLE_DATA = 0x72
const VARIABLE_HEADER_BYTES = 12
const APPLICATION_ERROR = 0x70

function readLong(body: Uint8Array): MbusFrame {
  const [control = 0, address = 0, ci = 0] = body
  const data = body.subarray(LENGTH_MIN)
  const answer = isAnswer(control)
  const frame: MbusFrame = {
    frame: 'long',
    control: hexByte(control),
    address,
    ci: hexByte(ci),
    kind: answer ? 'readReply' : 'sendRequest',
  }
  if (answer && ci === VARIABLE_DATA && data.length >= VARIABLE_HEADER_BYTES) return readVariable(frame, data)
  if (answer && ci === APPLICATION_ERROR) return readError(frame, data)
  if (data.length > 0) frame.dataHex = hexOf(data)
  return frame
}

function readVariable(frame: MbusFrame, data: Uint8Array): MbusFrame {
  frame.identification = bcdWhole(data, 0, 4) === undefined ? null : hexReversed(data, 0, 4)
  frame.manufacturer = manufacturerOf((data[4] ?? 0) + (data[5] ?? 0) * 256)
  frame.version = data[6] ?? 0
  frame.medium = MEDIA[data[7] ?? 0] ?? `medium${hexByte(data[7] ?? 0)}`
  frame.accessNumber = data[8] ?? 0
  frame.status = hexByte(data[9] ?? 0)
  const signature = hexReversed(data, 10, 2)
  if (signature !== '0000') frame.signature = signature
  return Object.assign(frame, mbusRecords(data, VARIABLE_HEADER_BYTES))
}

/** Three letters of five bits each. */
const manufacturerOf = (code: number): string =>
  String.fromCharCode(64 + ((code >> 10) & 0x1f), 64 + ((code >> 5) & 0x1f), 64 + (code & 0x1f))

const MEDIA: Readonly<Record<number, string>> = {
  0: 'other',
  1: 'oil',
  2: 'electricity',
  3: 'gas',
  4: 'heatOutlet',
  5: 'steam',
  6: 'warmWater',
  7: 'water',
  8: 'heatCostAllocator',
  9: 'compressedAir',
  10: 'coolingOutlet',
  11: 'coolingInlet',
  12: 'heatInlet',
  13: 'heatAndCooling',
  14: 'bus',
  15: 'unknown',
  21: 'hotWater',
  22: 'coldWater',
  23: 'dualWater',
  24: 'pressure',
}

const ERROR_NAMES = [
  'unspecified',
  'unimplementedCi',
  'bufferTooLong',
  'tooManyRecords',
  'prematureEndOfRecord',
  'tooManyDifes',
  'tooManyVifes',
  'reserved',
  'applicationBusy',
  'tooManyReadouts',
]

function readError(frame: MbusFrame, [code, ...rest]: Uint8Array): MbusFrame {
  frame.kind = 'errorReply'
  if (code !== undefined) {
    frame.errorCode = hexByte(code)
    frame.errorName = ERROR_NAMES[code] ?? 'reserved'
  }
  if (rest.length > 0) frame.dataHex = hexOf(Uint8Array.from(rest))
  return frame
}
