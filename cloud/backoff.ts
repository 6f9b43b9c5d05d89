// How the cloud's stores are asked again: with jitter, so that many at once do not return together, and within a bound,
// after which the trigger that called has to try again (SQS keeps the message).

import { setTimeout as sleep } from 'node:timers/promises'

/** Time and chance, as arguments, so that a test can pass minutes. */
export interface Patience {
  /** Epoch milliseconds. */
  now(): number
  sleep(ms: number): Promise<unknown>
  /** 0 ≤ x < 1. */
  random(): number
}
export const PATIENCE: Patience = { now: Date.now, sleep, random: Math.random }

/** A handler runs for a minute at least; a store that has not answered by then leaves time to say so. */
const GIVE_UP_MS = 20_000
const PAUSE_MS_MIN = 50
const PAUSE_MS_MAX = 5_000

/** Does `attempt` until it succeeds. What is no passing failure is thrown at once, a passing one when time is up. */
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
      if (!isPassing(error) || now() - startMs + pauseMs > GIVE_UP_MS) throw error
      await sleep(random() * pauseMs)
    }
  }
}

/** Failures of an AWS service that pass: throttling, its own errors, a connection that broke. */
export function isPassingAwsFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { $metadata, $retryable, code } = error as AwsFailure
  const isServers = ($metadata?.httpStatusCode ?? 0) >= 500
  return isServers || $retryable !== undefined || PASSING.has(error.name) || (code !== undefined && PASSING.has(code))
}
interface AwsFailure extends Error {
  $metadata?: { httpStatusCode?: number }
  $retryable?: object
  /** Of a connection. */
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
 * Works through items, `width` at a time. After a failure no other is begun; it is thrown when those begun have ended.
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

/** Parts a list into lists of at most `size`. */
export function parted<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  for (let first = 0; first < items.length; first += size) parts.push(items.slice(first, first + size))
  return parts
}
