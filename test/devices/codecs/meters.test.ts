// DL/T 645 and CJ/T 188: what the frames of the collection do not show.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOfHex, hexOf } from '../../../devices/codecs/answer.ts'
import { encodeCjt188, readAddressCjt188, readCjt188 } from '../../../devices/codecs/cjt188-request.ts'
import { bcdBytes } from '../../../devices/codecs/decimal.ts'
import { dlt645Fields } from '../../../devices/codecs/dlt645-data.ts'
import {
  encodeDlt645,
  readAddressDlt645,
  readDlt645,
  readFollowDlt645,
} from '../../../devices/codecs/dlt645-request.ts'
import { decodeFrames } from '../../../devices/codecs/protocols.ts'
import { must } from '../../../domain/must.ts'

const bytes = (hex: string): Uint8Array => must(bytesOfHex(hex))
const answer = (di: string, data: string): Uint8Array =>
  encodeDlt645({ address: '000000000001', control: 0x91, data: Uint8Array.of(...bytes(di).reverse(), ...bytes(data)) })

describe('DL/T 645', () => {
  test.each([
    ['00000000', '34 12 00 80', ['combinedActiveEnergy -12.34 kWh good']],
    ['00000000', '00 00 00 80', ['combinedActiveEnergy 0.00 kWh good']],
    ['00010000', '34 12 00 80', ['forwardActiveEnergy 800012.34 kWh good']],
    ['00010000', '99 99 99 99', ['forwardActiveEnergy 999999.99 kWh good']],
    ['00020300', '01 00 00 00', ['reverseActiveEnergyTariff3 0.01 kWh good']],
    ['00010001', '01 00 00 00', ['forwardActiveEnergySettlement1 0.01 kWh good']],
    ['00030000', '01 00 00 80', ['combinedReactiveEnergy1 -0.01 kvarh good']],
    ['000A0000', '01 00 00 00', ['reverseApparentEnergy 0.01 kVAh good']],
    [
      '0202FF00',
      '23 51 80 FF FF FF 1A 00 00',
      ['currentA -5.123 A good', 'currentB null A absent', 'currentC null A nonBcd'],
    ],
    ['02030000', '56 34 92', ['activePowerTotal -12.3456 kW good']],
    ['02800002', '98 49', ['frequency 49.98 Hz good']],
    ['02800007', '35 80', ['internalTemperature -3.5 degC good']],
    [
      '01010000',
      '56 34 12 45 13 20 05 24',
      ['forwardActiveMaxDemand 12.3456 kW good', 'forwardActiveMaxDemandTime 2024-05-20T13:45 null good'],
    ],
    ['04000102', '00 00 00', ['time 00:00:00 null good']],
    ['04000102', '61 00 00', ['time null null invalid']],
    ['04000101', '00 30 02 24', ['date null null invalid', 'weekday 00 null good']],
    ['04000402', '12 90 78 56 34 12', ['meterNumber 123456789012 null good']],
    ['04000404', '00 00 56 30 32 32', ['ratedVoltage 220V null good']],
  ])('%s %s', (di, data, wanted) => {
    const fields = dlt645Fields(di, bytes(data))
    expect(fields?.map(({ name, value, unit, quality }) => `${name} ${value} ${unit} ${quality}`)).toEqual(wanted)
  })

  test.each([
    ['an unknown identifier', '00900200', '01 02'],
    ['a block of powers', '0203FF00', '00 00 00 00 00 00 00 00 00 00 00 00'],
    ['data of another length', '00010000', '01 02 03'],
    ['a nameplate of other characters', '04000404', '01 80'],
  ])('%s keeps its bytes', (_, di, data) => {
    expect(decodeFrames('dlt645', answer(di, data))).toEqual({
      ...{ address: '000000000001', control: '91', kind: 'readReply', di, dataHex: data },
    })
  })

  test('an answer that goes on has its bytes beside its fields', () => {
    const data = Uint8Array.of(0, 0xff, 1, 0, 1, 0, 0, 0)
    expect(decodeFrames('dlt645', encodeDlt645({ address: '000000000001', control: 0xb1, data }))).toMatchObject({
      ...{ kind: 'readReply', di: '0001FF00', moreFollows: true, dataHex: '01 00 00 00' },
      fields: [{ name: 'forwardActiveEnergyTotal', value: '0.01' }],
    })
  })

  test('a stray 68H before wake-up bytes hides no frame', () => {
    const frame = answer('00010000', '56 34 12 00')
    const stream = Uint8Array.of(0x68, ...new Array(6).fill(0xfe), ...frame)
    expect(decodeFrames('dlt645', stream)).toMatchObject({ frames: [{ preambleBytes: 6, kind: 'readReply' }] })
  })

  test('requests are read back', () => {
    expect(hexOf(readDlt645('123456789012', '00010000'))).toBe('68 12 90 78 56 34 12 68 11 04 33 33 34 33 68 16')
    expect(hexOf(readDlt645('123456789012', '9010', '1997'))).toBe('68 12 90 78 56 34 12 68 01 02 43 C3 8F 16')
    expect(hexOf(readFollowDlt645('123456789012', '03300001', 1))).toBe(
      '68 12 90 78 56 34 12 68 12 05 34 33 63 36 34 D1 16',
    )
    expect(hexOf(readAddressDlt645())).toBe('68 AA AA AA AA AA AA 68 13 00 DF 16')
    expect(() => readDlt645('1234', '00010000')).toThrow(RangeError)
    expect(() => readDlt645('123456789012', '9010')).toThrow(RangeError)
  })

  test('any energy of any meter comes back', () => {
    const digits = (count: number) =>
      fc.integer({ min: 0, max: 10 ** count - 1 }).map((n) => String(n).padStart(count, '0'))
    fc.assert(
      fc.property(digits(12), digits(8), fc.nat({ max: 20 }), (address, value, wakeUps) => {
        const frame = encodeDlt645({ address, control: 0x91, data: Uint8Array.of(0, 0, 1, 0, ...bcdBytes(value, 4)) })
        const got = decodeFrames('dlt645', Uint8Array.of(...new Array(wakeUps).fill(0xfe), ...frame))
        const text = `${Number(value.slice(0, 6))}.${value.slice(6)}`
        const filled = { name: 'forwardActiveEnergy', value: text, unit: 'kWh', quality: 'good' }
        expect(got).toMatchObject({ address, di: '00010000', fields: [filled] })
      }),
    )
  })
})

