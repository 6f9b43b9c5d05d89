// The route by which records come into the registry.

import { z } from 'zod'
import { billSchema } from '../domain/bill.ts'
import {
  areaSchema,
  gatewaySchema,
  institutionSchema,
  meterSchema,
  quotaSchema,
  targetSchema,
} from '../domain/registry.ts'
import { tariffSchema } from '../domain/tariff.ts'
import { Problem, type Route, route } from './api-route.ts'
import { importRegistry } from './registry-import.ts'

export const registryRoutes: readonly Route[] = [
  route({
    route: 'PUT /api/v1/registry',
    summary: 'Adds records to the registry or replaces them: all of them, or none when one is wrong',
    role: 'admin',
    body: z.object({
      areas: z.array(areaSchema).optional(),
      institutions: z.array(institutionSchema).optional(),
      gateways: z.array(gatewaySchema.extend({ password: z.string().min(1).optional() })).optional(),
      meters: z.array(meterSchema).optional(),
      targets: z.array(targetSchema).optional(),
      quotas: z.array(quotaSchema).optional(),
      tariffs: z.array(tariffSchema).optional(),
      bills: z.array(billSchema).optional(),
    }),
    response: z.object({
      institutions: z.number(),
      meters: z.number(),
      warnings: z
        .array(z.object({ kind: z.string(), id: z.string(), index: z.number(), field: z.string(), reason: z.string() }))
        .meta({ description: 'What results will lack; nothing was refused for it' }),
      secrets: z
        .array(z.object({ id: z.string(), secret: z.string() }))
        .meta({ description: 'Secrets of gateways that had none and came without a password; shown this once' }),
    }),
    async handle({ platform }, { body }) {
      const gateways = body.gateways ?? []
      const { problems, warnings, head } = await importRegistry(platform.state, {
        ...body,
        gateways: body.gateways?.map(({ password: _, ...gateway }) => gateway),
      })
      if (problems.length > 0) {
        const [{ kind, id, field, reason }] = problems
        throw new Problem(422, 'Registry refused', `${kind} "${id}": ${field} ${reason}`, { problems })
      }
      const secrets = await platform.devices.provision(gateways)
      // What is registered otherwise now is settled and judged anew; of the others nothing is found to do.
      await platform.fanOut.send('settle', head.shards)
      await platform.fanOut.send('assess', head.shards)
      return { institutions: head.institutions, meters: head.meters, secrets, warnings }
    },
  }),
]
