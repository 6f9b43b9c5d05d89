// The template of a driver: copy this file, rename it after the device, replace the options and the two functions at
// the end, and add a row to devices/drivers.ts. This one is real: it polls energy meters that answer HTTP GET with
// {"energyKwh": 1234.56}, the register.
//
// Rules for every driver:
//  1. It gives what the device said, or nothing. No zero for a timeout, no last value again, no interpolation:
//     a gap is a fact, and the host knows how to bridge it (domain/settle/settle.ts).
//  2. A device that fails is logged, left alone for a while that doubles up to a limit, and tried again, for ever.
//     It holds up the others for no longer than one answer may take.
//  3. It stops soon after the signal aborts, in the middle of a request too.
//  4. It stamps a reading with the time at which the device answered; the clock is an argument.
//  5. Every wait has a limit with a name.

import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { RECORD_ID } from '../../domain/registry/records.ts'
import type { Driver } from '../driver.ts'
import { type Log, silentLog } from '../log.ts'
import type { Reading, Source } from '../source.ts'

/** A meter on the local network answers in milliseconds; after this it counts as silent. */
const ANSWER_MS_MAX = 5_000
/** Longest wait between polls of a failing device: it is read again within a quarter of an hour after its repair. */
const RETRY_MS_MAX = 15 * 60_000
/** An answer is one number; a longer one is not from this device. */
const ANSWER_CHARS_MAX = 1_000

/** Meters behind one gateway: polled in parallel, each over its own connection. */
const METERS_MAX = 1_000
/** No device bears faster polling for long; polling less than once a day is no monitoring. */
const EVERY_MS_MIN = 500
const EVERY_MS_MAX = 24 * 3_600_000

/** The `options` in a gateway's configuration file. */
const optionsSchema = z.strictObject({
  meters: z
    .array(
      z.strictObject({
        /** The meter's id in the registry. */
        meter: z.string().regex(RECORD_ID, 'must be 1 to 64 letters, digits, dots, dashes or underscores'),
        url: z.url({ protocol: /^https?$/, error: 'must be an address such as http://192.168.1.20/energy' }),
      }),
    )
    .min(1)
    .max(METERS_MAX),
  /** Time from one round of polls to the next. */
  everyMs: z.int().min(EVERY_MS_MIN).max(EVERY_MS_MAX),
})

type FileOptions = z.output<typeof optionsSchema>

export const blueprint: Driver<FileOptions> = {
  options: optionsSchema,
  source: (options, log) => blueprintSource({ ...options, log }),
}

/** The options of the file, and replacements of clock, wait and log for tests. */
export interface BlueprintOptions extends FileOptions {
  /** Epoch ms. */
  now?: () => number
  /** Resolves after `ms`, rejects when the signal aborts. */
  wait?: (ms: number, signal: AbortSignal) => Promise<unknown>
  log?: Log
}

/** A source that polls until the signal aborts. One block a round: the meters that answered. */
export function blueprintSource(options: BlueprintOptions): Source {
  const { everyMs, now = Date.now, wait = waitFor, log = silentLog } = options
  const polls = options.meters.map((meter) => ({ meter, failures: 0, dueMs: Number.NEGATIVE_INFINITY }))

  return {
    async *readings(signal) {
      while (!signal.aborted) {
        const startMs = now()
        const due = polls.filter(({ dueMs }) => dueMs <= startMs)
        const answers = await Promise.all(due.map((poll) => pollOne(poll, startMs, signal)))
        const readings = answers.filter((answer) => answer !== undefined)
        if (readings.length > 0) yield readings
        // Measured from start to start, so that slow answers do not lengthen the interval; never negative.
        await wait(Math.max(0, startMs + everyMs - now()), signal).catch(() => {})
      }
    },
  }

  async function pollOne(poll: Poll, startMs: number, signal: AbortSignal): Promise<Reading | undefined> {
    try {
      const energyKwh = await readRegister(
        poll.meter.url,
        AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]),
      )
      poll.failures = 0
      return { meter: poll.meter.meter, at: now(), value: energyKwh, unit: 'kWh' }
    } catch (error) {
      if (signal.aborted) return undefined
      poll.failures += 1
      const retryMs = Math.min(RETRY_MS_MAX, everyMs * 2 ** Math.min(poll.failures - 1, 30))
      poll.dueMs = startMs + retryMs
      log.warn('a meter does not answer', {
        meter: poll.meter.meter,
        reason: String(error),
        failures: poll.failures,
        retryMs,
      })
      return undefined
    }
  }
}

interface Poll {
  meter: FileOptions['meters'][number]
  /** Consecutive failures. */
  failures: number
  /** Earliest time of the next poll, epoch ms. */
  dueMs: number
}

const waitFor = (ms: number, signal: AbortSignal): Promise<unknown> => sleep(ms, undefined, { signal })

/** Polls the device. Replace this by your device's protocol. Throws when it does not answer, or answers nonsense. */
async function readRegister(url: string, signal: AbortSignal): Promise<number> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  return parseAnswer((await response.text()).slice(0, ANSWER_CHARS_MAX))
}

/** The border: the device's text → kWh, or an error that quotes it. */
function parseAnswer(text: string): number {
  const answer: unknown = JSON.parse(text)
  const isRecord = typeof answer === 'object' && answer !== null && 'energyKwh' in answer
  if (isRecord && typeof answer.energyKwh === 'number') return answer.energyKwh
  throw new Error(`not an answer of this device: ${text.slice(0, 80)}`)
}
