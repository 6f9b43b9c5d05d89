// Parses the payload of `kw/v1/G/readings`, version 1 (docs/rules/interfaces.md#readings-message), to trusted readings.
// Bad data becomes a Rejection, a value with a reason code; one bad reading never rejects its message. The zod schema
// is the contract. This hot path checks good readings without zod, which would cost as much again as JSON.parse; a
// property test asserts that both accept the same.

import * as z from 'zod'
import { parseInstant } from '../instant.ts'
import type { Medium } from '../medium.ts'
import { RECORD_ID, recordId } from '../registry/records.ts'
import { convert, isUnitOf } from '../unit.ts'
import { isPowerOn } from './power-on.ts'
import { READING_QUALITIES, type ReadingMark, type ReadingQuality, unitAt } from './sent-unit.ts'
import { decodeText } from './text.ts'

/** The largest MQTT message of AWS IoT Core; the embedded broker refuses what the cloud would refuse. */
export const PAYLOAD_BYTES_MAX = 128 * 1024
/**
 * One message takes one micro-batch and one Lambda well under 10 ms. A longer backlog is sent as several messages.
 */
export const READINGS_PER_MESSAGE_MAX = 2_000
/**
 * Maximum lead of a reading over our clock: one common metering interval, since a gateway may stamp an interval's end
 * and publish early, and its clock drifts by minutes between synchronisations. A clock in the wrong zone (8 h) or year
 * must be refused: its readings would lie in the future, and true readings would later arrive as corrections.
 */
export const CLOCK_AHEAD_MS_MAX = 15 * 60_000
/** 2000-01-01 in UTC+8. A clock that lost its battery restarts at 1970 or 1980; DL/T 645 counts years from 2000. */
export const AT_MS_MIN = Date.UTC(2000, 0, 1) - 8 * 3_600_000
/** Maximum length of a bad value quoted in a detail text. */
export const QUOTE_CHARS_MAX = 80

/** One reading on the wire. Other fields are ignored: a newer gateway may send more. */
export const readingSchema = z.object({
  meter: recordId,
  at: z
    .union([z.int(), z.iso.datetime({ offset: true }).regex(/^.{19}(\.\d{1,9})?[^.\d]/)], {
      error: 'must be YYYY-MM-DDTHH:MM:SS with an offset (RFC 3339), or whole epoch milliseconds',
    })
    .meta({ description: 'RFC 3339 with an offset, or epoch milliseconds' }),
  value: z.number({ error: 'must be a finite number' }).meta({ description: 'In `unit`, as the meter is registered' }),
  unit: z.string().optional().meta({ description: "A unit of the meter's medium; the meter's own when absent" }),
  quality: z.enum(READING_QUALITIES).optional().meta({ description: '`good` when absent' }),
})

/** The message as a whole. `parseReadings` keeps the good readings of a message in which others break this schema. */
export const readingsMessageSchema = z.object({
  v: z.literal(1),
  seq: z.int().nonnegative().optional().meta({ description: "The sender's own count of messages" }),
  readings: z.array(readingSchema).max(READINGS_PER_MESSAGE_MAX),
})
export type ReadingsMessage = z.infer<typeof readingsMessageSchema>

/** Reasons for refusing a message or a reading. */
export const REJECTION_CODES = {
  payloadTooLarge: `The message is larger than ${PAYLOAD_BYTES_MAX / 1024} KiB.`,
  notUtf8: 'The message is not UTF-8 text; the detail names the encoding, e.g. GBK. A byte order mark is accepted.',
  notJson: 'The message is not JSON; NaN and Infinity are not JSON either.',
  badEnvelope: 'The message is not {"v":1,"seq":…,"readings":[…]}.',
  unsupportedVersion: 'The message is of a version that is not spoken here.',
  tooManyReadings: `The message holds more than ${READINGS_PER_MESSAGE_MAX} readings.`,
  badReading: 'A field of the reading is missing or of the wrong type.',
  badTime: 'The time is neither RFC 3339 with an offset nor whole epoch milliseconds, or no such time exists.',
  atInFuture: `The time is more than ${CLOCK_AHEAD_MS_MAX / 60_000} minutes after the reading was received.`,
  clockBehind:
    'The time is after that of the host, whose clock is behind: kept aside and taken in once the clock is right.',
  atTooOld: 'The time is before 2000-01-01: a clock that lost its setting.',
  clockNotSet: 'The time lies just after an instant at which clock chips start: the clock was never set.',
  notFinite: 'The value is too large for a number, in its own unit or in that of the meter.',
  unknownMeter: 'No meter of this id is registered.',
  meterOfOtherGateway: 'The meter is registered at another gateway.',
  notMapped: 'The message, or a part of it, does not fit the mapping of its gateway.',
  unitNotConvertible: 'The unit is not one of the medium that the meter counts.',
} as const
export type RejectionCode = keyof typeof REJECTION_CODES

