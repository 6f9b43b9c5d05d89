// The border where bytes become readings: what is accepted, what is refused and why, and that the fast path and the
// schema agree.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  type MeterEntry,
  PAYLOAD_BYTES_MAX,
  parseReadings,
  READINGS_PER_MESSAGE_MAX,
  REJECTION_CODES,
  readingSchema,
  readingsMessageSchema,
} from '../../../domain/wire/reading.ts'

const RECEIVED_MS = Date.UTC(2026, 10, 23, 2, 15)
const AT = '2026-11-23T10:15:00+08:00'
const AT_MS = RECEIVED_MS

const METERS = new Map<string, MeterEntry>(
  [
    { id: 'E1', gateway: 'G', medium: 'electricity' as const, unit: 'kWh' },
    { id: 'H1', gateway: 'G', medium: 'heat' as const, unit: 'GJ' },
    { id: 'W1', gateway: 'G', medium: 'water' as const, unit: 'm³' },
    { id: 'X1', gateway: 'other', medium: 'electricity' as const, unit: 'kWh' },
  ].map((meter) => [meter.id, meter]),
)

function parse(payload: string | Uint8Array) {
  const accepted: (string | number)[][] = []
  const result = parseReadings(payload, {
    gateway: 'G',
    receivedMs: RECEIVED_MS,
    meterOf: (id) => METERS.get(id),
    accept: (meter, atMs, value, { quality, unit }) =>
      accepted.push([meter.id, atMs, value, quality, ...(unit === undefined ? [] : [unit])]),
  })
  return { ...result, accepted, acceptedCount: result.accepted }
}
const message = (...readings: unknown[]) => JSON.stringify({ v: 1, readings })
const good = { meter: 'E1', at: AT, value: 1.5 }

describe('a good reading', () => {
  it.each([
    { name: 'with the unit of its meter', reading: { ...good, unit: 'kWh' }, want: ['E1', AT_MS, 1.5, 'good', 'kWh'] },
    { name: 'without a unit', reading: good, want: ['E1', AT_MS, 1.5, 'good'] },
    { name: 'at epoch milliseconds', reading: { ...good, at: AT_MS }, want: ['E1', AT_MS, 1.5, 'good'] },
    { name: 'in MWh', reading: { ...good, unit: 'MWh' }, want: ['E1', AT_MS, 1.5, 'good', 'MWh'] },
    {
      name: 'of heat in kWh',
      reading: { meter: 'H1', at: AT, value: 500, unit: 'kWh' },
      want: ['H1', AT_MS, 500, 'good', 'kWh'],
    },
    {
      name: 'of water in m3',
      reading: { meter: 'W1', at: AT, value: 7, unit: 'm3' },
      want: ['W1', AT_MS, 7, 'good', 'm3'],
    },
    { name: 'estimated', reading: { ...good, quality: 'estimated' }, want: ['E1', AT_MS, 1.5, 'estimated'] },
    { name: 'with fields unknown here', reading: { ...good, note: [1] }, want: ['E1', AT_MS, 1.5, 'good'] },
    {
      name: '15 minutes ahead',
      reading: { ...good, at: AT_MS + 900_000 },
      want: ['E1', AT_MS + 900_000, 1.5, 'good'],
    },
    { name: 'that is negative', reading: { ...good, value: -3 }, want: ['E1', AT_MS, -3, 'good'] },
  ])('$name is accepted', ({ reading, want }) => {
    expect(parse(message(reading))).toMatchObject({ accepted: [want], rejections: [] })
  })

  it('sent twice in a message is accepted twice, in order', () => {
    const { accepted } = parse(message({ ...good, value: 1 }, { ...good, value: 2 }))
    expect(accepted.map(([, , value]) => value)).toEqual([1, 2])
  })

  it('comes as bytes too', () => {
    expect(parse(new TextEncoder().encode(message(good))).acceptedCount).toBe(1)
  })
})

