// Asks the API as its users do: for sampled meters until hour and day count what was published, and now and then for
// something else, to see what others wait meanwhile.

import { setTimeout as sleep } from 'node:timers/promises'
import { DAY_MS, dayOf, dayStartMs, HOUR_MS, hourStart } from '../domain/calendar.ts'
import type { SeriesView } from '../domain/view/view.ts'
import type { HostAddress } from '../local/host-address.ts'

export interface Sample {
  meter: string
  /** Time of the reading that is published. */
  atMs: number
  /** What the meter's register says at a time. */
  registerAt(atMs: number): number
}

/** Between two looks at a sample that is not there yet: what the asking adds to the times. */
const PAUSE_MS = 20
const PROBE_EVERY_MS = 100
const TOLERANCE = 1e-6

/**
 * When hour and day of each sample were there, in epoch milliseconds. Each is asked for from `fromMs` on, beside the
 * others.
 */
export function shown(
  host: Asked,
  samples: readonly (Sample & { fromMs: number })[],
  waitMsMax: number,
): Promise<number[]> {
  return Promise.all(
    samples.map(async (sample) => {
      await sleep(Math.max(0, sample.fromMs - nowMs()))
      while (!(await counts(host, sample))) {
        if (nowMs() - sample.fromMs > waitMsMax) throw new Error(`${sample.meter} does not show what it sent`)
        await sleep(PAUSE_MS)
      }
      return nowMs()
    }),
  )
}

/** A host, and the credential to read it. */
type Asked = Pick<HostAddress, 'httpUrl' | 'adminToken'>
const bearerOf = ({ adminToken }: Asked): RequestInit => ({ headers: { authorization: `Bearer ${adminToken}` } })

const nowMs = (): number => performance.timeOrigin + performance.now()

/** Whether the hour and the day in which the reading ends count up to it. */
async function counts(host: Asked, { meter, atMs, registerAt }: Sample): Promise<boolean> {
  const hourMs = hourStart(atMs - 1)
  const dayMs = dayStartMs(dayOf(atMs - 1))
  const asked = [
    { grain: 'hour', startMs: hourMs, endMs: hourMs + HOUR_MS },
    { grain: 'day', startMs: dayMs, endMs: dayMs + DAY_MS },
  ]
  for (const { grain, startMs, endMs } of asked) {
    const url = `${host.httpUrl}/api/v1/meters/${meter}/series?from=${startMs}&to=${endMs}&grain=${grain}`
    const { points } = (await (await fetch(url, bearerOf(host))).json()) as SeriesView
    const want = registerAt(atMs) - registerAt(startMs)
    if (!(Math.abs((points.at(0)?.value ?? Number.NaN) - want) < TOLERANCE)) return false
  }
  return true
}

/**
 * Asks for the province, a page of institutions and a meter's day in turn, at a steady pace; `stop` gives the seconds
 * each took.
 */
export function probing(host: Asked, meter: string): { stop(): Promise<number[]> } {
  const dayMs = dayStartMs(dayOf(Date.now()))
  const paths = [
    'areas/130000/status',
    'institutions?limit=20',
    `meters/${meter}/series?from=${dayMs - DAY_MS}&to=${dayMs}&grain=hour`,
  ]
  const seconds: number[] = []
  let stopped = false
  const probe = async (): Promise<void> => {
    const asked: Promise<void>[] = []
    for (let i = 0; !stopped; i++) {
      const one = timed(`${host.httpUrl}/api/v1/${paths[i % paths.length]}`, host).then(
        (took) => void seconds.push(took),
      )
      // What it throws is thrown when all are awaited.
      one.catch(() => undefined)
      asked.push(one)
      await sleep(PROBE_EVERY_MS)
    }
    await Promise.all(asked)
  }
  const done = probe()
  return {
    async stop() {
      stopped = true
      await done
      return seconds
    },
  }
}

async function timed(url: string, host: Asked): Promise<number> {
  const startedMs = performance.now()
  const response = await fetch(url, bearerOf(host))
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`${url}: ${response.status}`)
  return (performance.now() - startedMs) / 1000
}

/** The value below which the share `p` of them lies. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN
}
