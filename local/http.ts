// The HTTP side of the host: translates between Node's requests and the API Gateway events of the handler, asks the
// door who the sender is (as API Gateway's authorizer does), and serves the web page. Contains no rules.

import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import sirv from 'sirv'
import { actionsOf } from '../domain/access/permission.ts'
import { API_HEADERS, pageHeaders } from '../functions/access/headers.ts'
import type { Principal } from '../functions/access/principal.ts'
import type { ApiEvent, ApiResult } from '../functions/api.ts'
import { admit, type DoorOptions, NotAdmitted, rateLimit, senderPrincipal } from './door.ts'
import { sendResult } from './http-answer.ts'
import { eventWith } from './http-body.ts'
import { liveAnswers, newArrivals, type StoredBell, wantsStream } from './live.ts'
import { VerifierBusy } from './verify-queue.ts'
import type { WorkApart } from './work-apart.ts'

/**
 * Largest body by sender: the body is held in memory, so a sender with few rights gets little of it. A province's
 * meters in one import are about 60 MB of JSON. A gateway's oversized message is read up to MQTT's limit, to be stored
 * as a rejection. A template to be filled is some megabytes.
 */
const BODY_BYTES_MAX = {
  admin: 128 * 1024 * 1024,
  person: 8 * 1024 * 1024,
  gateway: 4 * 1024 * 1024,
  anyone: 64 * 1024,
}

function bodyBytesMax(principal: Principal): number {
  if (principal.role !== 'user') return BODY_BYTES_MAX[principal.role]
  if (principal.isVisitor) return BODY_BYTES_MAX.anyone
  return actionsOf(principal.grants).includes('operate') ? BODY_BYTES_MAX.admin : BODY_BYTES_MAX.person
}

export interface HttpOptions extends DoorOptions {
  host: string
  port: number
  api(event: ApiEvent): Promise<ApiResult>
  /** Answers what would stop the event loop. */
  apart?: Pick<WorkApart, 'takes' | 'answer'>
  /** What streams wait for; absent: they look at times alone. */
  arrivals?: StoredBell
  /** Folder of the built page; undefined until it is built. */
  web: () => string | undefined
}
export interface HttpServer {
  port: number
  close(): Promise<void>
}

/** Throws EADDRINUSE when the port is taken. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const { arrivals = newArrivals(), api } = options
  const limit = rateLimit()
  const page = pageServer(options.web, async (request) => {
    limit.count(request.socket.remoteAddress ?? '')
    // A browser opens its page by the cookie alone; passwords are tried at the API.
    delete request.headers.authorization
    const { event } = await eventOf(request, options)
    const [session, health] = await Promise.all(['session', 'health'].map((name) => viewOf(api, event, name)))
    return { session, health }
  })
  const live = liveAnswers({ arrivals, ask: async (request) => api((await eventOf(request, options)).event) })
  const server = createServer((request, response) => {
    const isApi = request.url?.startsWith('/api/')
    for (const [name, value] of Object.entries(isApi ? API_HEADERS : pageHeaders())) response.setHeader(name, value)
    try {
      admit(request, options.names)
      if (isApi) limit.count(request.socket.remoteAddress ?? '')
    } catch (error) {
      return sendProblem(response, error)
    }
    if (!isApi) return page(request, response)
    const sent = wantsStream(request)
      ? live(request, response)
      : answer(request, options).then((result) => sendResult(request, response, result))
    sent.catch((error: unknown) => {
      if (error instanceof BodyTooLarge) sendAndStopReading(request, error)
      else sendProblem(response, error)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  return { port: portOf(server, options.port), close: () => closed(server) }
}

/** What a route without parameters answers to the sender of `event`; undefined where it is no success. */
async function viewOf(api: HttpOptions['api'], event: ApiEvent, name: string): Promise<unknown> {
  const [path, method] = [`/api/v1/${name}`, 'GET']
  const http = { ...event.requestContext.http, method, path }
  const asked = { ...event, routeKey: `${method} ${path}`, rawPath: path, rawQueryString: '' }
  const { statusCode, body } = await api({ ...asked, requestContext: { ...event.requestContext, http } })
  return statusCode === 200 && body !== undefined ? JSON.parse(body) : undefined
}

/**
 * Serves the page once it is built; until then a notice that reloads itself. `start`: what the page is told with its
 * configuration, since it can show nothing before it knows who reads and whether the host is ready.
 */
