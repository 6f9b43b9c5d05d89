// The HTTP side of the host: translates between Node's requests and the API Gateway events of the handler, identifies
// the sender (as API Gateway's authorizer does), and serves the web page. Contains no rules.

import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import sirv from 'sirv'
import type { Principal } from '../functions/api/route.ts'
import type { ApiEvent, ApiResult } from '../functions/api.ts'
import type { VerifyPassword } from './credentials.ts'
import { VerifierBusy } from './verify-queue.ts'

/**
 * Largest body by role: the body is held in memory, so a sender with few rights gets little of it. A province's meters
 * in one import are about 60 MB of JSON. A gateway's oversized message is read up to MQTT's limit, to be stored as a
 * rejection.
 */
const BODY_BYTES_MAX: Record<Principal['role'], number> = {
  admin: 128 * 1024 * 1024,
  gateway: 4 * 1024 * 1024,
  anyone: 64 * 1024,
}

export interface HttpOptions {
  host: string
  port: number
  api(event: ApiEvent): Promise<ApiResult>
  verify: VerifyPassword
  adminToken: string
  /** Folder of the built page; undefined until it is built. */
  web: () => string | undefined
}
export interface HttpServer {
  port: number
  close(): Promise<void>
}

/** Throws EADDRINUSE when the port is taken. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const page = pageServer(options.web)
  const server = createServer((request, response) => {
    if (!request.url?.startsWith('/api/')) return page(request, response)
    answer(request, options).then(
      (result) => {
        for (const [name, value] of Object.entries(result.headers ?? {})) response.setHeader(name, String(value))
        response.setHeader('cache-control', 'no-store')
        const body = result.body ?? ''
        send(response, result.statusCode ?? 200, result.isBase64Encoded ? Buffer.from(body, 'base64') : body)
      },
      (error: unknown) => {
        if (error instanceof BodyTooLarge) sendAndStopReading(request, error)
        else sendProblem(response, error)
      },
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  return { port: portOf(server, options.port), close: () => closed(server) }
}

/** Serves the page once it is built; until then a notice that reloads itself. */
function pageServer(folder: () => string | undefined) {
  let files: ReturnType<typeof sirv> | undefined
  return (request: IncomingMessage, response: ServerResponse): void => {
    const built = folder()
    if (built) {
      // `dev` reads the disk each time: otherwise a request for a file that a new build has replaced would end the
      // process.
      files ??= sirv(built, { etag: true, dev: true })
      // The page needs no byte ranges, and sirv throws when a range ends before it begins.
      delete request.headers.range
      files(request, response, () => {
        // Empty config: same-origin API, no sign-in.
        if (request.url === '/config.json') send(response, 200, '{}')
        else send(response, 404, 'not found')
      })
      return
    }
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.setHeader('refresh', '1')
    send(response, 503, '<!doctype html><title>Kilowatch</title><p>页面正在生成… / The page is being built…</p>')
  }
}

class BodyTooLarge extends Error {}

async function answer(request: IncomingMessage, options: HttpOptions): Promise<ApiResult> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const method = request.method ?? 'GET'
  const query = [...url.searchParams]
  const principal = await principalOf(request, options)
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
    ...(await bodyOf(request, BODY_BYTES_MAX[principal.role])),
  }
  return options.api(event as unknown as ApiEvent)
}

async function principalOf(
  { headers, socket }: IncomingMessage,
  { verify, adminToken }: HttpOptions,
): Promise<Principal> {
  const [given = '', credentials = ''] = (headers.authorization ?? '').split(' ')
  const scheme = given.toLowerCase() // RFC 9110, section 11.1
  if (scheme === 'bearer' && credentials && equal(credentials, adminToken)) return { role: 'admin' }
  if (scheme === 'basic') {
    const [, gateway, password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? []
    const asker = { address: socket.remoteAddress ?? '', isGone: () => socket.destroyed }
    if (gateway && (await verify(gateway, password, asker))) return { role: 'gateway', gateway }
  }
  return { role: 'anyone' }
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** As text where that loses nothing, else in base64, as API Gateway passes a body that is not text. */
async function bodyOf(request: IncomingMessage, bytesMax: number): Promise<Pick<ApiEvent, 'body' | 'isBase64Encoded'>> {
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
  const whole = Buffer.concat(chunks)
  const text = whole.toString()
  if (text.includes('\uFFFD')) return { body: whole.toString('base64'), isBase64Encoded: true }
  return { body: text, isBase64Encoded: false }
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
  send(response, status, body)
}

/** RFC 9457, as from the handler. */
function problemOf(error: unknown): { status: number; body: string } {
  const status = error instanceof BodyTooLarge ? 413 : error instanceof VerifierBusy ? 429 : 500
  const detail = error instanceof Error ? error.message : String(error)
  return { status, body: JSON.stringify({ type: 'about:blank', title: TITLES[status], status, detail }) }
}
const TITLES = { 413: 'Content too large', 429: 'Too many requests', 500: 'Internal error' }

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
