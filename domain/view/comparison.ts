// Defines the HTTP answers that compare institutions: ranking, points of demonstration units, key energy users.

import * as z from 'zod'
import { EXCLUSIONS } from '../judge/ranking.ts'
import { INSTITUTION_LEVELS, INSTITUTION_TYPES, VENUE_KINDS } from '../registry/records.ts'
import { amount } from '../schema.ts'
import { demonstrationLadderSchema } from '../standards/demonstration.ts'
import { keyEnergyUserRuleSchema } from '../standards/key-energy-users.ts'
import { rankingRuleSchema } from '../standards/ranking-rules.ts'
import { pageOf } from './view.ts'

/** `GET /areas/{code}/ranking`. Rank null: excluded, see `reasons`. */
export const rankingPageSchema = pageOf(
  z.object({
    institution: z.string(),
    type: z.enum(INSTITUTION_TYPES),
    venueKind: z.enum(VENUE_KINDS).nullable(),
    level: z.enum(INSTITUTION_LEVELS).nullable(),
    rank: z.number().nullable(),
    value: amount,
    leader: z.boolean(),
    coverage: amount,
    provisional: z.boolean(),
    reasons: z.array(z.enum(EXCLUSIONS)),
  }),
).extend({ year: z.number(), rule: rankingRuleSchema })
export type RankingPage = z.infer<typeof rankingPageSchema>

/** Fields as in domain/judge/demonstration.ts. */
const demonstrationItem = z.object({
  indicator: z.enum(['energyPerArea', 'energyPerCapita', 'waterPerCapita']),
  unit: z.string(),
  value: amount,
  mean: amount,
  members: z.number(),
  weighting: z.enum(['ratioOfSums', 'meanOfRatios']).nullable(),
  ratio: amount,
  points: amount,
  reason: z.enum(['unknownTime', 'noValue', 'noPeers']).nullable(),
  knownShare: amount,
  provisional: z.boolean(),
  transport: z.enum(['excluded', 'unmarked', 'none']).nullable(),
})

/** `GET /areas/{code}/demonstration`. */
export const demonstrationPageSchema = pageOf(
  z.object({
    institution: z.string(),
    ladder: demonstrationLadderSchema,
    items: z.array(demonstrationItem),
    targetPoints: amount,
    points: z.number(),
    pointsMax: z.number(),
  }),
).extend({
  year: z.number(),
  meansAsOfMs: amount.meta({ description: 'The means are made once a day; null: not yet' }),
})
export type DemonstrationPage = z.infer<typeof demonstrationPageSchema>

/** `GET /areas/{code}/key-users`. Fields as in domain/judge/key-energy-user.ts. */
export const keyUsersPageSchema = pageOf(
  z.object({
    institution: z.string(),
    isKey: z.boolean().nullable(),
    year: z.number(),
    energyTce: amount,
    monthsKnown: z.number(),
    rule: keyEnergyUserRuleSchema.nullable(),
    reason: z.enum(['noRule', 'yearNotKnown']).nullable(),
  }),
).extend({ year: z.number() })
export type KeyUsersPage = z.infer<typeof keyUsersPageSchema>
