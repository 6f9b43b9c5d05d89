// Sends an outbox to the broker and never gives up: connects, and when the connection ends, waits and connects again.
// Each connection (`connection.ts`) starts from the outbox and keeps no memory of the last.

import { setTimeout as sleep } from 'node:timers/promises'
import { Connection, type ConnectionLimits, type ConnectionOptions } from './connection.ts'
import { type Log, silentLog } from './log.ts'

/** `refused`: the broker does not accept id and password, or certificate; the uplink tries again, slowly. */
export type UplinkState = 'connecting' | 'online' | 'offline' | 'refused' | 'stopped'

export interface UplinkOptions extends Omit<ConnectionOptions, 'log' | 'onOnline'> {
  limits?: Partial<UplinkLimits>
  /** Uniform in [0, 1); jitters the waits. */
  random?: () => number
  log?: Log
  onState?(state: UplinkState): void
}

export interface UplinkLimits extends ConnectionLimits {
  /** First and longest wait before connecting again; doubles in between, with jitter of ± 50 %. */
  retryMsMin: number
  retryMsMax: number
  /**
   * Wait after a refusal of id, password or certificate: only a person can fix it, and brokers ban clients that retry
   * fast.
   */
  refusedRetryMs: number
}

const LIMITS: UplinkLimits = {
  inFlightMax: 128,
  inFlightBytesMax: 4 * 1024 * 1024,
  // As fast as the broker answers; a service with quotas sets limits (aws-iot.ts).
  publishesPerSecond: Number.POSITIVE_INFINITY,
  publishesAtOnce: Number.POSITIVE_INFINITY,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  retryMsMin: 250,
  retryMsMax: 30_000,
  refusedRetryMs: 60_000,
  ackMsMax: 60_000,
  stopMsMax: 2_000,
  statusMs: 60_000,
  steadyMs: 30_000,
}

export class Uplink {
  readonly #options: UplinkOptions
  readonly #limits: UplinkLimits
  readonly #log: Log
  readonly #random: () => number
  readonly #stopping = new AbortController()
  #connection: Connection | undefined
  #running: Promise<void> | undefined

  constructor(options: UplinkOptions) {
    this.#options = options
    this.#limits = { ...LIMITS, ...options.limits }
    this.#log = options.log ?? silentLog
    this.#random = options.random ?? Math.random
  }

  /** Connects and stays connected until `stop`. Throws when the URL has no MQTT scheme. */
  start(): void {
    if (!isBrokerUrl(this.#options.url)) {
      throw new TypeError(`"${this.#options.url}" is not a broker's address; write mqtt://host:port`)
    }
    this.#running ??= this.#run()
  }

  /** Tells the uplink that the outbox may have new messages. */
  wake(): void {
    this.#connection?.send()
  }

  /**
   * Waits briefly for outstanding PUBACKs, sends the offline status and disconnects; unacknowledged messages stay in
   * the outbox.
   */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#connection?.finish()
    await this.#running
  }

  async #run(): Promise<void> {
    const { gateway, onState } = this.#options
    const { signal } = this.#stopping
    let failures = 0
    while (!signal.aborted) {
      onState?.('connecting')
      const connection = new Connection(
        { ...this.#options, log: this.#log, onOnline: () => onState?.('online') },
        this.#limits,
      )
      this.#connection = connection
      const { error, refused, worked } = await connection.ended
      this.#connection = undefined
      this.#options.outbox.hold(0)
      if (signal.aborted) break
      failures = worked ? 0 : failures + 1
      const waitMs = refused ? this.#limits.refusedRetryMs : this.#backoffMs(failures)
      const facts = { gateway, reason: reasonOf(error), waitMs, failures }
      if (refused) this.#log.error('the broker refuses id or password, or the certificate; trying again slowly', facts)
      else this.#log.warn('not connected; readings wait in the outbox', facts)
      onState?.(refused ? 'refused' : 'offline')
      await sleep(waitMs, undefined, { signal }).catch(() => {})
    }
    onState?.('stopped')
  }

  #backoffMs(failures: number): number {
    const { retryMsMin, retryMsMax } = this.#limits
    const waitMs = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(failures, 30))
    return Math.round(waitMs * (0.5 + this.#random()))
  }
}

/** Whether the text is a broker's address, such as `mqtt://host:1883`. */
export const isBrokerUrl = (text: string): boolean =>
  /^(mqtts?|tcp|tls|ssl|wss?):$/.test(URL.parse(text)?.protocol ?? '')

/** Node's own errors of a failed connect to several addresses have a code but no message. */
const reasonOf = (error: (Error & { code?: unknown }) | undefined): string =>
  error ? error.message || String(error.code) : 'the broker closed the connection'
