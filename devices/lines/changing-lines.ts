// Lines that can be replaced while the gateway runs (docs/rules/devices.md#configuration-from-the-server): new lines
// hold only when the meters that answered before answer again; otherwise the old ones come back.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Log, silentLog } from '../log.ts'
import type { Source } from '../source.ts'
import { type LinesSource, linesSource, type MeterSetting, type PlannedLine } from './lines-source.ts'

/** A line of 1,000 meters asks each once in this time. */
const TRIAL_MS = 5 * 60_000
/** How often a trial looks at the meters. */
const LOOK_MS = 100
/** Meters that a reason names. */
const NAMED_MAX = 5

export interface ChangingLinesOptions {
  lines: readonly PlannedLine[]
  log?: Log
  now?: () => number
  /** Time in which the meters have to answer after a change. */
  trialMs?: number
}

interface Turn {
  lines: readonly PlannedLine[]
  source: LinesSource
  ending: AbortController
}

export class ChangingLines implements Source, LinesSource {
  readonly #options: ChangingLinesOptions
  #turn: Turn
  #isTrying = false
  #stop: AbortSignal | undefined

  constructor(options: ChangingLinesOptions) {
    this.#options = options
    this.#turn = this.#turnOf(options.lines)
  }

  async *readings(signal: AbortSignal) {
    this.#stop = signal
    for (;;) {
      const turn = this.#turn
      yield* turn.source.readings(AbortSignal.any([signal, turn.ending.signal]))
      if (signal.aborted || turn === this.#turn) return
    }
  }

  health = () => this.#turn.source.health()
  readNow = (meter: string) => this.#turn.source.readNow(meter)
  setInterval = (meter: string, everyMs: number) => this.#turn.source.setInterval(meter, everyMs)
  write = (meter: string, setting: MeterSetting, untilMs: number) => this.#turn.source.write(meter, setting, untilMs)

  /** Resolves to the reason why the lines are the old ones again; undefined: the new ones hold. */
  async change(lines: readonly PlannedLine[]): Promise<string | undefined> {
    if (this.#isTrying) return 'another configuration is on trial'
    this.#isTrying = true
    const old = this.#turn.lines
    const answered = answering(this.#turn.source)
    try {
      this.#replace(lines)
      const reason = await this.#trial(new Set(answered.filter((id) => idsOf(lines).has(id))))
      if (reason !== undefined) this.#replace(old)
      return reason
    } finally {
      this.#isTrying = false
    }
  }

  /** All of `wanted` have to answer; where none did before, one of all. */
  async #trial(wanted: ReadonlySet<string>): Promise<string | undefined> {
    const { trialMs = TRIAL_MS } = this.#options
    const endMs = performance.now() + trialMs
    for (;;) {
      const heard = new Set(answering(this.#turn.source))
      const silent = [...wanted].filter((id) => !heard.has(id))
      if (silent.length === 0 && heard.size > 0) return undefined
      if (this.#stop?.aborted) return 'the gateway stopped before the meters had answered'
      if (performance.now() >= endMs) {
        const seconds = Math.round(trialMs / 1_000)
        if (wanted.size === 0) return `no meter answered within ${seconds} s`
        return `meters that answered before were silent for ${seconds} s: ${silent.slice(0, NAMED_MAX).join(', ')}`
      }
      await sleep(LOOK_MS, undefined, { ref: false })
    }
  }

  #replace(lines: readonly PlannedLine[]): void {
    const { ending } = this.#turn
    this.#turn = this.#turnOf(lines)
    ending.abort(new Error('the lines were replaced'))
  }

  #turnOf(lines: readonly PlannedLine[]): Turn {
    const { log = silentLog, now = Date.now } = this.#options
    return { lines, source: linesSource({ lines, log, now }), ending: new AbortController() }
  }
}

const idsOf = (lines: readonly PlannedLine[]): Set<string> =>
  new Set(lines.flatMap(({ devices }) => devices.flatMap(({ meters }) => [...meters.values()])))

const answering = (source: LinesSource): string[] =>
  source.health().flatMap(({ meters }) => meters.filter(({ state }) => state === 'answers').flatMap(({ ids }) => ids))
