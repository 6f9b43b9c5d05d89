// The contract of a meter driver: the options that it takes from a gateway's configuration file, and the source that it
// makes of them. `drivers.ts` is the table of all drivers; `drivers/blueprint.ts` shows how to write one.

import type * as z from 'zod'
import type { Log } from './log.ts'
import type { Source } from './source.ts'

export interface Driver<Options = unknown> {
  /** A strictObject, so that a misspelt option is told and not passed over. */
  options: z.ZodType<Options>
  /** Options are those that the schema has parsed. Opens nothing before its readings are asked for. */
  source(options: Options, log: Log): Source
}
