// Encodes readings as MQTT payloads of version 1 (docs/rules/interfaces.md#readings-message) within its limits. Pure.

import { PAYLOAD_BYTES_MAX } from '../domain/wire/reading.ts'
import type { OutboxEntry } from './outbox.ts'
import type { Reading } from './source.ts'

/** `{"v":1,"seq":9007199254740991,"readings":}` and room to spare. */
const ENVELOPE_BYTES_MAX = 64
/** One batch is one transaction, one sync to disk. */
const BATCH_ENTRIES_MAX = 1_024
/** A batch is a small part of its outbox, so that waiting for room never means waiting for all messages to leave. */
const BATCH_SHARE = 1 / 4

/** The readings of one message as JSON; `seal` adds the sequence number. `bytes` includes the envelope. */
export interface Body {
  readings: number
  json: string
  bytes: number
}

export interface Encoded {
  bodies: Body[]
  /** Readings larger than a payload on their own. */
  tooLarge: Reading[]
}

/** Messages of `perMessage` readings in their order; split in halves where the JSON is larger than a payload. */
export function encodeReadings(readings: readonly Reading[], perMessage: number): Encoded {
  const encoded: Encoded = { bodies: [], tooLarge: [] }
  for (let start = 0; start < readings.length; start += perMessage) {
    encodeInto(encoded, readings.slice(start, start + perMessage))
  }
  return encoded
}

export const seal = ({ readings, json }: Body, seq: number): OutboxEntry => ({
  seq,
  readings,
  payload: Buffer.from(`{"v":1,"seq":${seq},"readings":${json}}`),
})

/** Batches within the outbox's limits. Each body is in exactly one batch, in order. */
export function* batchBodies(
  bodies: readonly Body[],
  outbox: { entriesMax: number; bytesMax: number },
): Generator<Body[]> {
  const entriesMax = Math.min(BATCH_ENTRIES_MAX, Math.max(1, Math.floor(outbox.entriesMax * BATCH_SHARE)))
  const bytesMax = outbox.bytesMax * BATCH_SHARE
  let batch: Body[] = []
  let bytes = 0
  for (const body of bodies) {
    if (batch.length > 0 && (batch.length === entriesMax || bytes + body.bytes > bytesMax)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(body)
    bytes += body.bytes
  }
  if (batch.length > 0) yield batch
}

function encodeInto(encoded: Encoded, readings: readonly Reading[]): void {
  const json = JSON.stringify(readings)
  const bytes = Buffer.byteLength(json) + ENVELOPE_BYTES_MAX
  if (bytes <= PAYLOAD_BYTES_MAX) {
    encoded.bodies.push({ readings: readings.length, json, bytes })
  } else if (readings.length === 1) {
    encoded.tooLarge.push(...readings)
  } else {
    const half = readings.length >> 1
    encodeInto(encoded, readings.slice(0, half))
    encodeInto(encoded, readings.slice(half))
  }
}
