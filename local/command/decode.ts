// `kilowatch decode`: what the bytes of a meter or collector say, or why they are refused
// (docs/rules/devices.md#decode). Works on the bytes alone; needs no data folder.

import * as z from 'zod'
import { bytesOfHex, type Field, isFrameError } from '../../devices/codecs/answer.ts'
import { CJT188_VARIANTS } from '../../devices/codecs/cjt188-data.ts'
import type { RegisterMap } from '../../devices/codecs/modbus-map.ts'
import {
  type DataFieldOptions,
  type DecodeOptions,
  decodeDataField,
  decodeFrames,
  PROTOCOL_NAMES,
  type ProtocolName,
} from '../../devices/codecs/protocols.ts'
import { templateSchema } from '../../devices/template.ts'
import { decodeMapped } from './decode-mapping.ts'
import { jsonOf } from './json-file.ts'

/** As the command line gives them. */
export interface DecodeCommandOptions {
  protocol?: string
  mapping?: string
  topic?: string
  edition?: string
  variant?: string
  flowDecimals?: string
  stream?: boolean
  dataField?: boolean
  di?: string
  meterType?: string
  format?: string
  signed?: boolean
  unit?: string
  key?: string
  iv?: string
  secret?: string
  map?: string
  start?: string
  transport?: string
  direction?: string
  json?: boolean
}

export async function decodeHex(groups: readonly string[], options: DecodeCommandOptions): Promise<void> {
  const { mapping, protocol } = options
  if ((mapping === undefined) === (protocol === undefined)) throw new Error('tell either --protocol or --mapping')
  if (mapping !== undefined) return await decodeMapped(groups, { ...options, mapping })
  const named = namedProtocol(protocol ?? '')
  const bytes = bytesOfHex(groups.join(''))
  if (bytes === undefined) throw new Error('the bytes are not pairs of hex digits')
  if (bytes.length === 0) throw new Error('there are no bytes; give them as hex digits')
  const answer =
    options.dataField || named.dataField
      ? dataFieldAnswer(named.protocol, bytes, options)
      : decodeFrames(named.protocol, bytes, await frameOptions(named, options))
  process.stdout.write(`${options.json ? JSON.stringify(answer) : describe(answer).join('\n')}\n`)
}

interface NamedProtocol {
  protocol: ProtocolName
  edition?: string
  transport?: string
  stream?: boolean
  dataField?: boolean
}

/** Names as standards and collections of frames write them: DL/T645-1997, CJ/T188/stream, … */
const PROTOCOLS: Readonly<Record<string, NamedProtocol>> = {
  ...Object.fromEntries(PROTOCOL_NAMES.map((protocol) => [protocol, { protocol }])),
  dlt6452007: { protocol: 'dlt645', edition: '2007' },
  dlt6451997: { protocol: 'dlt645', edition: '1997' },
  cjt1882004: { protocol: 'cjt188' },
  cjt1882018: { protocol: 'cjt188' },
  modbusrtu: { protocol: 'modbus', transport: 'rtu' },
  modbustcp: { protocol: 'modbus', transport: 'tcp' },
  mohurdgateway: { protocol: 'mohurd' },
}

function namedProtocol(text: string): NamedProtocol {
  const [, base = '', suffix] = /^(.*?)(?:\/(stream|data-field))?$/s.exec(text) ?? []
  const key = base.toLowerCase().replace(/[^a-z0-9]/g, '')
  const found = Object.hasOwn(PROTOCOLS, key) ? PROTOCOLS[key] : undefined
  if (!found) throw new Error(`no protocol is called "${text}"; there is ${PROTOCOL_NAMES.join(', ')}`)
  return { ...found, stream: suffix === 'stream', dataField: suffix === 'data-field' }
}

