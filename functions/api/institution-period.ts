// Routes of an institution's use over any period, and of the flow of its energy in a month, from the hours of its
// meters.

import * as z from 'zod'
import { dayStartMs, HOUR_MS, type Month, monthOf, monthRange, monthsThrough } from '../../domain/calendar.ts'
import { coefficientOf } from '../../domain/energy/conversion.ts'
import { energyFlow } from '../../domain/energy/flow.ts'
import {
  addedSums,
  changeOverYear,
  countedMeters,
  dayOfDate,
  dayYearBefore,
  meteredDay,
  type PeriodPoint,
  type PeriodSum,
  type SignedMeter,
} from '../../domain/energy/period.ts'
import { MEDIA, type Medium } from '../../domain/medium.ts'
import { metersOn } from '../../domain/registry/dated.ts'
import { localDate, type Meter } from '../../domain/registry/records.ts'
import { amountUnit } from '../../domain/unit.ts'
import { flowViewSchema, PERIOD_GRAINS, type UseView, useViewSchema } from '../../domain/view/period.ts'
import { standardsIn } from '../judging/judgement.ts'
import { hoursIn, ownMeters, passed } from './institution-hours.ts'
import { institutionOf, monthQuery, monthShown } from './query.ts'
import { ApiProblem, type RouteContext, route } from './route.ts'

/** Days of one answer by its grain: about as many points as a chart can show. */
const DAYS_MAX = { hour: 62, day: 1_100, month: 4_000 } as const

const useQuery = z.object({
  from: localDate,
  to: localDate,
  grain: z.enum(PERIOD_GRAINS).default('day'),
  medium: z.enum(MEDIA).optional(),
})

export const periodRoutes = {
  ...route('GET /api/v1/institutions/{id}/use', {
    access: { action: 'figures', at: { institution: 'id' } },
    summary: 'Use of a medium over any days by hour, day or month, beside the same days a year before',
    query: useQuery,
    response: useViewSchema,
    async handle(context, { query }) {
      const { institution } = await institutionOf(context)
      const [firstDay, lastDay] = [dayOfDate(query.from), dayOfDate(query.to)]
      if (lastDay < firstDay)
        throw new ApiProblem(400, 'Bad request', '"to" must not be before "from"', { field: 'to' })
      const most = DAYS_MAX[query.grain]
      if (lastDay - firstDay >= most)
        throw new ApiProblem(400, 'Bad request', `at most ${most} days by ${query.grain}`, { field: 'from' })
      const all = await ownMeters(institution, context)
      const media = MEDIA.filter((one) =>
        [firstDay, lastDay].some((day) => countedMeters(ofMedium(all, one), dayStartMs(day)).length > 0),
      )
      const medium = query.medium ?? media[0] ?? null
      const days = { firstDay, lastDay }
      const points = medium === null ? [] : await pointsOf(ofMedium(all, medium), query.grain, days, context)
      const { from, to, grain } = query
      const nowMs = context.platform.now()
      const begun = points.filter(({ atMs }) => atMs < nowMs)
      // A day of which one hour is over is not like a whole one of the year before.
      const over = points.filter((_, n) => (points[n + 1]?.atMs ?? dayStartMs(lastDay + 1)) <= nowMs)
      return {
        ...{ institution: institution.id, medium, media, unit: medium === null ? '' : amountUnit(medium) },
        ...{ from, to, grain, points },
        total: addedSums(points),
        totalBefore: addedSums(begun.flatMap(({ before }) => before ?? [])),
        ...changeOverYear(over),
      } satisfies UseView
    },
  }),
  ...route('GET /api/v1/institutions/{id}/flow', {
    access: { action: 'figures', at: { institution: 'id' } },
    summary: 'Flow of energy in a month: main meters, sub meters below them, and what none of these explains',
    query: monthQuery,
    response: flowViewSchema,
    async handle(context, { query }) {
      const { institution } = await institutionOf(context)
      const { platform, registry } = context
      const month = query.month ?? (await monthShown(institution.id, context))
      const range = passed(monthRange(month), platform.now())
      const meters = metersOn(await ownMeters(institution, context), Math.max(range.fromMs, range.toMs - 1))
      const hours = await hoursIn(
        meters.map(({ id }) => id),
        range,
        context,
      )
      const sources = { areas: await registry.areas(), tables: await registry.tables() }
      const set = standardsIn(sources, institution.area, month).statistics
      const rows = energyFlow(meters, { ...range, hoursOf: (meter) => hours.get(meter) })
      return {
        ...{ institution: institution.id, month, coefficientSet: set.name },
        hoursExpected: (range.toMs - range.fromMs) / HOUR_MS,
        rows: rows.map((row) => ({
          ...row,
          unit: amountUnit(row.medium),
          kgcePerUnit: row.medium === 'water' ? null : coefficientOf(row.medium, set).value,
        })),
      }
    },
  }),
}

