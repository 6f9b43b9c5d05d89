// The rows of a gateway's allow-list: what a confirmed command may set in the building. The configuration on site names
// them, nobody else (docs/rules/devices.md#gateway-commands).

import * as z from 'zod'
import { SWITCH_NAMES } from '../domain/wire/control-command.ts'

const word = z.int().min(0).max(0xffff)
const SHARED = {
  /** A meter of the device that has the register, coil or relay. */
  meter: z.string(),
  /** Names of senders, as the audit log of the service has them; anybody whom the service admits when absent. */
  by: z.array(z.string().min(1)).min(1).max(20).optional(),
}

const registerRow = z.strictObject({ ...SHARED, address: word, min: word, max: word })
const coilRow = z.strictObject({
  ...SHARED,
  coil: word,
  commands: z.array(z.enum(SWITCH_NAMES)).min(1),
  /** The coil is on when the relay is off or the valve is closed. */
  inverted: z.boolean().default(false),
})

const fourBytes = z.string().regex(/^[0-9A-Fa-f]{8}$/, 'is 8 hex digits: four bytes, as they are sent')
const relayRow = z.strictObject({
  ...SHARED,
  /** The relay in a DL/T 645-2007 meter: its password with the level in front, and the code it notes as operator. */
  dlt645: z.strictObject({ password: fourBytes, operator: fourBytes.default('00000000') }),
  commands: z.array(z.enum(['relayOff', 'relayOn'])).min(1),
})

/** A register with the values that it may get, a coil or the relay of a meter with the commands that may set it. */
export const allowedControlSchema = z.union([registerRow, coilRow, relayRow])
export type AllowedControl = z.output<typeof allowedControlSchema>
