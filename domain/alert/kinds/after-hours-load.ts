// Computes the share of electricity that an institution uses outside working hours. Value: percent.

import { dayOf, dayStartMs, HOUR_MS, hourOfDay, yearOf } from '../../calendar.ts'
import { figure, type Phrase, percent } from '../../phrase.ts'
import type { MeterHours } from '../../registry/meter-tree.ts'
import type { Meter } from '../../registry/records.ts'
import { isWeekday, type WorkingDays } from '../../standards/working-days.ts'
import { type Asked, type Detected, judged, unjudged } from '../finding.ts'
import { type CurveGiven, DAY, defaultsOf, type KindCurve, type KindDefinition, OWN_RULE } from '../kind.ts'
import { dayTotal, lastDays, lossByHour } from './curves.ts'
import { amountAt, type HourAmounts, KNOWN_SHARE_MIN, median, parametersOf, sumOf } from './hours.ts'
import { institutionPath, meterSeries } from './paths.ts'

interface LoadFacts {
  outsideKwh: number
  totalKwh: number
  days: number
  /** How many of the days are working days; absent in alerts stored by version 0.1.0. */
  workdays?: number
  /** The first year among the days whose holidays are not known; absent: all are. */
  yearUnknown?: string
}

/** The main electricity meters, less what is let to others. */
const signedMeters = (meters: readonly Meter[], hours: ReadonlyMap<string, MeterHours>) =>
  meters.flatMap(({ id, medium, role, kind }) =>
    medium === 'electricity' && kind !== 'offline' && (role === 'main' || role === 'exclude')
      ? [{ own: hours.get(id), sign: role === 'main' ? 1 : -1 }]
      : [],
  )

const DAYS_PER_WEEK = 7
const WORKDAYS_PER_WEEK = 5
/** Of the usual use in working hours: below it a weekday counts as a day off when the year's holidays are not known. */
const CLOSED_SHARE_MAX = 0.5

export const afterHoursLoad: KindDefinition<LoadFacts, 'hours'> = {
  group: 'hours',
  rule: {
    subjects: ['institution', 'meter'],
    severity: 'minor',
    name: { zh: '非工作时间用电偏高', en: 'High load outside working hours' },
    unit: '%',
    defaults: defaultsOf({
      raise: 65,
      clear: 60,
      raiseAfter: DAY,
      clearAfter: DAY,
      reopenWithin: 7 * DAY,
      escalateAfter: null,
      parameters: { fromHour: 8, toHour: 18, days: 7, kwhMin: 10 },
    }),
    reason:
      'Five days of ten hours are 30 % of a week: a load that never changes has 70 % outside, and an office should be well below. Hospitals, schools with dormitories and venues live by other hours: off unless set.',
    institutionTypes: ['government', 'serviceCentre'],
    clause: OWN_RULE,
  },
  text: {
    measured: ({ facts: { outsideKwh, totalKwh, days, workdays, yearUnknown }, value }) => ({
      zh: `${daysOf(days, workdays).zh}非工作时间用电 ${figure(outsideKwh)} kWh，占 ${percent(value)}（共 ${figure(totalKwh)} kWh）${unknownHolidays(yearUnknown).zh}`,
      en: `${figure(outsideKwh)} of ${figure(totalKwh)} kWh in ${daysOf(days, workdays).en} fell outside working hours: ${percent(value)}${unknownHolidays(yearUnknown).en}`,
    }),
    against: ({ limits: { raise } }) => ({ zh: `限值 ${percent(raise)}`, en: `limit ${percent(raise)}` }),
  },
  detect({ institution, meters, hours, workingDays }, { ask }) {
    const signed = signedMeters(meters, hours)
    if (!signed.some(({ sign }) => sign > 0)) return []
    const asked = ask({ type: 'institution', id: institution.id })
    // Disabled for most institution types: this skips the sum of hours.
    return [asked.limits.enabled ? outsideLoad(asked, { hours: sumOf(signed), workingDays }) : unjudged(asked)]
  },
  evidence: {
    paths: (asked) => (asked.subject.type === 'meter' ? meterSeries(asked) : [institutionPath('tree', asked)]),
    ratio: () => null,
    chain: () => null,
  },
  checks: [
    {
      zh: '下班后查看空调主机、水泵、新风和照明是否仍在运行',
      en: 'see after closing time whether chillers, pumps, ventilation and lights still run',
    },
    {
      zh: '检查楼宇自控和定时器的时间表，与实际上下班时间及节假日对照',
      en: 'compare the schedules of building control and timers with real working hours and holidays',
    },
    {
      zh: '核对机房、值班室等须全天运行的负荷；若确属必要，请为本机构设定阈值',
      en: 'ask what has to run all day (server room, duty room); where it must, set the threshold of this institution',
    },
  ],
  curve: outsideCurve,
}

const DAYS_SHOWN = 28

/**
 * kWh outside working hours by day; the limit is its share of the mean day. What lies beyond the share over the whole
 * span was lost, spread over the hours outside.
 */
