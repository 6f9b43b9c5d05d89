// A gateway's credentials over HTTP, and the answer to what was done with it.

import * as z from 'zod'

export const credentialsViewSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('password'), secret: z.string() }),
  z.object({ kind: z.literal('certificate'), certificatePem: z.string(), privateKeyPem: z.string().nullable() }),
])

export const gatewayDoneSchema = z.object({ gateway: z.string() })
