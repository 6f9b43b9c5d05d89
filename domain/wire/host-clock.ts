// Decides whether the clock of a host deserves trust (docs/rules/data.md#the-clock-of-the-host): it is behind when
// something has happened already that lies after it.

import { MINUTE_MS } from '../calendar.ts'
import { CLOCK_AHEAD_MS_MAX } from './reading.ts'

/** Fewer gateways may all be set by one wrong hand. */
export const MANY_GATEWAYS = 3

/** What is known to have passed; each in epoch milliseconds, undefined where nothing is known. */
export interface KnownPast {
  /** Time of the newest stored reading. */
  readingMs?: number | undefined
  /** When the host was started the last time. */
  startMs?: number | undefined
  /** Median of the newest times that gateways sent, when many did. */
  gatewaysMs?: number | undefined
  /** When this software was made. */
  madeMs?: number | undefined
}
export type PastWitness = 'reading' | 'start' | 'gateways' | 'made'

export interface PastInstant {
  atMs: number
  witness: PastWitness
}

/** The latest of what is known to have passed; undefined where nothing is known. */
export function latestPast({ readingMs, startMs, gatewaysMs, madeMs }: KnownPast): PastInstant | undefined {
  const all: [PastWitness, number | undefined][] = [
    ['gateways', gatewaysMs],
    ['reading', readingMs],
    ['start', startMs],
    ['made', madeMs],
  ]
  let latest: PastInstant | undefined
  for (const [witness, atMs] of all)
    if (atMs !== undefined && !(latest && latest.atMs >= atMs)) latest = { atMs, witness }
  return latest
}

/** The median of what gateways say, the lower one of two; undefined when fewer than MANY_GATEWAYS have spoken. */
export function medianOfMany(saidMs: readonly number[]): number | undefined {
  if (saidMs.length < MANY_GATEWAYS) return undefined
  return saidMs.toSorted((a, b) => a - b)[(saidMs.length - 1) >> 1]
}

/** True when `nowMs` lies before the past by more than gateways may be ahead. */
export const isBehind = (nowMs: number, past: PastInstant | undefined): past is PastInstant =>
  past !== undefined && nowMs + CLOCK_AHEAD_MS_MAX < past.atMs

const WITNESS_TEXTS: Record<PastWitness, { en: string; zh: string }> = {
  reading: { en: 'the newest stored reading', zh: '最新已存读数' },
  start: { en: 'the last start', zh: '上次启动时间' },
  gateways: { en: 'the time of most gateways', zh: '多数网关的时间' },
  made: { en: 'the date of this software', zh: '本软件的日期' },
}

/** Says that the clock is behind, and what becomes of readings meanwhile. */
export function behindText(nowMs: number, past: PastInstant, aside: number): { en: string; zh: string } {
  const minutes = Math.round((past.atMs - nowMs) / MINUTE_MS)
  const [now, then] = [new Date(nowMs).toISOString(), new Date(past.atMs).toISOString()]
  const { en, zh } = WITNESS_TEXTS[past.witness]
  return {
    en: `the clock of this host is wrong: it says ${now}, ${minutes} minutes before ${en} (${then}); ${aside} readings wait aside and are taken in once it is right`,
    zh: `主机时钟有误：显示 ${now}，比${zh}（${then}）早 ${minutes} 分钟；${aside} 条读数暂存，时钟校正后补入`,
  }
}
