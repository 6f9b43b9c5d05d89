// Ends work before Lambda ends the function: a function that is cut off cannot say which of its messages are done, and
// SQS then delivers all of them again.

import type { Context } from 'aws-lambda'
import { Unavailable } from './backoff.ts'

/** The part of Lambda's context that says how long a run may still take; absent on hosts without a limit. */
export type RunContext = Pick<Context, 'getRemainingTimeInMillis'>

/** Time kept for the answer: failures are logged, and their messages are hidden for a while, ten a request. */
const ANSWER_MS = 5_000

/** Milliseconds that work may still take. */
export const workMsLeft = (context: RunContext | undefined): number =>
  context ? context.getRemainingTimeInMillis() - ANSWER_MS : Number.POSITIVE_INFINITY

/** The result of `work`, or Unavailable when the run's time is over first. Work that goes on must be repeatable. */
export async function inTime<T>(context: RunContext | undefined, work: () => Promise<T>): Promise<T> {
  const leftMs = workMsLeft(context)
  if (leftMs <= 0) throw new Unavailable('not tried: the time of this run was over')
  if (leftMs === Number.POSITIVE_INFINITY) return work()
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Unavailable('the time of this run was over before the answer')), leftMs)
  try {
    return await Promise.race([work(), ended])
  } finally {
    clearTimeout(timer)
  }
}
