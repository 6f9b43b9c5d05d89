// The schema of a mapping (docs/rules/interfaces.md#mappings): data that says where device, value, unit and time stand
// in what a gateway of others sends. A gateway in the registry names a shipped one or has one of its own.

import * as z from 'zod'

const path = z.string().min(1).max(200)

/** Where a time stands, and how it is written. */
const timeSchema = z.strictObject({
  path,
  /** local: without an offset, in UTC+8. */
  form: z.enum(['rfc3339', 'local', 'epochSeconds', 'epochMs']),
})

const mappedSchema = z.strictObject({
  /** Of the value: names joined by dots, places in brackets: object.meters[0].energy; empty: the whole payload. */
  path: z.string().max(200),
  /** The meter's id, or a key of `meters`; {device} and other names of the topic, or of `device`, stand for values. */
  meter: z.string().min(1).max(200),
  unit: z.string().max(16).optional(),
  scale: z.number().positive().default(1),
  time: timeSchema.optional(),
})

export const mappingSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1).max(100),
  /** Where the payload is described. */
  source: z.string().min(1).max(500),
  certainty: z.enum(['official', 'secondary', 'derived', 'recalled', 'supplied']),
  format: z.enum(['json', 'text', 'csv', 'sparkplugB']),
  /** The topic after kw/v1/G/foreign/: {name} takes one level, {name*} all that follow; absent: any. */
  topic: z.string().min(1).max(200).optional(),
  /** Topics of the same sender that are passed over in silence. */
  ignore: z.array(z.string().min(1).max(200)).max(50).default([]),
  /** Path of the device's name in the payload, where the topic does not have it. */
  device: path.optional(),
  /** Of CSV: what stands in the columns, in order; a line without a header. */
  columns: z.array(z.enum(['meter', 'time', 'value', 'unit', 'ignore'])).optional(),
  /** Of CSV lines: how times are written. */
  time: timeSchema.shape.form.default('rfc3339'),
  /** One reading for each path that is there. */
  readings: z.array(mappedSchema).max(100).default([]),
  /** Names of devices → meter ids, where they differ. */
  meters: z.record(z.string(), z.string().min(1).max(64)).default({}),
})
export type Mapping = z.output<typeof mappingSchema>
export type TimeForm = z.output<typeof timeSchema>['form']
