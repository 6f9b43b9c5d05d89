// The table of meter drivers: the name in a gateway's configuration file → the driver. A new driver is a file in
// `drivers/` and a row here.

import type { Driver } from './driver.ts'
import { blueprint } from './drivers/blueprint.ts'
import { mohurd } from './drivers/mohurd.ts'

export const drivers = { blueprint, mohurd } satisfies Record<string, Driver>
