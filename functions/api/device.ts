// Routes of a gateway's credentials and commands, for an installer in the field, one gateway at a time.

import * as z from 'zod'
import { must } from '../../domain/must.ts'
import type { Meter } from '../../domain/registry/records.ts'
import type { Samples } from '../../domain/settle/series.ts'
import {
  commandsViewSchema,
  credentialsViewSchema,
  enrolmentCodeSchema,
  gatewayDoneSchema,
  gatewayViewSchema,
} from '../../domain/view/device.ts'
import { gatewaySeenKey } from '../alerts/gateways-heard.ts'
import { PermanentFailure } from '../platform.ts'
import { issueEnrolment } from '../registry/enrolment.ts'
import { extentsOf, settledKey } from '../settling/mark.ts'
import { noteCommand, sentCommandsKey } from '../wire/commands.ts'
import { notFound, type RouteContext, route } from './route.ts'

/** A signing request of RSA 4096 is 1.7 kB. */
const CSR_CHARS_MAX = 8192

/** Readings this young are looked through; older last values are looked up meter by meter. */
const RECENT_MS = 2 * 3_600_000

export const deviceRoutes = {
  ...route('GET /api/v1/arrivals/{id}', {
    access: { action: 'field', at: { gateway: 'id' } },
    summary: 'What arrives of a gateway: when it was heard, and the last register value of each meter',
    response: gatewayViewSchema,
    async handle(context) {
      const entry = await context.registry.gateway(context.path.id)
      if (!entry) throw notFound('gateway', context.path.id)
      const { gateway, shard } = entry
      const { state } = context.platform
      const seen = (await state.get(gatewaySeenKey(gateway.id)))?.value
      const { meters } = await context.registry.shard(shard)
      const own = meters.filter((meter) => meter.gateway === gateway.id)
      const last = await lastValues(context, shard, own)
      return {
        ...{ id: gateway.id, institution: gateway.institution },
        mapping: typeof gateway.mapping === 'object' ? gateway.mapping.name : (gateway.mapping ?? null),
        ...{ lastHeardMs: seen?.lastMs ?? null, offlineMs: seen?.offlineMs ?? null },
        meters: own.map(({ id, name = null, unit }) => ({ id, name, unit, last: last.get(id) ?? null })),
      }
    },
  }),
  ...route('POST /api/v1/gateways/{id}/credentials', {
    access: { action: 'gateways', at: { gateway: 'id' } },
    summary: 'Issues new credentials of a gateway, told this once; those it has hold until the new ones are confirmed',
    body: z.object({
      csr: z
        .string()
        .max(CSR_CHARS_MAX)
        .optional()
        .meta({ description: 'PEM; in AWS, when the private key is not to leave the gateway' }),
    }),
    response: credentialsViewSchema,
    handle: async (context, { body }) => context.platform.devices.issue(await gatewayOf(context), body.csr),
  }),
  ...route('POST /api/v1/gateways/{id}/credentials/confirm', {
    access: { action: 'gateways', at: { gateway: 'id' } },
    summary: 'Ends all credentials of a gateway but the newest, once it was heard with those',
    response: gatewayDoneSchema,
    async handle(context) {
      const gateway = await gatewayOf(context)
      await context.platform.devices.confirm(gateway)
      return { gateway }
    },
  }),
  ...route('DELETE /api/v1/gateways/{id}/credentials', {
    access: { action: 'gateways', at: { gateway: 'id' } },
    summary: 'Ends all credentials of a gateway and its connection',
    response: gatewayDoneSchema,
    async handle(context) {
      const gateway = await gatewayOf(context)
      await context.platform.devices.revoke(gateway)
      return { gateway }
    },
  }),
  ...route('POST /api/v1/gateways/{id}/enrolment', {
    access: { action: 'gateways', at: { gateway: 'id' } },
    summary:
      "Issues the one-time code with which the gateway's box gets its first certificate (AWS); an earlier one ends",
    body: z.object({
      serial: z
        .string()
        .min(1)
        .max(64)
        .meta({ description: 'Serial number of the box, which it must present with the code' }),
    }),
    response: enrolmentCodeSchema,
    async handle(context, { body }) {
      const gateway = await gatewayOf(context)
      const { devices, state, now } = context.platform
      if (!devices.enrols) throw new PermanentFailure('gateways of this host have passwords, each its own')
      return issueEnrolment(state, { gateway, serial: body.serial, nowMs: now() })
    },
  }),
  ...route('POST /api/v1/gateways/{id}/commands', {
    access: { action: 'gateways', at: { gateway: 'id' } },
    summary: 'Publishes a command to a gateway with QoS 1; GET tells its result',
    body: z.object({
      id: z.string().min(1).max(64).meta({ description: 'The same in the result' }),
      name: z.string().min(1).max(64),
      arguments: z.unknown().optional(),
      expiresMs: z.int().optional().meta({ description: 'Epoch ms after which the gateway does nothing' }),
    }),
    response: gatewayDoneSchema,
    async handle(context, { body }) {
      const gateway = await gatewayOf(context)
      const { devices, state, now } = context.platform
      await noteCommand(state, gateway, body, now())
      await devices.command(gateway, body)
      return { gateway }
    },
  }),
  ...route('GET /api/v1/gateways/{id}/commands', {
    access: { action: 'gateways', at: { gateway: 'id' } },
    summary: 'The latest commands to a gateway with their results, the newest first',
    response: commandsViewSchema,
    async handle(context) {
      const stored = await context.platform.state.get(sentCommandsKey(await gatewayOf(context)))
      const { commands = [] } = stored?.value ?? {}
      return { items: commands.toReversed().map((one) => ({ ...one, result: one.result ?? null })) }
    },
  }),
}

async function lastValues({ platform }: RouteContext<'id'>, shard: string, meters: readonly Meter[]) {
  const { readings, state, now } = platform
  const last = new Map<string, { atMs: number; value: number }>()
  const note = (samples: ReadonlyMap<string, Samples>): void => {
    for (const [id, { atMs, value }] of samples) last.set(id, { atMs: must(atMs.at(-1)), value: must(value.at(-1)) })
  }
  const ids = meters.map(({ id }) => id)
  note(await readings.range(ids, now() - RECENT_MS, now() + RECENT_MS))
  const extents = extentsOf((await state.get(settledKey(shard)))?.value)
  for (const id of ids.filter((one) => !last.has(one))) {
    const lastMs = extents.get(id)?.[1]
    if (lastMs !== undefined) note(await readings.range([id], lastMs, lastMs + 1))
  }
  return last
}

async function gatewayOf({ registry, path }: RouteContext<'id'>): Promise<string> {
  if (!(await registry.gateway(path.id))) throw notFound('gateway', path.id)
  return path.id
}
