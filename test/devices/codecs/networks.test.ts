// Modbus, M-Bus and the MOHURD frame. M-Bus frames are published ones: github.com/rscada/libmbus, test/test-frames,
// with the values that its XML beside each frame states.

import assert from 'node:assert'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOfHex, hexOf } from '../../../devices/codecs/answer.ts'
import { encodeMbus, readMbus, resetMbus, selectMbus } from '../../../devices/codecs/mbus-request.ts'
import { encodeModbus, readModbus, writeModbus } from '../../../devices/codecs/modbus-request.ts'
import { encodeMohurd } from '../../../devices/codecs/mohurd.ts'
import { decodeFrames, type ProtocolName } from '../../../devices/codecs/protocols.ts'
import { templateSchema } from '../../../devices/template.ts'
import { must } from '../../../domain/must.ts'

const bytes = (hex: string): Uint8Array => must(bytesOfHex(hex))
const fieldsOf = (protocol: ProtocolName, frame: Uint8Array, options = {}): string[] => {
  const { fields = [] } = decodeFrames(protocol, frame, options) as { fields?: Record<string, unknown>[] }
  return fields.map(({ name, value, unit }) => `${name} ${value} ${unit}`)
}

/** SEN_Sensus-PolluStat-E.hex */
const POLLUSTAT = `68 42 42 68 08 00 72 95 50 26 21 AE 4C 0E 04 B5 10 00 00 0C 06 00 00 00 00 0C 13 00 00 00 00 0C 3B 00 00
  00 00 0C 2B 00 00 00 00 02 5A C9 00 02 5E CA 00 03 60 00 00 00 0C 78 95 50 26 21 0C FD 10 95 50 26 21 1F EC 16`
/** EFE_Engelmann-WaterStar.hex */
const WATERSTAR = `68 51 51 68 08 0B 72 54 02 99 04 C5 14 00 06 0C 27 00 00 04 78 2E 25 4C 00 04 6D 0A 0C CD 13 04 13 4C 01
  00 00 44 13 4B 01 00 00 84 01 13 4C 01 00 00 42 6C BF 1C 02 6C DF 1C 04 3B 00 00 00 00 14 3B 16 08 00 00 02 23 A7 04
  01 FD 17 00 04 90 28 08 00 00 00 3F 16`
/** amt_calec_mb.hex: floats, and a signature of FFFF before plain data. */
const CALEC = `68 38 38 68 08 C8 72 09 31 54 03 B4 05 B0 04 C9 10 FF FF 03 22 9A 00 00 05 2E A0 C8 51 46 05 3E B4 E3 D7 42
  05 5B 90 D3 07 43 05 5F 0E AA E7 41 05 63 9C BC D5 42 04 6D 10 09 05 C5 77 16`

