// Defines the HTTP answer on the access of an area's institutions (接入率).

import * as z from 'zod'
import { amount } from '../schema.ts'

/** Fields as in domain/energy/access.ts. */
const group = z.object({ institutions: z.number(), floorAreaM2: amount, withoutFloorArea: z.number() })
const access = z.object({ metered: group, billed: group, neither: group })

/** `GET /areas/{code}/access`. */
export const accessViewSchema = z.object({
  area: z.string(),
  /** The oldest of the counties' counts; null before the first one. */
  asOfMs: z.number().nullable(),
  /** Null until every county below is counted. */
  access: access.nullable(),
  /** The areas directly below. */
  children: z.array(z.object({ code: z.string(), access: access.nullable() })),
})
export type AccessView = z.infer<typeof accessViewSchema>
