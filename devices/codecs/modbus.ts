// Modbus frames over RTU and TCP: cut, check and read (docs/rules/devices.md#modbus). A frame does not say whether it
// asks or answers, nor which register its data begin with: the caller does.

import { type Field, type FrameError, type FrameResult, hexByte, hexOf, truncated, wrongByte } from './answer.ts'
import { modbusFields, type RegisterMap } from './modbus-map.ts'
import type { FrameCutter } from './stream.ts'

export type ModbusTransport = 'rtu' | 'tcp'
export type ModbusDirection = 'request' | 'reply'

export interface ModbusOptions {
  /** Found by the bytes when not told. */
  transport?: ModbusTransport
  /** When not told, and the frame can be both, it is a request. */
  direction?: ModbusDirection
  map?: RegisterMap
  /** Address of the first register of an answer; the lowest of the map when not told. */
  start?: number
}

export interface ModbusFrame {
  transport: ModbusTransport
  transaction?: number
  unit: number
  function: string
  kind: string
  /** First register or coil, from 0. */
  start?: number
  count?: number
  fields?: Field[]
  exception?: string
  exceptionName?: string
  dataHex?: string
}

export const modbusCutter = (options: ModbusOptions = {}): FrameCutter<ModbusFrame> => ({
  startsAt: (bytes, offset) => startsModbus(bytes, offset, options.transport),
  isAligned: options.transport === 'tcp',
  cut: (bytes, offset) => cutModbus(bytes, offset, options),
})

/** In a stream only the functions of the table: any byte may be a unit, and the last byte that came may be one. */
function startsModbus(bytes: Uint8Array, offset: number, transport: ModbusTransport | undefined): boolean {
  if (transport === 'tcp') return !bytes[offset + 2] && !bytes[offset + 3]
  const code = bytes[offset + 1]
  return code === undefined || Object.hasOwn(FUNCTIONS, code & ~EXCEPTION) || hasTcpHeader(bytes, offset)
}

function cutModbus(bytes: Uint8Array, start: number, options: ModbusOptions): FrameResult<ModbusFrame> {
  if (options.transport === 'tcp') return cutTcp(bytes, start, options)
  if (options.transport === 'rtu') return cutRtu(bytes, start, options)
  const rtu = cutRtu(bytes, start, options)
  // A read of registers from 0 looks like a TCP header; its CRC is right, and that of a TCP frame once in 65,536.
  return 'frame' in rtu || !hasTcpHeader(bytes, start) ? rtu : cutTcp(bytes, start, options)
}

/** Transaction, protocol 0, length, unit. */
const TCP_HEADER_BYTES = 7
const PDU_MAX = 253

/** The protocol identifier is 0 and the length that of the bytes at hand. */
const hasTcpHeader = (bytes: Uint8Array, start: number): boolean =>
  bytes[start + 2] === 0 &&
  bytes[start + 3] === 0 &&
  bytes[start + 4] === 0 &&
  (bytes[start + 5] ?? 0) + 6 <= bytes.length - start &&
  (bytes[start + 5] ?? 0) >= 2

function cutTcp(bytes: Uint8Array, start: number, options: ModbusOptions): FrameResult<ModbusFrame> {
  if (bytes.length < start + TCP_HEADER_BYTES + 1) return truncated(bytes)
  for (const at of [start + 2, start + 3])
    if (bytes[at] !== 0) return wrongByte('header', bytes, at, 'the protocol identifier 0')
  const length = word(bytes, start + 4)
  if (length < 2 || length > PDU_MAX + 1)
    return wrongByte('length', bytes, start + 5, `a length from 2 to ${PDU_MAX + 1}`)
  const end = start + 6 + length
  if (end > bytes.length) return truncated(bytes)
  const pdu = bytes.subarray(start + TCP_HEADER_BYTES, end)
  const direction = options.direction ?? directionOf(pdu)
  const frame = { transport: 'tcp' as const, transaction: word(bytes, start), unit: bytes[start + 6] ?? 0 }
  return { frame: readPdu(frame, pdu, { ...options, direction }), end }
}

function cutRtu(bytes: Uint8Array, start: number, options: ModbusOptions): FrameResult<ModbusFrame> {
  const directions: ModbusDirection[] = options.direction ? [options.direction] : ['request', 'reply']
  let failed: FrameError | undefined
  for (const direction of directions) {
    const length = pduLength(bytes, start + 1, direction)
    const error = length === undefined ? truncated(bytes) : crcError(bytes, start, start + 1 + length)
    if (error === undefined && length !== undefined) {
      const pdu = bytes.subarray(start + 1, start + 1 + length)
      const frame = { transport: 'rtu' as const, unit: bytes[start] ?? 0 }
      return { frame: readPdu(frame, pdu, { ...options, direction }), end: start + 3 + length }
    }
    // A CRC that is wrong says more than bytes that are missing.
    if (error && (failed === undefined || failed.error === 'truncated')) failed = error
  }
  return failed ?? truncated(bytes)
}

const EXCEPTION = 0x80

