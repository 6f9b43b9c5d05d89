// The lowest levels of an explanation: each meter's hours of a month with their flags, and, for one day of one meter,
// the hours with the readings around them. Settles that day once more from its readings and compares.

import { dayLabel, dayOf, dayStartMs, HOUR_MS, monthOf } from '../../domain/calendar.ts'
import { sameNumber } from '../../domain/explain/chain.ts'
import { registerStep } from '../../domain/explain/register-step.ts'
import { NO_HOUR } from '../../domain/hours.ts'
import { must } from '../../domain/must.ts'
import { meterOn } from '../../domain/registry/dated.ts'
import { isRead, type Meter, type ReadMeter } from '../../domain/registry/records.ts'
import { virtualHours } from '../../domain/registry/virtual-meter.ts'
import { HOUR_FLAGS } from '../../domain/settle/settle.ts'
import { amountUnit, factorToAmount } from '../../domain/unit.ts'
import type { ExplainCheck, ExplainDetail, ExplainedMeter } from '../../domain/view/explain.ts'
import { registerUnit } from '../../domain/wire/sent-unit.ts'
import type { ConsumptionDay, Platform } from '../platform.ts'
import { settleMeters } from '../settling/days.ts'
import { keptInMemory } from '../settling/fresh-days.ts'
import { extentsOf, settledKey } from '../settling/mark.ts'
import { readOverrides, withOverrides } from '../settling/review.ts'

/** One reading a minute for a day; of more, the first are listed. */
const READINGS_SHOWN_MAX = 1_500

/** Works meter by meter, so that only one meter's year of readings is held. `daysOf`: days of [fromMs, toMs). */
export async function metersExplained(
  { readings }: Pick<Platform, 'readings'>,
  meters: readonly Meter[],
  { fromMs, toMs, daysOf }: { fromMs: number; toMs: number; daysOf: ReadonlyMap<string, readonly ConsumptionDay[]> },
): Promise<ExplainedMeter[]> {
  const explained: ExplainedMeter[] = []
  for (const meter of meters) {
    const samples = isRead(meter) ? (await readings.range([meter.id], fromMs, toMs)).get(meter.id) : undefined
    const byMonth = Map.groupBy(daysOf.get(meter.id) ?? [], ({ day }) => monthOf(dayStartMs(day)))
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
      const flag = HOUR_FLAGS[codes[hour] ?? NO_HOUR]
      if (flag !== undefined) flags[flag] = (flags[flag] ?? 0) + 1
      if (Number.isNaN(value)) continue
      amount += value
      hoursKnown++
    }
  }
  return { amount: hoursKnown > 0 ? amount : null, hoursKnown, flags }
}

/**
 * One day of one meter down to its readings, with a check that the stored hours follow from them. `day`: as in
 * calendar.ts.
 */
export async function dayExplained(
  platform: Platform,
  { meter, shard, day }: { meter: Meter; shard: string; day: number },
): Promise<{ detail: ExplainDetail; checks: ExplainCheck[] }> {
  const stored = (await platform.consumption.get([meter.id], day, day + 1)).at(0)
  const startMs = dayStartMs(day)
  const flags = stored?.flags ?? new Uint8Array(24).fill(NO_HOUR)
  const amounts = stored?.amounts ?? UNKNOWN_DAY
  const { made, readings, left } = await remade(platform, { meter, shard, day })
  // Of equal times the one received last counts.
  const inOrder = readings.toSorted((a, b) => a.receivedMs - b.receivedMs)
  const registers = new Map(inOrder.map((reading) => [reading.atMs, reading.value]))
  const { multiplier, unit } = meterOn(meter, startMs) ?? meter
  const times = multiplier * (factorToAmount(unit, meter.medium) ?? 1)
  const hours = Array.from(amounts, (value, hour) => {
    const [fromMs, amount] = [startMs + hour * HOUR_MS, Number.isNaN(value) ? null : value]
    return {
      atMs: fromMs,
      amount,
      flag: HOUR_FLAGS[flags[hour] ?? NO_HOUR] ?? 'none',
      step: registerStep(registers, { fromMs, toMs: fromMs + HOUR_MS, amount, times }),
    }
  })
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
    const hoursOf = new Map(days.map((given) => [given.meter, { firstHourMs: dayStartMs(day), ...given }]))
    return { ...none, made: virtualHours(parts, 24, (id) => hoursOf.get(id)).amounts }
  }
  if (!isRead(meter)) return { ...none, made: UNKNOWN_DAY }
  return ofReadings(platform, { meter, shard, day })
}

async function ofReadings(
  { state, readings }: Platform,
  { meter, shard, day }: { meter: ReadMeter; shard: string; day: number },
): Promise<Remade> {
  const [fromMs, toMs] = [dayStartMs(day), dayStartMs(day + 1)]
  const extent = extentsOf((await state.get(settledKey(shard)))?.value).get(meter.id)
  if (!extent || fromMs > extent[1] || toMs <= extent[0]) return { made: UNKNOWN_DAY, readings: [], left: 0 }
  const [overridden] = withOverrides([meter], await readOverrides(state))
  let atMs: Float64Array = new Float64Array()
  const range: typeof readings.range = async (...asked) => {
    const found = await readings.range(...asked)
    atMs = found.get(meter.id)?.atMs ?? atMs
    return found
  }
  const consumption = keptInMemory()
  const touched = { meter: meter.id, fromMs, toMs: toMs - 1, count: 0 }
  await settleMeters([{ meter: must(overridden), touched, extent, clears: false }], {
    readings: { range },
    consumption,
  })
  const made = (await consumption.get([meter.id], day, day + 1)).at(0)?.amounts ?? UNKNOWN_DAY
  const before = atMs.findLast((one) => one <= fromMs) ?? fromMs
  const after = atMs.find((one) => one >= toMs) ?? toMs
  const all = (await readings.history(meter.id, before, after + 1)).toSorted((a, b) => a.atMs - b.atMs)
  const shown = all
    .slice(0, READINGS_SHOWN_MAX)
    .map((one) => ({ ...one, unit: one.unit ?? registerUnit(meter, one.atMs) }))
  return { made, readings: shown, left: all.length - shown.length }
}
const UNKNOWN_DAY = new Float64Array(24).fill(Number.NaN)

const sum = (amounts: Float64Array): number | null =>
  amounts.every(Number.isNaN)
    ? null
    : amounts.reduce((total, value) => (Number.isNaN(value) ? total : total + value), 0)

export const dayNamed = (label: string): number => dayOf(Date.parse(`${label}T00:00:00+08:00`))
