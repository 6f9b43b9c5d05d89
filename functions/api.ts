// The HTTP API: an API Gateway (HTTP API, payload 2.0) event in, a response out. The local host speaks the same events.
// Parses query and body once at the border and turns errors into RFC 9457 problem documents.

import httpRouter from '@middy/http-router'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import * as z from 'zod'
import zhCN from 'zod/v4/locales/zh-CN.js'
import { must } from '../domain/must.ts'
import { phraseOf } from '../domain/phrase.ts'
import { decodeText } from '../domain/wire/text.ts'
import { denialLog, denialSender } from './access/denials.ts'
import { API_HEADERS } from './access/headers.ts'
import { isRefusal, permit, type Refusal } from './access/permit.ts'
import { type Principal, senderName } from './access/principal.ts'
import { csvOfList, listAsked, wantsCsv } from './api/csv.ts'
import { openApiDocument } from './api/openapi.ts'
import { ApiProblem, DOCUMENT_ROUTE, type FileAnswer, Later, methodAndPath, type Route } from './api/route.ts'
import { apiRoutes } from './api/routes.ts'
import { type Handler, handlerOf } from './handler.ts'
import { PermanentFailure, type Platform, VersionConflict } from './platform.ts'
import { registryReader } from './registry/reader.ts'
import { type ReportMakerOf, storedReports } from './reporting/maker.ts'

/** Problems named in one answer; a wholly wrong body has more. */
const ISSUES_MAX = 100

export type ApiEvent = APIGatewayProxyEventV2
export type ApiResult = APIGatewayProxyStructuredResultV2

/** `makerOf`: who fills reports. */
export function api(on: Platform, makerOf: ReportMakerOf = storedReports): Handler<ApiEvent, ApiResult> {
  const registry = registryReader(on.state)
  const maker = makerOf({ platform: on, registry })

  const noteDenial = denialLog(on.state)

  const refused = async (event: ApiEvent, principal: Principal, problem: ApiProblem): Promise<ApiProblem> => {
    const { status, message: detail } = problem
    const route = `${event.requestContext.http.method} ${event.rawPath}`
    await noteDenial(denialSender(principal), { atMs: on.now(), route, status, detail, address: addressOf(event) })
    return problem
  }

  const answer = async (route: Route, event: ApiEvent, cookies: string[]): Promise<unknown> => {
    const principal = principalOf(event)
    const head = await registry.refresh()
    const path = Object.fromEntries(
      Object.entries(event.pathParameters ?? {}).map(([name, value]) => [name, decoded(value)]),
    )
    const asked = { access: route.access, principal, path, query: event.queryStringParameters ?? {} }
    const scope = await permit(asked, { state: on.state, registry, head })
    if (isRefusal(scope)) throw await refused(event, principal, problemOfRefusal(scope))
    const query = route.query ? parsed(route.query, event.queryStringParameters ?? {}, 'query') : {}
    const raw = bodyOf(event)
    const body =
      route.body && !route.rawBody ? parsed(route.body, signed(route.body, json(raw), principal), 'body') : raw
    const cookie = (name: string) => cookieOf(event, name)
    const sender = { principal, scope, address: addressOf(event), cookie, cookies }
    const context = { platform: on, registry, maker, head, path, ...sender }
    return route.handle(context, { query, body })
  }

  const handlers = Object.entries(apiRoutes).map(([text, route]) => {
    const [method, path] = methodAndPath(text)
    const handler = async (event: ApiEvent): Promise<ApiResult> => {
      try {
        // Only reading: what a write answers is a state, no list to carry away.
        const list = method === 'GET' && !route.file && wantsCsv(headerOf(event, 'accept'))
        const name = list ? listAsked(route, event.queryStringParameters?.list) : undefined
        const cookies: string[] = []
        const value = await answer(route, event, cookies)
        if (route.file) return fileResult(value as FileAnswer)
        if (value instanceof Later) return jsonResult(202, value.view)
        const result = name === undefined ? jsonResult(200, value) : csvResult(event, name, value)
        return cookies.length > 0 ? { ...result, cookies } : result
      } catch (error) {
        return problemResult(error)
      }
    }
    return { method, path, handler }
  })
  const [method, path] = methodAndPath(DOCUMENT_ROUTE)
  const document = { method, path, handler: async () => jsonResult(200, openApiDocument()) }
  const router = httpRouter<ApiEvent, ApiResult>({
    routes: [...handlers, document],
    notFoundResponse: ({ method, path }) =>
      problemResult(new ApiProblem(404, 'Not found', `there is no ${method} ${path}; see /api/v1/openapi.json`)),
  })
  return handlerOf(router as unknown as (event: ApiEvent) => Promise<ApiResult>)
}