describe('M-Bus', () => {
  test('a heat meter', () => {
    expect(decodeFrames('mbus', bytes(POLLUSTAT))).toMatchObject({
      ...{ kind: 'readReply', address: 0, identification: '21265095', manufacturer: 'SEN', version: 14 },
      ...{ medium: 'heatOutlet', accessNumber: 181, status: '10', moreFollows: true },
    })
    expect(fieldsOf('mbus', bytes(POLLUSTAT))).toEqual([
      ...['energy 0 Wh', 'volume 0.000 m3', 'flow 0.000 m3/h', 'power 0 W'],
      ...['supplyTemperature 20.1 degC', 'returnTemperature 20.2 degC', 'temperatureDifference 0.000 K'],
      ...['fabricationNumber 21265095 null', 'customerLocation 21265095 null'],
    ])
  })

  test('a water meter with stored and maximum values', () => {
    const { fields } = decodeFrames('mbus', bytes(WATERSTAR)) as { fields: Record<string, unknown>[] }
    expect(fieldsOf('mbus', bytes(WATERSTAR))).toEqual([
      ...['fabricationNumber 4990254 null', 'meterTime 2014-03-13T12:10 null'],
      ...['volume 0.332 m3', 'volume 0.331 m3', 'volume 0.332 m3', 'date 2013-12-31 null', 'date 2014-12-31 null'],
      ...['flow 0.000 m3/h', 'flow 2.070 m3/h', 'onTime 1191 d', 'errorFlags 0 null', 'unknown null null'],
    ])
    expect(fields.map(({ storage }) => storage)).toEqual([0, 0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0])
    expect(fields[8]).toMatchObject({ function: 'maximum' })
    expect(fields.at(-1)).toMatchObject({ vif: '90 28', dataHex: '08 00 00 00' })
  })

  test('floats are the shortest decimals', () => {
    expect(fieldsOf('mbus', bytes(CALEC))).toEqual([
      ...['onTime 154 h', 'power 13426156 W', 'flow 107.94473 m3/h', 'supplyTemperature 135.82642 degC'],
      ...['returnTemperature 28.958035 degC', 'temperatureDifference 106.86838 K', 'meterTime 1996-05-05T09:16 null'],
    ])
  })

  test('an error, requests and what is refused', () => {
    expect(decodeFrames('mbus', bytes('68 04 04 68 08 01 70 08 81 16'))).toMatchObject({
      ...{ kind: 'errorReply', errorCode: '08', errorName: 'applicationBusy' },
    })
    expect(hexOf(resetMbus(1))).toBe('10 40 01 41 16')
    expect(decodeFrames('mbus', readMbus(1))).toEqual({
      frame: 'short',
      control: '7B',
      address: 1,
      kind: 'readRequest',
    })
    expect(decodeFrames('mbus', selectMbus('12345678'))).toMatchObject({
      ...{ kind: 'sendRequest', address: 253, ci: '52', dataHex: '78 56 34 12 FF FF FF FF' },
    })
    expect(decodeFrames('mbus', bytes('E5'))).toMatchObject({ kind: 'acknowledgement' })
    expect(decodeFrames('mbus', bytes('68 04 05 68 08 01 70 08 81 16'))).toMatchObject({ error: 'length', offset: 2 })
    expect(decodeFrames('mbus', bytes('68 04 04 68 08 01 70 08 82 16'))).toMatchObject({
      ...{ error: 'checksum', calculated: '81', received: '82' },
    })
  })

  test('a record that goes beyond the frame keeps its bytes', () => {
    const data = bytes('95 50 26 21 AE 4C 0E 04 B5 10 00 00 0C 06 00 00')
    expect(decodeFrames('mbus', encodeMbus({ control: 8, address: 0, ci: 0x72, data }))).toMatchObject({
      ...{ fields: [], dataHex: '0C 06 00 00' },
    })
  })
})

const templates = join(import.meta.dirname, '..', '..', '..', 'devices', 'templates')
const example = templateSchema.parse(JSON.parse(readFileSync(join(templates, 'modbus-example.json'), 'utf8')))
assert(example.protocol === 'modbus')
const rtu = { unit: 1, transport: 'rtu' } as const

