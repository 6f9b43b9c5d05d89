// Defines the HTTP answers and bodies on who may do what: the sender's own roles, people, tokens, refusals of access.

import * as z from 'zod'
import { ACTION_NAMES, ROLE_NAMES } from '../access/permission.ts'
import { pageOf } from './view.ts'

const GRANTS_MAX = 20
const PLACES_MAX = 200
const placeId = z.string().min(1).max(100)

export const grantSchema = z.strictObject({
  role: z.enum(ROLE_NAMES),
  areas: z.array(placeId).max(PLACES_MAX).optional(),
  institutions: z.array(placeId).max(PLACES_MAX).optional(),
  contract: z.string().min(1).max(100).optional(),
})

/** `GET /session`. */
export const sessionViewSchema = z.object({
  state: z.enum(['out', 'visitor', 'in', 'machine']),
  name: z.string().nullable(),
  grants: z.array(grantSchema),
  actions: z.array(z.enum(ACTION_NAMES)).meta({ description: 'All that the sender may do somewhere' }),
  home: z
    .object({ type: z.enum(['area', 'institution']), id: z.string() })
    .nullable()
    .meta({ description: 'Where the page begins: the first place of the sender' }),
  signsIn: z.boolean().meta({ description: 'People sign in at this host; false: at a provider' }),
})
export type SessionView = z.infer<typeof sessionViewSchema>

/** Of the field's length: scrypt takes as long for any. */
const password = z.string().min(1).max(200)
export const accountId = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,39}$/u, 'must be 1 to 40 letters, digits or . _ @ -')
export const personName = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u, 'must have no control or formatting signs')

export const signInBodySchema = z.object({ id: z.string().min(1).max(100), password })
export const acceptBodySchema = z.object({
  code: z.string().min(1).max(100),
  id: accountId.optional().meta({ description: 'Of the first person of a host alone: the name to sign in with' }),
  name: personName.optional(),
  password: z.string().min(10).max(200),
})

export const passwordBodySchema = z.object({ current: password, password: z.string().min(10).max(200) })

export const personViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  grants: z.array(grantSchema),
  hasPassword: z.boolean().meta({ description: 'False until the invitation was used' }),
  isActive: z.boolean().meta({ description: 'False: deactivated, until invited again' }),
  createdMs: z.number(),
  lastSignInMs: z.number().nullable(),
})
export type PersonView = z.infer<typeof personViewSchema>
export const peopleViewSchema = z.object({ items: z.array(personViewSchema) })
export const personBodySchema = z.object({ name: personName, grants: z.array(grantSchema).max(GRANTS_MAX) })
export const invitationViewSchema = z.object({
  code: z.string().meta({ description: 'Told this once' }),
  link: z.string().meta({ description: 'Page on which the person sets a password' }),
  expiresMs: z.number(),
})

const DAYS_MAX = 366
export const tokenBodySchema = z.object({
  label: personName,
  only: z.array(z.enum(ACTION_NAMES)).min(1),
  days: z.number().int().min(1).max(DAYS_MAX),
})
export const tokenViewSchema = z.object({
  id: z.string(),
  label: z.string(),
  only: z.array(z.enum(ACTION_NAMES)),
  createdMs: z.number(),
  expiresMs: z.number(),
})
export const tokensViewSchema = z.object({ items: z.array(tokenViewSchema) })
export const issuedTokenSchema = tokenViewSchema.extend({
  secret: z.string().meta({ description: 'Told this once; sent as `Authorization: Bearer`' }),
})
export const doneViewSchema = z.object({ id: z.string() })

/** `GET /permissions`. */
export const permissionsViewSchema = z.object({
  actions: z.array(z.object({ action: z.enum(ACTION_NAMES), zh: z.string(), en: z.string() })),
  roles: z.array(
    z.object({
      role: z.enum(ROLE_NAMES),
      zh: z.string(),
      en: z.string(),
      place: z.enum(['area', 'institution', 'either', 'everywhere']),
      contract: z.boolean(),
      separated: z.boolean(),
      actions: z.array(z.enum(ACTION_NAMES)),
    }),
  ),
})
export type PermissionsView = z.infer<typeof permissionsViewSchema>

/** `GET /denials`: a row for each sender and hour. */
export const denialsPageSchema = pageOf(
  z.object({
    who: z.string(),
    count: z.number(),
    lastMs: z.number(),
    denials: z.array(
      z.object({ atMs: z.number(), route: z.string(), status: z.number(), detail: z.string(), address: z.string() }),
    ),
  }),
)

/** `GET /audit`. */
export const auditPageSchema = pageOf(
  z.object({
    number: z.number(),
    atMs: z.number(),
    what: z.string(),
    about: z.string(),
    who: z.string(),
    detail: z.unknown(),
  }),
)
