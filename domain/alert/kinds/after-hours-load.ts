// Computes the share of electricity that an institution uses outside working hours. Value: percent.

import { DAY_MS, dayOf, dayStartMs, HOUR_MS, hourOfDay } from '../../calendar.ts'
import { figure, percent } from '../../phrase.ts'
import { type Asked, type Detected, judged, unjudged } from '../finding.ts'
import { DAY, defaultsOf, type KindDefinition, OWN_RULE } from '../kind.ts'
import { amountAt, type HourAmounts, KNOWN_SHARE_MIN, parametersOf, sumOf } from './hours.ts'
import { institutionPath, meterSeries } from './paths.ts'

interface LoadFacts {
  outsideKwh: number
  totalKwh: number
  days: number
}

const DAYS_PER_WEEK = 7

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
    measured: ({ facts, value }) => ({
      zh: `近 ${facts.days} 天非工作时间用电 ${figure(facts.outsideKwh)} kWh，占 ${percent(value)}（共 ${figure(facts.totalKwh)} kWh）`,
      en: `${figure(facts.outsideKwh)} of ${figure(facts.totalKwh)} kWh in ${facts.days} days fell outside working hours: ${percent(value)}`,
    }),
    against: ({ limits: { raise } }) => ({ zh: `限值 ${percent(raise)}`, en: `limit ${percent(raise)}` }),
  },
  detect({ institution, meters, hours }, { ask }) {
    const signed = meters.flatMap(({ id, medium, role, kind }) =>
      medium === 'electricity' && kind !== 'offline' && (role === 'main' || role === 'exclude')
        ? [{ own: hours.get(id), sign: role === 'main' ? 1 : -1 }]
        : [],
    )
    if (!signed.some(({ sign }) => sign > 0)) return []
    const asked = ask({ type: 'institution', id: institution.id })
    // Disabled for most institution types: this skips the sum of hours.
    return [asked.limits.enabled ? outsideLoad(asked, { hours: sumOf(signed) }) : unjudged(asked)]
  },
  evidence: {
    paths: (asked) => (asked.subject.type === 'meter' ? meterSeries(asked) : [institutionPath('tree', asked)]),
    ratio: () => null,
    chain: () => null,
  },
}

/**
 * The share over the last `days` whole days. `isWorkday`: by day number (domain/calendar.ts); Monday to Friday by
 * default. Unjudged below 90 % known hours or below `kwhMin`.
 */
export function outsideLoad(
  asked: Asked,
  { hours, isWorkday = isWeekday }: { hours: HourAmounts; isWorkday?: (day: number) => boolean },
): Detected<LoadFacts> {
  const { fromHour, toHour, days, kwhMin } = parametersOf(asked, 'fromHour', 'toHour', 'days', 'kwhMin')
  const endMs = dayStartMs(dayOf(asked.asOfMs))
  const sum = { total: 0, outside: 0, known: 0 }
  for (let atMs = endMs - days * DAY_MS; atMs < endMs; atMs += HOUR_MS) {
    const amount = amountAt(hours, atMs)
    if (Number.isNaN(amount)) continue
    const hour = hourOfDay(atMs)
    sum.known++
    sum.total += amount
    if (!isWorkday(dayOf(atMs)) || hour < fromHour || hour >= toHour) sum.outside += amount
  }
  if (sum.known < days * 24 * KNOWN_SHARE_MIN || sum.total < kwhMin) return unjudged(asked)
  const facts = { outsideKwh: sum.outside, totalKwh: sum.total, days }
  return judged(asked, { value: (100 * sum.outside) / sum.total, facts })
}

/** 1970-01-01, day 0, was a Thursday. */
export const isWeekday = (day: number): boolean => (((day + 3) % DAYS_PER_WEEK) + DAYS_PER_WEEK) % DAYS_PER_WEEK < 5
