// The rows of a gateway's allow-list: what a confirmed command may set in the building. The configuration on site names
// them, nobody else (docs/rules/devices.md#gateway-commands).

import * as z from 'zod'
import { SWITCH_NAMES } from '../domain/wire/control-command.ts'

const word = z.int().min(0).max(0xffff)
const SHARED = {
  /** A meter of the Modbus device that has the register or coil. */
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

/** A register with the values that it may get, or a coil with the commands that may set it. */
export const allowedControlSchema = z.union([registerRow, coilRow])
export type AllowedControl = z.output<typeof allowedControlSchema>
