// The HTTP API: an API Gateway (HTTP API, payload 2.0) event in, a response out. The local host speaks the same events.
// Parses query and body once at the border and turns errors into RFC 9457 problem documents.

import httpRouter from '@middy/http-router'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type { z } from 'zod'
import { must } from '../domain/must.ts'
import { decodeText } from '../domain/wire/text.ts'
import { openApiDocument } from './api/openapi.ts'
import { ApiProblem, DOCUMENT_ROUTE, type FileAnswer, methodAndPath, type Principal, type Route } from './api/route.ts'
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

  const answer = async (route: Route, event: ApiEvent): Promise<unknown> => {
    const principal = principalOf(event)
    if (route.role && principal.role !== route.role) throw refusalOf(principal, route.role)
    const head = await registry.refresh()
    const query = route.query ? parsed(route.query, event.queryStringParameters ?? {}, 'query') : {}
    const raw = bodyOf(event)
    const body = route.body && !route.rawBody ? parsed(route.body, json(raw), 'body') : raw
    const path = Object.fromEntries(
      Object.entries(event.pathParameters ?? {}).map(([name, value]) => [name, decoded(value)]),
    )
    return route.handle({ platform: on, registry, maker, head, principal, path }, { query, body })
  }

  const handlers = Object.entries(apiRoutes).map(([text, route]) => {
    const [method, path] = methodAndPath(text)
    const handler = async (event: ApiEvent): Promise<ApiResult> => {
      try {
        const value = await answer(route, event)
        return route.file ? fileResult(value as FileAnswer) : jsonResult(200, value)
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

/** 403 names the claim that a known sender lacks; everybody else gets 401 and needs other credentials. */
function refusalOf(principal: Principal, needed: 'admin' | 'gateway'): ApiProblem {
  const needs = `this needs the credentials of a${needed === 'admin' ? 'n admin' : ' gateway'}`
  if (needed === 'admin' && principal.role === 'anyone' && principal.lacks !== undefined) {
    return new ApiProblem(403, 'Forbidden', `${needs}: your token has no ${principal.lacks}`)
  }
  return new ApiProblem(401, 'Unauthorized', needs)
}

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
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const problems = result.error.issues.slice(0, ISSUES_MAX).map(({ path, message }) => ({
    field: path.join('.'),
    record: recordOf(value, path),
    reason: message,
  }))
  const { field, record, reason } = must(problems[0])
  const said = `${place} ${field || '(as a whole)'}${record === null ? '' : ` of "${record}"`}: ${reason}`
  throw new ApiProblem(400, 'Bad request', said, { field, problems })
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
  headers: { 'content-type': `${type}; charset=utf-8` },
  body: JSON.stringify(value),
})

/** A header's text in any script: RFC 8187. */
const extendedValue = (text: string): string =>
  encodeURIComponent(text).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

const fileResult = ({ name, contentType, bytes }: FileAnswer): ApiResult => ({
  statusCode: 200,
  headers: {
    'content-type': contentType,
    // Saved, never shown: HTML in it must not run in the page's origin.
    'content-disposition': `attachment; filename*=UTF-8''${extendedValue(name)}`,
    'x-content-type-options': 'nosniff',
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
