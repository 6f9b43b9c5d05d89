// The data identifiers of DL/T 645 and their formats (docs/rules/devices.md#data-identifiers). An identifier that has
// no row here keeps its bytes.

import { type Field, good, hexReversed, missing } from './answer.ts'
import { type BcdFormat, bcdByte, bcdField, bcdWhole, isFilled } from './decimal.ts'
import { clockText, timeText } from './meter-time.ts'

/** FF in all bytes: no such phase, no such value. 99 is a value here. */
const FILLS = [0xff]

/** Reads data of a known length, or gives undefined where the bytes do not fit. */
type DataReader = (data: Uint8Array) => Field[] | undefined

/** Fields of the data after the identifier, eight hex digits (four in the 1997 edition); undefined: keep them raw. */
export function dlt645Fields(di: string, data: Uint8Array): Field[] | undefined {
  const known = readers.get(di)
  const reader = known === undefined ? remember(di, readerOf(di)) : known
  return reader?.(data)
}

const readers = new Map<string, DataReader | null>()
/** Identifiers come from the line: without a limit, noise would fill the memory. */
const READERS_MAX = 4096

function remember(di: string, reader: DataReader | undefined): DataReader | undefined {
  if (readers.size < READERS_MAX) readers.set(di, reader ?? null)
  return reader
}

function readerOf(di: string): DataReader | undefined {
  if (di.length === 4) return di === '9010' ? numbers([energy('forwardActiveEnergy', 'kWh')]) : undefined
  const [di3 = 0, di2 = 0, di1 = 0, di0 = 0] = [0, 2, 4, 6].map((at) => Number.parseInt(di.slice(at, at + 2), 16))
  if (di3 === 0x00) return energyReader(di2, di1, di0)
  if (di3 === 0x01) return demandReader(di2, di1, di0)
  if (di3 === 0x02 && di2 !== 0x80) return di0 === 0 ? instantReader(di2, di1) : undefined
  return SINGLE[di]
}

const energy = (name: string, unit: string, signed = false): BcdFormat => ({
  name,
  unit,
  count: 4,
  decimals: 2,
  signed,
})

/** DI2 of an energy. */
const ENERGIES: readonly BcdFormat[] = [
  energy('combinedActiveEnergy', 'kWh', true),
  energy('forwardActiveEnergy', 'kWh'),
  energy('reverseActiveEnergy', 'kWh'),
  energy('combinedReactiveEnergy1', 'kvarh', true),
  energy('combinedReactiveEnergy2', 'kvarh', true),
  energy('quadrant1ReactiveEnergy', 'kvarh'),
  energy('quadrant2ReactiveEnergy', 'kvarh'),
  energy('quadrant3ReactiveEnergy', 'kvarh'),
  energy('quadrant4ReactiveEnergy', 'kvarh'),
  energy('forwardApparentEnergy', 'kVAh'),
  energy('reverseApparentEnergy', 'kVAh'),
]

const BLOCK = 0xff
/** The highest tariff: DI1 has six bits for it. */
const TARIFF_MAX = 63
/** DI0 of the settlement day twelve before. */
const SETTLEMENT_MAX = 0x0c

const settlementSuffix = (di0: number): string => (di0 === 0 ? '' : `Settlement${di0}`)
const tariffSuffix = (di1: number): string => (di1 === 0 ? '' : `Tariff${di1}`)

function energyReader(di2: number, di1: number, di0: number): DataReader | undefined {
  const format = ENERGIES[di2]
  if (!format || di0 > SETTLEMENT_MAX) return undefined
  const suffix = settlementSuffix(di0)
  if (di1 === BLOCK)
    return list(format, (index) => `${format.name}${index === 0 ? 'Total' : tariffSuffix(index)}${suffix}`)
  return di1 > TARIFF_MAX ? undefined : numbers([{ ...format, name: `${format.name}${tariffSuffix(di1)}${suffix}` }])
}

