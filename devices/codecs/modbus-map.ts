// Register maps of Modbus meters: the part of a device template that says which registers hold what
// (docs/rules/devices.md#register-maps). The code knows no meter.

import * as z from 'zod'
import type { Field } from './answer.ts'
import { decimalOf, float32Text, plainText, shifted } from './decimal.ts'

/** Bytes of a value. */
const TYPE_BYTES = {
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float32: 4,
  float64: 8,
} as const

const ADDRESS_MAX = 0xffff
const REGISTERS_MAX = 1_000
const DECIMALS_MAX = 12

const register = z.strictObject({
  name: z.string().regex(/^[a-z][A-Za-z0-9]{0,63}$/, 'must be a name such as forwardActiveEnergy'),
  table: z.enum(['holding', 'input']),
  /** From 0, as it is sent; manuals that count from 40001 mean 0. */
  address: z.int().min(0).max(ADDRESS_MAX),
  type: z.enum(Object.keys(TYPE_BYTES) as (keyof typeof TYPE_BYTES)[]),
  /** Which word of a longer value comes first. */
  wordOrder: z.enum(['highFirst', 'lowFirst']).default('highFirst'),
  /** Which byte of a word comes first; highFirst is Modbus. */
  byteOrder: z.enum(['highFirst', 'lowFirst']).default('highFirst'),
  /** The value is raw × multiply ÷ 10^decimals. */
  multiply: z.int().min(1).max(1_000_000).default(1),
  decimals: z.int().min(-DECIMALS_MAX).max(DECIMALS_MAX).default(0),
  unit: z.string().max(16).nullable(),
  /** Raw values, in hex, that stand for none. */
  absent: z.array(z.string().regex(/^([0-9A-F]{4}){1,4}$/, 'must be whole registers in upper-case hex')).default([]),
})

export const REGISTERS_SHAPE = z.array(register).min(1).max(REGISTERS_MAX)

/** Names that stand twice and registers that overlap. */
export function withoutOverlaps(
  { registers }: { registers: z.output<typeof REGISTERS_SHAPE> },
  context: z.RefinementCtx,
): void {
  for (const [index, other] of registers.entries())
    for (const earlier of registers.slice(0, index)) {
      const path = ['registers', index]
      if (earlier.name === other.name)
        context.addIssue({ code: 'custom', path: [...path, 'name'], message: `"${other.name}" stands twice` })
      if (overlap(earlier, other))
        context.addIssue({ code: 'custom', path: [...path, 'address'], message: `overlaps with "${earlier.name}"` })
    }
}

/** The part of a device template that says which registers hold what. */
export interface RegisterMap {
  registers: z.output<typeof REGISTERS_SHAPE>
}
export type Register = RegisterMap['registers'][number]

/** 16-bit registers of a value. */
export const wordsOf = ({ type }: { type: keyof typeof TYPE_BYTES }): number => TYPE_BYTES[type] / 2

const overlap = (one: z.output<typeof register>, other: z.output<typeof register>): boolean =>
  one.table === other.table &&
  one.address < other.address + wordsOf(other) &&
  other.address < one.address + wordsOf(one)

export interface RegisterBlock {
  table: Register['table']
  /** Address of the first register; the lowest of the map's table when not told. */
  start?: number
  data: Uint8Array
}

/** The registers of the map that lie whole in the block. */
export function modbusFields(map: RegisterMap, { table, start, data }: RegisterBlock): Field[] {
  const own = map.registers.filter((one) => one.table === table)
  const first = start ?? Math.min(...own.map(({ address }) => address))
  return own.flatMap((one) => {
    const at = 2 * (one.address - first)
    return at < 0 || at + TYPE_BYTES[one.type] > data.length ? [] : [readRegister(one, data, at)]
  })
}

function readRegister(one: Register, data: Uint8Array, at: number): Field {
  const bytes = ordered(one, data.subarray(at, at + TYPE_BYTES[one.type]))
  const { name, unit, multiply, decimals } = one
  const raw = Buffer.from(bytes).toString('hex').toUpperCase()
  if (one.absent.includes(raw)) return { name, value: null, unit, quality: 'absent' }
  if (one.type === 'float32' || one.type === 'float64') return realField(one, bytes)
  const bits = 8 * bytes.length
  const unsigned = BigInt(`0x${raw}`)
  const whole = one.type.startsWith('u') ? unsigned : BigInt.asIntN(bits, unsigned)
  return { name, value: decimalOf(whole * BigInt(multiply), decimals), unit, quality: 'good' }
}

function realField({ name, unit, multiply, decimals, type }: Register, bytes: Uint8Array): Field {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const real = type === 'float32' ? view.getFloat32(0) : view.getFloat64(0)
  if (!Number.isFinite(real)) return { name, value: null, unit, quality: 'invalid' }
  const text = type === 'float32' ? float32Text(real) : plainText(real)
  return { name, value: shifted(times(text, multiply), -decimals), unit, quality: 'good' }
}

function times(text: string, factor: number): string {
  if (factor === 1) return text
  const decimals = text.split('.')[1]?.length ?? 0
  return decimalOf(BigInt(text.replace('.', '')) * BigInt(factor), decimals)
}

/** The bytes with the highest one first. */
function ordered({ wordOrder, byteOrder }: Register, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length)
  for (let at = 0; at < data.length; at += 2) {
    const from = wordOrder === 'highFirst' ? at : data.length - 2 - at
    const [first = 0, second = 0] = data.subarray(from, from + 2)
    bytes.set(byteOrder === 'highFirst' ? [first, second] : [second, first], at)
  }
  return bytes
}
