// Simulated meters that speak the real protocols, byte for byte: for tests, for the demo, and to try a configuration
// without a meter. Each counts a register that rises by one step with every answer, and remembers what it said.

import { type Cjt188Frame, cjt188Cutter } from '../codecs/cjt188.ts'
import { encodeCjt188 } from '../codecs/cjt188-request.ts'
import { bcdBytes } from '../codecs/decimal.ts'
import { type Dlt645Edition, type Dlt645Frame, dlt645Cutter } from '../codecs/dlt645.ts'
import { encodeDlt645 } from '../codecs/dlt645-request.ts'
import { type MbusFrame, mbusCutter } from '../codecs/mbus.ts'
import { encodeMbus, MBUS_SELECTED } from '../codecs/mbus-request.ts'
import { type ModbusFrame, type ModbusTransport, modbusCutter } from '../codecs/modbus.ts'
import { encodeModbus } from '../codecs/modbus-request.ts'
import { type FrameCutter, scanFrames } from '../codecs/stream.ts'

export interface SimulatedDevice {
  readonly address: string
  /** The answer to the newest request for this meter in `received`; undefined where there is none. */
  answer(received: Uint8Array): Uint8Array | undefined
  /** Values that it said, oldest first, in the register's unit. */
  readonly said: readonly number[]
}

/** A register at first, or one that is counted elsewhere: then nothing is remembered. */
type RegisterValue = number | (() => number)

/** What every simulated meter counts; all registers here have two decimals. */
export class SimulatedRegister {
  readonly said: number[] = []
  readonly #read: (() => number) | undefined
  #hundredths = 0

  constructor(value: RegisterValue) {
    if (typeof value === 'function') this.#read = value
    else this.#hundredths = Math.round(value * 100)
  }

