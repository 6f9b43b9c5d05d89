// Ends ingesting before Lambda ends the function: a function that is cut off cannot say which of its messages are done,
// and SQS then delivers all of them again. Not for shards: their work would go on in the next run beside another's.

import type { Context } from 'aws-lambda'
import { Unavailable } from './backoff.ts'

/** The part of Lambda's context that names a run and says how long it may take; absent on hosts without a limit. */
export type RunContext = Pick<Context, 'getRemainingTimeInMillis'> &
  Partial<Pick<Context, 'awsRequestId' | 'functionName'>>

/** Time kept for the answer: failures are logged, and their messages are hidden for a while, ten a request. */
const ANSWER_MS = 5_000

/** The result of `work`, or Unavailable when the run's time is over first. Work that goes on must be repeatable. */
export async function inTime<T>(context: RunContext | undefined, work: () => Promise<T>): Promise<T> {
  if (!context) return work()
  const leftMs = context.getRemainingTimeInMillis() - ANSWER_MS
  if (leftMs <= 0) throw new Unavailable('not tried: the time of this run was over')
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Unavailable('the time of this run was over before the answer')), leftMs)
  try {
    return await Promise.race([work(), ended])
  } finally {
    clearTimeout(timer)
  }
}
