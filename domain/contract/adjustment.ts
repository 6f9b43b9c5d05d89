// Non-routine adjustments of a contract (非常规调整): one side proposes, the other accepts; only then do they count
// (docs/rules/contracts.md#adjustments).

import * as z from 'zod'
import { dateStartMs, dayOf } from '../calendar.ts'
import { localDate, recordId } from '../registry/records.ts'
import { CONTRACT_PARTIES } from './words.ts'

const span = { from: localDate, to: localDate }
const afterFrom = { path: ['to'], message: 'must be after from', params: { zh: '必须晚于 from' } }
const isAfter = ({ from, to }: { from: string; to: string }): boolean => to > from

export const adjustmentChangeSchema = z.discriminatedUnion('kind', [
  /** Added to the baseline of each day, in the unit of the medium; below 0 where something was given up. */
  z.object({ kind: z.literal('perDay'), ...span, amountPerDay: z.number() }).refine(isAfter, afterFrom),
  /** Per cent of the baseline of each day. */
  z.object({ kind: z.literal('share'), ...span, pct: z.number().min(-100).max(1000) }).refine(isAfter, afterFrom),
  /** Added to the fee of a trusteeship, spread over the days. */
  z.object({ kind: z.literal('fee'), ...span, yuan: z.number() }).refine(isAfter, afterFrom),
  /** Both parties know of the replacement of a boundary meter. */
  z.object({ kind: z.literal('meterReplacement'), meter: recordId, on: localDate }),
])
export type AdjustmentChange = z.infer<typeof adjustmentChangeSchema>

export const adjustmentBodySchema = z.object({
  party: z.enum(CONTRACT_PARTIES),
  who: z.string().min(1).optional(),
  reason: z.string().min(1),
  change: adjustmentChangeSchema,
})

/** `withdrawn` by the party that proposed it, the others by the other party. */
const ANSWERS = ['accepted', 'rejected', 'withdrawn'] as const
export type AdjustmentAnswer = (typeof ANSWERS)[number]
export const adjustmentSchema = z.object({
  number: z.number().int(),
  reason: z.string(),
  change: adjustmentChangeSchema,
  proposed: z.object({ party: z.enum(CONTRACT_PARTIES), who: z.string(), atMs: z.number() }),
  answered: z
    .object({ party: z.enum(CONTRACT_PARTIES), who: z.string(), atMs: z.number(), answer: z.enum(ANSWERS) })
    .nullable(),
})
export type Adjustment = z.infer<typeof adjustmentSchema>

/** Those that count, by number: the order in which they were accepted changes nothing. */
export const acceptedOf = (adjustments: readonly Adjustment[]): Adjustment[] =>
  adjustments.filter(({ answered }) => answered?.answer === 'accepted').toSorted((a, b) => a.number - b.number)

/** What an adjustment adds to the baseline of a day. */
export function addedOn({ change }: Pick<Adjustment, 'change'>, day: number, baseline: number): number {
  if (change.kind !== 'perDay' && change.kind !== 'share') return 0
  if (day < dayOf(dateStartMs(change.from)) || day >= dayOf(dateStartMs(change.to))) return 0
  return change.kind === 'perDay' ? change.amountPerDay : (change.pct / 100) * baseline
}

/** The part of an addition to the fee that falls before a day, in fen: differences of it split without a rest. */
export function feeBefore({ change }: Pick<Adjustment, 'change'>, day: number): number {
  if (change.kind !== 'fee') return 0
  const [first, end] = [dayOf(dateStartMs(change.from)), dayOf(dateStartMs(change.to))]
  const days = Math.min(Math.max(day - first, 0), end - first)
  return Math.round((change.yuan * 100 * days) / (end - first))
}