  /** The register in hundredths, one step on. */
  next(): number {
    if (this.#read) return Math.round(this.#read() * 100)
    this.#hundredths += 1
    this.said.push(this.#hundredths / 100)
    return this.#hundredths
  }
}

interface SimulatedOptions {
  address: string
  value: RegisterValue
}

export function simulatedDlt645({
  address,
  value,
  edition = '2007',
  relay,
}: SimulatedOptions & { edition?: Dlt645Edition; relay?: SimulatedRelay }): SimulatedDevice {
  const register = new SimulatedRegister(value)
  const control = edition === '2007' ? 0x91 : 0x81
  const known = edition === '2007' ? '00010000' : '9010'
  return {
    address,
    said: register.said,
    answer(received) {
      const asked = newestOf<Dlt645Frame>(received, dlt645Cutter(edition), ({ kind }) => kind?.endsWith('Request'))
      if (asked?.kind === 'readAddressRequest')
        return encodeDlt645({ address, control: 0x93, data: bcdBytes(address, 6) })
      if (relay && asked?.kind === 'controlRequest' && asked.address === address)
        return relayAnswer(relay, address, asked.dataHex ?? '')
      if (asked?.kind !== 'readRequest' || asked.address !== address) return undefined
      const { di = '' } = asked
      if (di !== known) return encodeDlt645({ address, control: control | 0x40, data: Uint8Array.of(0x02) })
      const data = Uint8Array.of(...bcdBytes(di, di.length / 2), ...bcd(register.next(), 4))
      return encodeDlt645({ address, control, data })
    },
  }
}

/** A relay that takes this password; what was asked of it, as the bytes after password and operator in hex. */
export interface SimulatedRelay {
  password: string
  readonly switched: { command: string; operator: string; until: string }[]
}

function relayAnswer({ password, switched }: SimulatedRelay, address: string, dataHex: string): Uint8Array {
  const parts = dataHex
    .replaceAll(' ', '')
    .toUpperCase()
    .match(/^(.{8})(.{8})(..)00(.{12})$/)
  // Error 04: password wrong or not authorised.
  if (!parts || parts[1] !== password) return encodeDlt645({ address, control: 0xdc, data: Uint8Array.of(4) })
  const [, , operator = '', command = '', until = ''] = parts
  switched.push({ command, operator, until })
  return encodeDlt645({ address, control: 0x9c })
}

export function simulatedCjt188({
  address,
  value,
  meterType = 0x10,
}: SimulatedOptions & { meterType?: number }): SimulatedDevice {
  const register = new SimulatedRegister(value)
  return {
    address,
    said: register.said,
    answer(received) {
      const asked = newestOf<Cjt188Frame>(received, cjt188Cutter(), ({ kind }) => kind === 'readRequest')
      if (asked?.address !== address || asked.ser === undefined) return undefined
      const volume = Uint8Array.of(...bcd(register.next(), 4), 0x2c)
      const clock = Uint8Array.of(0x00, 0x30, 0x08, 0x01, 0x11, 0x26, 0x20)
      const body = Uint8Array.of(...volume, 0, 0, 0, 0, 0x2c, ...clock, 0, 0)
      const data = Uint8Array.of(0x90, 0x1f, Number.parseInt(asked.ser, 16), ...body)
      return encodeCjt188({ meterType, address, control: 0x81, data })
    },
  }
}

export interface SimulatedModbusOptions extends SimulatedOptions {
  transport: ModbusTransport
  table: 'holding' | 'input'
  /** First of the two registers that hold the value as an unsigned number of hundredths, high word first. */
  start: number
}

export interface SimulatedModbus extends SimulatedDevice {
  /** Registers that were written, the oldest first. */
  readonly written: readonly { address: number; value: number }[]
  /** Coils that were written, the oldest first. */
  readonly switched: readonly { coil: number; isOn: boolean }[]
}

export function simulatedModbus({ address, value, transport, table, start }: SimulatedModbusOptions): SimulatedModbus {
  const written: { address: number; value: number }[] = []
  const switched: { coil: number; isOn: boolean }[] = []
  const register = new SimulatedRegister(value)
  const unit = Number(address)
  const [kind, code] =
    table === 'holding' ? ['readHoldingRegistersRequest', 3] : (['readInputRegistersRequest', 4] as const)
  return {
    address,
    ...{ written, switched },
    said: register.said,
    answer(received) {
      const cutter = modbusCutter({ transport, direction: 'request' })
      const asked = newestOf<ModbusFrame>(received, cutter, (frame) => frame.unit === unit)
      if (!asked) return undefined
      const target = { unit, transport, ...(asked.transaction !== undefined && { transaction: asked.transaction }) }
      if (asked.kind === 'writeMultipleRegistersRequest' && asked.start !== undefined && asked.count === 1) {
        written.push({ address: asked.start, value: Number.parseInt((asked.dataHex ?? '').replace(' ', ''), 16) })
        return encodeModbus(target, Uint8Array.of(16, asked.start >> 8, asked.start & 0xff, 0, 1))
      }
      if (asked.kind === 'writeMultipleCoilsRequest' && asked.start !== undefined && asked.count === 1) {
        switched.push({ coil: asked.start, isOn: asked.dataHex === '01' })
        return encodeModbus(target, Uint8Array.of(15, asked.start >> 8, asked.start & 0xff, 0, 1))
      }
      if (asked.kind !== kind) return encodeModbus(target, Uint8Array.of(Number(code) | 0x80, 1))
      if (asked.start !== start || asked.count !== 2) return encodeModbus(target, Uint8Array.of(Number(code) | 0x80, 2))
      const data = Buffer.alloc(4)
      data.writeUInt32BE(register.next())
      return encodeModbus(target, Uint8Array.of(Number(code), 4, ...data))
    },
  }
}

/** A heat meter (energy in kWh) or, where it counts water, volume in m³; by primary address or number of 8 digits. */
export function simulatedMbus({ address, value, water }: SimulatedOptions & { water?: boolean }): SimulatedDevice {
  const register = new SimulatedRegister(value)
  const isNumbered = address.length === 8
  let isSelected = false
  return {
    address,
    said: register.said,
    answer(received) {
      const asked = newestOf<MbusFrame>(received, mbusCutter, () => true)
      const selection = asked?.ci === '52' ? identificationOf(asked) : undefined
      if (selection !== undefined) {
        isSelected = isNumbered && selection === address
        return isSelected ? Uint8Array.of(0xe5) : undefined
      }
      const isOurs = isNumbered ? isSelected && asked?.address === MBUS_SELECTED : asked?.address === Number(address)
      if (!isOurs) return undefined
      if (asked?.kind === 'linkResetRequest') return Uint8Array.of(0xe5)
      if (asked?.kind !== 'readRequest') return undefined
      const number = bcdBytes(isNumbered ? address : address.padStart(8, '0'), 4)
      // Manufacturer KWS, version 1, medium; access number, status, no signature.
      const head = Uint8Array.of(...number, 0xf3, 0x2e, 0x01, water ? 0x07 : 0x04, 0, 0, 0, 0)
      // 0C: eight digits. VIF 04 is 10 Wh, 14 is 0.01 m³: hundredths of kWh and of m³.
      const record = Uint8Array.of(0x0c, water ? 0x14 : 0x04, ...bcd(register.next(), 4))
      return encodeMbus({
        ...{ control: 0x08, address: isNumbered ? 0 : Number(address), ci: 0x72 },
        data: Uint8Array.of(...head, ...record),
      })
    },
  }
}

const identificationOf = ({ dataHex = '' }: MbusFrame): string => dataHex.split(' ').slice(0, 4).reverse().join('')

const bcd = (whole: number, count: number): Uint8Array =>
  bcdBytes(String(whole % 10 ** (2 * count)).padStart(2 * count, '0'), count)

function newestOf<Frame>(
  received: Uint8Array,
  cutter: FrameCutter<Frame>,
  isAsked: (frame: Frame) => boolean | undefined,
): Frame | undefined {
  return scanFrames(received, cutter).frames.findLast((frame) => isAsked(frame))
}
