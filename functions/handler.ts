// Makes every handler: the work, wrapped by middy, so that both hosts run the same middleware.

import middy from '@middy/core'
import type { Context } from 'aws-lambda'

/** A Lambda handler that a host may also call without a Lambda context. */
export type Handler<Event, Result> = (event: Event, context?: Context) => Promise<Result>

export function handlerOf<Event, Result>(
  work: (event: Event) => Promise<Result>,
  ...middlewares: middy.MiddlewareObj<Event, Result>[]
): Handler<Event, Result> {
  const handler = middy<Event, Result>().use(middlewares).handler(work)
  // On one machine there is no Lambda context, and no middleware in use reads it.
  return (event, context = {} as Context) => handler(event, context) as Promise<Result>
}
