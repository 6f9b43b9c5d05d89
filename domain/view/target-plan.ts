// Defines the HTTP answers on the decomposition of targets (目标分解): a check that the parts fit, and a proposal.

import * as z from 'zod'
import { INDICATORS } from '../indicator.ts'
import { targetSchema } from '../registry/records.ts'
import { amount } from '../schema.ts'

const problemRow = z.object({ kind: z.literal('targets'), id: z.string(), field: z.string(), reason: z.string() })

export const planViewSchema = z.object({
  area: z.string(),
  children: z.array(z.string()),
  problems: z.array(problemRow),
  years: z.array(
    z.object({
      indicator: z.enum(INDICATORS),
      year: z.number(),
      parent: z.number(),
      children: amount,
      fits: z.boolean().nullable(),
      without: z.array(z.string()),
    }),
  ),
})
export type PlanView = z.infer<typeof planViewSchema>

export const planProposalSchema = z.object({ targets: z.array(targetSchema), problems: z.array(problemRow) })
