// Streams of server-sent events on this host (docs/rules/interfaces.md#live-answers): a GET that accepts
// `text/event-stream` is answered now, and again when readings were stored and the answer changed. Each answer is that
// of the route, asked anew as the sender is then: a session that ends, ends its stream.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApiResult } from '../functions/api.ts'
import { NotAdmitted } from './door.ts'
import { senderOf } from './lock-out.ts'

/** Tells the streams that something was stored. */
export interface StoredBell {
  told(): void
  listen(heard: () => void): () => void
}

export function newArrivals(): StoredBell {
  const listeners = new Set<() => void>()
  return {
    told() {
      for (const heard of listeners) heard()
    },
    listen(heard) {
      listeners.add(heard)
      return () => listeners.delete(heard)
    },
  }
}

/** Streams of one sender, and of all: a browser has six connections, a host some hundred screens. */
const OF_SENDER_MAX = 24
const STREAMS_MAX = 500
/** An answer is made at most so often, and rests ten times as long as making it took. */
const REST_MS_MIN = 500
const REST_SHARE = 10
/** What changes without readings, such as an alert, is looked at so often; keeps proxies from closing as well. */
const LOOK_MS = 5_000

/** What the page shows as it arrives. Other answers take too long to be made again and again. */
const STREAMED =
  /^\/api\/v1\/(?:rejections|arrivals\/[^/?]+|areas\/[^/?]+\/freshness|institutions\/[^/?]+\/registers)(?:\?|$)/

export const wantsStream = ({ method, url = '', headers }: IncomingMessage): boolean =>
  method === 'GET' && STREAMED.test(url) && /\btext\/event-stream\b/.test(headers.accept ?? '')

interface LiveOptions {
  arrivals: StoredBell
  /** The route's answer to the request, as its sender is now. */
  ask(request: IncomingMessage): Promise<ApiResult>
}

/** Answers streams; throws NotAdmitted for one too many. */
export function liveAnswers({ arrivals, ask }: LiveOptions) {
  const open = new Map<string, number>()
  let all = 0
  const count = (sender: string, by: 1 | -1): void => {
    all += by
    const left = (open.get(sender) ?? 0) + by
    if (left > 0) open.set(sender, left)
    else open.delete(sender)
  }
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const sender = senderOf(request.socket.remoteAddress ?? '')
    if (all >= STREAMS_MAX || (open.get(sender) ?? 0) >= OF_SENDER_MAX)
      throw new NotAdmitted(429, `one address has at most ${OF_SENDER_MAX} streams open`)
    count(sender, 1)
    request.socket.setNoDelay(true)
    const stream = streamOf({ request, response, arrivals, ask })
    response.on('close', () => {
      count(sender, -1)
      stream.end()
    })
    await stream.begin()
  }
}

/** Sends answers that differ from the one before, one at a time. */
function streamOf({
  request,
  response,
  arrivals,
  ask,
}: LiveOptions & { request: IncomingMessage; response: ServerResponse }) {
  let last: string | undefined
  let timer: NodeJS.Timeout | undefined
  let isBusy = false
  let isOver = false
  let restUntilMs = 0
  const later = (ms: number): void => {
    clearTimeout(timer)
    if (!isOver) timer = setTimeout(() => void look(), ms)
  }
  const heard = (): void => {
    if (!isBusy) later(Math.max(0, restUntilMs - performance.now()))
  }
  const stop = arrivals.listen(heard)
  const end = (): void => {
    isOver = true
    clearTimeout(timer)
    stop()
  }

  async function look(): Promise<void> {
    if (isBusy || isOver) return
    isBusy = true
    const beganMs = performance.now()
    const { statusCode = 200, body = '', headers } = await ask(request).catch((): ApiResult => ({ statusCode: 500 }))
    isBusy = false
    if (isOver) return
    if (!response.headersSent) {
      // What is refused is refused as without a stream.
      const isStream = statusCode === 200
      response.writeHead(statusCode, isStream ? STREAM_HEADERS : (headers as Record<string, string>))
      if (!isStream) return void response.end(body)
    }
    if (statusCode !== 200) {
      response.end(`event: ended\ndata: ${statusCode}\n\n`)
      return end()
    }
    response.write(body === last ? ':\n\n' : `data: ${body}\n\n`)
    last = body
    const took = performance.now() - beganMs
    restUntilMs = performance.now() + Math.max(REST_MS_MIN, REST_SHARE * took)
    later(LOOK_MS)
  }
  return { begin: look, end }
}

const STREAM_HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' }
