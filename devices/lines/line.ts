// Polls the meters of one line (docs/rules/devices.md#lines): one request at a time, the longest due first, retries
// with reasons, and so little time for silent and slow meters that the others are read in time.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Field } from '../codecs/answer.ts'
import type { Log } from '../log.ts'
import { type Ask, type ExchangeLimits, exchange, MeterFault, type MeterFaultCode } from './exchange.ts'
import { openPort, type Transport, transportText } from './open-port.ts'
import { LineClosed, type Port } from './port.ts'
import type { Reader } from './reader.ts'

export interface LineMeter {
  /** Names the meter in logs: its address and template. */
  label: string
  read: Reader
  everyMs: number
}

/** Something that is asked once, before the next poll. */
interface Errand {
  run: (ask: Ask) => Promise<void>
  done: (error?: unknown) => void
}

export interface LineOptions<Meter extends LineMeter> {
  name: string
  transport: Transport
  meters: readonly Meter[]
  limits: ExchangeLimits
  /** Requests that are asked again before the meter counts as silent. */
  retries: number
  /** Takes the answer of a meter; the line waits for it. */
  take(meter: Meter, fields: Field[], atMs: number): Promise<void>
  now: () => number
  log: Log
}

/** How a meter does, as far as its line knows. */
export interface MeterHealth {
  state: 'new' | 'answers' | 'fails'
  /** Polls in a row without an answer. */
  failures: number
  answers: number
  /** Requests that were asked again. */
  retries: number
  lastAnswerMs: number | null
  reason: MeterFaultCode | null
  detail: string | null
}

export interface LineHealth {
  state: 'connecting' | 'open' | 'closed'
  /** Why the line is closed. */
  reason: string | null
}

/** A silent meter is asked again after its interval, then twice that, up to this. */
const SILENT_RETRY_MS_MAX = 15 * 60_000
/** While others are due, meters that fail take at most one part in so many of the line's time. */
const FAILING_SHARE = 5
/** A slow meter of several on a line takes at most one part in so many of its time. */
const METER_SHARE = 4
const REOPEN_MS_MIN = 1_000
const REOPEN_MS_MAX = 60_000
/** A line that has nothing to do looks again after this at the latest. */
const IDLE_MS_MAX = 60_000

interface Poll<Meter> {
  meter: Meter
  dueMs: number
  health: MeterHealth
}

export class MeterLine<Meter extends LineMeter> {
  readonly name: string
  readonly health: LineHealth = { state: 'connecting', reason: null }
  readonly #options: LineOptions<Meter>
  readonly #polls: Poll<Meter>[]
  #port: Port | undefined
  #reopenMs = REOPEN_MS_MIN
  /** A meter that fails is asked before this time only when no other is due. */
  #failingNotBeforeMs = Number.NEGATIVE_INFINITY
  #wake: () => void = () => {}
  readonly #errands: Errand[] = []
  #hasEnded = false

  constructor(options: LineOptions<Meter>) {
    this.name = options.name
    this.#options = options
    const nowMs = performance.now()
    this.#polls = options.meters.map((meter) => ({ meter, dueMs: nowMs, health: newHealth() }))
  }

  meters(): { meter: Meter; health: Readonly<MeterHealth> }[] {
    return this.#polls.map(({ meter, health }) => ({ meter, health }))
  }

