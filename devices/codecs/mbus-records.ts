// The records of an M-Bus meter's variable data: how a value is coded (DIF) and what it is (VIF)
// (docs/rules/devices.md#m-bus-records). A record whose meaning is not in the table keeps its bytes.

import { type Field, hexOf } from './answer.ts'
import { type MbusQuantity, mbusQuantity } from './mbus-quantities.ts'
import { type MbusCoding, mbusValue } from './mbus-values.ts'

export interface MbusField extends Field {
  /** 0 is the present value; higher ones are stored values. */
  storage: number
  tariff: number
  subunit: number
  function: (typeof FUNCTIONS)[number]
  /** The value information bytes as sent, where the name does not say them. */
  vif?: string
}

interface MbusRecords {
  fields: MbusField[]
  moreFollows?: true
  manufacturerDataHex?: string
  /** From the record on that goes beyond the frame or has a reserved coding. */
  dataHex?: string
}

const FUNCTIONS = ['instantaneous', 'maximum', 'minimum', 'error'] as const
/** Extension bytes of a DIF or VIF. */
const EXTENSIONS_MAX = 10
const EXTENDED = 0x80
const MANUFACTURER_DATA = 0x0f
const MORE_FOLLOWS = 0x1f
const FILLER = 0x2f

export function mbusRecords(data: Uint8Array, start: number): MbusRecords {
  const records: MbusRecords = { fields: [] }
  for (let at = start; at < data.length; ) {
    const dif = data[at] ?? 0
    if (dif === FILLER) at++
    else if (dif === MANUFACTURER_DATA || dif === MORE_FOLLOWS) {
      if (dif === MORE_FOLLOWS) records.moreFollows = true
      if (at + 1 < data.length) records.manufacturerDataHex = hexOf(data.subarray(at + 1))
      return records
    } else {
      const read = readRecord(data, at)
      if (!read) return { ...records, dataHex: hexOf(data.subarray(at)) }
      records.fields.push(read.field)
      at = read.end
    }
  }
  return records
}

interface DataBlock {
  coding: number
  function: MbusField['function']
  storage: number
  tariff: number
  subunit: number
  end: number
}

function readDataBlock(data: Uint8Array, start: number): DataBlock | undefined {
  const dif = data[start] ?? 0
  const block: DataBlock = {
    coding: dif & 0xf,
    function: FUNCTIONS[(dif >> 4) & 3] ?? 'instantaneous',
    storage: (dif >> 6) & 1,
    tariff: 0,
    subunit: 0,
    end: start + 1,
  }
  let last = dif
  for (let count = 0; (last & EXTENDED) !== 0; count++) {
    const next = data[block.end]
    if (next === undefined || count === EXTENSIONS_MAX) return undefined
    block.storage += (next & 0xf) * 2 ** (1 + 4 * count)
    block.tariff += ((next >> 4) & 3) * 4 ** count
    block.subunit += ((next >> 6) & 1) * 2 ** count
    block.end++
    last = next
  }
  return block
}

interface ValueBlock {
  quantity: MbusQuantity | undefined
  /** A unit in plain text. */
  text: string | undefined
  end: number
}

const PLAIN_TEXT = 0x7c
/** A unit in plain text is shorter. */
const UNIT_TEXT_MAX = 32

function readValueBlock(data: Uint8Array, start: number): ValueBlock | undefined {
  const vif = data[start]
  if (vif === undefined) return undefined
  let end = start + 1
  let text: string | undefined
  if ((vif & ~EXTENDED) === PLAIN_TEXT) {
    const length = data[end]
    if (length === undefined || length > UNIT_TEXT_MAX || end + 1 + length > data.length) return undefined
    text = String.fromCharCode(...Array.from(data.subarray(end + 1, end + 1 + length)).reverse())
    end += 1 + length
  }
  const extensions: number[] = []
  for (let last = vif; (last & EXTENDED) !== 0; ) {
    const next = data[end]
    if (next === undefined || extensions.length === EXTENSIONS_MAX) return undefined
    extensions.push(next)
    end++
    last = next
  }
  const quantity = text === undefined ? mbusQuantity(vif, extensions) : undefined
  return { quantity, text, end }
}

function readRecord(data: Uint8Array, start: number): { field: MbusField; end: number } | undefined {
  const block = readDataBlock(data, start)
  const value = block && readValueBlock(data, block.end)
  const coding = value && codingOf(data, block.coding, value.end)
  if (!coding || coding.end > data.length) return undefined
  const bytes = data.subarray(coding.start, coding.end)
  const place = { storage: block.storage, tariff: block.tariff, subunit: block.subunit, function: block.function }
  const { quantity, text } = value
  const read = quantity && coding.kind !== 'none' ? mbusValue(bytes, coding.kind, quantity) : undefined
  if (read && quantity) return { field: Object.assign({ name: quantity.name }, read, place), end: coding.end }
  const vif = text ?? hexOf(data.subarray(block.end, value.end))
  const field: MbusField = {
    ...{ name: 'unknown', value: null, unit: null, quality: 'invalid', dataHex: hexOf(bytes) },
    ...{ ...place, vif },
  }
  return { field, end: coding.end }
}

const CODINGS: readonly (readonly [MbusCoding | 'none', number] | undefined)[] = [
  ['none', 0],
  ['integer', 1],
  ['integer', 2],
  ['integer', 3],
  ['integer', 4],
  ['real', 4],
  ['integer', 6],
  ['integer', 8],
  ['none', 0],
  ['bcd', 1],
  ['bcd', 2],
  ['bcd', 3],
  ['bcd', 4],
  undefined,
  ['bcd', 6],
]
const VARIABLE_LENGTH = 0x0d

interface PlacedCoding {
  kind: MbusCoding | 'none'
  start: number
  end: number
}

function codingOf(data: Uint8Array, coding: number, start: number): PlacedCoding | undefined {
  if (coding !== VARIABLE_LENGTH) {
    const row = CODINGS[coding]
    return row && { kind: row[0], start, end: start + row[1] }
  }
  const length = data[start]
  if (length === undefined) return undefined
  const from = start + 1
  if (length < 0xc0) return { kind: 'text', start: from, end: from + length }
  if (length < 0xd0) return { kind: 'bcd', start: from, end: from + length - 0xc0 }
  if (length < 0xe0) return { kind: 'negativeBcd', start: from, end: from + length - 0xd0 }
  if (length < 0xf0) return { kind: 'none', start: from, end: from + length - 0xe0 }
  return undefined
}
