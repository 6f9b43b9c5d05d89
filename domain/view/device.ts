// Defines the HTTP answers on a gateway's credentials and on changes of a gateway.

import * as z from 'zod'

export const credentialsViewSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('password'), secret: z.string() }),
  z.object({ kind: z.literal('certificate'), certificatePem: z.string(), privateKeyPem: z.string().nullable() }),
])

export const gatewayDoneSchema = z.object({ gateway: z.string() })
