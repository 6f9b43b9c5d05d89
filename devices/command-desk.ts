// Takes the commands that the service sends to a gateway (docs/rules/devices.md#gateway-commands): each id once, none
// that has expired, control only from the local allow-list and only when it is confirmed; all of it in an audit file.

import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import { CONFIRM_COMMAND, CONTROL_MS_MAX, SWITCHES, type Switch } from '../domain/wire/control-command.ts'
import type { AllowedControl } from './allowed-control.ts'
import { CommandLog, type CommandResult } from './command-log.ts'

/** As much as a message of readings: a configuration names up to 1,000 meters. */
const COMMAND_BYTES_MAX = 128 * 1024
/** Answers that are kept, so that a command that comes again is answered again and not done again. */
const REMEMBERED_MAX = 1_000
const CONFIRM_MS_MAX = 5 * 60_000
/** Prepared commands that wait for their confirmation; the oldest gives way. */
const WAITING_MAX = 20
const TOKEN_BYTES = 9

const commandSchema = z.object({
  v: z.literal(1),
  id: z.string().min(1).max(64),
  name: z.string().min(1).max(64),
  arguments: z.unknown().optional(),
  /** Epoch ms after which nothing is done. */
  expiresMs: z.int().optional(),
  /** Who sent it, as the service knows the sender. */
  by: z.string().max(200).optional(),
})
type Command = z.output<typeof commandSchema>

const meterArguments = z.strictObject({ meter: z.string() })
const intervalArguments = z.strictObject({ meter: z.string(), seconds: z.number().min(1).max(86_400) })
const writeArguments = z.strictObject({ meter: z.string(), address: z.int(), value: z.int() })
const confirmArguments = z.strictObject({ token: z.string() })
const configureArguments = z.strictObject({ version: z.int().min(1), lines: z.array(z.unknown()).min(1).max(100) })

/** What a register or coil is set to, or the relay of a meter. */
type Setting =
  | { address: number; value: number }
  | { coil: number; isOn: boolean }
  | { relay: { isOn: boolean; password: string; operator: string } }

/** What a gateway can do; false or a reason where it cannot. */
export interface CommandActions {
  readNow(meter: string): boolean
  setInterval(meter: string, everyMs: number): boolean
  /** Resolves when the device has confirmed; rejects with its reason. */
  write(meter: string, setting: Setting, untilMs: number): Promise<void>
  /** Resolves to the reason of a refusal; rejects when the new lines were tried and the old ones are back. */
  configure(version: number, lines: readonly unknown[]): Promise<string | undefined>
  /** As `configure`, with the lines of the local file. */
  reloadConfig(): Promise<string | undefined>
}

export interface CommandDeskOptions {
  actions: CommandActions
  /** The list as it is now. */
  allow: () => readonly AllowedControl[]
  /** One line of JSON for each command and its result; read at the start. */
  auditFile: string
  now?: () => number
}

type Outcome = Pick<CommandResult, 'state' | 'reason' | 'token'>
const refused = (reason: string): Outcome => ({ state: 'refused', reason })
const done: Outcome = { state: 'done' }
const doneUnless = (reason: string | undefined): Outcome => (reason === undefined ? done : refused(reason))

interface Prepared {
  meter: string
  setting: Setting
  by: string | undefined
  untilMs: number
}

export class CommandDesk {
  readonly #options: CommandDeskOptions
  readonly #now: () => number
  readonly #log: CommandLog
  readonly #answered = new Map<string, CommandResult | Promise<CommandResult>>()
  readonly #waiting = new Map<string, Prepared>()