describe('a bad reading', () => {
  it.each([
    { name: 'null', reading: null, code: 'badReading', detail: 'reading: null' },
    { name: 'a list', reading: [1], code: 'badReading', detail: 'reading: a list' },
    { name: 'no meter', reading: { at: AT, value: 1 }, code: 'badReading', detail: 'meter: nothing' },
    { name: 'a meter that is a number', reading: { ...good, meter: 7 }, code: 'badReading', detail: 'meter: 7' },
    { name: 'a meter with a slash', reading: { ...good, meter: 'a/b' }, code: 'badReading', detail: 'meter: "a/b"' },
    { name: 'no value', reading: { meter: 'E1', at: AT }, code: 'badReading', detail: 'value: nothing' },
    { name: 'a value that is text', reading: { ...good, value: '1' }, code: 'badReading', detail: 'value: "1"' },
    { name: 'a value that is null', reading: { ...good, value: null }, code: 'badReading', detail: 'value: null' },
    { name: 'no time', reading: { meter: 'E1', value: 1 }, code: 'badReading', detail: 'at: nothing' },
    { name: 'a unit that is null', reading: { ...good, unit: null }, code: 'badReading', detail: 'unit: null' },
    { name: 'a quality unknown', reading: { ...good, quality: 'ok' }, code: 'badReading', detail: 'quality: "ok"' },
    {
      name: 'a day that is not',
      reading: { ...good, at: '2026-02-30T00:00:00Z' },
      code: 'badTime',
      detail: 'at: "2026',
    },
    { name: 'a time with no zone', reading: { ...good, at: '2026-11-23T10:15:00' }, code: 'badTime', detail: 'at: ' },
    { name: 'half a millisecond', reading: { ...good, at: 1.5 }, code: 'badTime', detail: 'at: 1.5' },
    { name: 'past the tolerance', reading: { ...good, at: AT_MS + 900_001 }, code: 'atInFuture', detail: 'at: ' },
    {
      name: 'a time of next year',
      reading: { ...good, at: '2027-11-23T10:15:00Z' },
      code: 'atInFuture',
      detail: 'at: ',
    },
    { name: 'a time of 1970', reading: { ...good, at: 0 }, code: 'atTooOld', detail: 'at: 0' },
    {
      name: 'the last second of 1999',
      reading: { ...good, at: '1999-12-31T23:59:59+08:00' },
      code: 'atTooOld',
      detail: 'at: ',
    },
    { name: 'an unknown meter', reading: { ...good, meter: 'E9' }, code: 'unknownMeter', detail: 'meter: "E9"' },
    {
      name: 'a meter named like a property of objects',
      reading: { ...good, meter: '__proto__' },
      code: 'unknownMeter',
      detail: 'meter: "__proto__"',
    },
    {
      name: "another gateway's meter",
      reading: { ...good, meter: 'X1' },
      code: 'meterOfOtherGateway',
      detail: 'meter: "X1"',
    },
    {
      name: 'water in kWh',
      reading: { ...good, meter: 'W1', unit: 'kWh' },
      code: 'unitNotConvertible',
      detail: 'unit: ',
    },
    { name: 'electricity in GJ', reading: { ...good, unit: 'GJ' }, code: 'unitNotConvertible', detail: 'unit: "GJ"' },
    {
      name: 'a value too large in the unit of the meter',
      reading: { ...good, value: 1e307, unit: 'MWh' },
      code: 'notFinite',
      detail: 'value: 1e+307',
    },
  ])('with $name is refused as $code', ({ reading, code, detail }) => {
    const { accepted, rejections } = parse(message(good, reading, good))
    expect(accepted).toHaveLength(2)
    expect(rejections).toEqual([
      { code, detail: expect.stringContaining(detail), index: 1, meter: expect.toSatisfy(isMeter) },
    ])
    expect(rejections[0].detail.startsWith(detail)).toBe(true)
  })
  const isMeter = (meter: unknown) => meter === null || typeof meter === 'string'

  it('with the value 1e999 is refused as notFinite', () => {
    const { rejections } = parse(`{"v":1,"readings":[{"meter":"E1","at":"${AT}","value":1e999}]}`)
    expect(rejections).toEqual([
      { code: 'notFinite', detail: 'value: Infinity: must be a finite number', index: 0, meter: 'E1' },
    ])
  })

  it('quotes at most 80 characters', () => {
    const { rejections } = parse(message({ ...good, meter: '表'.repeat(5_000) }))
    expect(rejections[0].detail.length).toBeLessThan(200)
    expect(rejections[0].meter).toBe('表'.repeat(80))
  })

  it('gives no prototype to anything', () => {
    const { rejections } = parse(`{"v":1,"readings":[{"__proto__":{"meter":"E1","at":0,"value":1}}]}`)
    expect(rejections[0]).toMatchObject({ code: 'badReading', detail: expect.stringContaining('meter: nothing') })
    expect(({} as Record<string, unknown>).meter).toBeUndefined()
  })
})

