// The other methods of `kilowatch fit`: bills, hours of the week, and the heating season of district heat
// (docs/rules/savings.md#other-methods). The daily method is in fit.ts.

import { DAY_MS, dayLabel, HOUR_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import { type BillingCycle, billingSavings, fitBills } from '../../domain/savings/billing-periods.ts'
import { type DayValues, endDayOf, UTC_DAYS } from '../../domain/savings/day-values.ts'
import { fitPeriods } from '../../domain/savings/fit-periods.ts'
import { billingSettings, dailySettings, FIT_MEDIA } from '../../domain/savings/fit-settings.ts'
import { ASHRAE_14_LIMITS, fitStatistics, isWithinAshrae14 } from '../../domain/savings/fit-statistics.ts'
import { fitHeatingSeason, heatingSeasonSavings } from '../../domain/savings/heating-season.ts'
import { type HourSample, interpolateHours } from '../../domain/savings/hour-features.ts'
import { fitHourly, hourlySavings, predictHour } from '../../domain/savings/hourly-model.ts'
import type { DayRange } from '../../domain/savings/metered-savings.ts'
import { BASELINE_DAYS } from '../../domain/savings/sufficiency.ts'
import { hourMeans } from '../../domain/savings/weather-series.ts'
import { readBillFile, readTemperatureFile, readUseFile } from './fit-files.ts'
import type { FitOptions, HeatingDates } from './fit-options.ts'

export async function fitOther({ json, ...options }: FitOptions & { json?: boolean }): Promise<void> {
  const document = await otherDocument(options)
  process.stdout.write(json ? `${JSON.stringify(document)}\n` : `${described(document)}\n`)
}

/** What the command prints as JSON. Throws CsvError for files that cannot be right, and Error for options that lack. */
export async function otherDocument(options: FitOptions): Promise<Record<string, unknown>> {
  if (options.method === 'billing') return billingDocument(options)
  return options.method === 'season' ? seasonDocument(options) : hourlyDocument(options)
}

const DISORDER = '--reporting-start: the reporting period begins before the baseline ends'

/** Bills that are usually longer than this come every two months. */
const MONTHLY_DAYS_MAX = 35

async function billingDocument(options: FitOptions) {
  const reads = await readBillFile(options.meter)
  const { unit, days: temperature } = await readTemperatureFile(options.temperature, options.unit, () => ({
    ...{ isLocal: true, cut: UTC_DAYS, hasOffsets: false },
  }))
  const lengths = reads.map(({ startDay, endDay }) => endDay - startDay).toSorted((a, b) => a - b)
  const cycle: BillingCycle =
    (lengths[Math.floor(lengths.length / 2)] ?? 0) > MONTHLY_DAYS_MAX ? 'bimonthly' : 'monthly'
  const periods = periodsOf(options, daysOfBills(reads))
  const { fitsCooling } = FIT_MEDIA[options.medium]
  const { baselineEndDay, reporting } = periods
  const settings = { ...billingSettings(unit), fitsCooling }
  const fit = fitBills(reads, { temperature, baselineEndDay, cycle }, settings)
  const savings = reporting ? billingSavings(fit, reads, { temperature, range: reporting, cycle }) : null
  const { model, statistics, search, dropped, missingDays } = fit
  return {
    ...{ method: 'billing', cycle, unit, ...modelOf(model), r2Adj: fit.r2Adj, candidates: search?.count ?? 0 },
    ...{ periods: statistics?.observations ?? 0, missingDays },
    disqualified: fit.disqualified === null ? [] : [{ code: fit.disqualified }],
    dropped: dropped.map(({ read, reason }) => ({ start: dayLabel(read.startDay), reason })),
    ...{ cvRmse: statistics?.cvRmse ?? null, nmbe: statistics?.nmbe ?? null },
    ashrae14: statistics && { ...ASHRAE_14_LIMITS.monthly, isWithin: isWithinAshrae14(statistics, 'monthly') },
    ...{ savings: savings?.savings ?? null, fsu: savings?.fsu ?? null, reporting: savings },
  }
}

/** A value on each day of a bill, so that periods are found as those of days. */
function daysOfBills(reads: readonly { startDay: number; endDay: number; amount: number }[]): DayValues {
  const firstDay = must(reads[0]).startDay
  const values = new Float64Array(must(reads.at(-1)).endDay - firstDay).fill(Number.NaN)
  for (const { startDay, endDay, amount } of reads)
    values.fill(amount / (endDay - startDay), startDay - firstDay, endDay - firstDay)
  return { firstDay, values }
}

function periodsOf(options: FitOptions, days: DayValues) {
  const periods = fitPeriods(days, {
    baselineEndDay: options.baselineEnd,
    reportingStartDay: options.reportingStart,
    reportingDays: options.reportingDays,
  })
  if (!periods) throw new Error(DISORDER)
  return periods
}

const modelOf = (model: ReturnType<typeof fitBills>['model']) => ({
  ...{ model: model?.kind ?? null, intercept: model?.intercept ?? null },
  ...{ betaHdd: model?.betaHdd ?? null, balanceHdd: model?.balanceHdd ?? null },
  ...{ betaCdd: model?.betaCdd ?? null, balanceCdd: model?.balanceCdd ?? null },
})

async function seasonDocument(options: FitOptions) {
  const { season } = options
  if (!season) throw new Error('--season: the method "season" needs the days of the heating season, as 11-15..03-15')
  const { zeroIsMissing } = FIT_MEDIA[options.medium]
  const use = await readUseFile(options.meter, { zeroIsMissing })
  const { unit, days: temperature } = await readTemperatureFile(options.temperature, options.unit, () => ({
    ...use,
    isLocal: true,
  }))
  const series = { use: use.days, temperature }
  const { baselineEndDay, reporting } = periodsOf(options, use.days)
  const baseline = { firstDay: baselineEndDay - BASELINE_DAYS, endDay: baselineEndDay }
  const seasons = seasonsOf(season, { firstDay: baseline.firstDay, endDay: endDayOf(use.days) })
  const fit = fitHeatingSeason(series, { baseline, seasons }, dailySettings(unit))
  const savings = reporting ? heatingSeasonSavings(fit, series, { reporting, seasons }) : null
  return {
    ...{ method: 'season', unit, ...modelOf(fit.model), summerUse: fit.summerUse, r2Adj: fit.r2Adj, days: fit.days },
    disqualified: fit.disqualified === null ? [] : [{ code: fit.disqualified }],
    seasons: seasons.map(({ firstDay, endDay }) => ({ firstDay: dayLabel(firstDay), lastDay: dayLabel(endDay - 1) })),
    ...{ cvRmse: fit.statistics?.cvRmse ?? null, nmbe: fit.statistics?.nmbe ?? null },
    ...{ savings: savings?.savings ?? null, fsu: savings?.fsu ?? null, masked: savings?.masked ?? 0 },
    reporting: savings,
  }
}

/** The seasons that touch a range, one a winter. */
function seasonsOf({ from, to }: HeatingDates, { firstDay, endDay }: DayRange): DayRange[] {
  const years = [Number(dayLabel(firstDay).slice(0, 4)) - 1, Number(dayLabel(endDay).slice(0, 4))] as const
  // 02-29 is 03-01 in a year without it.
  const dayOn = (year: number, date: string): number =>
    Date.UTC(year, Number(date.slice(0, 2)) - 1, Number(date.slice(3))) / DAY_MS
  return Array.from({ length: years[1] - years[0] + 1 }, (_, index) => years[0] + index)
    .map((year) => ({ firstDay: dayOn(year, from), endDay: dayOn(to < from ? year + 1 : year, to) + 1 }))
    .filter((season) => season.endDay > firstDay && season.firstDay < endDay)
}

async function hourlyDocument(options: FitOptions) {
  const { zeroIsMissing } = FIT_MEDIA[options.medium]
  const use = await readUseFile(options.meter, { zeroIsMissing })
  if (use.stepMs > HOUR_MS) throw new Error('--method: the method "hourly" needs an hour a row, or less')
  const { unit, values, isWritten } = await readTemperatureFile(options.temperature, options.unit, () => ({
    ...use,
    isLocal: true,
  }))
  const { baselineEndDay, reporting } = periodsOf(options, use.days)
  const degrees = filledHours(hourMeans(values, unit))
  const samples = [...hoursOfUse(use, zeroIsMissing)].map(([writtenMs, { atMs, amount }]) => {
    const celsius = degrees.get(isWritten ? writtenMs : atMs) ?? Number.NaN
    return { ...hourOf(writtenMs), temperatureF: celsius * 1.8 + 32, use: amount, day: Math.floor(writtenMs / DAY_MS) }
  })
  const firstDay = baselineEndDay - BASELINE_DAYS
  const known = samples.filter(({ use: amount, temperatureF }) => !Number.isNaN(amount + temperatureF))
  const baseline = known.filter(({ day }) => day >= firstDay && day < baselineEndDay)
  const fit = fitHourly(baseline, (month) => hoursInBaseline(month, { firstDay, endDay: baselineEndDay }))
  const pairs = baseline.flatMap((sample) => {
    const model = fit.byMonth.get(sample.month)
    return model ? [[sample.use, predictHour(model, sample)] as const] : []
  })
  const [observed, predicted] = [0, 1].map((place) => Float64Array.from(pairs, (pair) => pair[place] ?? 0))
  const statistics = pairs.length > 0 ? fitStatistics(must(observed), must(predicted), 0) : null
  const within = reporting && samples.filter(({ day }) => day >= reporting.firstDay && day < reporting.endDay)
  const savings = within && fit.byMonth.size > 0 ? hourlySavings(fit, within) : null
  return {
    ...{ method: 'hourly', unit, months: [...fit.byMonth.keys()], missingMonths: fit.missingMonths },
    ...{ hours: pairs.length, cvRmse: statistics?.cvRmse ?? null, nmbe: statistics?.nmbe ?? null },
    ashrae14: statistics && { ...ASHRAE_14_LIMITS.hourly, isWithin: isWithinAshrae14(statistics, 'hourly') },
    ...{ savings: savings?.savings ?? null, masked: savings?.masked ?? 0, reporting: savings },
  }
}

/** Amounts by the hour as written; an hour with a part missing is not known. */
function hoursOfUse({ amounts, stepMs }: Awaited<ReturnType<typeof readUseFile>>, zeroIsMissing: boolean) {
  const hours = new Map<number, { atMs: number; amount: number; parts: number }>()
  const seen = new Set<number>()
  for (const { stamp, amount } of amounts) {
    if (seen.has(stamp.atMs)) continue
    seen.add(stamp.atMs)
    const hour = Math.floor(stamp.writtenMs / HOUR_MS) * HOUR_MS
    const entry = hours.get(hour) ?? { atMs: Math.floor(stamp.atMs / HOUR_MS) * HOUR_MS, amount: 0, parts: 0 }
    entry.amount += zeroIsMissing && amount === 0 ? Number.NaN : amount
    entry.parts += 1
    hours.set(hour, entry)
  }
  for (const entry of hours.values()) if (entry.parts * stepMs < HOUR_MS) entry.amount = Number.NaN
  return hours
}

/** Hourly temperatures with short gaps filled by a line (CalTRACK 2.2.4.1). */
function filledHours(hours: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
  const times = [...hours.keys()].toSorted((a, b) => a - b)
  const first = must(times[0])
  const values = new Float64Array((must(times.at(-1)) - first) / HOUR_MS + 1).fill(Number.NaN)
  for (const [hour, value] of hours) values[(hour - first) / HOUR_MS] = value
  const filled = interpolateHours(values)
  return new Map([...filled].map((value, index) => [first + index * HOUR_MS, value]))
}

/** 1970-01-01 was a Thursday. */
const MONDAY_SHIFT_HOURS = 3 * 24
function hourOf(writtenMs: number): Pick<HourSample, 'hourOfWeek' | 'month'> {
  const hour = writtenMs / HOUR_MS
  return { hourOfWeek: (hour + MONDAY_SHIFT_HOURS) % (7 * 24), month: new Date(writtenMs).getUTCMonth() + 1 }
}

function hoursInBaseline(month: number, { firstDay, endDay }: DayRange): number {
  let days = 0
  for (let day = firstDay; day < endDay; day++) if (new Date(day * DAY_MS).getUTCMonth() + 1 === month) days += 1
  return 24 * days
}

const described = (document: Record<string, unknown>): string =>
  Object.entries(document)
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join('\n')
