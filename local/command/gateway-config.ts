// Parses the configuration file of `kilowatch gateway`, YAML or JSON (docs/rules/devices.md#gateway-configuration):
// gateway id, broker, outbox file, and either lines with meters or a driver with its options. Names line and key of
// every problem; a line of meters that is wrong is left out, and the others run.

import { dirname, resolve } from 'node:path'
import { isNode, LineCounter, parseDocument } from 'yaml'
import * as z from 'zod'
import { type AllowedControl, allowedControlSchema } from '../../devices/allowed-control.ts'
import type { Driver } from '../../devices/driver.ts'
import { drivers } from '../../devices/drivers.ts'
import { ChangingLines, type ChangingLinesOptions } from '../../devices/lines/changing-lines.ts'
import { type ConfigIssue, type FindTemplate, LinePlanner, lineSchema } from '../../devices/lines/line-config.ts'
import type { PlannedLine } from '../../devices/lines/lines-source.ts'
import type { Log } from '../../devices/log.ts'
import type { Source } from '../../devices/source.ts'
import { findTemplate } from '../../devices/template-files.ts'
import { isBrokerUrl } from '../../devices/uplink.ts'
import { gatewayId } from '../../domain/registry/records.ts'

const PROBLEMS_SHOWN_MAX = 10
const LINES_MAX = 100
const driverNames = Object.keys(drivers) as (keyof typeof drivers)[]

const SHAPE = {
  /** Gateway id of the registry; MQTT client id and user name. */
  gateway: gatewayId,
  url: z.string().refine(isBrokerUrl, { error: 'is not the address of a broker; write mqtt://host:port' }),
  /** Not needed where a certificate names the gateway. */
  password: z.string().min(1, 'is empty').optional(),
  /** PEM files, relative to the folder of this file: the gateway's own certificate and private key. */
  certificate: z.string().min(1, 'is empty').optional(),
  key: z.string().min(1, 'is empty').optional(),
  /** PEM file of the authorities that the broker's certificate may come from; those of the system when absent. */
  authorities: z.string().min(1, 'is empty').optional(),
  /** Path of the outbox, relative to the folder of this file. */
  outbox: z.string().min(1, 'is empty'),
}

const CONTROL = {
  /** Registers and coils that a confirmed command may set; none when absent. */
  allow: z.array(allowedControlSchema).max(100).default([]),
  /** Whether the service may replace the lines by the command `configure`. */
  configuredByServer: z.boolean().default(false),
}

const driverFileSchema = z.strictObject({
  ...SHAPE,
  driver: z.enum(driverNames, {
    error: unlessMissing(`is not a driver; there is ${driverNames.join(', ')}, or "lines"`),
  }),
  /** Parsed by the driver's own schema. */
  options: z.unknown(),
})

/** Each line is parsed on its own. */
const linesFileSchema = z.strictObject({
  ...{ ...SHAPE, ...CONTROL },
  lines: z.array(z.unknown()).min(1).max(LINES_MAX),
})

/** A configuration file with lines, for editors. */
export const gatewayFileSchema = z.strictObject({
  $schema: z.string().optional(),
  ...SHAPE,
  ...CONTROL,
  lines: z.array(lineSchema).min(1).max(LINES_MAX),
})

export interface GatewayConfig {
  gateway: string
  url: string
  password?: string | undefined
  /** Absolute paths. */
  files: { cert?: string; key?: string; ca?: string }
  outbox: string
  /** Names what reads the meters. */
  driver: string
  allow: AllowedControl[]
  configuredByServer: boolean
  /** Lines that are left out, with the reason. */
  problems: string[]
  /** Empty where a driver reads. */
  lines: readonly PlannedLine[]
  /** Lines as the service sent them, and what is wrong with them; all of them are right, or none count. */
  planSent(raw: readonly unknown[]): { lines: PlannedLine[]; problems: string[] }
  /** `lines`: instead of those of the file. */
  source(log: Log, given?: Partial<Pick<ChangingLinesOptions, 'lines' | 'now' | 'trialMs'>>): Source | ChangingLines
}

/** `file` is the path that the text was read from. Throws an Error that names file, line, fields and reasons. */
export function parseGatewayConfig(text: string, file: string): GatewayConfig {
  const written = readWritten(text, file)
  const { $schema: _, ...content } = Object(written.content)
  const isObject = typeof written.content === 'object' && !Array.isArray(written.content) && written.content !== null
  if (isObject && 'lines' in content) return withLines(content, written, file)
  return withDriver(isObject ? content : written.content, written, file)
}

function withDriver(content: unknown, written: Written, file: string): GatewayConfig {
  const parsed = driverFileSchema.safeParse(content, { error: tellMissing })
  const driver = driverOf(content)
  const options = driver?.options.safeParse(Object(content).options, { error: tellMissing })
  const issues: AnyIssue[] = [
    ...(parsed.error?.issues ?? identityIssues(parsed.data)),
    ...(options?.error?.issues ?? []).map((issue) => ({ ...issue, path: ['options', ...issue.path] })),
  ]
  if (!parsed.success || !driver || !options?.success || issues.length > 0)
    throw new Error(problemsText(issues, written))
  return {
    ...placed(parsed.data, file),
    driver: parsed.data.driver,
    ...{ allow: [], problems: [], lines: [], configuredByServer: false },
    planSent: () => ({ lines: [], problems: ['a gateway with a driver has no lines'] }),
    source: (log) => driver.source(options.data, log),
  }
}