describe('Modbus', () => {
  // Voltage 230.1, current -5.000, power 12.5 (float), energy 1234.56 with its low word first.
  const registers = '08 FD FF FF EC 78 41 48 00 00 E2 40 00 01'

  test('registers by a map', () => {
    const reply = encodeModbus(rtu, bytes(`04 0E ${registers}`))
    expect(decodeFrames('modbus', reply)).toMatchObject({ kind: 'readInputRegistersReply', dataHex: registers })
    expect(fieldsOf('modbus', reply, { map: example })).toEqual([
      ...['voltageA 230.1 V', 'currentA -5.000 A', 'activePowerTotal 12.5 kW', 'forwardActiveEnergy 1234.56 kWh'],
    ])
    expect(fieldsOf('modbus', encodeModbus(rtu, bytes('04 04 41 48 00 00')), { map: example, start: 3 })).toEqual([
      'activePowerTotal 12.5 kW',
    ])
    expect(fieldsOf('modbus', encodeModbus(rtu, bytes('04 02 FF FF')), { map: example })).toEqual(['voltageA null V'])
  })

  test('requests over both transports are read back', () => {
    // Modbus over serial line and Modbus application protocol, as printed there: 01 03 00 00 00 0A C5 CD.
    expect(hexOf(readModbus(rtu, { table: 'holding', start: 0, count: 10 }))).toBe('01 03 00 00 00 0A C5 CD')
    // Bytes 3 to 6, 00 00 00 02, could be the header of a TCP frame as long as this one.
    expect(decodeFrames('modbus', readModbus(rtu, { table: 'input', start: 0, count: 2 }))).toMatchObject({
      ...{ transport: 'rtu', kind: 'readInputRegistersRequest', start: 0, count: 2 },
    })
    expect(decodeFrames('modbus', writeModbus(rtu, 0, [1, 2]))).toMatchObject({
      ...{ transport: 'rtu', kind: 'writeMultipleRegistersRequest', start: 0, count: 2 },
    })
    const reads = fc.record({ start: fc.nat({ max: 60_000 }), count: fc.integer({ min: 1, max: 125 }) })
    fc.assert(
      fc.property(reads, fc.constantFrom('rtu' as const, 'tcp' as const), (read, transport) => {
        const frame = readModbus({ unit: 7, transport, transaction: 513 }, { table: 'input', ...read })
        expect(decodeFrames('modbus', frame)).toMatchObject({
          transport,
          unit: 7,
          kind: 'readInputRegistersRequest',
          ...read,
        })
      }),
    )
    expect(decodeFrames('modbus', writeModbus(rtu, 4, [1, 65_535]))).toMatchObject({
      ...{ kind: 'writeMultipleRegistersRequest', start: 4, count: 2, dataHex: '00 01 FF FF' },
    })
    expect(() => readModbus(rtu, { table: 'holding', start: 0, count: 126 })).toThrow(RangeError)
    expect(() => readModbus(rtu, { table: 'holding', start: 65_535, count: 2 })).toThrow(RangeError)
  })

  test('exceptions and a wrong CRC', () => {
    expect(decodeFrames('modbus', encodeModbus(rtu, bytes('83 02')))).toMatchObject({
      ...{ kind: 'errorReply', exception: '02', exceptionName: 'illegalDataAddress' },
    })
    expect(decodeFrames('modbus', bytes('01 03 00 00 00 0A C5 CE'))).toMatchObject({
      ...{ error: 'crc', calculated: 'CDC5', received: 'CEC5' },
    })
  })

  test('a map with overlapping registers, doubled names or unknown keys is refused', () => {
    const [first] = example.registers
    const map = (registers: unknown[]) => templateSchema.safeParse({ ...example, registers })
    expect(map([first, { ...first, name: 'other' }]).error?.message).toContain('overlaps with')
    expect(map([first, { ...first, address: 9 }]).error?.message).toContain('stands twice')
    expect(map([{ ...first, scale: 2 }]).success).toBe(false)
  })
})

describe('MOHURD frame', () => {
  const secrets = { key: new Uint8Array(16).fill(7), iv: new Uint8Array(16).fill(9) }
  const message = (operation: string, body: string): string =>
    `<root><common><building_id>130100A001</building_id><gateway_id>02</gateway_id><type>${operation}</type></common>${body}</root>`

  test('any message comes back, and one byte less waits', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z一-龥]{0,200}$/), (text) => {
        const xml = message('report', `<data operation="report"><time>20261129190000</time>${text}</data>`)
        const frame = encodeMohurd({ xml, secrets })
        const wanted = { xml, buildingId: '130100A001', gatewayId: '02', type: 'report', time: '20261129190000' }
        expect(decodeFrames('mohurd', frame, { secrets })).toMatchObject(wanted)
        expect(decodeFrames('mohurd', frame.subarray(0, -1), { secrets })).toMatchObject({ error: 'truncated' })
      }),
    )
  })

  test('blanks around the operation, and a type that is not the step', () => {
    const xml = message('id_validate', '<id_validate operation=" md5 "><md5>00ff</md5></id_validate>')
    expect(decodeFrames('mohurd', encodeMohurd({ xml, secrets }), { secrets })).toMatchObject({
      ...{ type: 'id_validate', operation: 'md5', md5: '00ff' },
    })
  })

  test('without the key, with another key, and with another tail', () => {
    const frame = encodeMohurd({ xml: message('notify', ''), secrets })
    expect(decodeFrames('mohurd', frame)).not.toHaveProperty('xml')
    const other = { ...secrets, key: new Uint8Array(16) }
    expect(decodeFrames('mohurd', frame, { secrets: other })).toMatchObject({ xml: null })
    expect(decodeFrames('mohurd', frame.with(frame.length - 1, 0x17))).toMatchObject({
      error: 'endMarker',
      received: '17',
    })
  })
})
