// What every codec answers: a decoded frame, or the reason why there is none (docs/rules/devices.md#codecs). Codecs are
// pure functions of bytes; they throw on no bytes and read none past the end.

/** Why the value of a field can or cannot be used. */
type FieldQuality = 'good' | 'absent' | 'nonBcd' | 'invalid'

export interface Field {
  name: string
  /** An exact decimal number, a time or a text; null where the quality is not good. */
  value: string | null
  unit: string | null
  quality: FieldQuality
  /** The bytes, where they have no known meaning. */
  dataHex?: string
}

type FrameFault = 'checksum' | 'crc' | 'endMarker' | 'header' | 'length' | 'truncated'

export interface FrameError {
  error: FrameFault
  /** Of the byte that is wrong, or of the first one that is missing. */
  offset: number
  reason: string
  /** Upper-case hex, of a checksum or CRC. */
  calculated?: string
  /** Upper-case hex. */
  received?: string
}

/** A frame and the offset of the first byte after it. */
export interface Cut<Frame> {
  frame: Frame
  end: number
}

export type FrameResult<Frame> = Cut<Frame> | FrameError

export const isFrameError = (result: object): result is FrameError => 'error' in result

export const truncated = (bytes: Uint8Array): FrameError => ({
  error: 'truncated',
  offset: bytes.length,
  reason: 'the frame goes on after the last byte',
})

export function wrongByte(error: FrameFault, bytes: Uint8Array, offset: number, expected: string): FrameError {
  const received = hexByte(bytes[offset] ?? 0)
  return { error, offset, received, reason: `${received}H stands where ${expected} belongs` }
}

export const wrongSum = (offset: number, calculated: string, received: string): FrameError => ({
  error: 'checksum',
  offset,
  calculated,
  received,
  reason: `the bytes sum to ${calculated}H, the frame says ${received}H`,
})

export const good = (name: string, value: string, unit: string | null = null): Field => ({
  name,
  value,
  unit,
  quality: 'good',
})

export const missing = (name: string, quality: Exclude<FieldQuality, 'good'>, unit: string | null = null): Field => ({
  name,
  value: null,
  unit,
  quality,
})

const HEX_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, '0'))

export const hexByte = (byte: number): string => HEX_BYTES[byte & 0xff] ?? '00'

/** Upper-case hex with blanks, as dataHex has it. */
export function hexOf(bytes: Uint8Array, separator = ' '): string {
  let text = ''
  for (const byte of bytes) text += text === '' ? hexByte(byte) : separator + hexByte(byte)
  return text
}

/** The bytes of an address or identifier whose low byte is sent first, as they are read. */
export function hexReversed(bytes: Uint8Array, start: number, count: number): string {
  let text = ''
  for (let at = start + count - 1; at >= start; at--) text += hexByte(bytes[at] ?? 0)
  return text
}

/** Bytes of hex digits, in groups or not; undefined when they are no whole bytes. */
export function bytesOfHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/\s+/g, '')
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) return undefined
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) =>
    Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16),
  )
}

/** The sum of bytes from `start` to before `end`, modulo 256. */
export function sumOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0
  for (let at = start; at < end; at++) sum += bytes[at] ?? 0
  return sum & 0xff
}
