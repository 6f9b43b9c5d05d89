// Defines the HTTP answers on a gateway's credentials and on changes of a gateway.

import * as z from 'zod'
import { pageOf } from './view.ts'

export const credentialsViewSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('password'), secret: z.string() }),
  z.object({ kind: z.literal('certificate'), certificatePem: z.string(), privateKeyPem: z.string().nullable() }),
])

export const enrolmentCodeSchema = z.object({
  code: z.string().meta({ description: 'Told this once; it holds for one certificate' }),
  expiresMs: z.number().int(),
})

const ms = z.number().int()

/** What arrives of a gateway: `GET /arrivals/{id}`. */
export const gatewayViewSchema = z.object({
  id: z.string(),
  institution: z.string(),
  mapping: z.string().nullable().meta({ description: 'Name of its mapping; null where it sends our own messages' }),
  lastHeardMs: ms.nullable().meta({ description: 'Its last message of any kind; null: never heard' }),
  offlineMs: ms.nullable().meta({ description: 'Since when it is offline; null while it is connected' }),
  meters: z.array(
    z.object({
      id: z.string(),
      name: z.string().nullable(),
      unit: z.string(),
      last: z.object({ atMs: ms, value: z.number() }).nullable().meta({ description: 'As on the face of the meter' }),
    }),
  ),
})
export type GatewayView = z.infer<typeof gatewayViewSchema>

/** `GET /institutions/{id}/registers`. */
export const registersViewSchema = z.object({
  items: z.array(
    z.object({
      meter: z.string(),
      unit: z.string(),
      multiplier: z.number(),
      last: z.object({ atMs: ms, value: z.number() }).nullable().meta({ description: 'As on the face of the meter' }),
    }),
  ),
})
export type RegistersView = z.infer<typeof registersViewSchema>

/** `GET /gateways`: those that were heard least recently first, before them those never heard. */
export const gatewaysPageSchema = pageOf(
  z.object({
    id: z.string(),
    institution: z.string(),
    institutionName: z.string(),
    institutionNameEn: z.string().nullable(),
    area: z.string(),
    meters: z.number(),
    lastHeardMs: ms.nullable(),
    offlineMs: ms.nullable(),
    rejected: z.number().meta({ description: 'Readings and messages that were refused so far' }),
  }),
).extend({
  total: z.number(),
  online: z.number().meta({ description: 'Of all of them: heard, and not reported offline' }),
  never: z.number().meta({ description: 'Of all of them: never heard' }),
})
export type GatewaysPage = z.infer<typeof gatewaysPageSchema>

/** The latest commands to a gateway, the newest first. */
export const commandsViewSchema = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      by: z.string().optional().meta({ description: 'Who sent it' }),
      arguments: z.unknown().optional().meta({ description: 'Of a command that controls' }),
      expiresMs: z.number().int().optional(),
      sentMs: z.number().int(),
      result: z
        .object({ receivedMs: z.number().int(), value: z.record(z.string(), z.unknown()) })
        .nullable()
        .meta({ description: 'As the gateway sent it; null until it answers' }),
    }),
  ),
})

export const gatewayDoneSchema = z.object({ gateway: z.string() })
