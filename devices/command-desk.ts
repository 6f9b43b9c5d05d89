// Takes the commands that the service sends to a gateway (docs/rules/devices.md#gateway-commands): each id once, none
// that has expired, control only from the local allow-list and only when it is confirmed; all of it in an audit file.

import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import * as z from 'zod'

const COMMAND_BYTES_MAX = 8 * 1024
/** Answers that are kept, so that a command that comes again is answered again and not done again. */
const REMEMBERED_MAX = 1_000
const CONFIRM_MS_MAX = 5 * 60_000
const TOKEN_BYTES = 9
/** A command that controls must say until when it holds; a longer time is no protection. */
const CONTROL_MS_MAX = 60 * 60_000

const commandSchema = z.object({
  v: z.literal(1),
  id: z.string().min(1).max(64),
  name: z.string().min(1).max(64),
  arguments: z.unknown().optional(),
  /** Epoch ms after which nothing is done. */
  expiresMs: z.int().optional(),
})
type Command = z.output<typeof commandSchema>

const meterArguments = z.strictObject({ meter: z.string() })
const intervalArguments = z.strictObject({ meter: z.string(), seconds: z.number().min(1).max(86_400) })
const writeArguments = z.strictObject({ meter: z.string(), address: z.int(), value: z.int() })
const confirmArguments = z.strictObject({ token: z.string() })

/** A register that may be written, and between which values: the local configuration names it, nobody else. */
export const allowedWriteSchema = z.strictObject({
  meter: z.string(),
  address: z.int().min(0).max(0xffff),
  min: z.int().min(0).max(0xffff),
  max: z.int().min(0).max(0xffff),
})
export type AllowedWrite = z.output<typeof allowedWriteSchema>

/** What a gateway can do; false or a reason where it cannot. */
export interface CommandActions {
  readNow(meter: string): boolean
  setInterval(meter: string, everyMs: number): boolean
  /** Resolves when the device has confirmed; rejects with its reason. */
  write(meter: string, address: number, value: number): Promise<void>
}

export type CommandState = 'done' | 'confirm' | 'refused' | 'failed'
export interface CommandResult {
  v: 1
  id: string
  state: CommandState
  /** Why nothing was done. */
  reason?: string
  /** Of `confirm`: sent back in a command `confirm` within five minutes, it does what was asked. */
  token?: string
  atMs: number
}

export interface CommandDeskOptions {
  actions: CommandActions
  allow: readonly AllowedWrite[]
  /** One line of JSON for each command and its result; read at the start. */
  auditFile: string
  now?: () => number
}

type Outcome = Pick<CommandResult, 'state' | 'reason' | 'token'>
const refused = (reason: string): Outcome => ({ state: 'refused', reason })
const done: Outcome = { state: 'done' }

export class CommandDesk {
  readonly #options: CommandDeskOptions
  readonly #now: () => number
  readonly #answered = new Map<string, CommandResult | Promise<CommandResult>>()
  readonly #waiting = new Map<string, { write: z.output<typeof writeArguments>; untilMs: number }>()

  constructor(options: CommandDeskOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    for (const result of auditedResults(options.auditFile)) this.#answered.set(result.id, result)
  }

  /** The result to send; undefined for what is no command. Never rejects for what a command says. */
  async take(payload: Uint8Array): Promise<CommandResult | undefined> {
    const command = parsedCommand(payload)
    if (!command) {
      this.#note({ refused: 'no command', bytes: payload.length })
      return undefined
    }
    const known = this.#answered.get(command.id)
    if (known) {
      this.#note({ repeated: command.id, name: command.name })
      return await known
    }
    const answer = this.#answer(command)
    this.#answered.set(command.id, answer)
    for (const id of [...this.#answered.keys()].slice(0, -REMEMBERED_MAX)) this.#answered.delete(id)
    const result = await answer
    this.#answered.set(command.id, result)
    return result
  }

  async #answer(command: Command): Promise<CommandResult> {
    const outcome = await this.#do(command).catch((error: unknown): Outcome => {
      return { state: 'failed', reason: error instanceof Error ? error.message : String(error) }
    })
    const result: CommandResult = { v: 1, id: command.id, ...outcome, atMs: this.#now() }
    // The token is a secret of the one who asked; the file is read by more people.
    const { token: _, ...told } = result
    this.#note({ command: command.name, arguments: command.arguments, result: told })
    return result
  }