const problemOfRefusal = ({ status, detail, right }: Refusal): ApiProblem =>
  new ApiProblem(status, status === 401 ? 'Unauthorized' : 'Forbidden', detail, right && { right })

/** Fields of bodies that name who takes a step. */
const SIGNATURES = ['who', 'by']

/** The body as the sender signs it: a person's name is the sender's own, whatever the body says. */
function signed(schema: z.ZodType, value: unknown, principal: Principal): unknown {
  const name = senderName(principal)
  if (name === undefined || !(schema instanceof z.ZodObject) || typeof value !== 'object' || value === null)
    return value
  const fields = SIGNATURES.filter((field) => field in schema.shape)
  return { ...value, ...Object.fromEntries(fields.map((field) => [field, name])) }
}

/** From API Gateway cookies come as a list of their own, from the local host in their header. */
function cookieOf({ cookies, headers }: ApiEvent, name: string): string | undefined {
  const pairs = cookies ?? (headers?.cookie ?? '').split(/;\s*/)
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}

const addressOf = ({ requestContext }: ApiEvent): string => requestContext.http.sourceIp ?? ''

/** The sender, as the authorizer in front of the API found: API Gateway's or the local host's. */
function principalOf(event: ApiEvent): Principal {
  const context = event.requestContext as { authorizer?: { lambda?: Principal } }
  return context.authorizer?.lambda ?? { role: 'anyone' }
}

/** The bytes as they came, or text as the gateway in front of the API decoded it. */
const bodyOf = (event: ApiEvent): Uint8Array | string =>
  event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64') : (event.body ?? '')

function json(raw: Uint8Array | string): unknown {
  const decoded = decodeText(raw)
  if ('encoding' in decoded) throw new ApiProblem(400, 'Bad request', `the body is not UTF-8 but ${decoded.encoding}`)
  try {
    return JSON.parse(decoded.text)
  } catch (error) {
    throw new ApiProblem(400, 'Bad request', `the body is not JSON: ${String(error)}`)
  }
}

function decoded(value: string | undefined): string {
  try {
    return decodeURIComponent(value ?? '')
  } catch {
    throw new ApiProblem(400, 'Bad request', `"${value}" is not a well-formed path segment`)
  }
}

/** Names the field of the first error; zod's own sentence says why. */
function parsed<T extends z.ZodType>(schema: T, value: unknown, place: string): z.output<T> {
  const early = issuesOfLists(schema, value)
  const result = early.length > 0 ? undefined : schema.safeParse(value)
  if (result?.success) return result.data
  const problems = (result?.error.issues ?? early).slice(0, ISSUES_MAX).map((issue) => ({
    field: issue.path.join('.'),
    record: recordOf(value, issue.path),
    reason: issue.message,
    said: phraseOf(chineseOf(issue, valueAt(value, issue.path)), issue.message),
  }))
  const { field, record, said } = must(problems[0])
  const whole = phraseOf(
    `${place} ${field || '（整体）'}${record === null ? '' : `（“${record}”）`}：${said.zh}`,
    `${place} ${field || '(as a whole)'}${record === null ? '' : ` of "${record}"`}: ${said.en}`,
  )
  throw new ApiProblem(400, 'Bad request', whole, { field, problems })
}

const CHINESE = zhCN().localeError

/** A rule of ours says it in `params.zh`; zod knows its own. */
function chineseOf(issue: z.core.$ZodIssue, input: unknown): string {
  const own = issue.code === 'custom' ? issue.params?.zh : undefined
  if (typeof own === 'string') return own
  const [, options] = /Expected (.+)$/.exec(issue.code === 'invalid_union' ? issue.message : '') ?? []
  if (options !== undefined) return `无效选项：期望以下之一 ${options}`
  const found = CHINESE({ ...issue, input } as z.core.$ZodRawIssue)
  return typeof found === 'string' ? found : (found?.message ?? issue.message)
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  )

