// Reads the environment variables of the platform on AWS: one row per variable, parsed at first use, so that a function
// needs only the ones it uses and importing needs none. A series store has rows of its own (cloud/series/stores.ts).
// `infra/` sets them; docs/architecture.md lists them.

import * as z from 'zod'
import { must } from '../domain/must.ts'

/** A name, such as that of a table or a queue. */
export const name = z.string().min(1)
/** Address of a service. */
export const url = z.url({ protocol: /^https?$/ })

export const variables = {
  /** DynamoDB table of state documents and of the ledger of arrived readings, nothing else. */
  KILOWATCH_STATE_TABLE: name,
  /** S3 bucket of reports and packages. */
  KILOWATCH_OBJECTS_BUCKET: name,
  /** One per queue of the trigger table. FIFO, with GATHER_SECONDS of delay (decision 0016). */
  KILOWATCH_QUEUE_SETTLE_URL: url,
  KILOWATCH_QUEUE_ASSESS_URL: url,
  KILOWATCH_QUEUE_ROLLUP_URL: url,
  KILOWATCH_QUEUE_NOTIFY_URL: url,
  KILOWATCH_QUEUE_PRUNE_URL: url,
  KILOWATCH_QUEUE_REPORTS_URL: url,
  KILOWATCH_QUEUE_CONTRACT_URL: url,
  KILOWATCH_QUEUE_CONTROL_URL: url,
  /** A queue to which this function does not send: its work waits for the schedule. Empty: none. */
  KILOWATCH_UNSENT: z.enum(['', 'settle', 'assess']).default(''),
  /** Dead-letter queue of this function: for messages that no retry can help, or that are too old. */
  KILOWATCH_DEAD_LETTERS_URL: url,
  /** Address of the page, for links in notifications. */
  KILOWATCH_PAGE_URL: url,
  /** Sender of mail, an identity verified in SES. */
  KILOWATCH_MAIL_FROM: name,
  /** IoT policy that every gateway's certificate gets. */
  KILOWATCH_THING_POLICY: name,
  /** Type and group of the things that gateways are. */
  KILOWATCH_THING_GROUP: name,
  /** JWT claim that marks an administrator, and the value it must have or contain. */
  KILOWATCH_ADMIN_CLAIM: name.default('cognito:groups'),
  KILOWATCH_ADMIN_VALUE: name.default('kilowatch-admin'),
  /** Who may read without a role: `anyone`, or nobody. */
  KILOWATCH_READERS: z.enum(['signed-in', 'anyone']).default('signed-in'),
  /** The canary's gateway and meter, and the topic of its readings. */
  KILOWATCH_CANARY_GATEWAY: name,
  KILOWATCH_CANARY_METER: name,
  KILOWATCH_CANARY_TOPIC: name,
  /** `prod`, `test`, …: used only in logs. */
  KILOWATCH_STAGE: name.default('prod'),
}

type Rows = Readonly<Record<string, z.ZodType>>
type Environment = Readonly<Record<string, string | undefined>>

/**
 * Returns a function that reads a variable of `rows`. It throws an Error that names the variable when it is missing or
 * invalid.
 */
export function readerOf<Table extends Rows>(rows: Table) {
  return <Name extends keyof Table & string>(key: Name, source: Environment = process.env): z.output<Table[Name]> => {
    const row: z.ZodType | undefined = rows[key]
    const result = must(row).safeParse(source[key])
    if (result.success) return result.data as z.output<Table[Name]>
    if (source[key] === undefined) throw new Error(`the environment variable ${key} is not set`)
    throw new Error(`the environment variable ${key}: ${result.error.issues[0]?.message}`)
  }
}

export const variable = readerOf(variables)
