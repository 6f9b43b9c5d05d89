// Retries calls of the cloud's stores: with jitter, so that many callers do not return at once, and with a time limit,
// after which the calling trigger has to try again (SQS keeps the message).

import { setTimeout as sleep } from 'node:timers/promises'

/** Clock, sleep and random numbers as arguments, so that a test can skip minutes. */
export interface Patience {
  /** Epoch milliseconds. */
  now(): number
  sleep(ms: number): Promise<unknown>
  /** 0 ≤ x < 1. */
  random(): number
}
export const PATIENCE: Patience = { now: Date.now, sleep, random: Math.random }

/** A handler runs for a minute at least; giving up now leaves it time to report the failure. */
const GIVE_UP_MS = 20_000
const PAUSE_MS_MIN = 50
const PAUSE_MS_MAX = 5_000

/** A service did not answer in time, or not to us: what was asked of it is not at fault, and may succeed later. */
export class Unavailable extends Error {
  override name = 'Unavailable'
}

/** Repeats `attempt` until it succeeds. Throws a permanent failure at once, and Unavailable when time is up. */
export async function insist<T>(
  attempt: () => Promise<T>,
  isPassing: (error: unknown) => boolean,
  { now, sleep, random }: Patience = PATIENCE,
): Promise<T> {
  const startMs = now()
  for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
    try {
      return await attempt()
    } catch (error) {
      if (!isPassing(error)) throw error
      if (now() - startMs + pauseMs > GIVE_UP_MS)
        throw new Unavailable(error instanceof Error ? error.message : String(error), { cause: error })
      await sleep(random() * pauseMs)
    }
  }
}

/** Passing failures of an AWS service: throttling, its own errors, a broken connection. */
export function isPassingAwsFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { $metadata, $retryable, code } = error as AwsFailure
  const isServers = ($metadata?.httpStatusCode ?? 0) >= 500
  return isServers || $retryable !== undefined || PASSING.has(error.name) || (code !== undefined && PASSING.has(code))
}
interface AwsFailure extends Error {
  $metadata?: { httpStatusCode?: number }
  $retryable?: object
  /** Code of a connection error. */
  code?: string
}
const PASSING = new Set([
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'TransactionConflictException',
  'TransactionInProgressException',
  'InternalServerException',
  'InternalServerError',
  'TimeoutError',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
])

/**
 * Works on items, `width` at a time. After a failure it starts no other item, waits for the running ones, then throws.
 */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0
  let failed = false
  const worker = async (): Promise<void> => {
    while (next < items.length && !failed) {
      try {
        await work(items[next++] as T) // next < length; an item may be undefined itself
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, worker))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

/** Splits a list into lists of at most `size`. */
export function parted<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  for (let first = 0; first < items.length; first += size) parts.push(items.slice(first, first + size))
  return parts
}