export interface Rejection {
  code: RejectionCode
  /** Names the field and quotes its value. */
  detail: string
  /** Position in the message; null when the whole message was refused. */
  index: number | null
  /** The meter id in the reading, shortened; null when it is not a string. */
  meter: string | null
}

/** The fields of a registered meter that parsing needs. */
export interface MeterEntry {
  readonly id: string
  readonly gateway: string
  readonly medium: Medium
  /** Unit of the register. */
  readonly unit: string
  /** Earlier or later units of the register, where it changed: each counts after its instant. */
  readonly units?: readonly { readonly afterMs: number | null; readonly unit: string }[]
}

export interface ReadingsContext<M extends MeterEntry> {
  /** The authenticated sender. */
  readonly gateway: string
  readonly receivedMs: number
  meterOf(id: string): M | undefined
  /**
   * Takes each good reading in the order of the message; the later of two with the same meter and time counts. `value`
   * is as it was sent, in `unit`; without one in the register's.
   */
  accept(meter: M, atMs: number, value: number, marked: ReadingMark): void
  /** Takes each reading that is refused as `atInFuture` and otherwise good: the clock of the host may be wrong. */
  acceptAhead?(meter: M, atMs: number, value: number, marked: ReadingMark): void
}

/** accepted + rejections with an index = readings in the message. */
export interface ParsedReadings {
  accepted: number
  rejections: Rejection[]
  seq: number | null
}

/** Parses one message. Never throws on bad data; errors of `meterOf` and `accept` pass through. */
export function parseReadings<M extends MeterEntry>(
  payload: string | Uint8Array,
  context: ReadingsContext<M>,
): ParsedReadings {
  const envelope = openEnvelope(payload)
  if ('code' in envelope) return { accepted: 0, rejections: [{ ...envelope, index: null, meter: null }], seq: null }
  const rejections: Rejection[] = []
  const { readings, seq } = envelope
  const latestMs = context.receivedMs + CLOCK_AHEAD_MS_MAX
  for (let index = 0; index < readings.length; index++) {
    const refusal = takeReading(readings[index], latestMs, context)
    if (refusal !== undefined) rejections.push({ ...refusal, index, meter: meterNamed(readings[index]) })
  }
  return { accepted: readings.length - rejections.length, rejections, seq }
}

interface Refusal {
  code: RejectionCode
  detail: string
}
interface Envelope {
  readings: readonly unknown[]
  seq: number | null
}

const refuse = (code: RejectionCode, detail: string): Refusal => ({ code, detail })

function openEnvelope(payload: string | Uint8Array): Envelope | Refusal {
  const bytes = typeof payload === 'string' ? utf8Length(payload) : payload.byteLength
  if (bytes > PAYLOAD_BYTES_MAX) return refuse('payloadTooLarge', `payload: ${bytes} bytes`)
  const decoded = decodeText(payload)
  if ('encoding' in decoded) return refuse('notUtf8', `payload: ${bytes} bytes are not UTF-8 but ${decoded.encoding}`)
  const { text } = decoded
  const message = parseJson(text)
  if (message instanceof Error) return refuse('notJson', `payload: ${quote(text)}: ${message.message.toWellFormed()}`)
  return checkEnvelope(message)
}

function checkEnvelope(message: unknown): Envelope | Refusal {
  if (!isObject(message)) return refuse('badEnvelope', `message: ${quote(message)} is not an object`)
  const { v, seq, readings } = message
  if (typeof v === 'number' && v !== 1) return refuse('unsupportedVersion', `v: ${quote(v)} is not 1`)
  if (v !== 1) return refuse('badEnvelope', `v: ${quote(v)} is not 1`)
  const seqNumber = seq === undefined ? null : (wholeNumber(seq) ?? -1)
  if (seqNumber !== null && seqNumber < 0)
    return refuse('badEnvelope', `seq: ${quote(seq)} is not a whole number from 0`)
  if (!Array.isArray(readings)) return refuse('badEnvelope', `readings: ${quote(readings)} is not a list`)
  if (readings.length > READINGS_PER_MESSAGE_MAX)
    return refuse('tooManyReadings', `readings: ${readings.length} in one message`)
  return { readings, seq: seqNumber }
}

