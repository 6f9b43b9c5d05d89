// Device templates: data files that say how a type of meter is asked and which of its fields is the register
// (docs/rules/devices.md#device-templates). A new device is one file; the code knows no vendor.

import * as z from 'zod'
import { CJT188_VARIANTS } from './codecs/cjt188-data.ts'
import { REGISTERS_SHAPE, withoutOverlaps } from './codecs/modbus-map.ts'

const fieldName = z.string().regex(/^[a-z][A-Za-z0-9]{0,63}$/, 'must be a name such as forwardActiveEnergy')

const SHAPE = {
  $schema: z.string().optional(),
  name: z.string().min(1).max(100),
  /** Where the layout is stated: title, edition and page, or an address. */
  source: z.string().min(1).max(500),
  certainty: z.enum(['official', 'secondary', 'derived', 'recalled']),
  /** The template shows the format and belongs to no meter. */
  example: z.literal(true).optional(),
  /** The field that is read where a device of this template names one meter. */
  main: fieldName,
}

const hexDigits = (count: number, example: string) =>
  z.string().regex(new RegExp(`^[0-9A-F]{${count}}$`), `must be ${count} upper-case hex digits, e.g. ${example}`)

/** An identifier with a layout of its own; without `format` the one of docs/rules/devices.md#data-identifiers. */
const dlt645Read = z.strictObject({
  name: fieldName,
  di: z.string().regex(/^([0-9A-F]{8}|[0-9A-F]{4})$/, 'must be 8 upper-case hex digits, or 4 in the 1997 edition'),
  /** As the standard writes it: XXXXXX.XX */
  format: z
    .string()
    .regex(/^X+(\.X+)?$/, 'must be a format such as XXXXXX.XX')
    .optional(),
  signed: z.boolean().default(false),
  unit: z.string().max(16).optional(),
})

const dlt645Template = z.strictObject({
  ...SHAPE,
  protocol: z.literal('dlt645'),
  edition: z.enum(['2007', '1997']).default('2007'),
  reads: z.array(dlt645Read).min(1).max(100),
})

const cjt188Template = z.strictObject({
  ...SHAPE,
  protocol: z.literal('cjt188'),
  /** T: 10 cold water, 20 heat, 30 gas, … */
  meterType: hexDigits(2, '10'),
  di: hexDigits(4, '901F').default('901F'),
  /** Which byte of the identifier is sent first; answers are read either way. */
  diOrder: z.enum(['highFirst', 'lowFirst']).default('highFirst'),
  variant: z.enum(CJT188_VARIANTS).optional(),
  /** Digits after the point of the flow. */
  flowDecimals: z.int().min(0).max(6).optional(),
})

const modbusTemplate = z
  .strictObject({ ...SHAPE, protocol: z.literal('modbus'), registers: REGISTERS_SHAPE })
  .superRefine(withoutOverlaps)

const mbusTemplate = z.strictObject({ ...SHAPE, protocol: z.literal('mbus') })

/** A file of a device template. */
export const templateSchema = z.discriminatedUnion('protocol', [
  dlt645Template,
  cjt188Template,
  modbusTemplate,
  mbusTemplate,
])

export type Template = z.output<typeof templateSchema>
export type TemplateOf<Protocol extends Template['protocol']> = Extract<Template, { protocol: Protocol }>
