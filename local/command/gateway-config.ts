// Parses the configuration file of `kilowatch gateway`: gateway id, broker, outbox file, driver and its options. Names
// the field of every problem.

import { dirname, resolve } from 'node:path'
import * as z from 'zod'
import type { Driver } from '../../devices/driver.ts'
import { drivers } from '../../devices/drivers.ts'
import type { Log } from '../../devices/log.ts'
import type { Source } from '../../devices/source.ts'
import { isBrokerUrl } from '../../devices/uplink.ts'
import { gatewayId } from '../../domain/registry/records.ts'

const PROBLEMS_SHOWN_MAX = 10
const driverNames = Object.keys(drivers) as (keyof typeof drivers)[]

const fileSchema = z.strictObject({
  /** Gateway id of the registry; MQTT client id and user name. */
  gateway: gatewayId,
  url: z.string().refine(isBrokerUrl, { error: 'is not the address of a broker; write mqtt://host:port' }),
  password: z.string().min(1, 'is empty'),
  /** Path of the outbox, relative to the folder of this file. */
  outbox: z.string().min(1, 'is empty'),
  driver: z.enum(driverNames, { error: unlessMissing(`is not a driver; there is ${driverNames.join(', ')}`) }),
  /** Parsed by the driver's own schema. */
  options: z.unknown(),
})

export interface GatewayConfig extends Omit<z.output<typeof fileSchema>, 'options'> {
  source(log: Log): Source
}

/** `file` is the path that the text was read from. Throws an Error that names file, fields and reasons. */
export function parseGatewayConfig(text: string, file: string): GatewayConfig {
  const json = jsonOf(text, file)
  const parsed = fileSchema.safeParse(json, { error: tellMissing })
  const driver = driverOf(json)
  const options = driver?.options.safeParse(Object(json).options, { error: tellMissing })
  const issues = [
    ...(parsed.error?.issues ?? []),
    ...(options?.error?.issues ?? []).map((issue) => ({ ...issue, path: ['options', ...issue.path] })),
  ]
  if (!parsed.success || !driver || !options?.success) throw new Error(problemsText(issues, file))
  return {
    ...parsed.data,
    outbox: resolve(dirname(file), parsed.data.outbox),
    source: (log) => driver.source(options.data, log),
  }
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/**
 * The driver that the file names, even when other fields are wrong, so that problems of its options are reported too.
 */
function driverOf(json: unknown): Driver | undefined {
  const name = driverNames.find((one) => one === Object(json).driver)
  return name && drivers[name]
}

function tellMissing({ code, input }: z.core.$ZodRawIssue): string | undefined {
  return code === 'invalid_type' && input === undefined ? 'is missing' : undefined
}
function unlessMissing(message: string) {
  return ({ input }: z.core.$ZodRawIssue): string => (input === undefined ? 'is missing' : message)
}

function problemsText(issues: readonly z.core.$ZodIssue[], file: string): string {
  const problems = issues.flatMap(problemsOf)
  const shown = problems.slice(0, PROBLEMS_SHOWN_MAX).map((problem) => `${file}: ${problem}`)
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`)
  return shown.join('\n')
}

/** E.g. `options.meters[0].url: is missing`. */
function problemsOf(issue: z.core.$ZodIssue): string[] {
  const fieldOf = (path: PropertyKey[]): string => z.core.toDotPath(path) || 'the file'
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${fieldOf([...issue.path, key])}: is not a known field`)
  return [`${fieldOf(issue.path)}: ${issue.message.replace(/^(Invalid input|Too (small|big)): /, '')}`]
}