  async #do(command: Command): Promise<Outcome> {
    if (command.expiresMs !== undefined && command.expiresMs <= this.#now()) return refused('the command has expired')
    switch (command.name) {
      case 'readNow':
        return this.#ofMeter(meterArguments, command, ({ meter }) => this.#options.actions.readNow(meter))
      case 'setInterval':
        return this.#ofMeter(intervalArguments, command, ({ meter, seconds }) =>
          this.#options.actions.setInterval(meter, 1_000 * seconds),
        )
      case 'writeRegister':
        return this.#prepare(command)
      case 'confirm':
        return await this.#confirm(command)
      default:
        return refused(`"${command.name}" is no command of this gateway`)
    }
  }

  #ofMeter<Given extends { meter: string }>(
    schema: z.ZodType<Given>,
    command: Command,
    act: (given: Given) => boolean,
  ): Outcome {
    const given = schema.safeParse(command.arguments)
    if (!given.success) return refused(reasonOf(given.error))
    return act(given.data) ? done : refused(`meter ${given.data.meter} is not read by this gateway`)
  }

  /** First step: nothing is written. */
  #prepare(command: Command): Outcome {
    const given = writeArguments.safeParse(command.arguments)
    if (!given.success) return refused(reasonOf(given.error))
    const { meter, address, value } = given.data
    const nowMs = this.#now()
    if (command.expiresMs === undefined || command.expiresMs > nowMs + CONTROL_MS_MAX)
      return refused('a command that controls says in expiresMs until when it holds, at most an hour')
    const allowed = this.#options.allow.find((one) => one.meter === meter && one.address === address)
    if (!allowed) return refused(`register ${address} of ${meter} is not in the allow-list of the configuration`)
    if (value < allowed.min || value > allowed.max)
      return refused(`${value} is not between ${allowed.min} and ${allowed.max}`)
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    this.#waiting.set(token, {
      write: given.data,
      untilMs: Math.min(nowMs + CONFIRM_MS_MAX, command.expiresMs),
    })
    return { state: 'confirm', token }
  }

  async #confirm(command: Command): Promise<Outcome> {
    const given = confirmArguments.safeParse(command.arguments)
    if (!given.success) return refused(reasonOf(given.error))
    const waiting = this.#waiting.get(given.data.token)
    this.#waiting.delete(given.data.token)
    if (!waiting || waiting.untilMs <= this.#now()) return refused('nothing waits for this confirmation, or no longer')
    const { meter, address, value } = waiting.write
    await this.#options.actions.write(meter, address, value)
    return done
  }

  #note(facts: object): void {
    const at = new Date(this.#now()).toISOString()
    appendFileSync(this.#options.auditFile, `${JSON.stringify({ at, ...facts })}\n`, { mode: 0o600 })
  }
}

const reasonOf = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => `${path.join('.') || 'arguments'}: ${message}`).join('; ')

function parsedCommand(payload: Uint8Array): Command | undefined {
  if (payload.length > COMMAND_BYTES_MAX) return undefined
  try {
    return commandSchema.safeParse(JSON.parse(new TextDecoder().decode(payload))).data
  } catch {
    return undefined
  }
}

/** Results of earlier runs, so that a command that comes again after a restart is not done again. */
function auditedResults(file: string): CommandResult[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(-REMEMBERED_MAX)
    .flatMap((line) => {
      try {
        const { result } = JSON.parse(line) as { result?: CommandResult }
        return typeof result?.id === 'string' ? [result] : []
      } catch {
        return []
      }
    })
}
