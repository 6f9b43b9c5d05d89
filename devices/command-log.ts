// The audit file of a gateway's commands: one line of JSON each, read at the start so that a command that comes again
// after a restart is not done again. Two files of a bounded size: the current one and the one before it.

import { appendFileSync, existsSync, readFileSync, renameSync, statSync } from 'node:fs'

/** Some 30,000 commands; a service that floods a gateway does not fill its disk. */
const FILE_BYTES_MAX = 8 * 1024 * 1024

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

export class CommandLog {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
    // A kill may have cut the last line off; the next entry begins a new one.
    if (existsSync(file) && !readFileSync(file, 'utf8').endsWith('\n')) appendFileSync(file, '\n')
  }

  append(entry: object): void {
    if (existsSync(this.#file) && statSync(this.#file).size > FILE_BYTES_MAX) renameSync(this.#file, `${this.#file}.1`)
    appendFileSync(this.#file, `${JSON.stringify(entry)}\n`, { mode: 0o600 })
  }

  /** The latest results of earlier runs, the oldest first; a line that was cut off by a kill is passed over. */
  results(count: number): CommandResult[] {
    return [`${this.#file}.1`, this.#file]
      .flatMap((file) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []))
      .flatMap((line) => resultOf(line) ?? [])
      .slice(-count)
  }
}

function resultOf(line: string): CommandResult | undefined {
  try {
    const { result } = JSON.parse(line) as { result?: CommandResult }
    return typeof result?.id === 'string' ? result : undefined
  } catch {
    return undefined
  }
}
