// Maps what gateways of others send to readings (docs/rules/interfaces.md#mappings). What does not fit is a reason,
// never a guess.

import type { Mapping, TimeForm } from '../registry/mapping.ts'
import { type Metric, sparkplugMetrics } from './sparkplug.ts'
import { decodeText } from './text.ts'

/** As in a readings message, before it is checked. */
export interface MappedReading {
  meter: string
  at: number
  value: number
  unit?: string
}

export interface MappedMessage {
  readings: MappedReading[]
  /** Why a part, or all of it, is no reading. */
  refused: { reason: string; meter: string | null }[]
}

export interface ForeignMessage {
  payload: string | Uint8Array
  /** After kw/v1/G/foreign/; absent for a message to the gateway's own topic. */
  topic?: string | undefined
  receivedMs: number
}

const QUOTED_CHARS_MAX = 80
const CSV_LINES_MAX = 2_000

/** Never throws. A message on a topic to be ignored is neither read nor refused. */
export function mapMessage(mapping: Mapping, message: ForeignMessage): MappedMessage {
  const { topic = '' } = message
  const names = mapping.topic === undefined || message.topic === undefined ? {} : matchTopic(mapping.topic, topic)
  if (!names && mapping.ignore.some((pattern) => matchTopic(pattern, topic))) return { readings: [], refused: [] }
  if (!names) return refusedAs(`the topic "${quoted(topic)}" does not fit "${mapping.topic}"`)
  const content = contentOf(mapping, message.payload)
  if ('reason' in content) return refusedAs(content.reason)
  return mapping.format === 'csv'
    ? mapLines(mapping, String(content.value), message)
    : mapValue(mapping, content.value, { names, message })
}

const refusedAs = (reason: string): MappedMessage => ({ readings: [], refused: [{ reason, meter: null }] })
const quoted = (value: unknown): string =>
  (typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))).slice(0, QUOTED_CHARS_MAX)

function contentOf({ format }: Mapping, payload: string | Uint8Array): { value: unknown } | { reason: string } {
  if (format === 'sparkplugB') {
    if (typeof payload === 'string') return { reason: 'a Sparkplug B payload is bytes, not text' }
    const metrics = sparkplugMetrics(payload)
    return typeof metrics === 'string' ? { reason: metrics } : { value: byName(metrics) }
  }
  const decoded = decodeText(payload)
  if ('encoding' in decoded) return { reason: `the payload is not UTF-8 but ${decoded.encoding}` }
  if (format !== 'json') return { value: decoded.text.trim() }
  try {
    return { value: JSON.parse(decoded.text) }
  } catch {
    return { reason: `the payload is no JSON: ${quoted(decoded.text)}` }
  }
}

/** Metrics as an object: name → value and time. */
const byName = (metrics: readonly Metric[]): Record<string, Metric> =>
  Object.fromEntries(metrics.map((metric) => [metric.name, metric]))

interface Context {
  names: Record<string, string>
  message: ForeignMessage
}

function mapValue(mapping: Mapping, content: unknown, { names, message }: Context): MappedMessage {
  const device = mapping.device === undefined ? undefined : valueAt(content, mapping.device)
  const known = typeof device === 'string' || typeof device === 'number' ? { ...names, device: String(device) } : names
  const mapped: MappedMessage = { readings: [], refused: [] }
  for (const wanted of mapping.readings) {
    const found = wanted.path === '' ? content : valueAt(content, wanted.path)
    if (found === undefined || found === null) continue
    const meter = meterOf(mapping, wanted.meter, known)
    const value = numberOf(found)
    if (meter === undefined)
      mapped.refused.push({ reason: `nothing in the message names {…} of "${wanted.meter}"`, meter: null })
    else if (value === undefined)
      mapped.refused.push({ reason: `${wanted.path || 'the payload'}: ${quoted(found)} is no number`, meter })
    else {
      const at = wanted.time ? timeOf(valueAt(content, wanted.time.path), wanted.time.form) : message.receivedMs
      if (at === undefined)
        mapped.refused.push({ reason: `${wanted.time?.path}: no time as ${wanted.time?.form}`, meter })
      else mapped.readings.push(readingOf({ meter, at, value: value * wanted.scale, unit: wanted.unit }))
    }
  }
  if (mapped.readings.length > 0 || mapped.refused.length > 0) return mapped
  const paths = mapping.readings.map((wanted) => wanted.path).join(', ')
  return refusedAs(`the payload has none of ${paths}: ${quoted(content)}`)
}

