// Writes the list of an answer as CSV for senders with `Accept: text/csv` (docs/rules/interfaces.md#csv). The list
// follows from the schema of the answer, so that a new route has CSV without a word.

import * as z from 'zod'
import { formatInstant } from '../../domain/calendar.ts'
import { BYTE_ORDER_MARK, csvLine, withoutFormula } from '../../domain/report/escape.ts'
import { ApiProblem, type Route } from './route.ts'

/** The lists of objects in the answers of a route, by the name of their field; the first is the one of its CSV. */
export function listsOf({ response, file }: Route): string[] {
  if (file || !(response instanceof z.ZodObject)) return []
  const shape: Record<string, z.ZodType> = response.shape
  return Object.entries(shape).flatMap(([name, field]) => {
    const own = bare(field)
    return own instanceof z.ZodArray && bare(own.element as z.ZodType) instanceof z.ZodObject ? [name] : []
  })
}

const bare = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault
    ? bare(schema.unwrap() as z.ZodType)
    : schema

/** True when CSV is named and nothing that is named is wanted more (RFC 9110, section 12.5.1). */
export function wantsCsv(accept = ''): boolean {
  const weights = new Map(
    accept.split(',').map((one) => {
      const [type = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase())
      const weight = Number(parameters.find((part) => part.startsWith('q='))?.slice(2) ?? 1)
      return [type, Number.isFinite(weight) ? weight : 0]
    }),
  )
  const csv = weights.get('text/csv') ?? 0
  return csv > 0 && csv >= (weights.get('application/json') ?? 0)
}

/** Names the list that is wanted; throws Problem 406 for an answer without one, 400 for a list that it lacks. */
export function listAsked(route: Route, asked: string | undefined): string {
  const lists = listsOf(route)
  const [first] = lists
  if (first === undefined) throw new ApiProblem(406, 'Not acceptable', 'this answer has no list that could be CSV')
  if (asked !== undefined && !lists.includes(asked))
    throw new ApiProblem(400, 'Bad request', `list: must be ${lists.join(' or ')}`, { field: 'list' })
  return asked ?? first
}

/**
 * UTF-8 with a byte order mark, as Excel in China wants it. Fields of nested objects are columns with a dot, a nested
 * list is JSON. No text becomes a formula.
 */
export function csvOfList(answer: unknown, list: string): string {
  const rows = ((answer as Record<string, unknown>)[list] ?? []) as object[]
  const flat = rows.map((row) => flattened(row))
  const columns = [...new Set(flat.flatMap((row) => [...row.keys()]))]
  const body = flat.map((row) => columns.map((column) => row.get(column) ?? ''))
  return BYTE_ORDER_MARK + [columns.map(withoutFormula), ...body].map(csvLine).join('')
}

function flattened(value: object, path = '', into = new Map<string, string>()): Map<string, string> {
  for (const [name, field] of Object.entries(value)) {
    const column = `${path}${name}`
    if (typeof field === 'object' && field !== null && !Array.isArray(field)) flattened(field, `${column}.`, into)
    else into.set(column, cellText(name, field))
  }
  return into
}

/** Milliseconds of more are an instant: as a duration they would be three years. */
const INSTANT_MS_FROM = 1e11

function cellText(name: string, value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return withoutFormula(value)
  if (typeof value === 'number')
    return name.endsWith('Ms') && value >= INSTANT_MS_FROM ? formatInstant(value) : String(value)
  return typeof value === 'boolean' ? String(value) : withoutFormula(JSON.stringify(value))
}
