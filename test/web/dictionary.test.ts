// The words of the page: complete in both languages, and those of docs/rules/glossary.md.

import { expect, test } from 'vitest'
import { ALERT_STATES } from '../../domain/alert/life.ts'
import { ACCESS_KINDS } from '../../domain/energy/access.ts'
import { TARIFF_PERIODS } from '../../domain/energy/tariff-period.ts'
import { INDICATORS, QUOTA_INDICATORS } from '../../domain/indicator.ts'
import { PUE_PROBLEMS } from '../../domain/judge/data-centre.ts'
import { EXCLUSIONS } from '../../domain/judge/ranking.ts'
import { FORECAST_BASES, STATUSES, UNKNOWN_REASONS, VERDICTS } from '../../domain/judge/result.ts'
import { LEDGER_SCOPES } from '../../domain/medium.ts'
import { RATINGS } from '../../domain/rating.ts'
import { INSTITUTION_TYPES } from '../../domain/registry/records.ts'
import { REPORT_STATES, REPORT_STEPS } from '../../domain/report/life.ts'
import { HOUR_FLAGS } from '../../domain/settle/settle.ts'
import { REPORT_PERIODS } from '../../domain/standards/report-deadlines.ts'
import { AREA_VIEWS, INSTITUTION_VIEWS } from '../../web/src/frame/route.ts'
import { en } from '../../web/src/words/en.ts'
import { zh } from '../../web/src/words/zh.ts'

/** Every phrase by its path, such as `statuses.over`; phrases with gaps are filled with figures. */
function phrasesOf(words: object, path = ''): Map<string, string> {
  const phrases = new Map<string, string>()
  for (const [key, value] of Object.entries(words)) {
    const here = `${path}${key}`
    if (typeof value === 'string') phrases.set(here, value)
    else if (typeof value === 'function') phrases.set(here, value('1', '2'))
    else for (const [inner, phrase] of phrasesOf(value, `${here}.`)) phrases.set(inner, phrase)
  }
  return phrases
}

const sorted = (words: object) => Object.fromEntries(Object.entries(words).sort(([a], [b]) => (a < b ? -1 : 1)))

test('both languages have the same phrases, and none is empty', () => {
  const [chinese, english] = [phrasesOf(zh), phrasesOf(en)]
  expect(chinese.size).toBeGreaterThan(100)
  expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
  expect([...chinese, ...english].filter(([, phrase]) => phrase.trim() === '')).toEqual([])
})

test('English holds no Chinese but the name of the other language', () => {
  const left = [...phrasesOf(en)].filter(([, phrase]) => /\p{Script=Han}/u.test(phrase))
  expect(left).toEqual([['otherLanguage', '中文']])
})

test('the words of the glossary are used for status, verdict and rating', () => {
  expect(STATUSES.map((status) => zh.statuses[status])).toEqual(['正常', '预警', '超标'])
  expect(RATINGS.map((rating) => zh.ratings[rating])).toEqual(['先进', '合理', '达标', '需整改'])
  expect(zh.verdicts.bothMet).toBe('总量强度双达标')
  expect(zh.noTarget).toBe('目标未下达')
  expect(zh.noQuota).toBe('定额未下达')
})

test.each([
  { of: 'statuses', ids: STATUSES, words: zh.statuses },
  { of: 'verdicts', ids: VERDICTS, words: zh.verdicts },
  { of: 'ratings', ids: RATINGS, words: zh.ratings },
  { of: 'forecast bases', ids: FORECAST_BASES, words: zh.forecastBases },
  { of: 'reasons of unknown figures', ids: UNKNOWN_REASONS, words: zh.reasons },
  { of: 'kinds of access', ids: ACCESS_KINDS, words: zh.accessKinds },
  { of: 'indicators', ids: INDICATORS, words: zh.indicators },
  { of: 'quota indicators', ids: QUOTA_INDICATORS, words: zh.quotaIndicators },
  { of: 'institution types', ids: INSTITUTION_TYPES, words: zh.types },
  { of: 'hour flags', ids: HOUR_FLAGS, words: zh.flags },
  { of: 'alert states', ids: ALERT_STATES, words: zh.alertStates },
  { of: 'exclusions', ids: EXCLUSIONS, words: zh.exclusions },
  { of: 'tariff periods', ids: TARIFF_PERIODS, words: zh.periods },
  { of: 'PUE problems', ids: PUE_PROBLEMS, words: zh.pueProblems },
  { of: 'ledger scopes', ids: LEDGER_SCOPES, words: zh.scopes },
  { of: 'states of a report', ids: REPORT_STATES, words: zh.report.reportStates },
  { of: 'steps of a report', ids: REPORT_STEPS, words: en.report.reportSteps },
  { of: 'periods of a report', ids: REPORT_PERIODS, words: zh.report.reportPeriods },
  { of: 'area views', ids: [...new Set([...AREA_VIEWS, ...INSTITUTION_VIEWS])].sort(), words: sorted(zh.tabs) },
])('$of that the API can send have a word each', ({ ids, words }) => {
  expect(Object.keys(words)).toEqual([...ids])
})
