// The lowest levels of an explanation: what each meter's hours of a month were and how they are flagged, and, for one day of
// one meter, the hours with the readings around them. The day is settled once more from its readings and compared.

import { DAY_MS, dayLabel, dayOf, dayStartMs, HOUR_MS } from '../domain/calendar.ts'
import { sameNumber } from '../domain/explain.ts'
import type { ExplainCheck, ExplainDetail, ExplainedMeter } from '../domain/explain-view.ts'
import { HOUR_FLAGS, planWindow, type Samples, settle } from '../domain/register.ts'
import { isRead, type Meter, type ReadMeter } from '../domain/registry.ts'
import { amountUnit } from '../domain/unit.ts'
import { virtualHours } from '../domain/virtual-meter.ts'
import { readOverrides, withOverrides } from './event-review.ts'
import { type ConsumptionDay, NO_HOUR, type Platform } from './platform.ts'
import { extentsOf, type SettledMark, settledKey } from './settle.ts'
import { profileOf } from './settle-days.ts'

/** A day of readings every minute; of more the first are listed. */
const READINGS_SHOWN_MAX = 1_500
/** How far around a day to look for readings it rests on, and then, where none lies within. */
const REACHES_MS = [3 * DAY_MS, Number.POSITIVE_INFINITY]

/** Meter by meter, so that a year of readings of one is held at a time. `daysOf`: of [fromMs, toMs). */
export async function metersExplained(
  { readings }: Pick<Platform, 'readings'>,
  meters: readonly Meter[],
  { fromMs, toMs, daysOf }: { fromMs: number; toMs: number; daysOf: ReadonlyMap<string, readonly ConsumptionDay[]> },
): Promise<ExplainedMeter[]> {
  const explained: ExplainedMeter[] = []
  for (const meter of meters) {
    const samples = isRead(meter) ? (await readings.range([meter.id], fromMs, toMs)).get(meter.id) : undefined
    const byMonth = Map.groupBy(daysOf.get(meter.id) ?? [], ({ day }) => dayLabel(day).slice(0, 7))
    explained.push({
      meter: meter.id,
      medium: meter.medium,
      role: meter.role,
      kind: meter.kind,
      purpose: meter.purpose ?? null,
      unit: amountUnit(meter.medium),
      months: [...byMonth].map(([month, own]) => ({ month, ...hoursOfDays(own) })),
      series: `/api/v1/meters/${encodeURIComponent(meter.id)}/series?from=${fromMs}&to=${toMs}&grain=hour`,
      readings: {
        count: samples?.atMs.length ?? 0,
        firstMs: samples?.atMs.at(0) ?? null,
        lastMs: samples?.atMs.at(-1) ?? null,
      },
    })
  }
  return explained
}

/** The sum of the known hours, and how many hours carry each flag. */
export function hoursOfDays(days: readonly ConsumptionDay[]): Omit<ExplainedMeter['months'][number], 'month'> {
  const flags: Record<string, number> = {}
  let [amount, hoursKnown] = [0, 0]
  for (const { amounts, flags: codes } of days) {
    for (const [hour, value] of amounts.entries()) {
      if (codes[hour] !== NO_HOUR) flags[HOUR_FLAGS[codes[hour]]] = (flags[HOUR_FLAGS[codes[hour]]] ?? 0) + 1
      if (Number.isNaN(value)) continue
      amount += value
      hoursKnown++
    }
  }
  return { amount: hoursKnown > 0 ? amount : null, hoursKnown, flags }
}

