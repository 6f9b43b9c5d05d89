// Compares the best days of PV generation of the last two weeks with those of the same days in earlier years. Value:
// percent missing.

import { figure, type Phrase, percent } from '../../phrase.ts'
import { type Asked, type Detected, judged, unjudged } from '../finding.ts'
import { DAY, defaultsOf, type KindDefinition, OWN_RULE } from '../kind.ts'
import { median } from './hours.ts'
import { meterSeries } from './paths.ts'

interface PvFacts {
  /** Means of the best half of the days. */
  kwhPerDay: number
  expectedKwhPerDay: number
  years: number
  /** Known days of the present year; absent in alerts stored by version 0.1.0, which are of a month. */
  days?: number
}

/** By day, the earliest first; kWh, null when not known. */
type Days = readonly (number | null)[]

export const pvUnderperformance: KindDefinition<PvFacts, 'hours'> = {
  group: 'hours',
  rule: {
    subjects: ['meter', 'institution'],
    severity: 'minor',
    name: { zh: '光伏发电偏低', en: 'PV generates too little' },
    unit: '%',
    defaults: defaultsOf({
      raise: 25,
      clear: 15,
      raiseAfter: DAY,
      clearAfter: DAY,
      reopenWithin: 7 * DAY,
      escalateAfter: null,
      parameters: { daysMin: 10 },
    }),
    reason:
      'Clouds take from some days, a fault takes from all: the best half of two weeks differs little from year to year; dust and a lost string cost more.',
    clause: OWN_RULE,
  },
  text: {
    measured: ({ facts: { days, kwhPerDay }, value }) => ({
      zh: `${spanOf(days).zh}日均发电 ${figure(kwhPerDay)} kWh，偏低 ${percent(value)}`,
      en: `${figure(kwhPerDay)} kWh a day ${spanOf(days).en}, ${percent(value)} too little`,
    }),
    against: ({ facts, limits: { raise } }) => ({
      zh: `往年同期日均 ${figure(facts.expectedKwhPerDay)} kWh（${facts.years} 年），限值偏低 ${percent(raise)}`,
      en: `${figure(facts.expectedKwhPerDay)} kWh a day in the same weeks of earlier years (${facts.years}), limit ${percent(raise)} less`,
    }),
  },
  detect: ({ institution, meters, generated }, { ask }) =>
    meters.flatMap(({ id }) => {
      const [current, ...earlier] = generated.get(id) ?? []
      return current ? [sunshine(ask({ type: 'meter', id }, institution.id), { current, earlier })] : []
    }),
  evidence: { paths: meterSeries, ratio: () => null, chain: () => null },
}

/**
 * `earlier`: the same days of earlier years, of which only those count that are known in the present year. Unjudged
 * without history, and below `daysMin` known days.
 */
export function sunshine(
  asked: Asked,
  { current, earlier }: { current: Days; earlier: readonly Days[] },
): Detected<PvFacts> {
  const { daysMin = 1 } = asked.limits.parameters
  const own = current.filter((kwh) => kwh !== null)
  const years = earlier
    .map((days) => days.filter((kwh, index) => kwh !== null && current[index] !== null))
    .flatMap((days) => (days.length >= daysMin ? [days.filter((kwh) => kwh !== null)] : []))
  const expectedKwhPerDay = median(years.map(bestMean))
  if (own.length < daysMin || expectedKwhPerDay === null || expectedKwhPerDay <= 0) return unjudged(asked)
  const kwhPerDay = bestMean(own)
  const value = Math.max(0, 100 * (1 - kwhPerDay / expectedKwhPerDay))
  return judged(asked, { value, facts: { kwhPerDay, expectedKwhPerDay, years: years.length, days: own.length } })
}

const spanOf = (days: number | undefined): Phrase =>
  days === undefined
    ? { zh: '本月', en: 'this month' }
    : {
        zh: `近两周 ${days} 个有数日中发电较好的 ${bestOf(days)} 天`,
        en: `on the best ${bestOf(days)} of ${days} known days in the last two weeks`,
      }

const bestOf = (days: number): number => Math.ceil(days / 2)

const bestMean = (days: readonly number[]): number => {
  const best = days.toSorted((a, b) => b - a).slice(0, bestOf(days.length))
  return best.reduce((sum, kwh) => sum + kwh, 0) / best.length
}