async function frameOptions(named: NamedProtocol, options: DecodeCommandOptions) {
  const edition = oneOf('--edition', ['2007', '1997'], options.edition ?? named.edition)
  const transport = oneOf('--transport', ['rtu', 'tcp'], options.transport ?? named.transport)
  const direction = oneOf('--direction', ['request', 'reply'], options.direction)
  const start = whole('--start', 0xffff, options.start)
  const secrets = secretsOf(options)
  return {
    ...vendorOptions(options),
    ...(options.stream || named.stream ? { stream: true } : {}),
    ...(edition && { edition }),
    ...(transport && { transport }),
    ...(direction && { direction }),
    ...(start !== undefined && { start }),
    ...(secrets && { secrets }),
    ...(options.secret !== undefined && { secret: options.secret }),
    ...(options.map !== undefined && { map: await readMap(options.map) }),
  } satisfies DecodeOptions & { stream?: boolean }
}

function vendorOptions(options: DecodeCommandOptions): Pick<DecodeOptions, 'variant' | 'flowDecimals'> {
  const variant = oneOf('--variant', CJT188_VARIANTS, options.variant)
  const flowDecimals = whole('--flow-decimals', 6, options.flowDecimals)
  return { ...(variant && { variant }), ...(flowDecimals !== undefined && { flowDecimals }) }
}

function dataFieldAnswer(protocol: ProtocolName, bytes: Uint8Array, options: DecodeCommandOptions) {
  const { di, meterType, format, signed, unit } = options
  const told: DataFieldOptions = {
    ...vendorOptions(options),
    ...(di !== undefined && { di: di.toUpperCase() }),
    ...(meterType !== undefined && { meterType }),
    ...(format !== undefined && { format }),
    ...(signed && { signed }),
    ...(unit !== undefined && { unit }),
  }
  const answer = decodeDataField(protocol, bytes, told)
  if (answer) return answer
  throw new Error(
    'the data fit no layout; tell --di or --format (and --signed) for dlt645, --meter-type and --di for cjt188',
  )
}

function oneOf<Name extends string>(option: string, names: readonly Name[], text?: string): Name | undefined {
  const found = names.find((name) => name === text)
  if (text !== undefined && found === undefined) throw new Error(`${option} is one of ${names.join(', ')}`)
  return found
}

function whole(option: string, max: number, text?: string): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,5}$/.test(text) || Number(text) > max) throw new Error(`${option} is a number from 0 to ${max}`)
  return Number(text)
}

const KEY_BYTES = 16

/** The IV is the key where none is given, as in the frames that were seen. */
function secretsOf({ key, iv }: DecodeCommandOptions): DecodeOptions['secrets'] {
  if (key === undefined && iv === undefined) return undefined
  if (key === undefined) throw new Error('--iv needs --key')
  const [keyBytes, ivBytes] = [bytesOfHex(key), bytesOfHex(iv ?? key)]
  if (keyBytes?.length !== KEY_BYTES || ivBytes?.length !== KEY_BYTES)
    throw new Error(`--key and --iv are ${KEY_BYTES} bytes in hex`)
  return { key: keyBytes, iv: ivBytes }
}

async function readMap(file: string): Promise<RegisterMap> {
  const parsed = templateSchema.safeParse(await jsonOf(file))
  if (parsed.success && parsed.data.protocol === 'modbus') return parsed.data
  if (parsed.success) throw new Error(`${file} is the template of a ${parsed.data.protocol} meter, without registers`)
  throw new Error(`${file} is no device template:\n${z.prettifyError(parsed.error)}`)
}

/** Lines for a person: what is a field gets a line, the rest one line together. */
function describe(answer: object): string[] {
  if ('frames' in answer) {
    const { frames, ...rest } = answer as { frames: object[] }
    return [...frames.flatMap(describe), ...(Object.keys(rest).length > 0 ? [JSON.stringify(rest)] : [])]
  }
  if (isFrameError(answer)) return [`refused: ${answer.error} at byte ${answer.offset}: ${answer.reason}`]
  const { fields = [], ...rest } = answer as { fields?: Field[] }
  const head = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`)
  return [...(head.length > 0 ? [head.join(', ')] : []), ...fields.map(fieldLine)]
}

const fieldLine = ({ name, value, unit, quality, dataHex }: Field): string =>
  `  ${name}: ${value ?? `none (${quality})`}${unit === null ? '' : ` ${unit}`}${dataHex === undefined ? '' : ` [${dataHex}]`}`
