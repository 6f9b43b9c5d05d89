// Mappings: what other products send becomes readings, and what does not fit is told. Payloads are written here after
// the products' documentation.

import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { must } from '../../../domain/must.ts'
import { mappingSchema } from '../../../domain/registry/mapping.ts'
import { MAPPING_NAMES, mappingNamed } from '../../../domain/registry/mappings.ts'
import { mapMessage } from '../../../domain/wire/mapping.ts'
import { runsOf } from '../../campaign.ts'

const RECEIVED_MS = Date.UTC(2026, 10, 29, 2)
const map = (name: string, topic: string | undefined, payload: string | Uint8Array) =>
  mapMessage(must(mappingNamed(name)), { topic, payload, receivedMs: RECEIVED_MS })

const varint = (value: number | bigint): number[] => {
  const bytes: number[] = []
  for (let rest = BigInt(value); ; rest >>= 7n) {
    if (rest < 128n) return [...bytes, Number(rest)]
    bytes.push(Number(rest & 127n) | 128)
  }
}
const part = (number: number, bytes: readonly number[]): number[] => [8 * number + 2, ...varint(bytes.length), ...bytes]
const text = (value: string): number[] => [...new TextEncoder().encode(value)]
const double = (value: number): number[] => {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value, true)
  return [...new Uint8Array(view.buffer)]
}
/** A payload with one metric: name, time, data type 10 (Double), value. */
const sparkplugEnergy = Uint8Array.from([
  ...[8, ...varint(RECEIVED_MS)],
  ...part(2, [
    ...part(1, text('Energy')),
    ...[24, ...varint(RECEIVED_MS - 5_000)],
    ...[32, 10],
    ...[8 * 13 + 1, ...double(1234.5)],
  ]),
])

const shellyMeter = '{"id":0,"a_total_act_energy":1.5,"total_act":11552.53,"total_act_ret":0}'
const uplink = '{"time":"2026-11-29T09:34:15.775023+08:00","deviceInfo":{"devEui":"0102"},"object":{"volume":12.5}}'
test.each([
  [
    'tasmota',
    'tele/P1/SENSOR',
    '{"Time":"2026-11-29T09:00:00","ENERGY":{"Total":3.185}}',
    'P1',
    3.185,
    'kWh',
    -3_600_000,
  ],
  ['shelly', 'em1/status/switch:0', '{"id":0,"aenergy":{"total":11.679}}', 'em1', 11.679, 'Wh', 0],
  ['shelly', 'em1/status/emdata:0', shellyMeter, 'em1', 11552.53, 'Wh', 0],
  ['zigbee2mqtt', 'zigbee2mqtt/plug-1', '{"energy":0.25,"power":3}', 'plug-1', 0.25, 'kWh', 0],
  ['chirpstack', 'application/a/device/0102/event/up', uplink, '0102', 12.5, 'm3', -1_544_225],
  ['sparkplug', 'spBv1.0/g/DDATA/node/E1', sparkplugEnergy, 'E1', 1234.5, 'kWh', -5_000],
  ['ha-statestream', 'homeassistant/sensor/total_energy/state', '123.4', 'total_energy', 123.4, 'kWh', 0],
  ['csv-line', undefined, 'M1,2026-11-29T10:00:00+08:00,12.5,kWh\n', 'M1', 12.5, 'kWh', 0],
] as const)('%s %s', (name, topic, payload, meter, value, unit, aheadMs) => {
  expect(map(name, topic, payload)).toEqual({
    readings: [{ meter, value, unit, at: RECEIVED_MS + aheadMs }],
    refused: [],
  })
})

test.each([
  ['tasmota', 'tele/P1/STATE', '{}', null],
  ['zigbee2mqtt', 'zigbee2mqtt/bridge/devices', '[]', null],
  ['tasmota', 'tele/P1/SENSOR', '{"Time":"2026-11-29T09:00:00","AM2301":{}}', 'the payload has none of ENERGY.Total'],
  ['tasmota', 'tele/P1/SENSOR', '{"Time":"yesterday","ENERGY":{"Total":1}}', 'Time: no time as local'],
  ['tasmota', 'stat', '{}', 'the topic "stat" does not fit "tele/{device}/SENSOR"'],
  ['tasmota', undefined, '{"Time":"2026-11-29T09:00:00","ENERGY":{"Total":1}}', 'nothing in the message names {…}'],
  ['ha-statestream', 'homeassistant/sensor/a/state', 'unavailable', 'the payload: unavailable is no number'],
  ['zigbee2mqtt', 'zigbee2mqtt/a', 'x', 'the payload is no JSON: x'],
  ['zigbee2mqtt', 'zigbee2mqtt/a', Uint8Array.of(0xc4, 0xe3, 0xba, 0xc3), 'the payload is not UTF-8'],
  ['sparkplug', 'spBv1.0/g/DDATA/n/d', Uint8Array.of(10, 200), 'the payload is no Sparkplug B'],
  ['csv-line', undefined, 'M1,2026-11-29T10:00:00+08:00,1e3,kWh', '"1e3" is no number'],
  ['csv-line', undefined, 'M1,2026/11/29,1,kWh', '"2026/11/29" is no time as rfc3339'],
] as const)('%s %s %s gives no reading', (name, topic, payload, reason) => {
  const { readings, refused } = map(name, topic, payload)
  expect(readings).toEqual([])
  if (reason === null) expect(refused).toEqual([])
  else expect(refused[0]?.reason).toContain(reason)
})

test('a mapping of its own: scale, a table of meters, lists and names with dots', () => {
  const own = mappingSchema.parse({
    ...{ name: 'own', source: 'none: a test', certainty: 'supplied', format: 'json', topic: 'site/{device*}' },
    readings: [{ path: 'a.b[1].v', meter: '{device}', scale: 0.5, unit: 'kWh' }],
    meters: { 'hall/1': 'SCHOOL-E1' },
  })
  const message = { topic: 'site/hall/1', payload: '{"a.b":[{"v":1},{"v":"7.0"}]}', receivedMs: RECEIVED_MS }
  expect(mapMessage(own, message).readings).toEqual([{ meter: 'SCHOOL-E1', value: 3.5, unit: 'kWh', at: RECEIVED_MS }])
})

test('a name that every object has is a name of a meter like any other', () => {
  for (const name of ['__proto__', 'constructor', 'toString'])
    expect(map('csv-line', '', `${name},2026-01-01T00:00:00Z,5`)).toMatchObject({
      readings: [{ meter: name, value: 5 }],
    })
})

test('no payload makes a mapping throw', () => {
  const payloads = fc.oneof(fc.json(), fc.string(), fc.uint8Array({ maxLength: 200 }))
  const runs = { numRuns: runsOf({ test: 300, campaign: 50_000 }) }
  fc.assert(
    fc.property(fc.constantFrom(...MAPPING_NAMES), fc.string(), payloads, (name, topic, payload) => {
      const { readings, refused } = map(name, topic, payload)
      expect([...readings, ...refused].every(({ meter }) => meter === null || typeof meter === 'string')).toBe(true)
    }),
    runs,
  )
})

test('every shipped mapping names its source, and the schema for editors is that of the code', () => {
  for (const name of MAPPING_NAMES) expect(must(mappingNamed(name)).source).toMatch(/.{20}/)
  const file = 'domain/registry/mappings/schema.json'
  const made = z.toJSONSchema(mappingSchema, { io: 'input' })
  if (process.env.UPDATE) writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(made)
})
