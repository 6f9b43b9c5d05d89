// Routes of commands to a gateway (docs/rules/devices.md#gateway-commands). What controls a building has a route and a
// right of its own, and a second step by the same person; each command is an entry of the audit log.

import * as z from 'zod'
import { commandsViewSchema, gatewayDoneSchema } from '../../domain/view/device.ts'
import { CONFIRM_COMMAND, CONTROL_COMMANDS, CONTROL_MS_MAX, isControl } from '../../domain/wire/control-command.ts'
import { signer } from '../access/principal.ts'
import type { DeviceCommand } from '../platform.ts'
import { auditCommand, noteCommand, sentCommandsKey } from '../wire/commands.ts'
import { gatewayOf } from './device.ts'
import { ApiProblem, notFound, type RouteContext, route } from './route.ts'

const id = z
  .string()
  .regex(/^[\w.:-]{1,48}$/, 'must be 1 to 48 letters, digits, dots, dashes, colons or underscores')
  .meta({ description: 'The same in the result; sent again with the same content it is done once' })
const expiresMs = z.int().meta({ description: 'Epoch ms after which the gateway does nothing' })

export const commandRoutes = {
  ...route('POST /api/v1/gateways/{id}/commands', {
    access: { action: 'gateways', at: { gateway: 'id' } },
    summary: 'Publishes a command to a gateway with QoS 1; GET tells its result',
    body: z.object({
      ...{ id, expiresMs: expiresMs.optional() },
      name: z.string().min(1).max(64),
      arguments: z.unknown().optional(),
    }),
    response: gatewayDoneSchema,
    async handle(context, { body }) {
      if (isControl(body.name))
        throw refusal(422, `"${body.name}" controls a building: POST gateways/{id}/control`, { field: 'name' })
      return publish(context, body)
    },
  }),
  ...route('GET /api/v1/gateways/{id}/commands', {
    access: { action: 'field', at: { gateway: 'id' } },
    summary: 'The latest commands to a gateway with their results, the newest first',
    response: commandsViewSchema,
    async handle(context) {
      const items = await sentTo(context)
      return {
        items: items.toReversed().map(({ content: _, result, ...one }) => ({
          ...one,
          result: result ? { ...result, value: withoutToken(result.value) } : null,
        })),
      }
    },
  }),
  ...route('POST /api/v1/gateways/{id}/control', {
    access: { action: 'control', at: { gateway: 'id' } },
    summary: 'First step of controlling a device: the gateway holds it against its allow-list and does nothing yet',
    body: z.object({
      ...{ id, expiresMs },
      name: z.enum(CONTROL_COMMANDS),
      arguments: z
        .object({ meter: z.string(), address: z.int().optional(), value: z.int().optional() })
        .meta({ description: 'address and value of writeRegister' }),
    }),
    response: gatewayDoneSchema,
    async handle(context, { body }) {
      if (body.expiresMs > context.platform.now() + CONTROL_MS_MAX)
        throw refusal(422, 'a command that controls holds at most an hour', { field: 'expiresMs' })
      return publish(context, body)
    },
  }),
  ...route('POST /api/v1/gateways/{id}/control/{command}/confirm', {
    access: { action: 'control', at: { gateway: 'id' } },
    summary: 'Second step: the person who sent the command confirms it, and the gateway does it',
    response: gatewayDoneSchema,
    async handle(context) {
      const { command } = context.path
      const sent = (await sentTo(context)).find((one) => one.id === command)
      if (!sent) throw notFound('command', command)
      const token = sent.result?.value.token
      const confirming = { id: `${command}.confirm`, name: CONFIRM_COMMAND, arguments: { token } }
      const by = signer(context.principal, undefined)
      if (sent.by !== by) {
        const reason = `${sent.by} sent this command, and nobody else confirms it`
        const fact = { gateway: context.path.id, command: { ...confirming, by }, atMs: context.platform.now(), reason }
        await auditCommand(context.platform.state, { ...fact, what: 'gateway.refused' })
        throw refusal(403, reason)
      }
      if (typeof token !== 'string')
        throw refusal(409, sent.result ? 'the gateway does not wait for this' : 'the gateway has not answered yet')
      return publish(context, { ...confirming, expiresMs: sent.expiresMs })
    },
  }),
}

const refusal = (status: number, detail: string, more: Record<string, unknown> = {}): ApiProblem =>
  new ApiProblem(status, 'Refused', detail, more)

const sentTo = async (context: RouteContext<'id'>) =>
  (await context.platform.state.get(sentCommandsKey(await gatewayOf(context))))?.value.commands ?? []

/** The token is for the confirmation, which the service makes. */
const withoutToken = ({ token: _, ...told }: Readonly<Record<string, unknown>>) => told

/** Notes and publishes a command in the name of the sender. One that has ended is refused, and that is in the log. */
async function publish(context: RouteContext<'id'>, given: Omit<DeviceCommand, 'by'>): Promise<{ gateway: string }> {
  const gateway = await gatewayOf(context)
  const { devices, state, now } = context.platform
  const command = { ...given, by: signer(context.principal, undefined) }
  const sentMs = now()
  const reason =
    given.expiresMs !== undefined && given.expiresMs <= sentMs
      ? 'expiresMs lies in the past'
      : (await noteCommand(state, gateway, { command, sentMs }))
        ? undefined
        : `the id "${given.id}" stands for another command`
  if (reason !== undefined) {
    await auditCommand(state, { gateway, command, atMs: sentMs, what: 'gateway.refused', reason })
    throw refusal(409, reason)
  }
  await devices.command(gateway, command)
  return { gateway }
}
