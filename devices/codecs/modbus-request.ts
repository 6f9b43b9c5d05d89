// Makes Modbus requests for RTU and TCP (docs/rules/devices.md#modbus). Writing is for set-points that a person has
// allowed; what may be written is not decided here.

import { type ModbusTransport, modbusCrc } from './modbus.ts'

export interface ModbusTarget {
  /** 0 is a broadcast over RTU. */
  unit: number
  transport: ModbusTransport
  /** Over TCP: the answer repeats it. */
  transaction?: number
}

const READ_CODES = { coils: 1, discreteInputs: 2, holding: 3, input: 4 } as const

/** A reply has one byte for its length. */
const READ_REGISTERS_MAX = 125
const READ_BITS_MAX = 2_000
const WRITE_REGISTERS_MAX = 123

export interface ModbusRead {
  table: keyof typeof READ_CODES
  /** From 0. */
  start: number
  count: number
}

/** Throws a RangeError where the count is not what one answer can hold, or the registers do not exist. */
export function readModbus(target: ModbusTarget, { table, start, count }: ModbusRead): Uint8Array {
  checkRange({ start, count, max: table === 'holding' || table === 'input' ? READ_REGISTERS_MAX : READ_BITS_MAX })
  return encodeModbus(target, Uint8Array.of(READ_CODES[table], ...wordBytes(start), ...wordBytes(count)))
}

/** Writes whole registers, 0 to 65535 each. Throws a RangeError as `readModbus` does. */
export function writeModbus(target: ModbusTarget, start: number, values: readonly number[]): Uint8Array {
  checkRange({ start, count: values.length, max: WRITE_REGISTERS_MAX })
  if (values.some((value) => !isWord(value))) throw new RangeError('a register holds 0 to 65535')
  const head = [16, ...wordBytes(start), ...wordBytes(values.length), 2 * values.length]
  return encodeModbus(target, Uint8Array.from([...head, ...values.flatMap(wordBytes)]))
}

/**
 * Writes one coil by function 15. The answer to function 5 is the request again, which an echo of the line would be
 * taken for.
 */
export function writeModbusCoil(target: ModbusTarget, start: number, isOn: boolean): Uint8Array {
  checkRange({ start, count: 1, max: 1 })
  return encodeModbus(target, Uint8Array.of(15, ...wordBytes(start), ...wordBytes(1), 1, isOn ? 1 : 0))
}

/** A frame around a PDU: function code and data. */
export function encodeModbus({ unit, transport, transaction = 0 }: ModbusTarget, pdu: Uint8Array): Uint8Array {
  if (transport === 'tcp')
    return Uint8Array.of(...wordBytes(transaction), 0, 0, ...wordBytes(pdu.length + 1), unit, ...pdu)
  const frame = Uint8Array.of(unit, ...pdu, 0, 0)
  const crc = modbusCrc(frame, 0, frame.length - 2)
  frame[frame.length - 2] = crc & 0xff
  frame[frame.length - 1] = crc >> 8
  return frame
}

const isWord = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 0xffff
const wordBytes = (value: number): [number, number] => [value >> 8, value & 0xff]

function checkRange({ start, count, max }: { start: number; count: number; max: number }): void {
  if (!Number.isInteger(count) || count < 1 || count > max) throw new RangeError(`${count} registers; 1 to ${max}`)
  if (!isWord(start) || !isWord(start + count - 1)) throw new RangeError(`register ${start} is not 0 to 65535`)
}
