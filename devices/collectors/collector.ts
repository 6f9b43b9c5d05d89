// The collectors that a gateway listens to, as its configuration names them, and what their values mean
// (docs/rules/devices.md#collectors).

import * as z from 'zod'
import { RECORD_ID } from '../../domain/registry/records.ts'
import { type CollectorData, type CollectorValue, collectorTimeMs } from '../codecs/mohurd-data.ts'
import type { Reading } from '../source.ts'

const COLLECTORS_MAX = 200
const METERS_MAX = 1_000
/** One source calls a good value 0, another 192 (OPC). */
const GOOD_ERRORS = ['0', '192']

const key = z
  .string()
  .regex(/^[0-9a-fA-F]{32}$/, 'must be 16 bytes in hex')
  .transform((hex) => new Uint8Array(Buffer.from(hex, 'hex')))
const short = z.string().trim().min(1, 'is empty').max(64)

const collectorMeterSchema = z.strictObject({
  /** `id` of the message's `meter`, and of its `function`. */
  id: short,
  function: short.default('1'),
  /** The meter's id in the registry. */
  meter: z.string().regex(RECORD_ID, 'must be 1 to 64 letters, digits, dots, dashes or underscores'),
  /** Of the values; the meter's own unit when absent. */
  unit: short.optional(),
})

const collectorSchema = z
  .strictObject({
    building: short,
    gateway: short,
    key,
    /** The key when absent. */
    iv: key.optional(),
    secret: z.string().min(1, 'is empty').max(256),
    /** Told to the collector after it signed in: minutes between its reports. */
    periodMinutes: z.int().min(1).max(1_440).optional(),
    /** Values of `error` that mean a good value; a value without `error` is good. */
    goodErrors: z.array(z.string().max(16)).max(16).default(GOOD_ERRORS),
    /** What a message of the backlog is answered with. */
    backlogAck: z.enum(['continuous_ack', 'report_ack']).default('continuous_ack'),
    meters: z.array(collectorMeterSchema).min(1).max(METERS_MAX),
  })
  .superRefine(({ meters }, context) => {
    const places = new Set<string>()
    for (const [index, { id, function: quantity }] of meters.entries()) {
      const place = `${id}/${quantity}`
      if (places.has(place))
        context.addIssue({ code: 'custom', path: ['meters', index, 'id'], message: `${place} stands twice` })
      places.add(place)
    }
  })

export type Collector = z.output<typeof collectorSchema>

/** `options` of the driver `mohurd`. */
export const collectorsSchema = z
  .strictObject({
    host: z.string().min(1, 'is empty').default('0.0.0.0'),
    port: z.int().min(0).max(65_535),
    collectors: z.array(collectorSchema).min(1).max(COLLECTORS_MAX),
  })
  .superRefine(({ collectors }, context) => {
    const [names, ids] = [new Set<string>(), new Set<string>()]
    for (const [index, collector] of collectors.entries()) {
      const name = collectorName(collector)
      if (names.has(name))
        context.addIssue({ code: 'custom', path: ['collectors', index, 'gateway'], message: `${name} stands twice` })
      names.add(name)
      for (const [place, { meter }] of collector.meters.entries()) {
        const path = ['collectors', index, 'meters', place, 'meter']
        if (ids.has(meter)) context.addIssue({ code: 'custom', path, message: `meter ${meter} stands twice` })
        ids.add(meter)
      }
    }
  })

export type CollectorsOptions = z.output<typeof collectorsSchema>

export const collectorName = ({ building, gateway }: Pick<Collector, 'building' | 'gateway'>): string =>
  `${building}/${gateway}`

/** A value that becomes no reading. */
export interface RefusedValue {
  value: CollectorValue
  /** Undefined: no meter of the configuration. */
  meter: string | undefined
  reason: string
}

export interface Translated {
  readings: Reading[]
  refused: RefusedValue[]
}

/** The readings of a data message; undefined when its time is none, since no value of it can be placed. */
export function translated(collector: Collector, data: CollectorData): Translated | undefined {
  const at = collectorTimeMs(data.time)
  if (at === undefined) return undefined
  const found: Translated = { readings: [], refused: [] }
  for (const value of data.values) {
    const known = collector.meters.find((one) => one.id === value.meter && one.function === value.function)
    const reason = refusal(collector, value, known !== undefined)
    if (known === undefined || reason !== undefined)
      found.refused.push({ value, meter: known?.meter, reason: reason ?? '' })
    else
      found.readings.push({
        ...{ meter: known.meter, at, value: Number(value.value) },
        ...(known.unit !== undefined && { unit: known.unit }),
      })
  }
  return found
}

function refusal(
  { goodErrors }: Collector,
  { meter, function: quantity, coding, error, value }: CollectorValue,
  isKnown: boolean,
): string | undefined {
  if (!isKnown) return `no meter of the configuration has id ${meter} and function ${quantity} (coding ${coding})`
  if (error !== '' && !goodErrors.includes(error)) return `the collector says error ${error}`
  return /^[+-]?\d+(\.\d+)?$/.test(value) ? undefined : `"${value.slice(0, 32)}" is no number`
}
