// The wire frame between collector and data centre of MOHURD's guideline (传输技术导则): head, length, CRC, AES-128-CBC
// with zero padding (docs/rules/devices.md#mohurd-frame). Key, IV and secret belong to a deployment and are told.

import { createCipheriv, createDecipheriv, type Decipheriv } from 'node:crypto'
import { type FrameError, type FrameResult, hexOf, truncated, wrongByte } from './answer.ts'
import { type CollectorMessage, collectorMessage, xmlText } from './mohurd-xml.ts'
import type { FrameCutter } from './stream.ts'

export interface MohurdSecrets {
  /** AES-128: 16 bytes. */
  key: Uint8Array
  /** 16 bytes; the captures that were seen have IV = key. */
  iv: Uint8Array
}

export interface MohurdFrame extends Partial<CollectorMessage> {
  length: number
  sequenceField: string
  cipherBytes: number
  crc: string
  /** Null where the plain text is no XML of the protocol: another key, as a rule. Absent without a key. */
  xml?: string | null
}

const HEAD = [0x55, 0xaa, 0x55, 0xaa] as const
const TAIL = [0x68, 0x68, 0x16, 0x16] as const
/** Of a CRC, each over up to the longest frame. */
const REFUSALS_MAX = 20
const SEQUENCE_BYTES = 4
const BLOCK_BYTES = 16
/** Sequence field and ciphertext. A report of a collector's meters has some kilobytes. */
export const MOHURD_LENGTH_MAX = 256 * 1024

export const mohurdCutter = (secrets?: MohurdSecrets): FrameCutter<MohurdFrame> => ({
  startsAt: (bytes, offset) => bytes[offset] === HEAD[0],
  cut: (bytes, offset) => cutMohurd(bytes, offset, secrets),
  refusalsMax: REFUSALS_MAX,
})

function cutMohurd(bytes: Uint8Array, start: number, secrets: MohurdSecrets | undefined): FrameResult<MohurdFrame> {
  const head = markerError(bytes, start, HEAD, 'header')
  if (head) return head
  if (start + 8 > bytes.length) return truncated(bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getUint32(start + 4, true)
  const cipherBytes = length - SEQUENCE_BYTES
  if (cipherBytes < 0 || length > MOHURD_LENGTH_MAX || cipherBytes % BLOCK_BYTES !== 0)
    return wrongLength(start, length)
  const crcAt = start + 8 + length
  if (crcAt > bytes.length) return truncated(bytes)
  if (crcAt + 2 > bytes.length) return truncated(bytes)
  const tail = markerError(bytes, crcAt + 2, TAIL, 'endMarker')
  if (tail) return tail
  const calculated = crc16Xmodem(bytes, start + 8, crcAt)
  const received = view.getUint16(crcAt, true)
  if (calculated !== received) return wrongCrc(crcAt, calculated, received)
  const cipher = bytes.subarray(start + 8 + SEQUENCE_BYTES, crcAt)
  const frame: MohurdFrame = {
    length,
    sequenceField: hexOf(bytes.subarray(start + 8, start + 8 + SEQUENCE_BYTES)),
    cipherBytes,
    crc: hex4(received),
    ...(secrets && plain(cipher, secrets)),
  }
  return { frame, end: crcAt + 2 + TAIL.length }
}

function markerError(
  bytes: Uint8Array,
  at: number,
  marker: readonly number[],
  error: 'header' | 'endMarker',
): FrameError | undefined {
  for (const [index, byte] of marker.entries()) {
    const received = bytes[at + index]
    if (received === undefined) return truncated(bytes)
    if (received !== byte) return wrongByte(error, bytes, at + index, hexOf(Uint8Array.from(marker)))
  }
  return undefined
}

const wrongLength = (start: number, length: number): FrameError => ({
  error: 'length',
  offset: start + 4,
  received: String(length),
  reason: `the length ${length} is not that of a sequence field and whole blocks, at most ${MOHURD_LENGTH_MAX} bytes`,
})

const wrongCrc = (offset: number, calculated: number, received: number): FrameError => ({
  error: 'crc',
  offset,
  calculated: hex4(calculated),
  received: hex4(received),
  reason: `the CRC is ${hex4(calculated)}H, the frame says ${hex4(received)}H`,
})

const hex4 = (value: number): string => value.toString(16).toUpperCase().padStart(4, '0')

function plain(cipher: Uint8Array, secrets: MohurdSecrets): Pick<MohurdFrame, 'xml'> & Partial<CollectorMessage> {
  const padded = decrypted(cipher, secrets)
  let end = padded.length
  while (end > 0 && padded[end - 1] === 0) end--
  const xml = xmlText(padded.subarray(0, end))
  return xml === undefined ? { xml: null } : { xml, ...collectorMessage(xml) }
}

const blockDeciphers = new WeakMap<Uint8Array, { key: string; decipher: Decipheriv }>()

/**
 * CBC over blocks that one decipher for all frames of a key takes apart: making one takes Node ten times as long as a
 * frame. Each block is the one decrypted, xor the ciphertext before it.
 */
function decrypted(cipher: Uint8Array, { key, iv }: MohurdSecrets): Uint8Array {
  const bytes = Buffer.from(key).toString('latin1')
  let known = blockDeciphers.get(key)
  if (known?.key !== bytes) {
    known = { key: bytes, decipher: createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false) }
    blockDeciphers.set(key, known)
  }
  const plainBytes = known.decipher.update(cipher)
  for (let at = 0; at < plainBytes.length; at++)
    plainBytes[at] =
      (plainBytes[at] as number) ^ (at < BLOCK_BYTES ? (iv[at] as number) : (cipher[at - BLOCK_BYTES] as number))
  return plainBytes
}

/** CRC-16 with polynomial 1021H and initial value 0, not reflected. */
function crc16Xmodem(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0
  for (let at = start; at < end; at++) crc = ((crc << 8) & 0xffff) ^ (CRC_TABLE[(crc >> 8) ^ (bytes[at] ?? 0)] ?? 0)
  return crc
}

const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) !== 0 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc & 0xffff
})

export interface MohurdParts {
  /** The message, sent as UTF-8. */
  xml: string
  secrets: MohurdSecrets
  /** Four bytes whose meaning is not known; 00 01 00 00 in all captures. */
  sequenceField?: Uint8Array
}

/** Throws a RangeError where the message is longer than a frame may be. */
export function encodeMohurd({ xml, secrets, sequenceField = Uint8Array.of(0, 1, 0, 0) }: MohurdParts): Uint8Array {
  const text = Buffer.from(xml, 'utf8')
  const padded = Buffer.alloc(Math.ceil(text.length / BLOCK_BYTES) * BLOCK_BYTES)
  text.copy(padded)
  const cipher = createCipheriv('aes-128-cbc', secrets.key, secrets.iv).setAutoPadding(false)
  const body = Buffer.concat([sequenceField, cipher.update(padded), cipher.final()])
  if (body.length > MOHURD_LENGTH_MAX) throw new RangeError(`${body.length} bytes; ${MOHURD_LENGTH_MAX} at most`)
  const frame = Buffer.alloc(body.length + 14)
  frame.set(HEAD, 0)
  frame.writeUInt32LE(body.length, 4)
  body.copy(frame, 8)
  frame.writeUInt16LE(crc16Xmodem(frame, 8, 8 + body.length), 8 + body.length)
  frame.set(TAIL, 10 + body.length)
  return new Uint8Array(frame)
}