/** Only the forward active demand has a source; the others stay raw. */
function demandReader(di2: number, di1: number, di0: number): DataReader | undefined {
  if (di2 !== 0x01 || di1 > TARIFF_MAX || di0 > SETTLEMENT_MAX) return undefined
  const name = `forwardActiveMaxDemand${tariffSuffix(di1)}${settlementSuffix(di0)}`
  const format: BcdFormat = { name, unit: 'kW', count: 3, decimals: 4 }
  return (data) =>
    data.length === 8 ? [bcdField(data, 0, format, FILLS), minuteField(`${name}Time`, data, 3)] : undefined
}

const PHASES = ['A', 'B', 'C'] as const

/** DI2 of an instantaneous quantity; `total` where DI1 = 00 is the sum of the phases. */
const INSTANT: Readonly<Record<number, { format: BcdFormat; total: boolean; phases: boolean; block: boolean }>> = {
  1: { format: { name: 'voltage', unit: 'V', count: 2, decimals: 1 }, total: false, phases: true, block: true },
  2: {
    format: { name: 'current', unit: 'A', count: 3, decimals: 3, signed: true },
    total: false,
    phases: true,
    block: true,
  },
  3: powerRow('activePower', 'kW'),
  4: powerRow('reactivePower', 'kvar'),
  5: powerRow('apparentPower', 'kVA'),
  6: {
    format: { name: 'powerFactor', unit: null, count: 2, decimals: 3, signed: true },
    total: true,
    phases: false,
    block: false,
  },
}

function powerRow(name: string, unit: string) {
  return { format: { name, unit, count: 3, decimals: 4, signed: true }, total: true, phases: true, block: false }
}

function instantReader(di2: number, di1: number): DataReader | undefined {
  const row = INSTANT[di2]
  if (!row) return undefined
  const { format, total, phases, block } = row
  if (di1 === BLOCK && block) return list(format, (index) => `${format.name}${PHASES[index] ?? ''}`, PHASES.length)
  if (di1 === 0) return total ? numbers([{ ...format, name: `${format.name}Total` }]) : undefined
  const phase = PHASES[di1 - 1]
  return phase !== undefined && phases ? numbers([{ ...format, name: `${format.name}${phase}` }]) : undefined
}

const numbers =
  (formats: readonly [BcdFormat]): DataReader =>
  (data) =>
    data.length === formats[0].count ? [bcdField(data, 0, formats[0], FILLS)] : undefined

/** Equal values one after another; `exactly` that many, or any number. */
const list =
  (format: BcdFormat, nameOf: (index: number) => string, exactly?: number): DataReader =>
  (data) => {
    const count = data.length / format.count
    if (count === 0 || !Number.isInteger(count) || (exactly !== undefined && count !== exactly)) return undefined
    return Array.from({ length: count }, (_, index) =>
      bcdField(data, index * format.count, { ...format, name: nameOf(index) }, FILLS),
    )
  }

const sized =
  (count: number, read: (data: Uint8Array) => Field[]): DataReader =>
  (data) =>
    data.length === count ? read(data) : undefined

const SINGLE: Readonly<Record<string, DataReader>> = {
  '02800002': numbers([{ name: 'frequency', unit: 'Hz', count: 2, decimals: 2 }]),
  '02800007': numbers([{ name: 'internalTemperature', unit: 'degC', count: 2, decimals: 1, signed: true }]),
  '03300D00': numbers([{ name: 'coverOpenCount', unit: null, count: 3, decimals: 0 }]),
  '04000101': sized(4, dateFields),
  '04000102': sized(3, (data) => [clockField('time', data)]),
  '04000401': sized(6, (data) => [digitsField('communicationAddress', data)]),
  '04000402': sized(6, (data) => [digitsField('meterNumber', data)]),
  '04000404': nameplate('ratedVoltage'),
  '04000405': nameplate('ratedCurrent'),
  ...Object.fromEntries(
    ['06', '07', '08', '09', '0A', '0B', '0C', '0D'].map((di0) => [`040004${di0}`, nameplate(`nameplate${di0}`)]),
  ),
  '05060001': sized(5, (data) => [minuteField('dailyFreezeTime', data, 0)]),
}

