// Defines a route of the HTTP API: its schemas, from which the OpenAPI document is made, and its handler. A handler
// takes parsed values and returns a value of its response schema; it throws a Problem (RFC 9457) for a wrong request.

import * as z from 'zod'
import { type Phrase, phraseOf } from '../../domain/phrase.ts'
import type { RouteAccess, Scope } from '../access/permit.ts'
import type { Principal } from '../access/principal.ts'
import type { Platform } from '../platform.ts'
import type { RegistryHead, RegistryReader } from '../registry/reader.ts'
import type { ReportMaker } from '../reporting/maker.ts'
import type { ApiRoute } from '../triggers.ts'

/** `Name`: the path parameters of the route; a helper that needs none takes the context of any route. */
export interface RouteContext<Name extends string = never> {
  platform: Platform
  registry: RegistryReader
  /** Builds and checks reports. */
  maker: ReportMaker
  head: RegistryHead
  principal: Principal
  /** What the sender may see by the action of the route. */
  scope: Scope
  /** Address of the sender, where the host knows it. */
  address: string
  /** A cookie of the request. */
  cookie(name: string): string | undefined
  /** Texts of `set-cookie` that the answer gets. */
  cookies: string[]
  path: Readonly<Record<Name, string>>
}

/** `'code'` of `'GET /api/v1/areas/{code}/freshness'`. */
type ParameterOf<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterOf<Rest>
  : never

/** A file to be saved under its name. */
export interface FileAnswer {
  name: string
  contentType: string
  bytes: Uint8Array
}
/** An answer 202: what was asked for is done later. */
export class Later {
  readonly view: unknown
  constructor(view: unknown) {
    this.view = view
  }
}
export const FILE_ANSWER = z.custom<FileAnswer>()

interface Definition<Name extends string, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> {
  /** Which right the route needs, and at which place (docs/rules/access.md#enforcement). */
  access: RouteAccess<Name>
  summary: string
  query?: Q
  body?: B
  /** The handler gets the body as it came, bytes or text; the schema only describes it. */
  rawBody?: true
  /** The answer is a file, sent as its bytes; `response` is FILE_ANSWER. */
  file?: true
  response: R
  /** Schema of what an answer 202 says, where the route may do its work later: the handler then returns Later. */
  later?: z.ZodType
  handle(context: RouteContext<Name>, request: { query: z.output<Q>; body: z.output<B> }): Promise<z.output<R> | Later>
}

/** A route of any kind, as the table of all routes holds it; its caller has parsed query and body with its schemas. */
export type Route = Definition<string, z.ZodType, z.ZodType, z.ZodType>

/**
 * A table with one route, to be spread into the table of all. Its text names the path parameters that the handler gets.
 */
export function route<T extends ApiRoute, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  text: T,
  definition: Definition<ParameterOf<T>, Q, B, R>,
): Record<T, Route> {
  return { [text]: definition } as unknown as Record<T, Route>
}

/** Serves the OpenAPI document, which describes all other routes of the table. */
export const DOCUMENT_ROUTE = 'GET /api/v1/openapi.json' satisfies ApiRoute

export const methodAndPath = (text: string) =>
  text.split(' ') as [method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string]

export class ApiProblem extends Error {
  override name = 'Problem'
  readonly status: number
  readonly title: string
  readonly more: Record<string, unknown>
  /** `detail`: English alone, or both languages, which the answer then has in `said`. */
  constructor(status: number, title: string, detail: string | Phrase, more: Record<string, unknown> = {}) {
    super(typeof detail === 'string' ? detail : detail.en)
    this.status = status
    this.title = title
    this.more = typeof detail === 'string' ? more : { ...more, said: detail }
  }
}
export const notFound = (kind: string, id: string): ApiProblem =>
  new ApiProblem(404, 'Not found', phraseOf(`没有登记“${id}”（${kind}）`, `no ${kind} "${id}" is registered`))
