// Shared parts of routes: month, instant and page in a query; the registered area, institution or meter that a path
// names.

import * as z from 'zod'
import { type Month, monthOf, yearOf } from '../../domain/calendar.ts'
import { parseInstant } from '../../domain/instant.ts'
import type { Area, Institution, Meter } from '../../domain/registry/records.ts'
import { asMonth } from '../../domain/schema.ts'
import type { Page } from '../../domain/view/view.ts'
import { latestMonth } from '../judging/judgement.ts'
import { ApiProblem, notFound, type RouteContext } from './route.ts'

/** Default and largest number of rows of a page; a page is read and answered in one go. */
const PAGE_LIMIT = 50
export const PAGE_LIMIT_MAX = 500
export const limitQuery = (rows = PAGE_LIMIT) => z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(rows)

export const monthQuery = z.object({
  month: asMonth(z.string().regex(/^[12]\d{3}-(0[1-9]|1[0-2])$/, 'must be YYYY-MM')).optional(),
})
/** Years of four digits with whole years before and after them, so that every month nearby can be written. */
const INSTANT_MS_MIN = Date.UTC(1000, 0, 1)
const INSTANT_MS_MAX = Date.UTC(3000, 0, 1)
const INSTANT_WANTED = 'must be RFC 3339 with an offset, or epoch milliseconds, of the years 1000 to 2999'
export const instant = z.string({ error: INSTANT_WANTED }).transform((text, context) => {
  const ms = /^-?\d{1,15}$/.test(text) ? Number(text) : parseInstant(text)
  if (ms !== undefined && ms >= INSTANT_MS_MIN && ms < INSTANT_MS_MAX) return ms
  context.addIssue({ code: 'custom', message: INSTANT_WANTED })
  return z.NEVER
})
export const pageQuery = z.object({
  cursor: z.string().optional(),
  limit: limitQuery(),
})
export type PageQuery = z.output<typeof pageQuery>

/** A part of a list that a reader turns the pages of: rows from `offset` on, and how many there are in all. */
export const offsetQuery = pageQuery.extend({ offset: z.coerce.number().int().min(0).optional() })

/** The rows after the cursor or from the offset on. Throws Problem 400 as `paged` does. */
export function pagedAt<T>(
  rows: readonly T[],
  idOf: (row: T) => string,
  { offset = 0, ...query }: z.output<typeof offsetQuery>,
): Page<T> & { total: number } {
  const from = query.cursor === undefined ? rows.slice(offset) : rows
  return { ...paged(from, idOf, query), total: rows.length }
}

/** The rows after the cursor, which is the id of a row. Throws Problem 400 when no row has it. */
export function rowsAfter<T>(
  rows: readonly T[],
  idOf: (row: T) => string,
  { cursor }: Pick<PageQuery, 'cursor'>,
): readonly T[] {
  const first = cursor === undefined ? 0 : rows.findIndex((row) => idOf(row) === cursor) + 1
  if (cursor !== undefined && first === 0)
    throw new ApiProblem(400, 'Bad request', `"${cursor}" is no cursor of this list`, { field: 'cursor' })
  return rows.slice(first)
}

/** A page of the rows after the cursor. Throws Problem 400 when no row has it. */
export function paged<T>(rows: readonly T[], idOf: (row: T) => string, page: PageQuery): Page<T> {
  const after = rowsAfter(rows, idOf, page)
  const items = after.slice(0, page.limit)
  const last = items.at(-1)
  return { items, next: last !== undefined && page.limit < after.length ? idOf(last) : null }
}

/** Parameters that name one registry record: a route's path, or a query parameter. */
type Named<Name extends string> = Pick<RouteContext<Name>, 'registry' | 'path'>

export async function areaOf({ registry, path }: Named<'code'>): Promise<Area> {
  const area = (await registry.areas()).find(({ code }) => code === path.code)
  if (!area) throw notFound('area', path.code)
  return area
}

export async function institutionOf({
  registry,
  path,
}: Named<'id'>): Promise<{ institution: Institution; shard: string }> {
  const found = await registry.institution(path.id)
  if (!found) throw notFound('institution', path.id)
  return found
}

export async function meterOf({ registry, path }: Named<'id'>): Promise<{ meter: Meter; shard: string }> {
  const found = await registry.meter(path.id)
  if (!found) throw notFound('meter', path.id)
  return found
}

/** The default month of a request: the subject's latest month with anything expected or known, else the present one. */
export const monthShown = async (subject: string, { platform }: RouteContext): Promise<Month> =>
  (await latestMonth(platform.state, subject, platform.now())) ?? monthOf(platform.now())

export const yearQuery = z.object({ year: z.coerce.number().int().min(1000).max(2999).optional() })

/** The year asked for, or the present one. */
export const yearAsked = ({ year }: z.output<typeof yearQuery>, { platform }: RouteContext): number =>
  year ?? yearOf(platform.now())