const readingOf = ({ unit, ...reading }: MappedReading & { unit?: string | undefined }): MappedReading =>
  unit === undefined || unit === '' ? reading : { ...reading, unit }

function mapLines(mapping: Mapping, text: string, { receivedMs }: ForeignMessage): MappedMessage {
  const mapped: MappedMessage = { readings: [], refused: [] }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  if (lines.length > CSV_LINES_MAX) return refusedAs(`${lines.length} lines; ${CSV_LINES_MAX} at most`)
  const { columns = ['meter', 'time', 'value', 'unit'] } = mapping
  for (const line of lines) {
    const cells = line.split(/[,;\t]/).map((cell) => cell.trim())
    const cell = (name: (typeof columns)[number]): string => cells[columns.indexOf(name)] ?? ''
    const meter = ownMeter(mapping, cell('meter'))
    const value = numberOf(cell('value'))
    const at = columns.includes('time') ? timeOf(cell('time'), mapping.time) : receivedMs
    if (meter === '') mapped.refused.push({ reason: `"${quoted(line)}" names no meter`, meter: null })
    else if (value === undefined) mapped.refused.push({ reason: `"${cell('value')}" is no number`, meter })
    else if (at === undefined) mapped.refused.push({ reason: `"${cell('time')}" is no time as ${mapping.time}`, meter })
    else mapped.readings.push(readingOf({ meter, at, value, unit: cell('unit') }))
  }
  return lines.length === 0 ? refusedAs('the payload is empty') : mapped
}

function meterOf({ meters }: Mapping, pattern: string, names: Record<string, string>): string | undefined {
  let isWhole = true
  const id = pattern.replace(/\{(\w+)\}/g, (_, name: string) => {
    isWhole &&= Object.hasOwn(names, name)
    return Object.hasOwn(names, name) ? (names[name] ?? '') : ''
  })
  return isWhole ? ownMeter({ meters }, id) : undefined
}

/** The meter that a name in a message stands for. The names are a stranger's: `__proto__` is one like any other. */
const ownMeter = ({ meters }: Pick<Mapping, 'meters'>, name: string): string =>
  Object.hasOwn(meters, name) ? (meters[name] ?? name) : name

/** The named parts of a topic; undefined where it does not fit the pattern. */
function matchTopic(pattern: string, topic: string): Record<string, string> | undefined {
  const levels = topic.split('/')
  const wanted = pattern.split('/')
  const names: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const [, name, many] = /^\{(\w+)(\*?)\}$/.exec(part) ?? []
    const level = levels[index]
    if (level === undefined) return undefined
    if (name === undefined ? part !== level : level === '') return undefined
    if (name !== undefined) names[name] = many ? levels.slice(index).join('/') : level
    if (many) return names
  }
  return levels.length === wanted.length ? names : undefined
}

function valueAt(content: unknown, text: string): unknown {
  let value = content
  // Names of metrics have slashes and dots of their own: the longest name that is there counts.
  for (let rest = text; rest !== ''; ) {
    if (typeof value !== 'object' || value === null) return undefined
    const index = /^\[(\d+)\]\.?/.exec(rest)
    if (index) {
      value = Array.isArray(value) ? value[Number(index[1])] : undefined
      rest = rest.slice(index[0].length)
      continue
    }
    const name = Object.keys(value)
      .filter((key) => rest === key || rest.startsWith(`${key}.`) || rest.startsWith(`${key}[`))
      .sort((one, other) => other.length - one.length)[0]
    if (name === undefined) return undefined
    value = (value as Record<string, unknown>)[name]
    rest = rest.slice(name.length).replace(/^\./, '')
  }
  return value
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  return typeof value === 'string' && /^[-+]?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined
}

const LOCAL = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i

function timeOf(value: unknown, form: TimeForm): number | undefined {
  if (form === 'rfc3339' || form === 'local') {
    if (typeof value !== 'string' || !(form === 'local' ? LOCAL : RFC3339).test(value)) return undefined
    const ms = Date.parse(form === 'local' ? `${value.replace(' ', 'T')}+08:00` : value)
    return Number.isNaN(ms) ? undefined : Math.floor(ms)
  }
  const number = numberOf(value)
  if (number === undefined) return undefined
  return Math.floor(form === 'epochSeconds' ? number * 1_000 : number)
}
