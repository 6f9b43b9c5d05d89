// Reads the metrics of a Sparkplug B payload (Eclipse Sparkplug 3.0, sparkplug_b.proto): names, values and times of a
// protocol buffer. Reads no properties, data sets or templates; never reads past the end.

export interface Metric {
  name: string
  value: number | string | boolean | null
  /** Epoch ms of the metric, or of the payload. */
  timestamp: number | null
}

const METRICS_MAX = 5_000

/** Field numbers of the schema. */
const PAYLOAD = { timestamp: 1, metric: 2 } as const
const METRIC = {
  name: 1,
  alias: 2,
  timestamp: 3,
  datatype: 4,
  int: 10,
  long: 11,
  float: 12,
  double: 13,
  bool: 14,
  text: 15,
} as const
/** Data types whose value is sent as an unsigned number of that many bits. */
const SIGNED_BITS: Readonly<Record<number, number>> = { 1: 8, 2: 16, 3: 32, 4: 64 }

/** The metrics, or the reason why the bytes are none. A metric without a name is called by its alias: `alias/7`. */
export function sparkplugMetrics(bytes: Uint8Array): Metric[] | string {
  const fields = fieldsOf(bytes)
  if (!fields) return 'the payload is no Sparkplug B protocol buffer'
  const own = fields.find(({ number }) => number === PAYLOAD.timestamp)?.whole
  const metrics: Metric[] = []
  for (const { number, bytes: body } of fields) {
    if (number !== PAYLOAD.metric || !body) continue
    const metric = metricOf(body, own === undefined ? null : Number(own))
    if (!metric) return `metric ${metrics.length} is no protocol buffer`
    if (metrics.length === METRICS_MAX) return `more than ${METRICS_MAX} metrics`
    metrics.push(metric)
  }
  return metrics.length === 0 ? 'the payload has no metric' : metrics
}

function metricOf(bytes: Uint8Array, payloadMs: number | null): Metric | undefined {
  const fields = fieldsOf(bytes)
  if (!fields) return undefined
  const last = (number: number): RawField | undefined => fields.findLast((field) => field.number === number)
  const name = last(METRIC.name)?.bytes
  const timestamp = last(METRIC.timestamp)?.whole
  const alias = last(METRIC.alias)?.whole
  return {
    name: name ? new TextDecoder().decode(name) : `alias/${alias ?? ''}`,
    value: metricValue(last, Number(last(METRIC.datatype)?.whole ?? 0)),
    timestamp: timestamp === undefined ? payloadMs : Number(timestamp),
  }
}

function metricValue(last: (number: number) => RawField | undefined, datatype: number): Metric['value'] {
  const whole = last(METRIC.int)?.whole ?? last(METRIC.long)?.whole
  const bits = SIGNED_BITS[datatype]
  if (whole !== undefined) return Number(bits === undefined ? whole : BigInt.asIntN(bits, whole))
  const float = last(METRIC.float)?.bytes
  if (float?.length === 4) return floatText(new DataView(float.buffer, float.byteOffset, 4).getFloat32(0, true))
  const double = last(METRIC.double)?.bytes
  if (double?.length === 8) return new DataView(double.buffer, double.byteOffset, 8).getFloat64(0, true)
  const bool = last(METRIC.bool)?.whole
  if (bool !== undefined) return bool !== 0n
  const text = last(METRIC.text)?.bytes
  return text ? new TextDecoder().decode(text) : null
}

/** The shortest decimal that is this 32-bit float. */
function floatText(value: number): number {
  for (let precision = 1; precision < 9; precision++) {
    const shorter = Number(value.toPrecision(precision))
    if (Math.fround(shorter) === value) return shorter
  }
  return value
}

interface RawField {
  number: number
  whole?: bigint
  bytes?: Uint8Array
}

/** Fields in order; undefined where the bytes are no message. */
function fieldsOf(bytes: Uint8Array): RawField[] | undefined {
  const fields: RawField[] = []
  for (let at = 0; at < bytes.length; ) {
    const key = varint(bytes, at)
    if (!key) return undefined
    const number = Number(key.value >> 3n)
    const wire = Number(key.value & 7n)
    const read = valueAfter(bytes, key.end, wire)
    if (!read || number === 0) return undefined
    fields.push({ number, ...read.field })
    at = read.end
  }
  return fields
}

function valueAfter(bytes: Uint8Array, at: number, wire: number) {
  if (wire === 0) {
    const read = varint(bytes, at)
    return read && { field: { whole: read.value }, end: read.end }
  }
  const size = wire === 1 ? 8 : wire === 5 ? 4 : undefined
  const length = wire === 2 ? varint(bytes, at) : size === undefined ? undefined : { value: BigInt(size), end: at }
  if (!length || length.value > BigInt(bytes.length - length.end)) return undefined
  const end = length.end + Number(length.value)
  return { field: { bytes: bytes.subarray(length.end, end) }, end }
}

function varint(bytes: Uint8Array, start: number): { value: bigint; end: number } | undefined {
  let value = 0n
  for (let at = start, shift = 0n; at < bytes.length && shift < 70n; at++, shift += 7n) {
    const byte = bytes[at] ?? 0
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), end: at + 1 }
  }
  return undefined
}
