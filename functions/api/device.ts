// Routes of gateways and their credentials, for an installer in the field, one gateway at a time.

import * as z from 'zod'
import {
  credentialsViewSchema,
  enrolmentCodeSchema,
  gatewayDoneSchema,
  gatewaysPageSchema,
  gatewayViewSchema,
} from '../../domain/view/device.ts'
import { gatewayContacts, gatewaySeenKey } from '../alerts/gateways-heard.ts'
import { PermanentFailure } from '../platform.ts'
import { issueEnrolment } from '../registry/enrolment.ts'
import { gatewayEntries, shardsBelow } from '../registry/reader.ts'
import { rejectionKeys } from '../wire/rejections.ts'
import { lastValues } from './last-values.ts'
import { areaOf, paged, pageQuery } from './query.ts'
import { notFound, type RouteContext, route } from './route.ts'

/** A signing request of RSA 4096 is 1.7 kB. */
const CSR_CHARS_MAX = 8192

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
      const last = await lastValues(context.platform, shard, own)
      return {
        ...{ id: gateway.id, institution: gateway.institution },
        mapping: typeof gateway.mapping === 'object' ? gateway.mapping.name : (gateway.mapping ?? null),
        ...{ lastHeardMs: seen?.lastMs ?? null, offlineMs: seen?.offlineMs ?? null },
        meters: own.map(({ id, name = null, unit }) => ({ id, name, unit, last: last.get(id) ?? null })),
      }
    },
  }),
  ...route('GET /api/v1/gateways', {
    access: { action: 'field', at: { list: ['area'] } },
    summary: 'Gateways of an area and all below it, with when each was heard, the silent ones first',
    query: pageQuery.extend({ area: z.string().optional() }),
    response: gatewaysPageSchema,
    async handle(context, { query }) {
      const found = await gatewaysInScope(query.area, context)
      const rows = found.toSorted((a, b) => (a.lastHeardMs ?? 0) - (b.lastHeardMs ?? 0) || (a.id < b.id ? -1 : 1))
      const heard = rows.filter(({ lastHeardMs }) => lastHeardMs !== null)
      const online = heard.filter(({ offlineMs }) => offlineMs === null).length
      const page = paged(rows, ({ id }) => id, query)
      const counts = await context.platform.state.getMany(page.items.map(({ id }) => rejectionKeys.count(id)))
      const rejected = new Map(counts.map(({ key, value }) => [key, Object.values(value).reduce((a, b) => a + b, 0)]))
      return {
        next: page.next,
        items: page.items.map((row) => ({ ...row, rejected: rejected.get(rejectionKeys.count(row.id)) ?? 0 })),
        ...{ total: rows.length, online, never: rows.length - heard.length },
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
}

/** Gateways whose institution lies in the area, and in the scope, in no order. */
async function gatewaysInScope(area: string | undefined, context: RouteContext) {
  const { platform, registry, head, scope } = context
  if (area !== undefined) await areaOf({ registry, path: { code: area } })
  const shards = new Set(area === undefined ? head.shards : await shardsBelow(area, context))
  const paths = new Map(await Promise.all([...shards].map(async (code) => [code, await registry.path(code)] as const)))
  const entries = (await gatewayEntries(platform.state)).filter(({ gateway, shard }) => {
    const areas = paths.get(shard)
    return areas !== undefined && scope.covers({ areas, institution: gateway.institution })
  })
  const seen = await gatewayContacts(
    platform.state,
    entries.map(({ gateway }) => gateway.id),
  )
  return Promise.all(
    entries.map(async ({ gateway: { id, institution }, shard, meters }) => {
      const { name = institution, nameEn = null } = (await registry.institution(institution))?.institution ?? {}
      return {
        ...{ id, institution, institutionName: name, institutionNameEn: nameEn, area: shard },
        meters: Object.keys(meters).length,
        lastHeardMs: seen.get(id)?.lastMs ?? null,
        offlineMs: seen.get(id)?.offlineMs ?? null,
      }
    }),
  )
}

export async function gatewayOf({ registry, path }: RouteContext<'id'>): Promise<string> {
  if (!(await registry.gateway(path.id))) throw notFound('gateway', path.id)
  return path.id
}