describe('a message', () => {
  const readings = (count: number) => Array.from({ length: count }, () => ({ meter: 'E1', at: AT_MS, value: 1 }))
  it.each([
    { name: 'cut short', payload: '{"v":1,"readings":[', code: 'notJson' },
    { name: 'empty', payload: '', code: 'notJson' },
    { name: 'with NaN', payload: `{"v":1,"readings":[{"meter":"E1","at":"${AT}","value":NaN}]}`, code: 'notJson' },
    { name: 'not UTF-8', payload: new Uint8Array([0x7b, 0xff, 0x7d]), code: 'notUtf8' },
    { name: 'of 1 MB', payload: new Uint8Array(1_000_000), code: 'payloadTooLarge' },
    { name: 'one byte too large', payload: ' '.repeat(PAYLOAD_BYTES_MAX + 1), code: 'payloadTooLarge' },
    { name: 'too large in UTF-8 only', payload: `"${'表'.repeat(50_000)}"`, code: 'payloadTooLarge' },
    { name: 'of 2,001 readings', payload: message(...readings(2_001)), code: 'tooManyReadings' },
    { name: 'of 10,000 readings', payload: message(...readings(10_000)), code: 'payloadTooLarge' },
    { name: 'that is a list', payload: '[]', code: 'badEnvelope' },
    { name: 'that is null', payload: 'null', code: 'badEnvelope' },
    { name: 'without a version', payload: '{"readings":[]}', code: 'badEnvelope' },
    { name: 'with a version in text', payload: '{"v":"1","readings":[]}', code: 'badEnvelope' },
    { name: 'of version 2', payload: '{"v":2,"readings":[]}', code: 'unsupportedVersion' },
    { name: 'without readings', payload: '{"v":1}', code: 'badEnvelope' },
    { name: 'with readings as an object', payload: '{"v":1,"readings":{"0":1}}', code: 'badEnvelope' },
    { name: 'with a negative seq', payload: '{"v":1,"seq":-1,"readings":[]}', code: 'badEnvelope' },
    { name: 'with seq null', payload: '{"v":1,"seq":null,"readings":[]}', code: 'badEnvelope' },
    { name: 'nested too deeply to walk', payload: '['.repeat(60_000) + ']'.repeat(60_000), code: 'badEnvelope' },
  ])('$name is refused as $code', ({ payload, code }) => {
    const { accepted, rejections } = parse(payload)
    expect(accepted).toEqual([])
    expect(rejections).toMatchObject([{ code, index: null, meter: null }])
  })

  const bytes = (...parts: (string | number[])[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))
  it.each([
    { name: 'bytes', payload: bytes([0xef, 0xbb, 0xbf], message(good)) },
    { name: 'text', payload: `\uFEFF${message(good)}` },
  ])('in UTF-8 with a byte order mark is read as $name', ({ payload }) => {
    expect(parse(payload)).toMatchObject({ acceptedCount: 1, rejections: [] })
  })

  it.each([
    { name: 'GBK', payload: bytes('{"v":1,"name":"', [0xb1, 0xed, 0xbc, 0xc6], '","readings":[]}'), says: /GBK/ },
    { name: 'UTF-16 with a mark', payload: Buffer.from(`\uFEFF${message(good)}`, 'utf16le'), says: /UTF-16/ },
    { name: 'UTF-16 without a mark', payload: Buffer.from(message(good), 'utf16le'), says: /UTF-16/ },
    { name: 'neither', payload: bytes('{"v":1,"readings":["', [0xff], '"]}'), says: /unknown encoding/ },
    { name: 'lost on the way', payload: '{"v":1,"name":"\uFFFD\uFFFD","readings":[]}', says: /unknown encoding/ },
  ])('of an encoding that is $name says so', ({ payload, says }) => {
    const [rejection] = parse(payload).rejections
    expect(rejection).toMatchObject({ code: 'notUtf8', detail: expect.stringMatching(says) })
  })

  it('carries its sequence number', () => {
    expect(parse('{"v":1,"seq":1042,"readings":[]}')).toMatchObject({ seq: 1042, acceptedCount: 0, rejections: [] })
  })

  it('may hold as many readings as the limit says', () => {
    expect(parse(message(...readings(READINGS_PER_MESSAGE_MAX))).acceptedCount).toBe(READINGS_PER_MESSAGE_MAX)
  })

  it('may be nested deeply where nothing is read', () => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000)
    const { accepted, rejections } = parse(`{"v":1,"readings":[${deep},${JSON.stringify(good)}]}`)
    expect(accepted).toHaveLength(1)
    expect(rejections).toMatchObject([{ code: 'badReading', index: 0 }])
  })
})

