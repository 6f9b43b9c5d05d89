// Institutions held against each other over HTTP: ranking, points of demonstration units, key energy users.

import * as z from 'zod'
import { EXCLUSIONS } from '../judge/ranking.ts'
import { INSTITUTION_LEVELS, INSTITUTION_TYPES, VENUE_KINDS } from '../registry/records.ts'
import { amount } from '../schema.ts'
import { pageOf } from './view.ts'

export const rankingPageSchema = pageOf(
  z.object({
    institution: z.string(),
    type: z.enum(INSTITUTION_TYPES),
    venueKind: z.enum(VENUE_KINDS).nullable(),
    level: z.enum(INSTITUTION_LEVELS).nullable(),
    rank: z.number().nullable(),
    value: amount,
    leader: z.boolean(),
    reasons: z.array(z.enum(EXCLUSIONS)),
  }),
).extend({ year: z.number(), rule: z.looseObject({ name: z.string() }) })

export const demonstrationPageSchema = pageOf(z.looseObject({ institution: z.string(), points: z.number() })).extend({
  year: z.number(),
  meansAsOfMs: amount.meta({ description: 'The means are made once a day; null: not yet' }),
})

export const keyUsersPageSchema = pageOf(
  z.looseObject({
    institution: z.string(),
    isKey: z.boolean().nullable(),
    energyTce: amount,
    reason: z.string().nullable(),
  }),
).extend({ year: z.number() })
