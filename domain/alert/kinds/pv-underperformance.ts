// Compares this month's PV generation with the median of the same month in earlier years. Value: percent missing.

import { figure, percent } from '../../phrase.ts'
import { type Asked, type Detected, judged, unjudged } from '../finding.ts'
import { DAY, defaultsOf, type KindDefinition, OWN_RULE } from '../kind.ts'
import { median } from './hours.ts'
import { meterSeries } from './paths.ts'

interface PvFacts {
  kwhPerDay: number
  expectedKwhPerDay: number
  years: number
}

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
      'The sun of one month differs from year to year by some 10 to 15 %; ten days even out clouds; dust and a lost string cost more.',
    clause: OWN_RULE,
  },
  text: {
    measured: ({ facts, value }) => ({
      zh: `本月日均发电 ${figure(facts.kwhPerDay)} kWh，偏低 ${percent(value)}`,
      en: `${figure(facts.kwhPerDay)} kWh a day this month, ${percent(value)} too little`,
    }),
    against: ({ facts, limits: { raise } }) => ({
      zh: `往年同月日均 ${figure(facts.expectedKwhPerDay)} kWh（${facts.years} 年），限值偏低 ${percent(raise)}`,
      en: `${figure(facts.expectedKwhPerDay)} kWh a day in this month of ${facts.years} earlier years, limit ${percent(raise)} less`,
    }),
  },
  detect: ({ institution, meters, generated }, { ask }) =>
    meters.flatMap(({ id }) => {
      const [current, ...earlier] = generated.get(id) ?? []
      return current ? [sunshine(ask({ type: 'meter', id }, institution.id), { current, earlier })] : []
    }),
  evidence: { paths: meterSeries, ratio: () => null, chain: () => null },
}

/** Amounts in kWh over known days. Unjudged without history, and before `daysMin` days. */
export function sunshine(
  asked: Asked,
  { current, earlier }: { current: { kwh: number; days: number }; earlier: readonly { kwh: number; days: number }[] },
): Detected<PvFacts> {
  const { daysMin = 1 } = asked.limits.parameters
  const years = earlier.filter(({ days }) => days >= daysMin)
  const expectedKwhPerDay = median(years.map(({ kwh, days }) => kwh / days))
  if (current.days < daysMin || expectedKwhPerDay === null || expectedKwhPerDay <= 0) {
    return unjudged(asked)
  }
  const kwhPerDay = current.kwh / current.days
  const value = Math.max(0, 100 * (1 - kwhPerDay / expectedKwhPerDay))
  return judged(asked, { value, facts: { kwhPerDay, expectedKwhPerDay, years: years.length } })
}
