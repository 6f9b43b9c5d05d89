// Readings → payloads within the limits of version 1, none lost and none twice.

import { describe, expect, it } from 'vitest'
import { batchBodies, encodeReadings, seal } from '../../devices/message.ts'
import type { Reading } from '../../devices/source.ts'
import { PAYLOAD_BYTES_MAX, READINGS_PER_MESSAGE_MAX, readingsMessageSchema } from '../../domain/wire/reading.ts'

const readings = (count: number, meter = '130102-0007-E1'): Reading[] =>
  Array.from({ length: count }, (_, at) => ({ meter, at: 1_764_000_000_000 + at, value: at / 3 }))

describe('message', () => {
  it('is a message of version 1 with the readings in their order', () => {
    const { bodies } = encodeReadings(readings(5), 2)
    const messages = bodies.map((body, index) => JSON.parse(String(seal(body, 7 + index).payload)))
    expect(messages.map((message) => readingsMessageSchema.parse(message).seq)).toEqual([7, 8, 9])
    expect(messages.flatMap((message) => message.readings)).toEqual(readings(5))
  })

  it('stays within 128 KiB, halved where readings are long', () => {
    const long = readings(READINGS_PER_MESSAGE_MAX, 'm'.repeat(64))
    const { bodies, tooLarge } = encodeReadings(long, READINGS_PER_MESSAGE_MAX)
    const sealed = bodies.map((body, index) => seal(body, Number.MAX_SAFE_INTEGER - index))
    expect(sealed.length).toBe(2)
    for (const { payload } of sealed) expect(payload.byteLength).toBeLessThanOrEqual(PAYLOAD_BYTES_MAX)
    expect(sealed.flatMap(({ payload }) => JSON.parse(String(payload)).readings)).toEqual(long)
    expect(tooLarge).toEqual([])
  })

  it('hands back a reading that no message can hold, and keeps its neighbours', () => {
    const [first, second] = readings(2)
    const monster = { ...first, unit: '能'.repeat(50_000) }
    const { bodies, tooLarge } = encodeReadings([first, monster, second], 500)
    expect(tooLarge).toEqual([monster])
    expect(bodies.flatMap(({ json }) => JSON.parse(json))).toEqual([first, second])
  })

  it('goes to the outbox in batches that are a part of it, each message once and in order', () => {
    const { bodies } = encodeReadings(readings(100), 1)
    const batches = [...batchBodies(bodies, { entriesMax: 40, bytesMax: 1024 * 1024 })]
    expect(batches.map(({ length }) => length)).toEqual(Array(10).fill(10))
    expect(batches.flat()).toEqual(bodies)
    expect([...batchBodies(bodies.slice(0, 3), { entriesMax: 1, bytesMax: 1 })]).toHaveLength(3)
  })
})
