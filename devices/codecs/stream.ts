// Finds the frames in bytes that came over a line: after noise, one after another, and with one that has not come whole
// (docs/rules/devices.md#streams). Keeps nothing; the caller holds back the bytes after `consumed`.

import { type Cut, type FrameError, type FrameResult, isFrameError } from './answer.ts'

/** How a protocol's frame is recognised at an offset. */
export interface FrameCutter<Frame> {
  /** Whether a frame can start with these bytes; cheap. */
  startsAt: (bytes: Uint8Array, offset: number) => boolean
  cut: (bytes: Uint8Array, offset: number) => FrameResult<Frame>
  /** Whether the frame has no check of its own: it may be a byte of a frame that has not come whole. */
  isUnchecked?: (bytes: Uint8Array, offset: number) => boolean
  /** The transport loses nothing and adds nothing: a frame that has not come whole is waited for. */
  isAligned?: boolean
  /** Wake-up byte before frames, counted and otherwise ignored. */
  preamble?: number
  /** After so many refusals the rest is not searched: each costs the check of a long frame. */
  refusalsMax?: number
}

export interface FrameScan<Frame> {
  frames: Frame[]
  /** What had a frame's header and was refused. */
  errors: FrameError[]
  /** Bytes that need not be kept: what follows may be the beginning of a frame. */
  consumed: number
}

/** Refusals that say something; noise that merely has the start byte is no frame. */
const TELLING = new Set(['checksum', 'crc', 'endMarker'])
/** More refusals than this in one piece are noise. */
const ERRORS_MAX = 20

/**
 * All frames in order. A frame that is refused is searched again from its second byte on; one that has not come whole
 * gives way to a whole one that begins after it, because a stray start byte may claim any length.
 */
export function scanFrames<Frame>(
  bytes: Uint8Array,
  { startsAt, cut, isUnchecked, isAligned, preamble, refusalsMax }: FrameCutter<Frame>,
  withPreamble: (frame: Frame, preambleBytes: number) => Frame = (frame) => frame,
): FrameScan<Frame> {
  const scan: FrameScan<Frame> = { frames: [], errors: [], consumed: 0 }
  let pendingAt = -1
  let refusals = 0
  for (let at = 0; at < bytes.length && refusals !== refusalsMax; ) {
    const inside = pendingAt >= 0 && isUnchecked?.(bytes, at)
    const result = startsAt(bytes, at) && !inside ? cut(bytes, at) : undefined
    if (result === undefined) at++
    else if (isFrameError(result)) {
      if (result.error === 'truncated' && pendingAt < 0) pendingAt = at
      if (pendingAt === at && isAligned) break
      if (TELLING.has(result.error)) {
        refusals++
        if (scan.errors.length < ERRORS_MAX) scan.errors.push(result)
      }
      at++
    } else {
      scan.frames.push(withPreamble(result.frame, countBack(bytes, scan.consumed, at, preamble)))
      at = scan.consumed = result.end
      pendingAt = -1
    }
  }
  scan.consumed = pendingAt < 0 ? bytes.length : pendingAt
  return scan
}

function countBack(bytes: Uint8Array, from: number, to: number, preamble: number | undefined): number {
  let count = 0
  while (preamble !== undefined && to - count > from && bytes[to - count - 1] === preamble) count++
  return count
}

/** The one frame that the bytes begin with, after any wake-up bytes; with the count of these and of what follows it. */
export function firstFrame<Frame>(
  bytes: Uint8Array,
  { cut, preamble }: FrameCutter<Frame>,
): (Cut<Frame> & { preambleBytes: number }) | FrameError {
  let at = 0
  while (preamble !== undefined && bytes[at] === preamble) at++
  const result = cut(bytes, at)
  return isFrameError(result) ? result : { ...result, preambleBytes: at }
}
