// `kilowatch fit`: the weather-normalised baseline of a meter by the CalTRACK 2.0 daily method, and its savings with
// their uncertainty (docs/rules/savings.md). Works on two files alone; needs no data folder.

import { dayLabel } from '../../domain/calendar.ts'
import { weekendType } from '../../domain/savings/day-type-fit.ts'
import {
  dayTypeSavings,
  dayTypesOf,
  type FitPeriods,
  fitMeter,
  type MeterFit,
  type MeterSavings,
  type MeterSeries,
} from '../../domain/savings/fit-meter.ts'
import { type AskedPeriods, fitPeriods } from '../../domain/savings/fit-periods.ts'
import { dailySettings, FIT_MEDIA, type TemperatureUnit } from '../../domain/savings/fit-settings.ts'
import type { DayRange } from '../../domain/savings/metered-savings.ts'
import { BASELINE_DAYS } from '../../domain/savings/sufficiency.ts'
import { readTemperatureFile, readUseFile } from './fit-files.ts'
import { fitOther } from './fit-methods.ts'
import type { FitOptions } from './fit-options.ts'

export async function fitFiles({ json, ...options }: FitOptions & { json?: boolean }): Promise<void> {
  if (options.method !== undefined && options.method !== 'daily') return fitOther({ ...options, json })
  const document = await fitDocument(options)
  process.stdout.write(json ? `${JSON.stringify(document)}\n` : `${describe(document)}\n`)
}

/** What the command prints as JSON. Throws CsvError for files that cannot be right. */
export async function fitDocument(options: FitOptions) {
  const { zeroIsMissing, fitsCooling } = FIT_MEDIA[options.medium]
  const use = await readUseFile(options.meter, { zeroIsMissing })
  const { unit, days: temperature } = await readTemperatureFile(options.temperature, options.unit, (known) => ({
    isLocal: (options.days ?? (known === 'F' ? 'utc' : 'local')) === 'local',
    ...use,
  }))
  const asked: AskedPeriods = {
    baselineEndDay: options.baselineEnd,
    reportingStartDay: options.reportingStart,
    reportingDays: options.reportingDays,
  }
  const periods = fitPeriods(use.days, asked)
  if (!periods) throw new Error('--reporting-start: the reporting period begins before the baseline ends')
  const series = { use: use.days, temperature }
  const fit = fitMeter(series, periods, { ...dailySettings(unit), fitsCooling })
  const weekends = options.weekends ? weekendsOf(fit, series) : undefined
  return { ...documentOf(fit, periods, unit), weekends, rows: { zeros: use.zeroValues, repeated: use.repeatedRows } }
}

/** Null where the term does not fit: a level or slope would be negative. */
function weekendsOf(fit: MeterFit, series: MeterSeries) {
  const found = dayTypesOf(fit, series, weekendType)
  if (!found) return null
  const { model, offsets, r2Adj, rmse, rmseWithout, gain } = found
  const { intercept, betaHdd, betaCdd } = model
  const savings = fit.reporting && dayTypeSavings(found, series, fit.reporting.counted, weekendType)
  return { intercept, betaHdd, betaCdd, offset: offsets[1] ?? 0, r2Adj, rmse, rmseWithout, gain, savings }
}

type FitDocument = Awaited<ReturnType<typeof fitDocument>>

/** The first fields are those that other programs rely on (docs/rules/savings.md#files). */
function documentOf(fit: MeterFit, periods: FitPeriods, unit: TemperatureUnit) {
  const { model, search, statistics, reporting, baseline } = fit
  return {
    model: model?.kind ?? null,
    intercept: model?.intercept ?? null,
    betaHdd: model?.betaHdd ?? null,
    balanceHdd: model?.balanceHdd ?? null,
    betaCdd: model?.betaCdd ?? null,
    balanceCdd: model?.balanceCdd ?? null,
    r2Adj: fit.r2Adj,
    candidates: search?.count ?? 0,
    days: baseline.days.length,
    disqualified: fit.disqualified,
    cvRmse: statistics?.cvRmse ?? null,
    nmbe: statistics?.nmbe ?? null,
    savings: reporting?.savings ?? null,
    fsu: reporting?.fsu ?? null,
    interval90: reporting ? [reporting.savings - reporting.halfWidth, reporting.savings + reporting.halfWidth] : null,
    masked: reporting?.masked.length ?? 0,
    unit,
    candidateStatuses: search?.byStatus ?? null,
    baseline: {
      ...labels({ firstDay: periods.baselineEndDay - BASELINE_DAYS, endDay: periods.baselineEndDay }),
      missing: baseline.missing,
      withoutUse: baseline.withoutUse,
      withoutTemperature: baseline.withoutTemperature,
    },
    reporting: periods.reporting && reporting ? reportingOf(reporting, periods.reporting) : null,
    autocorrelation: statistics?.autocorrelation ?? null,
    flags: fit.flags,
  }
}

const labels = ({ firstDay, endDay }: { firstDay: number; endDay: number }) => ({
  firstDay: dayLabel(firstDay),
  lastDay: dayLabel(endDay - 1),
})

const reportingOf = (reporting: MeterSavings, range: DayRange) => ({
  ...labels(range),
  days: reporting.counted.length,
  counterfactual: reporting.counterfactual,
  observed: reporting.observed,
  baseLoad: reporting.baseLoad,
  heatingLoad: reporting.heatingLoad,
  coolingLoad: reporting.coolingLoad,
  fsuBand: reporting.fsuBand,
  halfWidth: reporting.halfWidth,
  masked: reporting.masked.map(({ day, reason }) => ({ day: dayLabel(day), reason })),
})

const fine = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 5 })
const shown = (value: number | null): string => (value === null || Number.isNaN(value) ? '—' : fine.format(value))

function describe(fit: FitDocument): string {
  const { firstDay, lastDay } = fit.baseline
  const lines = [`baseline ${firstDay} to ${lastDay}: ${fit.days} days`]
  if (fit.model === null) lines.push('no model')
  else {
    const heating =
      fit.betaHdd === null ? '' : ` + ${shown(fit.betaHdd)} a degree day below ${fit.balanceHdd} °${fit.unit}`
    const cooling =
      fit.betaCdd === null ? '' : ` + ${shown(fit.betaCdd)} a degree day above ${fit.balanceCdd} °${fit.unit}`
    lines.push(`${fit.model}: ${shown(fit.intercept)} a day${heating}${cooling}`)
    lines.push(`adjusted R² ${shown(fit.r2Adj)}, CV(RMSE) ${shown(fit.cvRmse)}, of ${fit.candidates} candidates`)
  }
  const { reporting } = fit
  if (reporting)
    lines.push(
      `${reporting.firstDay} to ${reporting.lastDay}: savings ${shown(fit.savings)} ± ${shown(reporting.halfWidth)} (90 %), ` +
        `${reporting.days} days, ${fit.masked} masked`,
    )
  if (fit.weekends)
    lines.push(
      `weekends: ${shown(fit.weekends.offset)} a day, residuals smaller by ${shown(100 * fit.weekends.gain)} %, ` +
        `savings ${shown(fit.weekends.savings)}`,
    )
  for (const { code, detail } of [...fit.disqualified, ...fit.flags]) lines.push(`${code}: ${detail}`)
  return lines.join('\n')
}
