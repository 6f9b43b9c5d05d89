// Routes of a gateway's credentials and commands, for an installer in the field, one gateway at a time.

import * as z from 'zod'
import { credentialsViewSchema, gatewayDoneSchema } from '../../domain/view/device.ts'
import { notFound, type RouteContext, route } from './route.ts'

/** A signing request of RSA 4096 is 1.7 kB. */
const CSR_CHARS_MAX = 8192

export const deviceRoutes = {
  ...route('POST /api/v1/gateways/{id}/credentials', {
    summary: 'Issues new credentials of a gateway, told this once; those it has hold until the new ones are confirmed',
    role: 'admin',
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
    summary: 'Ends all credentials of a gateway but the newest, once it was heard with those',
    role: 'admin',
    response: gatewayDoneSchema,
    async handle(context) {
      const gateway = await gatewayOf(context)
      await context.platform.devices.confirm(gateway)
      return { gateway }
    },
  }),
  ...route('DELETE /api/v1/gateways/{id}/credentials', {
    summary: 'Ends all credentials of a gateway and its connection',
    role: 'admin',
    response: gatewayDoneSchema,
    async handle(context) {
      const gateway = await gatewayOf(context)
      await context.platform.devices.revoke(gateway)
      return { gateway }
    },
  }),
  ...route('POST /api/v1/gateways/{id}/commands', {
    summary: 'Publishes a command to a gateway with QoS 1; its result comes on its own topic',
    role: 'admin',
    body: z.object({
      id: z.string().min(1).max(64).meta({ description: 'The same in the result' }),
      name: z.string().min(1).max(64),
      arguments: z.unknown().optional(),
    }),
    response: gatewayDoneSchema,
    async handle(context, { body }) {
      const gateway = await gatewayOf(context)
      await context.platform.devices.command(gateway, body)
      return { gateway }
    },
  }),
}

async function gatewayOf({ registry, path }: RouteContext<'id'>): Promise<string> {
  if (!(await registry.gateway(path.id))) throw notFound('gateway', path.id)
  return path.id
}