/** One day of one meter down to its readings, and whether its hours are what they make. `day`: as in calendar.ts. */
export async function dayExplained(
  platform: Platform,
  { meter, shard, day }: { meter: Meter; shard: string; day: number },
): Promise<{ detail: ExplainDetail; checks: ExplainCheck[] }> {
  const standing = (await platform.consumption.get([meter.id], day, day + 1)).at(0)
  const startMs = dayStartMs(day)
  const flags = standing?.flags ?? new Uint8Array(24).fill(NO_HOUR)
  const amounts = standing?.amounts ?? new Float64Array(24).fill(Number.NaN)
  const hours = Array.from(amounts, (value, hour) => ({
    atMs: startMs + hour * HOUR_MS,
    amount: Number.isNaN(value) ? null : value,
    flag: flags[hour] === NO_HOUR ? 'none' : HOUR_FLAGS[flags[hour]],
  }))
  const { made, readings, left } = await remade(platform, { meter, shard, day })
  const detail = {
    meter: meter.id,
    day: dayLabel(day),
    unit: amountUnit(meter.medium),
    hours,
    formula: meter.formula ?? [],
    readings,
    readingsLeft: left,
  }
  if (meter.kind === 'offline') return { detail, checks: [] }
  const check = sameNumber('hour', `${meter.id} ${dayLabel(day)}: hours of its readings`, [sum(amounts), sum(made)])
  const isSame = amounts.every((value, hour) => Object.is(value, made[hour]))
  return { detail, checks: [{ ...check, ok: isSame }] }
}

interface Remade {
  /** 24 amounts, NaN where unknown. */
  made: Float64Array
  readings: ExplainDetail['readings']
  left: number
}

async function remade(
  platform: Platform,
  { meter, shard, day }: { meter: Meter; shard: string; day: number },
): Promise<Remade> {
  const none = { readings: [], left: 0 }
  if (meter.kind === 'virtual') {
    const parts = meter.formula ?? []
    const days = await platform.consumption.get(
      parts.map((part) => part.meter),
      day,
      day + 1,
    )
    const hoursOf = new Map(days.map((of) => [of.meter, { firstHourMs: dayStartMs(day), ...of }]))
    return { ...none, made: virtualHours(parts, 24, (id) => hoursOf.get(id)).amounts }
  }
  if (!isRead(meter)) return { ...none, made: new Float64Array(24).fill(Number.NaN) }
  return ofReadings(platform, { meter, shard, day })
}

async function ofReadings(
  { state, readings }: Platform,
  { meter, shard, day }: { meter: ReadMeter; shard: string; day: number },
): Promise<Remade> {
  const made = new Float64Array(24).fill(Number.NaN)
  const [fromMs, toMs] = [dayStartMs(day), dayStartMs(day + 1)]
  const [overridden] = withOverrides([meter], await readOverrides(state))
  const profile = profileOf(overridden)
  const extent = extentsOf((await state.get<SettledMark>(settledKey(shard)))?.value).get(meter.id)
  if (!extent) return { made, readings: [], left: 0 }
  const [firstMs, lastMs] = extent
  for (const reachMs of REACHES_MS) {
    const loaded = { fromMs: Math.max(firstMs, fromMs - reachMs), toMs: Math.min(lastMs, toMs + reachMs) + 1 }
    if (loaded.fromMs >= loaded.toMs) break
    const samples = (await readings.range([meter.id], loaded.fromMs, loaded.toMs)).get(meter.id) ?? NO_SAMPLES
    const edge = { reachesStart: loaded.fromMs <= firstMs, reachesEnd: loaded.toMs > lastMs }
    const plan = planWindow(profile, samples, { fromMs, toMs: toMs - 1 }, edge)
    if ('more' in plan) continue
    const series = settle(profile, samples, plan)
    for (let hour = 0; hour < 24; hour++) {
      const index = (fromMs + hour * HOUR_MS - series.firstHourMs) / HOUR_MS
      made[hour] = series.amounts[index] ?? Number.NaN
    }
    const before = samples.atMs.findLast((atMs) => atMs <= fromMs) ?? fromMs
    const after = samples.atMs.find((atMs) => atMs >= toMs) ?? toMs
    const all = (await readings.history(meter.id, before, after + 1)).toSorted((a, b) => a.atMs - b.atMs)
    const shown = all.slice(0, READINGS_SHOWN_MAX).map((one) => ({ ...one, unit: meter.unit }))
    return { made, readings: shown, left: all.length - shown.length }
  }
  return { made, readings: [], left: 0 }
}
const NO_SAMPLES: Samples = { atMs: new Float64Array(), value: new Float64Array() }

const sum = (amounts: Float64Array): number | null =>
  amounts.every(Number.isNaN)
    ? null
    : amounts.reduce((total, value) => (Number.isNaN(value) ? total : total + value), 0)

export const dayNamed = (label: string): number => dayOf(Date.parse(`${label}T00:00:00+08:00`))
