// Defines the HTTP answers on register events with their review, repairs, and revisions of closed months.

import * as z from 'zod'
import { causeSchema } from '../judge/revision-cause.ts'
import { amount, asMonth } from '../schema.ts'
import { EVENT_KINDS, type ReviewState } from '../settle/review.ts'
import { PROPOSALS } from '../settle/series.ts'

const REVIEW_STATES = ['open', 'accepted', 'undone'] as const satisfies ReviewState[]

export const eventViewSchema = z.object({
  id: z.string().meta({ description: 'kind:atMs, unique within the meter' }),
  meter: z.string(),
  kind: z.enum(EVENT_KINDS),
  atMs: z.number(),
  details: z
    .record(z.string(), z.number())
    .meta({ description: 'Register values and times, by the names of the kind' }),
  proposed: z
    .enum(PROPOSALS)
    .optional()
    .meta({ description: 'What the readings are taken for until a person reviews a doubtful event' }),
  state: z.enum(REVIEW_STATES),
  history: z.array(
    z.object({ state: z.enum(REVIEW_STATES), who: z.string(), note: z.string().nullable(), atMs: z.number() }),
  ),
})
export type EventView = z.infer<typeof eventViewSchema>
/** `GET /meters/{id}/events`. */
export const eventsViewSchema = z.object({ items: z.array(eventViewSchema) })
export type EventsView = z.infer<typeof eventsViewSchema>

export const repairViewSchema = z.object({
  id: z.string(),
  file: z.string(),
  who: z.string(),
  note: z.string().nullable(),
  atMs: z.number(),
  state: z.enum(['pending', 'done', 'partial']),
  rows: z.array(z.object({ row: z.number(), meter: z.string(), atMs: z.number(), value: amount })),
  refused: z
    .array(z.object({ row: z.number(), field: z.string(), reason: z.string() }))
    .optional()
    .meta({ description: 'Of a partial repair: rows older than all the store keeps, which are not among `rows`' }),
})

export type RepairView = z.infer<typeof repairViewSchema>

const amounts = z.record(z.string(), amount)
const revisionViewSchema = z.object({
  subject: z.string(),
  month: asMonth(z.string()),
  number: z.number(),
  atMs: z.number(),
  before: amounts,
  after: amounts,
  cause: z.string().nullable().meta({ description: 'The causes in a few words; null when nothing is known' }),
  causes: z.array(causeSchema).meta({ description: 'What made the month change; empty when nothing is known' }),
})
export type RevisionView = z.infer<typeof revisionViewSchema>
export const revisionsViewSchema = z.object({ items: z.array(revisionViewSchema) })
export type RevisionsView = z.infer<typeof revisionsViewSchema>