const ofMedium = (meters: readonly Meter[], medium: Medium): Meter[] => meters.filter((one) => one.medium === medium)

interface Days {
  firstDay: number
  /** Included. */
  lastDay: number
}

async function pointsOf(
  meters: readonly Meter[],
  grain: UseView['grain'],
  days: Days,
  context: RouteContext,
): Promise<PeriodPoint[]> {
  const { firstDay, lastDay } = days
  const all = Array.from({ length: lastDay - firstDay + 1 }, (_, index) => firstDay + index)
  const { dayOfSums, hourOfSums } = await sumsOfDays(meters, grain, days, context)
  const pointOf = (atMs: number, own: readonly number[]): PeriodPoint => {
    const before = own.flatMap((day) => dayYearBefore(day) ?? [])
    return {
      atMs,
      ...addedSums(own.map(dayOfSums)),
      before: before.length > 0 ? addedSums(before.map(dayOfSums)) : null,
    }
  }
  if (grain === 'day') return all.map((day) => pointOf(dayStartMs(day), [day]))
  if (grain === 'month') {
    const ofMonth = Map.groupBy(all, (day) => monthOf(dayStartMs(day)))
    return monthsThrough(monthOf(dayStartMs(firstDay)), monthOf(dayStartMs(lastDay))).map((month: Month) =>
      pointOf(monthRange(month).fromMs, ofMonth.get(month) ?? []),
    )
  }
  return all.flatMap((day) => {
    const before = dayYearBefore(day)
    return Array.from({ length: 24 }, (_, hour) => ({
      atMs: dayStartMs(day) + hour * HOUR_MS,
      ...hourOfSums(day, hour),
      before: before === undefined ? null : hourOfSums(before, hour),
    }))
  })
}

/** Sums of a day, and of an hour where hours are asked for, of the period and of the one a year before. */
async function sumsOfDays(meters: readonly Meter[], grain: UseView['grain'], days: Days, { platform }: RouteContext) {
  const { firstDay, lastDay } = days
  const ids = meters.map(({ id }) => id)
  const nowMs = platform.now()
  const before = dayYearBefore(firstDay) ?? firstDay - 365
  const ranges = [
    { from: firstDay, to: lastDay + 1 },
    { from: before, to: before + (lastDay + 2 - firstDay) },
  ]
  const counted = (day: number): SignedMeter[] => countedMeters(meters, dayStartMs(day))
  if (grain === 'hour') {
    const read = await Promise.all(ranges.map(({ from, to }) => platform.consumption.get(ids, from, to)))
    const hours = new Map(read.flat().map(({ meter, day, amounts }) => [`${meter} ${day}`, amounts]))
    const hourOfSums = (day: number, hour: number): PeriodSum =>
      addedSums(
        counted(day).map(({ id, factor }) => {
          const amount = hours.get(`${id} ${day}`)?.[hour] ?? Number.NaN
          const isOver = dayStartMs(day) + (hour + 1) * HOUR_MS <= nowMs
          const isKnown = !Number.isNaN(amount)
          return { value: isKnown ? factor * amount : null, hoursKnown: isKnown ? 1 : 0, hoursExpected: isOver ? 1 : 0 }
        }),
      )
    return { hourOfSums, dayOfSums: () => addedSums([]) }
  }
  const read = await Promise.all(ranges.map(({ from, to }) => platform.consumption.sums(ids, from, to)))
  const onDay = (meter: string, day: number) => {
    const index = ranges.findIndex(({ from, to }) => day >= from && day < to)
    const [own, range] = [read[index]?.get(meter), ranges[index]]
    if (!own || !range) return undefined
    const at = day - range.from
    return { amount: own.amounts[at] ?? 0, hoursKnown: own.hoursKnown[at] ?? 0 }
  }
  const dayOfSums = (day: number): PeriodSum => meteredDay(counted(day), day, { onDay, nowMs })
  return { dayOfSums, hourOfSums: () => addedSums([]) }
}