describe('parseReadings and the schema', () => {
  const oddValue = fc.oneof(
    fc.constantFrom(null, true, '', '1', [], {}, -1, 0, 1.5, 1e15, Number.MAX_SAFE_INTEGER + 2, '2026-02-30T00:00:00Z'),
    fc.constantFrom(AT, 'kWh', 'good', 'E1', 'a b', '2026-11-23T10:15:00.123Z', '2026-11-23T10:15:00.0000000001Z'),
    fc.jsonValue({ maxDepth: 2 }),
  )
  const field = fc.constantFrom('meter', 'at', 'value', 'unit', 'quality', 'more', '__proto__')
  const reading = fc
    .tuple(
      fc.constantFrom(good, { ...good, at: AT_MS, unit: 'kWh' }, { ...good, quality: 'suspect' }),
      fc.array(fc.tuple(field, fc.option(oddValue, { nil: undefined })), { maxLength: 2 }),
    )
    .map(([start, edits]) => Object.fromEntries([...Object.entries(start), ...edits]))

  it('agree on the shape of every reading, however mutated', () => {
    const codesOfShape = ['badReading', 'badTime', 'notFinite']
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: reading }, oddValue), (raw) => {
        const text = JSON.stringify(raw)
        const { rejections } = parse(`{"v":1,"readings":[${text}]}`)
        const isRefused = rejections.length > 0 && codesOfShape.includes(rejections[0].code)
        expect(isRefused).toBe(!readingSchema.safeParse(JSON.parse(text)).success)
      }),
      { numRuns: 5_000 },
    )
  })

  it('agree on the envelope', () => {
    const envelopeSchema = readingsMessageSchema.extend({ readings: z.array(z.unknown()) })
    const envelope = fc
      .tuple(
        fc.constantFrom({ v: 1, readings: [] }, { v: 1, seq: 3, readings: [good] }),
        fc.array(fc.tuple(fc.constantFrom('v', 'seq', 'readings', 'more'), oddValue), { maxLength: 1 }),
      )
      .map(([start, edits]) => ({ ...start, ...Object.fromEntries(edits) }))
    fc.assert(
      fc.property(envelope, (raw) => {
        const text = JSON.stringify(raw)
        const isRefused = parse(text).rejections.some(({ index }) => index === null)
        expect(isRefused).toBe(!envelopeSchema.safeParse(JSON.parse(text)).success)
      }),
      { numRuns: 2_000 },
    )
  })

  it('accounts for every reading of a well-enveloped message', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(reading, fc.jsonValue({ maxDepth: 2 })), { maxLength: 20 }), (readings) => {
        const { accepted, acceptedCount, rejections } = parse(message(...readings))
        expect(accepted).toHaveLength(acceptedCount)
        expect(acceptedCount + rejections.length).toBe(readings.length)
        for (const { code, index } of rejections) {
          expect(index).not.toBeNull()
          expect(REJECTION_CODES).toHaveProperty(code)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('never throws on any bytes or any JSON', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'binary' }), fc.json()), (payload) => {
        const { acceptedCount, rejections } = parse(payload)
        expect(acceptedCount).toBe(0)
        for (const { detail } of rejections) expect(detail.isWellFormed()).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})