function withLines(content: unknown, written: Written, file: string): GatewayConfig {
  const parsed = linesFileSchema.safeParse(content, { error: tellMissing })
  const wrong = parsed.error?.issues ?? identityIssues(parsed.data)
  if (!parsed.success || wrong.length > 0) throw new Error(problemsText(wrong, written))
  const { lines, issues } = planLines(parsed.data.lines, (name) => findTemplate(name, dirname(file)))
  if (lines.length === 0) throw new Error(problemsText(issues, written))
  const { allow, configuredByServer } = parsed.data
  return {
    ...placed(parsed.data, file),
    ...{ driver: 'lines', allow, configuredByServer, lines },
    problems: issues.flatMap((issue) => problemsOf(issue, written)),
    planSent,
    source: (log, given) => new ChangingLines({ lines, log, ...given }),
  }
}

/** Lines that are right, and what is wrong with the others. */
function planLines(raw: readonly unknown[], find: FindTemplate): { lines: PlannedLine[]; issues: AnyIssue[] } {
  const planner = new LinePlanner(find)
  const issues: AnyIssue[] = []
  const lines = raw.flatMap((one, index) => {
    const line = lineSchema.safeParse(one, { error: tellMissing })
    if (!line.success) {
      issues.push(...line.error.issues.map((issue) => ({ ...issue, path: ['lines', index, ...issue.path] })))
      return []
    }
    const planned = planner.plan(line.data, ['lines', index])
    issues.push(...planned.issues)
    return planned.issues.length > 0 ? [] : [{ config: line.data, devices: planned.devices }]
  })
  return { lines, issues }
}

/** A configuration from elsewhere names no files of this machine. */
function planSent(raw: readonly unknown[]): { lines: PlannedLine[]; problems: string[] } {
  const { lines, issues } = planLines(raw, (name) => {
    if (name.endsWith('.json')) throw new Error('a sent configuration names templates that are shipped, no files')
    return findTemplate(name, '')
  })
  return { lines, problems: issues.map(({ path, message }) => `${z.core.toDotPath(path)}: ${message}`) }
}

const linesBase = z.object(SHAPE)

/** A gateway names itself by a password, or by a certificate. */
function identityIssues(given: Partial<z.output<typeof linesBase>> | undefined): ConfigIssue[] {
  const { password, certificate, key } = given ?? {}
  if (certificate === undefined && key === undefined)
    return password === undefined ? [{ path: ['password'], message: 'is missing' }] : []
  if (certificate === undefined) return [{ path: ['certificate'], message: 'is missing beside "key"' }]
  if (key === undefined) return [{ path: ['key'], message: 'is missing beside "certificate"' }]
  return password === undefined ? [] : [{ path: ['password'], message: 'is too much beside a certificate' }]
}

function placed({ gateway, url, password, outbox, ...given }: z.output<typeof linesBase>, file: string) {
  const at = (path: string): string => resolve(dirname(file), path)
  const { certificate, key, authorities } = given
  return {
    ...{ gateway, url, password },
    outbox: at(outbox),
    files: {
      ...(certificate !== undefined && { cert: at(certificate) }),
      ...(key !== undefined && { key: at(key) }),
      ...(authorities !== undefined && { ca: at(authorities) }),
    },
  }
}

/** A file's content, and where its keys stand. */
interface Written {
  file: string
  content: unknown
  /** Number of the line on which the value of a path begins, or that of the nearest value around it. */
  lineOf(path: readonly PropertyKey[]): number
}

function readWritten(text: string, file: string): Written {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  if (error) {
    const { line } = lines.linePos(error.pos[0])
    throw new Error(`${file}:${line}: is not ${file.endsWith('.json') ? 'JSON' : 'YAML'}: ${error.message}`)
  }
  return {
    file,
    content: document.toJS(),
    lineOf(path) {
      for (let length = path.length; length >= 0; length--) {
        const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
        if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
      }
      return 1
    },
  }
}

/**
 * The driver that the file names, even when other fields are wrong, so that problems of its options are reported too.
 */
function driverOf(content: unknown): Driver | undefined {
  const name = driverNames.find((one) => one === Object(content).driver)
  return name && drivers[name]
}

function tellMissing({ code, input }: z.core.$ZodRawIssue): string | undefined {
  return code === 'invalid_type' && input === undefined ? 'is missing' : undefined
}
function unlessMissing(message: string) {
  return ({ input }: z.core.$ZodRawIssue): string => (input === undefined ? 'is missing' : message)
}

type AnyIssue = z.core.$ZodIssue | ConfigIssue

function problemsText(issues: readonly AnyIssue[], written: Written): string {
  const problems = issues.flatMap((issue) => problemsOf(issue, written))
  const shown = problems.slice(0, PROBLEMS_SHOWN_MAX)
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`)
  return shown.join('\n')
}

/** E.g. `g.yaml:7: lines[0].meters[1].address: is missing`. */
function problemsOf(issue: AnyIssue, { file, lineOf }: Written): string[] {
  const at = (path: PropertyKey[]): string => `${file}:${lineOf(path)}: ${z.core.toDotPath(path) || 'the file'}`
  if ('code' in issue && issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${at([...issue.path, key])}: is not a known field`)
  return [`${at(issue.path)}: ${issue.message.replace(/^(Invalid input|Too (small|big)): /, '')}`]
}
