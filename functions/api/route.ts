// What a route of the HTTP API is: its schemas, from which the OpenAPI document is made, and its handler. A handler
// takes parsed values and returns a value; whatever is wrong with the request it throws as a Problem (RFC 9457).

import type { z } from 'zod'
import type { Platform } from '../platform.ts'
import type { RegistryHead, RegistryReader } from '../registry/reader.ts'
import type { HttpRoute } from '../triggers.ts'

export interface RouteContext {
  platform: Platform
  registry: RegistryReader
  head: RegistryHead
  principal: Principal
  path: Record<string, string>
}

/**
 * Who asks, as the authorizer in front of the handler found out. `lacks`: what the token of whoever has signed in would
 * have to hold for an administrator, `VALUE in CLAIM`.
 */
export type Principal = { role: 'anyone'; lacks?: string } | { role: 'gateway'; gateway: string } | { role: 'admin' }

export interface Route<Q extends z.ZodType = z.ZodType, B extends z.ZodType = z.ZodType> {
  route: HttpRoute
  summary: string
  query?: Q
  body?: B
  /** The body goes to the handler as it came; the schema only describes it. */
  rawBody?: true
  /** Who may call; anyone when absent. */
  role?: Exclude<Principal['role'], 'anyone'>
  response: z.ZodType
  handle(context: RouteContext, request: { query: z.output<Q>; body: z.output<B> }): Promise<unknown>
}

/** Keeps the types of query and body together while the table holds routes of all kinds. */
export const route = <Q extends z.ZodType, B extends z.ZodType>(definition: Route<Q, B>): Route =>
  definition as unknown as Route

export class Problem extends Error {
  override name = 'Problem'
  readonly status: number
  readonly title: string
  readonly more: Record<string, unknown>
  constructor(status: number, title: string, detail: string, more: Record<string, unknown> = {}) {
    super(detail)
    this.status = status
    this.title = title
    this.more = more
  }
}
export const notFound = (kind: string, id: string): Problem =>
  new Problem(404, 'Not found', `no ${kind} "${id}" is registered`)