function pageServer(folder: () => string | undefined, start: (request: IncomingMessage) => Promise<object>) {
  let files: ReturnType<typeof sirv> | undefined
  return (request: IncomingMessage, response: ServerResponse): void => {
    const built = folder()
    if (built) {
      // `dev` reads the disk each time: otherwise a request for a file that a new build has replaced would end the
      // process.
      files ??= sirv(built, { etag: true, dev: true, brotli: true, gzip: true, setHeaders: keepAssets })
      // The page needs no byte ranges, and sirv throws when a range ends before it begins.
      delete request.headers.range
      files(request, response, () => {
        if (request.url !== '/config.json') return send(response, 404, 'not found')
        // No address: the API is beside the page, and says who signs in.
        for (const [name, value] of Object.entries(API_HEADERS)) response.setHeader(name, value)
        response.setHeader('content-type', 'application/json')
        start(request).then(
          (told) => send(response, 200, JSON.stringify(told)),
          (error: unknown) => sendProblem(response, error),
        )
      })
      return
    }
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.setHeader('refresh', '1')
    send(response, 503, '<!doctype html><title>Kilowatch</title><p>页面正在生成… / The page is being built…</p>')
  }
}

/** Files whose names have a hash of their content never change. */
function keepAssets(response: ServerResponse, path: string): void {
  if (/[/\\]assets[/\\]/.test(path)) response.setHeader('cache-control', 'public, max-age=31536000, immutable')
}

class BodyTooLarge extends Error {}

/** The request as API Gateway would send it, without its body, and its sender. */
async function eventOf(
  request: IncomingMessage,
  options: HttpOptions,
): Promise<{ event: ApiEvent; principal: Principal }> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  // HEAD asks for what GET would answer.
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET')
  const query = [...url.searchParams]
  const principal = await senderPrincipal(request, options)
  const event = {
    version: '2.0',
    routeKey: `${method} ${url.pathname}`,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
    ...(query.length > 0 && { queryStringParameters: Object.fromEntries(query) }),
    requestContext: {
      http: {
        method,
        path: url.pathname,
        protocol: 'HTTP/1.1',
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: '',
      },
      authorizer: { lambda: principal },
    },
  }
  return { event: event as unknown as ApiEvent, principal }
}

async function answer(request: IncomingMessage, options: HttpOptions): Promise<ApiResult> {
  const { event: whole, principal } = await eventOf(request, options)
  const body = await bodyOf(request, bodyBytesMax(principal))
  const { apart } = options
  if (apart && (principal.role === 'admin' || principal.role === 'user') && (await apart.takes(whole, body.bytes)))
    return apart.answer(whole, body.chunks)
  return options.api(eventWith(whole, body.chunks))
}

async function bodyOf(request: IncomingMessage, bytesMax: number): Promise<{ chunks: Buffer[]; bytes: number }> {
  const chunks: Buffer[] = []
  let bytes = Number(request.headers['content-length'] ?? 0)
  const check = (): void => {
    if (bytes > bytesMax) throw new BodyTooLarge(`this request may have a body of at most ${bytesMax} bytes`)
  }
  check()
  bytes = 0
  // The connection stays open after a refusal, so that the answer can still be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length
    check()
    chunks.push(chunk)
  }
  return { chunks, bytes }
}

/** How long a sender may take to see the answer. */
const LINGER_MS = 1_000

/**
 * Answers past the response, at whose end Node would read the rest of the body. The rest stays with its sender, and the
 * connection goes once the answer can have been read.
 */
function sendAndStopReading({ socket }: IncomingMessage, error: BodyTooLarge): void {
  const { status, body } = problemOf(error)
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  setTimeout(() => socket.destroy(), LINGER_MS)
}
const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

function sendProblem(response: ServerResponse, error: unknown): void {
  const { status, body } = problemOf(error)
  response.setHeader('content-type', PROBLEM_TYPE)
  if (status === 429) response.setHeader('retry-after', '1')
  send(response, status, body)
}

/** RFC 9457, as from the handler. An error of ours is told in the log, and in general terms to the sender. */
function problemOf(error: unknown): { status: keyof typeof TITLES; body: string } {
  const status = statusOf(error)
  if (status === 500) console.error('http:', error)
  const detail = status !== 500 && error instanceof Error ? error.message : 'the request could not be answered'
  return { status, body: JSON.stringify({ type: 'about:blank', title: TITLES[status], status, detail }) }
}
const TITLES = {
  403: 'Forbidden',
  413: 'Content too large',
  421: 'Misdirected request',
  429: 'Too many requests',
  500: 'Internal error',
}
function statusOf(error: unknown): keyof typeof TITLES {
  if (error instanceof NotAdmitted) return error.status
  return error instanceof BodyTooLarge ? 413 : error instanceof VerifierBusy ? 429 : 500
}

function send(response: ServerResponse, status: number, body: string | Uint8Array): void {
  response.statusCode = status
  response.end(body)
}

function portOf(server: Server, asked: number): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : asked
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