function outsideCurve(given: CurveGiven<LoadFacts>): KindCurve {
  const { sinceMs, toMs, meters, workingDays, facts, limits } = given
  const { fromHour = 0, toHour = 24, days = 7 } = limits.parameters
  const hours = sumOf(signedMeters(meters, given.hours))
  const isInside = (atMs: number): boolean => {
    const hour = hourOfDay(atMs)
    return workingDays.isWorkday(dayOf(atMs)) && hour >= fromHour && hour < toHour
  }
  const span = { fromMs: dayStartMs(dayOf(sinceMs) - days), toMs: dayStartMs(dayOf(toMs)) }
  const sums = { outside: 0, total: 0 }
  lossByHour(hours, span, (amount, atMs) => {
    sums.total += amount
    if (!isInside(atMs)) sums.outside += amount
    return amount
  })
  const share = sums.outside > 0 ? Math.max(0, sums.outside - (limits.raise / 100) * sums.total) / sums.outside : 0
  return {
    grain: 'day',
    unit: 'kWh',
    name: { zh: '非工作时间用电', en: 'electricity outside working hours' },
    points: lastDays(dayOf(toMs) - 1, DAYS_SHOWN).map((day) => ({
      atMs: dayStartMs(day),
      value: dayTotal(hours, day, (atMs) => !isInside(atMs)),
    })),
    limit: {
      name: {
        zh: `限值（日均用电的 ${percent(limits.raise)}）`,
        en: `limit (${percent(limits.raise)} of the mean day)`,
      },
      value: ((limits.raise / 100) * facts.totalKwh) / facts.days,
    },
    loss: { medium: 'electricity', ...lossByHour(hours, span, (amount, at) => (isInside(at) ? 0 : amount * share)) },
  }
}

const daysOf = (days: number, workdays: number | undefined): Phrase =>
  workdays === undefined
    ? { zh: `近 ${days} 天`, en: `${days} days` }
    : {
        zh: `最近 ${workdays} 个工作日和 ${days - workdays} 个休息日，`,
        en: `the last ${workdays} working days and ${days - workdays} days off`,
      }

const unknownHolidays = (year: string | undefined): Phrase =>
  year === undefined
    ? { zh: '', en: '' }
    : {
        zh: `；没有 ${year} 年节假日历，按周一至周五计`,
        en: `; the holidays of ${year} are not known, so Monday to Friday count as working days`,
      }

/**
 * The share over a standard week: of `days` days the last five sevenths that are working days, and the last two
 * sevenths that are none (docs/rules/alerts.md#working-days). Without holidays these are the last `days` whole days; in
 * a week of holidays the working days before it stand for it, since a closed office uses nothing inside working hours
 * and its share would be 100 %. Unjudged when the loaded weeks have too few of either, below 90 % known hours, or below
 * `kwhMin`.
 */
export function outsideLoad(
  asked: Asked,
  { hours, workingDays }: { hours: HourAmounts; workingDays: WorkingDays },
): Detected<LoadFacts> {
  const { fromHour, toHour, days, kwhMin } = parametersOf(asked, 'fromHour', 'toHour', 'days', 'kwhMin')
  const looked = daysLooked(hours, asked.asOfMs).map((day) => dayUse(hours, day, { fromHour, toHour }))
  const isWorkday = workdaysAmong(looked, workingDays)
  const wanted = Math.round((days * WORKDAYS_PER_WEEK) / DAYS_PER_WEEK)
  const worked = looked.filter(isWorkday).slice(0, wanted)
  const rested = looked.filter((one) => !isWorkday(one)).slice(0, days - wanted)
  const week = [...worked, ...rested]
  const known = week.reduce((sum, one) => sum + one.known, 0)
  const totalKwh = week.reduce((sum, { inside, outside }) => sum + inside + outside, 0)
  if (week.length < days || known < days * 24 * KNOWN_SHARE_MIN || totalKwh < kwhMin) return unjudged(asked)
  const outsideKwh = totalKwh - worked.reduce((sum, { inside }) => sum + inside, 0)
  const yearUnknown = yearsOf(week).find((year) => !workingDays.knows(year))
  const facts = {
    outsideKwh,
    totalKwh,
    days,
    workdays: worked.length,
    ...(yearUnknown && { yearUnknown: String(yearUnknown) }),
  }
  return judged(asked, { value: (100 * outsideKwh) / totalKwh, facts })
}

interface DayUse {
  day: number
  /** Use within working hours and outside them, and the number of known hours. */
  inside: number
  outside: number
  known: number
}

/** The whole days before an instant of which there are hours, the latest first. */
function daysLooked({ firstHourMs, amounts }: HourAmounts, asOfMs: number): number[] {
  const end = Math.min(dayOf(asOfMs), dayOf(firstHourMs + amounts.length * HOUR_MS))
  return Array.from({ length: Math.max(0, end - dayOf(firstHourMs)) }, (_, back) => end - 1 - back)
}

function dayUse(hours: HourAmounts, day: number, { fromHour, toHour }: { fromHour: number; toHour: number }): DayUse {
  const use = { day, inside: 0, outside: 0, known: 0 }
  for (let hour = 0; hour < 24; hour++) {
    const amount = amountAt(hours, dayStartMs(day) + hour * HOUR_MS)
    if (Number.isNaN(amount)) continue
    use.known++
    use[hour >= fromHour && hour < toHour ? 'inside' : 'outside'] += amount
  }
  return use
}

/**
 * In a year whose holidays are not known, a Monday to Friday with less than half of the usual use in working hours
 * counts as a day off: no fault that this kind looks for lowers it.
 */
function workdaysAmong(looked: readonly DayUse[], workingDays: WorkingDays): (one: DayUse) => boolean {
  const weekdays = looked.filter(({ day, known }) => isWeekday(day) && known === 24)
  const usual = median(weekdays.map(({ inside }) => inside)) ?? 0
  const isClosed = ({ inside, known }: DayUse): boolean => known === 24 && inside < usual * CLOSED_SHARE_MAX
  return (one) => workingDays.isWorkday(one.day) && (workingDays.knows(yearOf(dayStartMs(one.day))) || !isClosed(one))
}

const yearsOf = (week: readonly DayUse[]): number[] => week.map(({ day }) => yearOf(dayStartMs(day))).sort()
