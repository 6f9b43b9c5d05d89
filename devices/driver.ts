// The contract of a meter driver: its options in a gateway's configuration file, and the source made from them.
// `drivers.ts` is the table of all drivers; `drivers/blueprint.ts` shows how to write one.

import type * as z from 'zod'
import type { Log } from './log.ts'
import type { Source } from './source.ts'

export interface Driver<Options = unknown> {
  /** A strictObject, so that a misspelt option is reported, not ignored. */
  options: z.ZodType<Options>
  /** `options` are parsed by the schema. Opens nothing before its readings are requested. */
  source(options: Options, log: Log): Source
}