  constructor(options: CommandDeskOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#log = new CommandLog(options.auditFile)
    for (const result of this.#log.results(REMEMBERED_MAX)) this.#answered.set(result.id, result)
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
      this.#note({ repeated: command.id, command: command.name, ...byOf(command) })
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
    const given = command.name === CONFIRM_COMMAND ? {} : { arguments: command.arguments }
    this.#note({ command: command.name, ...given, ...byOf(command), result: told })
    return result
  }

  async #do(command: Command): Promise<Outcome> {
    if (command.expiresMs !== undefined && command.expiresMs <= this.#now()) return refused('the command has expired')
    const { actions } = this.#options
    if (isSwitch(command.name)) return this.#prepareSwitch(command, command.name)
    switch (command.name) {
      case 'readNow':
        return ofMeter(meterArguments, command, ({ meter }) => actions.readNow(meter))
      case 'setInterval':
        return ofMeter(intervalArguments, command, ({ meter, seconds }) => actions.setInterval(meter, 1_000 * seconds))
      case 'reloadConfig':
        return doneUnless(await actions.reloadConfig())
      case 'configure': {
        const given = configureArguments.safeParse(command.arguments)
        if (!given.success) return refused(reasonOf(given.error))
        return doneUnless(await actions.configure(given.data.version, given.data.lines))
      }
      case 'writeRegister':
        return this.#prepareWrite(command)
      case CONFIRM_COMMAND:
        return await this.#confirm(command)
      default:
        return refused(`"${command.name}" is no command of this gateway`)
    }
  }

  #prepareWrite(command: Command): Outcome {
    const given = writeArguments.safeParse(command.arguments)
    if (!given.success) return refused(reasonOf(given.error))
    const { meter, address, value } = given.data
    const rows = this.#options.allow().filter((row) => 'address' in row && row.meter === meter)
    const row = rows.find((one) => 'address' in one && one.address === address)
    if (!row || !('address' in row))
      return refused(`register ${address} of ${meter} is not in the allow-list of the configuration`)
    if (value < row.min || value > row.max) return refused(`${value} is not between ${row.min} and ${row.max}`)
    return this.#prepare(command, row, { address, value })
  }

  #prepareSwitch(command: Command, name: Switch): Outcome {
    const given = meterArguments.safeParse(command.arguments)
    if (!given.success) return refused(reasonOf(given.error))
    const { meter } = given.data
    for (const row of this.#options.allow()) {
      if (row.meter !== meter || 'address' in row || !row.commands.some((one) => one === name)) continue
      const isOn = SWITCHES[name].coil
      return 'coil' in row
        ? this.#prepare(command, row, { coil: row.coil, isOn: isOn !== row.inverted })
        : this.#prepare(command, row, { relay: { isOn, ...row.dlt645 } })
    }
    return refused(`${name} of ${meter} is not in the allow-list of the configuration`)
  }

  /** First step: nothing is written. */
  #prepare({ expiresMs, by }: Command, { meter, by: principals }: AllowedControl, setting: Setting): Outcome {
    const nowMs = this.#now()
    if (expiresMs === undefined || expiresMs > nowMs + CONTROL_MS_MAX)
      return refused('a command that controls says in expiresMs until when it holds, at most an hour')
    if (principals && !(by !== undefined && principals.includes(by)))
      return refused(`${by ?? 'nobody'} may not do this by the allow-list of the configuration`)
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    this.#waiting.set(token, { meter, setting, by, untilMs: Math.min(nowMs + CONFIRM_MS_MAX, expiresMs) })
    for (const old of [...this.#waiting.keys()].slice(0, -WAITING_MAX)) this.#waiting.delete(old)
    return { state: 'confirm', token }
  }

  async #confirm({ arguments: told, by }: Command): Promise<Outcome> {
    const given = confirmArguments.safeParse(told)
    if (!given.success) return refused(reasonOf(given.error))
    const waiting = this.#waiting.get(given.data.token)
    if (!waiting || waiting.untilMs <= this.#now()) return refused('nothing waits for this confirmation, or no longer')
    if (waiting.by !== by) return refused(`${waiting.by ?? 'nobody'} asked for this, and ${by ?? 'nobody'} confirms it`)
    this.#waiting.delete(given.data.token)
    await this.#options.actions.write(waiting.meter, waiting.setting, waiting.untilMs)
    return done
  }

  #note(facts: object): void {
    this.#log.append({ at: new Date(this.#now()).toISOString(), ...facts })
  }
}

const isSwitch = (name: string): name is Switch => Object.hasOwn(SWITCHES, name)
const byOf = ({ by }: Command) => (by === undefined ? {} : { by })

function ofMeter<Given extends { meter: string }>(
  schema: z.ZodType<Given>,
  command: Command,
  act: (given: Given) => boolean,
): Outcome {
  const given = schema.safeParse(command.arguments)
  if (!given.success) return refused(reasonOf(given.error))
  return act(given.data) ? done : refused(`meter ${given.data.meter} is not read by this gateway`)
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