  /** Makes meters due at once. */
  readNow(wanted: (meter: Meter) => boolean): void {
    for (const poll of this.#polls) if (wanted(poll.meter)) poll.dueMs = Number.NEGATIVE_INFINITY
    this.#wake()
  }

  setInterval(wanted: (meter: Meter) => boolean, everyMs: number): void {
    for (const { meter } of this.#polls) if (wanted(meter)) meter.everyMs = everyMs
    this.readNow(wanted)
  }

  /** Asks once, when the line is free. Rejects with the reason of the device, or when the line is closed. */
  errand(run: Errand['run']): Promise<void> {
    if (this.#hasEnded) return Promise.reject(lineHasEnded())
    return new Promise((resolve, reject) => {
      this.#errands.push({ run, done: (error) => (error === undefined ? resolve() : reject(error)) })
      this.#wake()
    })
  }

  /** Polls until the signal aborts. Never rejects for a line or meter that fails. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        const errand = this.#errands.shift()
        if (errand) await this.#runErrand(errand, signal)
        const poll = this.#next(performance.now())
        if (!poll) await this.#idle(signal)
        else if (await this.#isOpen(signal)) await this.#poll(poll, signal)
      }
    } finally {
      this.#hasEnded = true
      for (const { done } of this.#errands.splice(0)) done(lineHasEnded())
      this.#port?.close()
    }
  }

  /** The longest due of those that answer; one that fails when it may, or when nothing else is due. */
  #next(nowMs: number): Poll<Meter> | undefined {
    let best: Poll<Meter> | undefined
    let failing: Poll<Meter> | undefined
    for (const poll of this.#polls) {
      if (poll.dueMs > nowMs) continue
      if (poll.health.failures > 0) failing = failing && failing.dueMs <= poll.dueMs ? failing : poll
      else best = best && best.dueMs <= poll.dueMs ? best : poll
    }
    return failing && (!best || nowMs >= this.#failingNotBeforeMs) ? failing : best
  }

  async #idle(signal: AbortSignal): Promise<void> {
    const dueMs = Math.min(...this.#polls.map((poll) => poll.dueMs))
    const ms = Math.min(IDLE_MS_MAX, Math.max(1, dueMs - performance.now()))
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    await sleep(ms, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => {})
    this.#wake = () => {}
  }

  async #runErrand({ run, done }: Errand, signal: AbortSignal): Promise<void> {
    const once: Ask = async (question) => {
      if (!(await this.#reopened(signal)) || !this.#port) throw new MeterFault('closed', 'the line is closed')
      return await exchange(this.#port, question, this.#options.limits, signal)
    }
    await run(once).then(() => done(), done)
  }

  /** Opens the line where it is closed; waits after a failure. */
  async #isOpen(signal: AbortSignal): Promise<boolean> {
    if (this.#port && !this.#port.isClosed) return true
    const { transport, log } = this.#options
    try {
      this.#port = await openPort(transport, signal)
    } catch (error) {
      if (signal.aborted) return false
      const reason = error instanceof Error ? error.message : String(error)
      if (this.health.reason !== reason)
        log.warn('a line cannot be opened; trying again', { line: this.name, at: transportText(transport), reason })
      Object.assign(this.health, { state: 'closed', reason })
      await sleep(this.#reopenMs, undefined, { signal }).catch(() => {})
      this.#reopenMs = Math.min(REOPEN_MS_MAX, this.#reopenMs * 2)
      return false
    }
    if (this.health.state !== 'open' && this.health.reason !== null)
      log.info('a line is open again', { line: this.name, at: transportText(transport) })
    Object.assign(this.health, { state: 'open', reason: null })
    return true
  }

  async #poll(poll: Poll<Meter>, signal: AbortSignal): Promise<void> {
    const { take, now } = this.#options
    const startMs = performance.now()
    const wasFailing = poll.health.failures > 0
    try {
      const fields = await poll.meter.read(this.#ask(poll, signal))
      const atMs = now()
      this.#reopenMs = REOPEN_MS_MIN
      this.#noteAnswer(poll, startMs, atMs)
      await take(poll.meter, fields, atMs)
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof MeterFault)) throw error
      this.#noteFault(poll, startMs, error)
    }
    const endMs = performance.now()
    if (wasFailing) this.#failingNotBeforeMs = endMs + (FAILING_SHARE - 1) * (endMs - startMs)
  }

  /** Asks again where it may help; a meter that fails already is asked once, so that it costs little. */
  #ask(poll: Poll<Meter>, signal: AbortSignal): Ask {
    const retries = poll.health.failures > 0 ? 0 : this.#options.retries
    return async (question) => {
      for (let tries = 0; ; tries++) {
        try {
          if (!(await this.#reopened(signal)) || !this.#port) throw new MeterFault('closed', 'the line is closed')
          return await exchange(this.#port, question, this.#options.limits, signal)
        } catch (error) {
          const fault = error instanceof LineClosed ? new MeterFault('closed', error.message) : error
          const isFinal = !(fault instanceof MeterFault) || fault.code === 'refused' || tries >= retries
          if (isFinal || signal.aborted) throw fault
          poll.health.retries += 1
        }
      }
    }
  }

  /** A device may close the line after an answer; it is opened once more for the next question. */
  async #reopened(signal: AbortSignal): Promise<boolean> {
    if (this.#port && !this.#port.isClosed) return true
    this.#port = await openPort(this.#options.transport, signal).catch(() => undefined)
    return this.#port !== undefined
  }

  #noteAnswer(poll: Poll<Meter>, startMs: number, atMs: number): void {
    const { meter, health } = poll
    if (health.failures > 0)
      this.#options.log.info('a meter answers again', { ...this.#factsOf(meter), failures: health.failures })
    const answered = { state: 'answers', failures: 0, answers: health.answers + 1, lastAnswerMs: atMs } as const
    Object.assign(health, { ...answered, reason: null, detail: null })
    this.#schedule(poll, startMs, meter.everyMs)
  }

  #noteFault(poll: Poll<Meter>, startMs: number, { code, message }: MeterFault): void {
    const { meter, health } = poll
    const failures = health.failures + 1
    if (failures === 1 || health.reason !== code)
      this.#options.log.warn('a meter does not answer', { ...this.#factsOf(meter), reason: code, detail: message })
    Object.assign(health, { state: 'fails', failures, reason: code, detail: message })
    const retryMs = Math.min(SILENT_RETRY_MS_MAX, meter.everyMs * 2 ** Math.min(failures - 1, 20))
    this.#schedule(poll, startMs, Math.max(retryMs, meter.everyMs))
  }

  /** Counted from start to start; a slow meter among others waits longer. */
  #schedule(poll: Poll<Meter>, startMs: number, everyMs: number): void {
    const costMs = performance.now() - startMs
    const leastMs = this.#polls.length > 1 ? METER_SHARE * costMs : costMs
    poll.dueMs = startMs + Math.max(everyMs, leastMs)
  }

  #factsOf = (meter: Meter): Record<string, unknown> => ({ line: this.name, meter: meter.label })
}

const lineHasEnded = () => new MeterFault('closed', 'the line has ended')

const newHealth = (): MeterHealth => ({
  ...{ state: 'new', failures: 0, answers: 0, retries: 0, lastAnswerMs: null, reason: null, detail: null },
})