const water = (data: string, meterType = 0x10): Uint8Array =>
  encodeCjt188({ meterType, address: '00000000000012', control: 0x81, data: bytes(`90 1F 00 ${data}`) })
const fieldsOf = (frame: Uint8Array, options = {}): string[] => {
  const { fields = [] } = decodeFrames('cjt188', frame, options) as { fields?: Record<string, unknown>[] }
  return fields.map(({ name, value, unit, quality }) => `${name} ${value} ${unit} ${quality}`)
}

describe('CJ/T 188', () => {
  test('a short water answer is in cubic metres, a short gas answer keeps its bytes', () => {
    expect(fieldsOf(water('78 56 34 12 00 FF'))).toEqual([
      'cumulativeVolume 123456.78 m3 good',
      'status 00 FF null good',
    ])
    expect(decodeFrames('cjt188', water('78 56 34 12 00 FF', 0x30))).toMatchObject({ dataHex: '78 56 34 12 00 FF' })
  })

  test.each([
    ['0A', '12 34 00 00', 'MWh', '3412'],
    ['13', '12 34 00 00', 'GJ', '3412'],
    ['06', '12 34 00 00', 'kWh', '341.2'],
    ['01', '12 34 00 00', 'J', '34.12'],
  ])('unit byte %s', (unit, value, name, wanted) => {
    const rest = '00 00 00 00 17 00 00 00 00 35 00 00 00 00 2C 02 23 00 11 23 00 34 58 00 FF FF FF FF FF FF FF 00 00'
    const [, heat = ''] = fieldsOf(water(`00 00 00 00 05 ${value} ${unit} ${rest}`, 0x20))
    expect(heat).toBe(`heat ${wanted} ${name} good`)
  })

  test('a unit that is not known, or of another quantity, leaves no value', () => {
    const clock = '31 01 22 11 05 15 20 00 00'
    expect(decodeFrames('cjt188', water(`01 00 00 00 77 01 00 00 00 05 ${clock}`))).toMatchObject({
      fields: [
        { value: null, unit: null, quality: 'invalid', dataHex: '01 00 00 00 77' },
        { value: null, unit: null, quality: 'invalid', dataHex: '01 00 00 00 05' },
        { value: '2015-05-11T22:01:31' },
        {},
      ],
    })
  })

  test('litres are whole only where the clock has its century first, or the vendor is told', () => {
    const standard = '47 70 01 00 29 51 48 01 00 29 31 01 22 11 05 15 20 00 00'
    expect(fieldsOf(water(standard))[0]).toBe('cumulativeVolume 170.47 L good')
    expect(fieldsOf(water(standard), { variant: 'integerLitresClockBigEndian' })[0]).toBe(
      'cumulativeVolume 17047 L good',
    )
  })

  test('flow has two digits after the point where the vendor is told', () => {
    const heat = `00 00 00 00 05 00 00 00 00 05 00 00 00 00 17 34 12 00 00 35 00 00 00 00 2C
      02 23 00 FF FF FF 34 58 00 26 57 23 31 03 15 20 03 01`
    expect(fieldsOf(water(heat, 0x20))[3]).toBe('flow 0.1234 m3/h good')
    expect(fieldsOf(water(heat, 0x20), { flowDecimals: 2 })[3]).toBe('flow 12.34 m3/h good')
    expect(fieldsOf(water(heat, 0x20))[6]).toBe('returnTemperature null degC absent')
  })

  test('requests come back as they were made', () => {
    expect(hexOf(readCjt188({ meterType: 0x10, address: '00000000000012', di: '901F' }))).toBe(
      '68 10 12 00 00 00 00 00 00 01 03 90 1F 00 3D 16',
    )
    expect(hexOf(readAddressCjt188())).toBe('68 AA AA AA AA AA AA AA AA 03 03 81 0A 00 49 16')
    const hex = (count: number) => fc.stringMatching(new RegExp(`^[0-9A-F]{${count}}$`))
    const reads = fc.record({ address: hex(14), ser: fc.nat({ max: 255 }), lowByteFirst: fc.boolean() })
    fc.assert(
      fc.property(reads, ({ address, ser, lowByteFirst }) => {
        const frame = readCjt188({ meterType: 0x20, address, di: '901F', ser, lowByteFirst })
        const wanted = { kind: 'readRequest', address, di: '901F', diBytesOnWire: lowByteFirst ? '1F 90' : '90 1F' }
        expect(decodeFrames('cjt188', frame)).toMatchObject({ ...wanted, ser: hexOf(Uint8Array.of(ser)) })
      }),
    )
  })
})
