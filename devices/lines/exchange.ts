// One question to a meter and its answer on a half-duplex line (docs/rules/devices.md#exchange): finds the answer among
// noise, echoes, pieces and late answers to others, and says why there is none.

import { setTimeout as sleep } from 'node:timers/promises'
import { type FrameError, hexOf } from '../codecs/answer.ts'
import { type FrameCutter, scanFrames } from '../codecs/stream.ts'
import type { Port } from './port.ts'

/**
 * - `silent`: nothing came.
 * - `garbled`: bytes came, and no frame with a right checksum.
 * - `stranger`: whole frames came, and none of them answers this question.
 * - `refused`: the meter said no; asking again does not help.
 * - `busy`: the meter asks for patience.
 * - `closed`: the line ended while it was asked.
 */
export type MeterFaultCode = 'silent' | 'garbled' | 'stranger' | 'refused' | 'busy' | 'closed'

/** Why a meter gave no answer. */
export class MeterFault extends Error {
  readonly code: MeterFaultCode

  constructor(code: MeterFaultCode, reason: string) {
    super(reason)
    this.code = code
  }
}

/** What a frame from the line is to a question. */
export type Bearing = 'answer' | 'other' | MeterFault

export interface MeterQuestion<Frame> {
  request: Uint8Array
  cutter: FrameCutter<Frame>
  /** Own echoes and frames of other meters are `other`. */
  judge(frame: Frame): Bearing
}

export type Ask = <Frame>(question: MeterQuestion<Frame>) => Promise<Frame>

export interface ExchangeLimits {
  /** From the request to the first byte of its answer. */
  timeoutMs: number
  /** Between two bytes of an answer: a DTU passes a frame on in pieces. */
  byteGapMs: number
  /** The line rests so long before a request. */
  silenceMs: number
}

/** Bytes that flow without an end are noise: the longest answer at 1,200 baud takes some three seconds. */
const ANSWER_MS_MAX = 5_000
const BUFFER_BYTES_MAX = 4_096
const QUOTED_BYTES_MAX = 24

/** Throws a MeterFault where there is no answer, and a LineClosed where there is no line. */
export async function exchange<Frame>(
  port: Port,
  question: MeterQuestion<Frame>,
  limits: ExchangeLimits,
  signal: AbortSignal,
): Promise<Frame> {
  await restLine(port, limits.silenceMs, signal)
  port.drain()
  const sentMs = performance.now()
  port.write(question.request)
  const heard = new Listening(question)
  for (let untilMs = sentMs + limits.timeoutMs; ; ) {
    const bytes = await port.read(untilMs - performance.now(), signal)
    if (!bytes) throw heard.fault(limits.timeoutMs)
    const answer = heard.take(bytes)
    if (answer) return answer
    const nowMs = performance.now()
    untilMs = Math.min(Math.max(untilMs, nowMs + limits.byteGapMs), sentMs + limits.timeoutMs + ANSWER_MS_MAX)
    if (nowMs >= untilMs) throw heard.fault(limits.timeoutMs)
  }
}

/** Waits until the line has been quiet for `silenceMs`; a babbling line only delays for a limited time. */
async function restLine(port: Port, silenceMs: number, signal: AbortSignal): Promise<void> {
  const endMs = performance.now() + ANSWER_MS_MAX
  for (;;) {
    const nowMs = performance.now()
    const waitMs = port.busyMs + silenceMs - nowMs
    if (waitMs <= 0 || nowMs >= endMs || signal.aborted || port.isClosed) return
    await sleep(waitMs, undefined, { signal }).catch(() => {})
  }
}

/** What came since the request. */
class Listening<Frame> {
  readonly #question: MeterQuestion<Frame>
  #buffer: Uint8Array = new Uint8Array()
  #bytes = 0
  #strangers = 0
  #error: FrameError | undefined
  #first: Uint8Array = new Uint8Array()

  constructor(question: MeterQuestion<Frame>) {
    this.#question = question
  }

  take(bytes: Uint8Array): Frame | undefined {
    if (this.#bytes < QUOTED_BYTES_MAX) this.#first = joined(this.#first, bytes).subarray(0, QUOTED_BYTES_MAX)
    this.#bytes += bytes.length
    this.#buffer = joined(this.#buffer, bytes)
    const { frames, errors, consumed } = scanFrames(this.#buffer, this.#question.cutter)
    this.#error = errors[0] ?? this.#error
    this.#buffer = this.#buffer.slice(Math.max(consumed, this.#buffer.length - BUFFER_BYTES_MAX))
    for (const frame of frames) {
      const bearing = this.#question.judge(frame)
      if (bearing === 'answer') return frame
      if (bearing !== 'other') throw bearing
      this.#strangers++
    }
    return undefined
  }

  fault(timeoutMs: number): MeterFault {
    const { request } = this.#question
    const isEcho = this.#bytes === request.length && hexOf(this.#first) === hexOf(request.subarray(0, QUOTED_BYTES_MAX))
    if (this.#bytes === 0 || isEcho)
      return new MeterFault('silent', `no answer within ${timeoutMs} ms${isEcho ? '; only its own request came' : ''}`)
    if (this.#error) return new MeterFault('garbled', `${this.#error.error}: ${this.#error.reason}`)
    if (this.#strangers > 0) return new MeterFault('stranger', 'frames came, but none that answers this request')
    return new MeterFault('garbled', `${this.#bytes} bytes came that are no whole frame: ${hexOf(this.#first)}`)
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other
  const both = new Uint8Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}
