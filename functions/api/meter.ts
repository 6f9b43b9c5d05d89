// Routes of meters: one meter, and the series of its readings or its consumption.

import * as z from 'zod'
import { dayOf, dayStartMs, HOUR_MS, monthOf, monthRange, monthsThrough } from '../../domain/calendar.ts'
import { NO_HOUR } from '../../domain/hours.ts'
import { must } from '../../domain/must.ts'
import type { Meter } from '../../domain/registry/records.ts'
import { inRegisterUnit } from '../../domain/settle/sent-samples.ts'
import { HOUR_FLAGS } from '../../domain/settle/settle.ts'
import { amountUnit } from '../../domain/unit.ts'
import { type MeterView, meterViewSchema, type SeriesView, seriesViewSchema } from '../../domain/view/view.ts'
import type { ConsumptionDay } from '../platform.ts'
import type { Extent } from '../settling/days.ts'
import { freshDays } from '../settling/fresh-days.ts'
import { extentsOf, settledKey } from '../settling/mark.ts'
import { instant, meterOf } from './query.ts'
import { ApiProblem, type RouteContext, route } from './route.ts'

/** A series has at most this many points: eleven years of hours. */
const POINTS_MAX = 100_000

export const meterRoutes = {
  ...route('GET /api/v1/meters/{id}', {
    access: { action: 'field', at: { meter: 'id' } },
    summary: 'A meter',
    response: meterViewSchema,
    async handle(context) {
      const { meter, shard } = await meterOf(context)
      return meterView(meter, extentsOf((await context.platform.state.get(settledKey(shard)))?.value))
    },
  }),

  ...route('GET /api/v1/meters/{id}/series', {
    access: { action: 'field', at: { meter: 'id' } },
    summary: 'Readings or consumption of a meter; from and to are epoch milliseconds or RFC 3339, to is not included',
    query: z.object({ from: instant, to: instant, grain: z.enum(['raw', 'hour', 'day', 'month']).default('hour') }),
    response: seriesViewSchema,
    async handle(context, { query }): Promise<SeriesView> {
      const { meter, shard } = await meterOf(context)
      const { from: fromMs, to: toMs, grain } = query
      if (toMs <= fromMs) throw new ApiProblem(400, 'Bad request', '"to" must be after "from"', { field: 'to' })
      const frame = { meter: meter.id, grain, fromMs, toMs }
      if (grain === 'raw') return { ...frame, unit: meter.unit, points: await rawPoints(meter, fromMs, toMs, context) }
      if ((toMs - fromMs) / HOUR_MS > POINTS_MAX)
        throw new ApiProblem(400, 'Bad request', `a series has at most ${POINTS_MAX} hours`, { field: 'from' })
      const days = await freshDays(context, { meter, shard, fromDay: dayOf(fromMs), toDay: dayOf(toMs - 1) + 1 })
      const hours = days.flatMap((day) => hourPoints(day)).filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
      return {
        ...frame,
        unit: amountUnit(meter.medium),
        points: grain === 'hour' ? hours : summed(hours, grain, fromMs, toMs),
      }
    },
  }),
}

export const meterView = (meter: Meter, extents: ReadonlyMap<string, Extent>): MeterView => ({
  id: meter.id,
  institution: meter.institution,
  gateway: meter.gateway ?? null,
  name: meter.name ?? null,
  medium: meter.medium,
  purpose: meter.purpose ?? null,
  role: meter.role,
  parent: meter.parent ?? null,
  unit: meter.unit,
  multiplier: meter.multiplier,
  kind: meter.kind,
  amountUnit: amountUnit(meter.medium),
  rows: meter.rows ?? [],
  lastReadingAtMs: extents.get(meter.id)?.[1] ?? null,
})

async function rawPoints(meter: Meter, fromMs: number, toMs: number, { platform }: RouteContext) {
  const stored = (await platform.readings.range([meter.id], fromMs, toMs)).get(meter.id)
  if (!stored) return []
  const samples = inRegisterUnit(stored, meter)
  if (samples.atMs.length > POINTS_MAX)
    throw new ApiProblem(400, 'Bad request', `a series has at most ${POINTS_MAX} points`, { field: 'from' })
  return Array.from(samples.atMs, (atMs, i) => ({ atMs, value: must(samples.value[i]) }))
}

type HourPoint = { atMs: number; value: number | null; flag: (typeof HOUR_FLAGS)[number] }

const hourPoints = ({ day, amounts, flags }: ConsumptionDay): HourPoint[] =>
  Array.from(flags, (flag, hour) => ({ flag, hour }))
    .filter(({ flag }) => flag !== NO_HOUR)
    .map(({ flag, hour }) => {
      const amount = must(amounts[hour])
      return {
        atMs: dayStartMs(day) + hour * HOUR_MS,
        value: Number.isNaN(amount) ? null : amount,
        flag: must(HOUR_FLAGS[flag]),
      }
    })

/** Days or months of the range: the sum of the known hours, null when none is known. */
function summed(
  hours: readonly HourPoint[],
  grain: 'day' | 'month',
  fromMs: number,
  toMs: number,
): SeriesView['points'] {
  const startOf = (atMs: number): number =>
    grain === 'day' ? dayStartMs(dayOf(atMs)) : monthRange(monthOf(atMs)).fromMs
  const groups = Map.groupBy(hours, ({ atMs }) => startOf(atMs))
  const starts =
    grain === 'day'
      ? Array.from({ length: dayOf(toMs - 1) - dayOf(fromMs) + 1 }, (_, i) => dayStartMs(dayOf(fromMs) + i))
      : monthsThrough(monthOf(fromMs), monthOf(toMs - 1)).map((month) => monthRange(month).fromMs)
  return starts.map((atMs) => {
    const known = (groups.get(atMs) ?? []).filter(({ value }) => value !== null)
    const endMs = grain === 'day' ? atMs + 24 * HOUR_MS : monthRange(monthOf(atMs)).toMs
    return {
      atMs,
      value: known.length > 0 ? known.reduce((sum, { value }) => sum + (value ?? 0), 0) : null,
      hoursKnown: known.length,
      hoursExpected: (Math.min(endMs, toMs) - Math.max(atMs, fromMs)) / HOUR_MS,
    }
  })
}
