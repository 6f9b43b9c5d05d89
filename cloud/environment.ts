// What the platform on AWS is told by its environment: one row per variable, parsed when it is first asked for, so that
// a function needs only what it uses and importing needs nothing. `infra/` sets them; docs/architecture.md lists them.

import * as z from 'zod'

const name = z.string().min(1)
const url = z.url({ protocol: /^https?$/ })

export const variables = {
  /** Which series store was chosen at deploy. */
  KILOWATCH_STORE: z.enum(['timestream', 'influxdb']),
  /** DynamoDB table of state documents, of the ledger of what was touched, and of nothing else. */
  KILOWATCH_STATE_TABLE: name,
  /** S3 bucket of reports and packages. */
  KILOWATCH_OBJECTS_BUCKET: name,
  KILOWATCH_TIMESTREAM_DATABASE: name,
  KILOWATCH_READINGS_TABLE: name,
  KILOWATCH_CONSUMPTION_TABLE: name,
  /** `https://host:8086` of Timestream for InfluxDB, or of any server with the v1 API. */
  KILOWATCH_INFLUX_URL: url,
  KILOWATCH_INFLUX_DATABASE: name,
  /** Secret whose JSON has `username` and `password`, or `token`. */
  KILOWATCH_INFLUX_SECRET_ARN: name,
  /** One per queue of the trigger table. FIFO, with GATHER_SECONDS of delay (decision 0016). */
  KILOWATCH_QUEUE_SETTLE_URL: url,
  KILOWATCH_QUEUE_ASSESS_URL: url,
  KILOWATCH_QUEUE_ROLLUP_URL: url,
  KILOWATCH_QUEUE_NOTIFY_URL: url,
  KILOWATCH_QUEUE_PRUNE_URL: url,
  /** Where this function's messages go that were received RECEIVES_MAX times. */
  KILOWATCH_DEAD_LETTERS_URL: url,
  /** Where the page is: links of notifications lead there. */
  KILOWATCH_PAGE_URL: url,
  /** Sender of mail, an identity that SES has verified. */
  KILOWATCH_MAIL_FROM: name,
  /** IoT policy that every gateway's certificate gets. */
  KILOWATCH_THING_POLICY: name,
  /** Claim of the JWT that says who is an administrator, and the value it must have or contain. */
  KILOWATCH_ADMIN_CLAIM: name.default('cognito:groups'),
  KILOWATCH_ADMIN_VALUE: name.default('kilowatch-admin'),
  /** `prod`, `test`, …: only told in logs. */
  KILOWATCH_STAGE: name.default('prod'),
}
export type Variable = keyof typeof variables

/** The value of a variable. Throws an Error that names it when it is not set, or says what is wrong with it. */
export function variable<Name extends Variable>(
  key: Name,
  source: Readonly<Record<string, string | undefined>> = process.env,
): z.output<(typeof variables)[Name]> {
  const result = variables[key].safeParse(source[key])
  if (result.success) return result.data as z.output<(typeof variables)[Name]>
  if (source[key] === undefined) throw new Error(`the environment variable ${key} is not set`)
  throw new Error(`the environment variable ${key}: ${result.error.issues[0]?.message}`)
}