/** No value where the bytes are FF or zero, which is no date. */
function timeField(
  name: string,
  data: Uint8Array,
  start: number,
  count: number,
  read: (pairs: number[]) => string | undefined,
): Field {
  if (isFilled(data, start, count, 0xff) || isFilled(data, start, count, 0)) return missing(name, 'absent')
  const pairs = Array.from(data.subarray(start, start + count), bcdByte)
  if (pairs.includes(-1)) return missing(name, 'nonBcd')
  const text = read(pairs)
  return text === undefined ? missing(name, 'invalid') : good(name, text)
}

/** YYMMDDhhmm, sent from mm to YY. */
const minuteField = (name: string, data: Uint8Array, start: number): Field =>
  timeField(name, data, start, 5, ([minute = 0, hour = 0, day = 0, month = 0, year = 0]) =>
    timeText({ year: 2000 + year, month, day, hour, minute }),
  )

/** hhmmss, sent from ss to hh; midnight is a time. */
function clockField(name: string, data: Uint8Array): Field {
  if (isFilled(data, 0, 3, 0)) return good(name, '00:00:00')
  return timeField(name, data, 0, 3, ([second = 0, minute = 0, hour = 0]) => clockText(hour, minute, second))
}

/** YYMMDDWW, sent from WW to YY; Sunday is 00. */
function dateFields(data: Uint8Array): Field[] {
  const date = timeField('date', data, 1, 3, ([day = 0, month = 0, year = 0]) =>
    timeText({ year: 2000 + year, month, day }),
  )
  const byte = data[0] ?? 0
  if (byte === 0xff) return [date, missing('weekday', 'absent')]
  if (bcdByte(byte) < 0) return [date, missing('weekday', 'nonBcd')]
  return [date, byte > 6 ? missing('weekday', 'invalid') : good('weekday', `0${byte}`)]
}

function digitsField(name: string, data: Uint8Array): Field {
  if (isFilled(data, 0, data.length, 0xff)) return missing(name, 'absent')
  const digits = bcdWhole(data, 0, data.length)
  return digits === undefined ? missing(name, 'nonBcd') : good(name, hexReversed(data, 0, data.length))
}

/** ASCII, the last character first, filled up with zeros; undefined where another character stands in it. */
function nameplate(name: string): DataReader {
  return (data) => {
    if (data.length === 0) return undefined
    if (isFilled(data, 0, data.length, 0xff)) return [missing(name, 'absent')]
    const codes = Array.from(data)
      .reverse()
      .filter((code) => code !== 0)
    if (codes.some((code) => code < 0x20 || code > 0x7e)) return undefined
    const text = String.fromCharCode(...codes).trim()
    return [text === '' ? missing(name, 'absent') : good(name, text)]
  }
}

export interface DataFormat {
  /** As the standard writes it: XXXXXX.XX, YYMMDDhhmm, … */
  format: string
  signed: boolean
  /** Without one, the unit of the first identifier in the table that has this format. */
  unit?: string | null
}

/** The formats of the table, in its order, with the unit that each of them has there. */
const FORMATS: readonly { format: string; signed?: boolean; unit: string | null }[] = [
  { format: 'XXXXXX.XX', unit: 'kWh' },
  { format: 'XXX.XXX', unit: 'A' },
  { format: 'XX.XXXX', unit: 'kW' },
  { format: 'XXX.X', signed: true, unit: 'degC' },
  { format: 'XXX.X', unit: 'V' },
  { format: 'XX.XX', unit: 'Hz' },
]

/** Data without a frame, of a format that is told; undefined where they do not fit, or the format has no reader. */
export function dlt645DataField(data: Uint8Array, { format, signed, unit }: DataFormat): Field | undefined {
  if (format === 'YYMMDDhhmm') return data.length === 5 ? minuteField('value', data, 0) : undefined
  if (format === 'hhmmss') return data.length === 3 ? clockField('value', data) : undefined
  const digits = /^(X+)(?:\.(X+))?$/.exec(format)
  if (!digits) return undefined
  const [, whole = '', fraction = ''] = digits
  const count = (whole.length + fraction.length) / 2
  if (data.length !== count) return undefined
  const row = FORMATS.find((one) => one.format === format && (one.signed === undefined || one.signed === signed))
  const shape = { name: 'value', unit: unit === undefined ? (row?.unit ?? null) : unit }
  return bcdField(data, 0, { ...shape, count, decimals: fraction.length, signed }, FILLS)
}
