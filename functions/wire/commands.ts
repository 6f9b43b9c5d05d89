// Stores the commands to each gateway and what the gateway answered: the broker hands results over on one machine, the
// function behind the IoT rule in AWS (docs/rules/interfaces.md#commands-and-results).

import * as z from 'zod'
import { canonicalJson } from '../../domain/canonical.ts'
import { CONFIRM_COMMAND, isControl } from '../../domain/wire/control-command.ts'
import { type DeviceCommand, docKey, type StateStore, VersionConflict } from '../platform.ts'
import { appendAudit, sha256 } from '../state/audit.ts'

/** Commands kept of a gateway, the latest: one document, whatever is sent. */
const COMMANDS_KEPT = 20
/** Longest result in bytes; the documents of 20 stay below DynamoDB's item. */
export const RESULT_BYTES_MAX = 8 * 1024
/** Writers of one gateway's document are few: an installer and the gateway itself. */
const ATTEMPTS_MAX = 5

export interface SentCommand extends Pick<DeviceCommand, 'id' | 'name' | 'expiresMs'> {
  /** Who sent it. */
  by?: string
  /** Of a command that controls: what a person confirms. */
  arguments?: unknown
  /** Hash of name, arguments, end and sender: the same id with another content is another command. */
  content?: string
  /** Epoch milliseconds. */
  sentMs: number
  /** Absent until the gateway answers. A second result of one command replaces the first when it was received later. */
  result?: { receivedMs: number; value: Readonly<Record<string, unknown>> }
}
export interface SentCommands {
  /** The oldest first. */
  commands: SentCommand[]
}
export const sentCommandsKey = (gateway: string) => docKey<SentCommands>(`gateway-commands/${gateway}`)

/** A result as the gateway sent it: the id of its command, and anything else. */
const resultSchema = z.looseObject({ id: z.string() })

export interface ResultMessage {
  gateway: string
  payload: Uint8Array | string
  receivedMs: number
}

/**
 * Notes a command before it is published, so that its result finds it, with an entry of the audit log. One that was
 * sent before keeps its result. Resolves to false, and notes nothing, where the id stands for another command.
 */
export async function noteCommand(
  state: StateStore,
  gateway: string,
  { command, sentMs }: { command: DeviceCommand & { by: string }; sentMs: number },
): Promise<boolean> {
  const { id, name, by, expiresMs } = command
  const content = sha256(canonicalJson({ ...command, expiresMs: expiresMs ?? null }))
  const fresh: SentCommand = {
    ...{ id, name, by, content, sentMs },
    ...(expiresMs !== undefined && { expiresMs }),
    ...(isControl(name) && name !== CONFIRM_COMMAND && { arguments: command.arguments }),
  }
  const isNew = await changed(state, gateway, (commands) => {
    const known = commands.find((one) => one.id === id)
    if (known && known.content !== content) return undefined
    return [...commands.filter((one) => one.id !== id), known ? { ...known, sentMs } : fresh]
  })
  if (isNew) await auditCommand(state, { gateway, command, atMs: sentMs, what: 'gateway.command' })
  return isNew
}

export interface CommandAudit {
  gateway: string
  command: DeviceCommand & { by: string }
  atMs: number
  what: 'gateway.command' | 'gateway.refused'
  reason?: string
}

/** A long configuration stands in the log by its hash; a token, which is a secret, not at all. */
export async function auditCommand(state: StateStore, given: CommandAudit): Promise<void> {
  const { gateway, command, atMs, what, reason } = given
  const { id, name, by, expiresMs = null } = command
  const text = canonicalJson(command.arguments ?? null)
  const told = text.length > AUDITED_CHARS_MAX ? { sha256: sha256(text) } : (command.arguments ?? null)
  const detail = {
    ...{ id, name, expiresMs, arguments: name === CONFIRM_COMMAND ? null : told },
    ...(reason !== undefined && { reason }),
  }
  await appendAudit(state, { what, about: gateway, who: by, atMs, detail })
}
const AUDITED_CHARS_MAX = 1_000

/**
 * Stores a result under its command; durable when the promise resolves. Resolves to the reason why it was not stored: a
 * payload that is none, or a command that this gateway was not sent.
 */
export async function takeResult(
  state: StateStore,
  { gateway, payload, receivedMs }: ResultMessage,
): Promise<string | undefined> {
  if (payload.length > RESULT_BYTES_MAX) return `a result has at most ${RESULT_BYTES_MAX} bytes`
  const value = parsed(payload)
  if (!value) return 'a result is JSON with the id of its command'
  const { commands = [] } = (await state.get(sentCommandsKey(gateway)))?.value ?? {}
  if (!commands.some(({ id }) => id === value.id)) return `no command "${value.id.slice(0, ID_CHARS_TOLD)}" was sent`
  await changed(state, gateway, (known) =>
    known.map((one) =>
      one.id === value.id && receivedMs >= (one.result?.receivedMs ?? 0)
        ? { ...one, result: { receivedMs, value } }
        : one,
    ),
  )
  return undefined
}
const ID_CHARS_TOLD = 64

function parsed(payload: Uint8Array | string): z.infer<typeof resultSchema> | undefined {
  try {
    const text = typeof payload === 'string' ? payload : new TextDecoder().decode(payload)
    return resultSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** False where `change` says that nothing is to be written. */
async function changed(
  state: StateStore,
  gateway: string,
  change: (commands: readonly SentCommand[]) => SentCommand[] | undefined,
): Promise<boolean> {
  const key = sentCommandsKey(gateway)
  for (let attempt = 1; ; attempt++) {
    const stored = await state.get(key)
    const commands = change(stored?.value.commands ?? [])?.slice(-COMMANDS_KEPT)
    if (!commands) return false
    try {
      await state.put([{ key, value: { commands } satisfies SentCommands, ifVersion: stored?.version ?? 0 }])
      return true
    } catch (error) {
      if (!(error instanceof VersionConflict) || attempt === ATTEMPTS_MAX) throw error
    }
  }
}