/** Accepts a good reading, or returns the reason for refusing it. */
function takeReading<M extends MeterEntry>(
  raw: unknown,
  latestMs: number,
  context: ReadingsContext<M>,
): Refusal | undefined {
  if (!isObject(raw)) return explain(raw)
  const { meter: id, at, value, unit, quality = 'good' } = raw
  const atMs = typeof at === 'string' ? parseInstant(at) : wholeNumber(at)
  if (atMs === undefined || typeof value !== 'number' || !Number.isFinite(value) || typeof id !== 'string')
    return explain(raw)
  if ((unit !== undefined && typeof unit !== 'string') || !isQuality(quality)) return explain(raw)

  const meter = context.meterOf(id)
  if (meter === undefined)
    return RECORD_ID.test(id) ? refuse('unknownMeter', `meter: ${quote(id)} is not registered`) : explain(raw)
  if (meter.gateway !== context.gateway)
    return refuse('meterOfOtherGateway', `meter: ${quote(id)} is not at gateway ${quote(context.gateway)}`)
  const isAhead = atMs > latestMs
  if (isAhead && !context.acceptAhead) return refuse('atInFuture', `at: ${quote(at)}`)
  if (atMs < AT_MS_MIN) return refuse('atTooOld', `at: ${quote(at)}`)
  if (isPowerOn(atMs)) return refuse('clockNotSet', `at: ${quote(at)}`)
  const own = meter.units === undefined ? meter.unit : unitAt(meter.units, atMs)
  if (unit !== undefined && unit !== own) {
    const converted = isUnitOf(unit, meter.medium) ? convert(value, unit, own) : undefined
    if (converted === undefined)
      return refuse('unitNotConvertible', `unit: ${quote(unit)} for ${meter.medium} in ${own}`)
    if (!Number.isFinite(converted)) return refuse('notFinite', `value: ${quote(value)} ${unit} in ${own}`)
  }
  const marked = unit === undefined ? MARKED[quality] : { quality, unit }
  if (isAhead) {
    context.acceptAhead?.(meter, atMs, value, marked)
    return refuse('atInFuture', `at: ${quote(at)}`)
  }
  context.accept(meter, atMs, value, marked)
  return undefined
}

/** Of readings without a unit: one object each, since there are a million a second. */
const MARKED: Readonly<Record<ReadingQuality, ReadingMark>> = {
  good: { quality: 'good' },
  suspect: { quality: 'suspect' },
  estimated: { quality: 'estimated' },
}

/** The slow path: finds the first field that violates the schema, with the schema's message. */
function explain(raw: unknown): Refusal {
  const issue = readingSchema.safeParse(raw).error?.issues[0]
  const field = issue?.path[0]
  if (field === undefined) return refuse('badReading', `reading: ${quote(raw)} is not an object`)
  const value = isObject(raw) ? raw[String(field)] : undefined
  const detail = `${String(field)}: ${quote(value)}: ${issue?.message}`
  if (field === 'at' && (typeof value === 'string' || typeof value === 'number')) return refuse('badTime', detail)
  return refuse(field === 'value' && typeof value === 'number' ? 'notFinite' : 'badReading', detail)
}

/** Safe from prototype pollution: JSON.parse keeps `__proto__` an ordinary property, and no key is ever copied. */
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const wholeNumber = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined

const isQuality = (value: unknown): value is ReadingQuality =>
  value === 'good' || value === 'suspect' || value === 'estimated'

const meterNamed = (raw: unknown): string | null =>
  isObject(raw) && typeof raw.meter === 'string' ? raw.meter.slice(0, QUOTE_CHARS_MAX).toWellFormed() : null

/** A value as JSON, shortened. Never walks into an object: a hostile one may be nested deeper than the stack. */
function quote(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  if (typeof value !== 'string') return String(value)
  return value.length > QUOTE_CHARS_MAX ? `${JSON.stringify(value.slice(0, QUOTE_CHARS_MAX))}…` : JSON.stringify(value)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/**
 * Bytes of `text` in UTF-8, counted only when its length does not decide; a code unit takes one to three, in ASCII one.
 */
function utf8Length(text: string): number {
  if (text.length > PAYLOAD_BYTES_MAX || text.length * 3 <= PAYLOAD_BYTES_MAX) return text.length
  return BEYOND_ASCII.test(text) ? new TextEncoder().encode(text).byteLength : text.length
}
const BEYOND_ASCII = /[\u0080-\uffff]/