/** Bytes of the PDU that begins there; all that came, without the CRC, where the function is not known. */
function pduLength(bytes: Uint8Array, at: number, direction: ModbusDirection): number | undefined {
  const code = bytes[at]
  if (code === undefined) return undefined
  if ((code & EXCEPTION) !== 0) return 2
  const counted = (countAt: number): number | undefined => {
    const count = bytes[at + countAt]
    return count === undefined ? undefined : countAt + 1 + count
  }
  if (code >= 1 && code <= 4) return direction === 'request' ? 5 : counted(1)
  if (code === 5 || code === 6) return 5
  if (code === 15 || code === 16) return direction === 'request' ? counted(5) : 5
  const rest = bytes.length - at - 2
  return rest > 0 ? Math.min(rest, PDU_MAX) : undefined
}

function crcError(bytes: Uint8Array, start: number, crcAt: number): FrameError | undefined {
  if (crcAt + 2 > bytes.length) return truncated(bytes)
  const calculated = modbusCrc(bytes, start, crcAt)
  const received = (bytes[crcAt] ?? 0) + (bytes[crcAt + 1] ?? 0) * 256
  if (calculated === received) return undefined
  const [ours, theirs] = [calculated, received].map((crc) => crc.toString(16).toUpperCase().padStart(4, '0'))
  const reason = `the CRC is ${ours}H, the frame says ${theirs}H`
  return { error: 'crc', offset: crcAt, calculated: ours, received: theirs, reason }
}

/** Whether a PDU asks or answers, by its length; one that can be both asks. */
function directionOf(pdu: Uint8Array): ModbusDirection {
  const code = pdu[0] ?? 0
  if ((code & EXCEPTION) !== 0) return 'reply'
  if (code >= 1 && code <= 4) return pdu.length === 5 && (code > 2 || word(pdu, 3) > 0) ? 'request' : 'reply'
  return (code === 15 || code === 16) && pdu.length === 5 ? 'reply' : 'request'
}

/** Functions by their code. */
const FUNCTIONS: Readonly<Record<number, string>> = {
  1: 'readCoils',
  2: 'readDiscreteInputs',
  3: 'readHoldingRegisters',
  4: 'readInputRegisters',
  5: 'writeSingleCoil',
  6: 'writeSingleRegister',
  15: 'writeMultipleCoils',
  16: 'writeMultipleRegisters',
}

const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: 'illegalFunction',
  2: 'illegalDataAddress',
  3: 'illegalDataValue',
  4: 'serverDeviceFailure',
  5: 'acknowledge',
  6: 'serverDeviceBusy',
  8: 'memoryParityError',
  10: 'gatewayPathUnavailable',
  11: 'gatewayTargetFailedToRespond',
}

type Envelope = Pick<ModbusFrame, 'transport' | 'transaction' | 'unit'>

function readPdu(
  envelope: Envelope,
  pdu: Uint8Array,
  { direction = 'request', map, start }: ModbusOptions,
): ModbusFrame {
  const code = (pdu[0] ?? 0) & ~EXCEPTION
  const name = FUNCTIONS[code] ?? 'unknown'
  const frame: ModbusFrame = { ...envelope, function: hexByte(pdu[0] ?? 0), kind: '' }
  if ((pdu[0] ?? 0) !== code) {
    const exception = pdu[1]
    frame.kind = 'errorReply'
    if (exception !== undefined) frame.exception = hexByte(exception)
    frame.exceptionName = EXCEPTIONS[exception ?? 0] ?? 'unknown'
    return frame
  }
  frame.kind = name === 'unknown' ? name : `${name}${direction === 'request' ? 'Request' : 'Reply'}`
  if (name.startsWith('read') && direction === 'reply') return readValues(frame, pdu, map, start)
  if (name === 'unknown' || pdu.length < 5) return withData(frame, pdu.subarray(1))
  frame.start = word(pdu, 1)
  if (code === 5 || code === 6) return withData(frame, pdu.subarray(3))
  frame.count = word(pdu, 3)
  return pdu.length > 6 ? withData(frame, pdu.subarray(6)) : frame
}

function readValues(frame: ModbusFrame, pdu: Uint8Array, map?: RegisterMap, start?: number): ModbusFrame {
  const data = pdu.subarray(2)
  if (pdu[1] !== data.length) return withData(frame, pdu.subarray(1))
  const table = frame.kind === 'readHoldingRegistersReply' ? 'holding' : 'input'
  const fields = map && frame.kind.includes('Registers') ? modbusFields(map, { table, start, data }) : []
  if (fields.length > 0) frame.fields = fields
  return withData(frame, data)
}

function withData(frame: ModbusFrame, data: Uint8Array): ModbusFrame {
  if (data.length > 0) frame.dataHex = hexOf(data)
  return frame
}

const word = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)

/** CRC-16 with the reflected polynomial A001H and initial value FFFFH, sent low byte first. */
export function modbusCrc(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffff
  for (let at = start; at < end; at++) crc = (crc >> 8) ^ (CRC_TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0)
  return crc
}

const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >> 1) ^ 0xa001 : crc >> 1
  return crc
})
