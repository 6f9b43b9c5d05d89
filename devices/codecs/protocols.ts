// The protocols that can be decoded, by name: the bytes of a frame, of a stream or of a data field in, what they say or
// why they are refused out (docs/rules/devices.md#decode).

import { bytesOfHex, type Field, type FrameError, isFrameError } from './answer.ts'
import { type Cjt188Options, cjt188Cutter } from './cjt188.ts'
import { cjt188Data } from './cjt188-data.ts'
import { type Dlt645Edition, dlt645Cutter } from './dlt645.ts'
import { type DataFormat, dlt645DataField, dlt645Fields } from './dlt645-data.ts'
import { mbusCutter } from './mbus.ts'
import { type ModbusOptions, modbusCutter } from './modbus.ts'
import { type MohurdSecrets, mohurdCutter } from './mohurd.ts'
import { md5Answer } from './mohurd-xml.ts'
import { type FrameCutter, firstFrame, scanFrames } from './stream.ts'

export type ProtocolName = (typeof PROTOCOL_NAMES)[number]
export const PROTOCOL_NAMES = ['dlt645', 'cjt188', 'modbus', 'mbus', 'mohurd'] as const

/** What the bytes do not say. Each protocol reads its own. */
export interface DecodeOptions extends Cjt188Options, ModbusOptions {
  edition?: Dlt645Edition
  secrets?: MohurdSecrets
  /** The shared secret with which a collector answers the challenge. */
  secret?: string
}

type AnyFrame = object

export interface DecodedStream {
  frames: AnyFrame[]
  errors?: FrameError[]
  /** Bytes at the end that may be the beginning of a frame. */
  pendingBytes?: number
}

/**
 * One frame, or the frames of a stream when the bytes are more than one frame, or the reason why there is none.
 * `stream` asks for the stream's answer in any case.
 */
export function decodeFrames(
  protocol: ProtocolName,
  bytes: Uint8Array,
  { stream, ...options }: DecodeOptions & { stream?: boolean } = {},
): AnyFrame | DecodedStream | FrameError {
  const cutter = cutterOf(protocol, options)
  const first = firstFrame(bytes, cutter)
  const whole = !isFrameError(first) && first.end === bytes.length
  if (whole && !stream) return withPreamble(first.frame, first.preambleBytes)
  const { frames, errors, consumed } = scanFrames(bytes, cutter, withPreamble)
  if (!stream && (frames.length === 0 || (!isFrameError(first) && frames.length === 1)))
    return isFrameError(first) ? first : withTrailing(first.frame, first.preambleBytes, bytes.length - first.end)
  return {
    frames,
    ...(errors.length > 0 && { errors }),
    ...(consumed < bytes.length && { pendingBytes: bytes.length - consumed }),
  }
}

/** A frame without a known layout says its bytes and no more. */
const withPreamble = (frame: AnyFrame, preambleBytes: number): AnyFrame =>
  preambleBytes > 0 && 'kind' in frame ? { ...frame, preambleBytes } : frame

const withTrailing = (frame: AnyFrame, preambleBytes: number, trailingBytes: number): AnyFrame => ({
  ...withPreamble(frame, preambleBytes),
  trailingBytes,
})

function cutterOf(protocol: ProtocolName, options: DecodeOptions): FrameCutter<AnyFrame> {
  switch (protocol) {
    case 'dlt645':
      return dlt645Cutter(options.edition ?? '2007')
    case 'cjt188':
      return cjt188Cutter(options)
    case 'modbus':
      return modbusCutter(options)
    case 'mbus':
      return mbusCutter
    case 'mohurd':
      return answering(mohurdCutter(options.secrets), options.secret)
  }
}

/** Adds the answer that a collector has to give to the challenge. */
function answering(cutter: ReturnType<typeof mohurdCutter>, secret: string | undefined): FrameCutter<AnyFrame> {
  if (secret === undefined) return cutter
  return {
    ...cutter,
    cut: (bytes, offset) => {
      const result = cutter.cut(bytes, offset)
      if (isFrameError(result)) return result
      const { sequence, type, operation } = result.frame
      if (sequence === undefined || (operation ?? type) !== 'sequence') return result
      return { ...result, frame: { ...result.frame, md5Reply: md5Answer(sequence, secret) } }
    },
  }
}

export interface DataFieldOptions extends Cjt188Options, Partial<DataFormat> {
  /** Identifier of the data, as it is read. */
  di?: string
  /** Two hex digits; CJ/T 188. */
  meterType?: string
}

/** What data without a frame say; undefined where the protocol, or what it has to be told, has no layout for them. */
export function decodeDataField(
  protocol: ProtocolName,
  data: Uint8Array,
  { di, meterType, format, signed = false, unit, ...options }: DataFieldOptions,
): { fields: Field[] } | undefined {
  if (protocol === 'cjt188') {
    const type = bytesOfHex(meterType ?? '')?.[0]
    return type === undefined ? undefined : cjt188Data(di ?? '901F', type, data, options)
  }
  if (protocol !== 'dlt645') return undefined
  if (format === undefined) {
    const fields = di === undefined ? undefined : dlt645Fields(di, data)
    return fields && { fields }
  }
  const field = dlt645DataField(data, { format, signed, ...(unit !== undefined && { unit }) })
  return field && { fields: [field] }
}