/** A longer list is looked through before it is parsed: the issues of one that is wrong throughout fill memory. */
const LOOKED_THROUGH_MIN = 1_000

/** The first issues of the long lists of a body. */
function issuesOfLists(schema: z.ZodType, value: unknown): z.core.$ZodIssue[] {
  const issues: z.core.$ZodIssue[] = []
  if (!(schema instanceof z.ZodObject) || typeof value !== 'object' || value === null) return issues
  for (const [name, field] of Object.entries(schema.shape)) {
    const list: unknown = (value as Record<string, unknown>)[name]
    const array = field instanceof z.ZodOptional ? field.unwrap() : field
    if (!(array instanceof z.ZodArray) || !Array.isArray(list) || list.length <= LOOKED_THROUGH_MIN) continue
    for (const [index, item] of list.entries()) {
      const found = (array.element as z.ZodType).safeParse(item).error?.issues ?? []
      issues.push(...found.map((issue) => ({ ...issue, path: [name, index, ...issue.path] })))
      if (issues.length >= ISSUES_MAX) return issues
    }
  }
  return issues
}

/** The nearest id along the path, so that a record can be found without counting. */
function recordOf(value: unknown, path: readonly PropertyKey[]): string | null {
  let at: unknown = value
  let record: string | null = null
  for (const key of path) {
    if (typeof at !== 'object' || at === null) break
    at = (at as Record<PropertyKey, unknown>)[key]
    const named = at as { id?: unknown; code?: unknown; subject?: unknown; institution?: unknown } | null | undefined
    const id = named?.id ?? named?.code ?? named?.subject ?? named?.institution
    if (typeof id === 'string') record = id
  }
  return record
}

const jsonResult = (statusCode: number, value: unknown, type = 'application/json'): ApiResult => ({
  statusCode,
  headers: { ...API_HEADERS, 'content-type': `${type}; charset=utf-8` },
  body: JSON.stringify(value),
})

/** Names of headers are in lower case in API Gateway's events, and in Node's. */
const headerOf = ({ headers }: ApiEvent, name: string): string | undefined => headers?.[name]

/** A page of a list that goes on names the next one in `link` (RFC 8288). */
function csvResult(event: ApiEvent, list: string, value: unknown): ApiResult {
  const { next } = value as { next?: unknown }
  const query = new URLSearchParams({ ...event.queryStringParameters, cursor: String(next) } as Record<string, string>)
  return {
    statusCode: 200,
    headers: {
      ...API_HEADERS,
      'content-type': 'text/csv; charset=utf-8',
      ...(typeof next === 'string' && { link: `<${event.rawPath}?${query}>; rel="next"` }),
    },
    body: csvOfList(value, list),
  }
}

/** A header's text in any script: RFC 8187. */
const extendedValue = (text: string): string =>
  encodeURIComponent(text).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

const fileResult = ({ name, contentType, bytes }: FileAnswer): ApiResult => ({
  statusCode: 200,
  headers: {
    ...API_HEADERS,
    'content-type': contentType,
    // Saved, never shown: HTML in it must not run in the page's origin.
    'content-disposition': `attachment; filename*=UTF-8''${extendedValue(name)}`,
  },
  body: Buffer.from(bytes).toString('base64'),
  isBase64Encoded: true,
})

/**
 * Answers a Problem as it is, a version conflict with 409 and a permanent failure with 422. Any other error is our
 * fault: logged in full, answered in general terms.
 */
function problemResult(error: unknown): ApiResult {
  const problem =
    error instanceof ApiProblem
      ? error
      : error instanceof VersionConflict
        ? new ApiProblem(409, 'Conflict', error.message)
        : error instanceof PermanentFailure
          ? new ApiProblem(422, 'Refused', error.message)
          : new ApiProblem(500, 'Internal error', 'the request could not be answered; the log says why')
  if (problem.status === 500) console.error('api:', error)
  const { status, title, message, more } = problem
  return jsonResult(
    status,
    { type: 'about:blank', title, status, detail: message, ...more },
    'application/problem+json',
  )
}
