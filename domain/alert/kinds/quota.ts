// Alerts when an institution exceeds its quota over the rolling year (`quotaExceeded`), or is expected to by the year's
// end (`quotaPredicted`). Both only compare and translate; domain/judge/quota.ts computes the values.

import { INDICATOR_NAMES, type QUOTA_INDICATORS } from '../../indicator.ts'
import type { QuotaStatus } from '../../judge/result.ts'
import { figure, type Phrase, percent, provisionalMark, standInMark, unitIn } from '../../phrase.ts'
import { type Asked, type Detected, judged, unjudged } from '../finding.ts'
import { DAY, defaultsOf, type KindDefinition, type KindEvidence, type KindText } from '../kind.ts'
import { andMore, highestOf } from './highest.ts'

/** One indicator against its quota: kgce or m³, per m² or person and year. */
interface QuotaFacts {
  indicator: (typeof QUOTA_INDICATORS)[number]
  unit: string
  /** Rolling 12 months, or the expected amount of the whole year. */
  amount: number
  constraint: number
  standard: string
  standIn: boolean
  /** Indicators above the limit, this one included. */
  over: number
  /** Of a provisional amount. */
  knownShare?: number
}

/** Source: docs/rules/facts.md#duties-when-over-quota */
const QUOTA_DUTY: Phrase = {
  zh: '《河北省公共机构节能办法》（省政府令〔2009〕第10号，〔2011〕第17号修订）：超定额须向机关事务管理机构说明；否则通报并下达节能整改意见书',
  en: 'Hebei rules on energy saving in public institutions (decree 10 of 2009, revised by decree 17 of 2011): whoever exceeds the quota must explain; otherwise public criticism and a rectification notice follow',
}

const QUOTA_CHECKS: KindDefinition<QuotaFacts, 'judged'>['checks'] = [
  {
    zh: '打开“为什么”，看哪一种能源、哪几个月用得最多',
    en: 'open Why: which carrier and which months use the most',
  },
  {
    zh: '核对面积与人数是否为最新，计量表有无缺漏或不应计入的部分',
    en: 'check that floor area and people are up to date, and what the meters leave out or should not count',
  },
  {
    zh: '与上年同期和同类机构对照；确属超限的，向机关事务管理机构说明并安排整改',
    en: 'compare with last year and with institutions of the type; where it is truly over, explain it to the office and plan the saving',
  },
]

/** Minimum share of the year's use due before a forecast by profile counts: the share of a few days is noise. */
const SHARE_MIN = 1 / 12

export const quotaExceeded: KindDefinition<QuotaFacts, 'judged'> = {
  group: 'judged',
  rule: {
    subjects: ['institution'],
    severity: 'critical',
    name: { zh: '定额超限', en: 'Quota exceeded' },
    unit: '%',
    defaults: defaultsOf({
      raise: 100,
      clear: 98,
      raiseAfter: DAY,
      clearAfter: DAY,
      reopenWithin: 30 * DAY,
      escalateAfter: 3 * DAY,
    }),
    reason:
      'A value equal to 约束值 meets it (docs/rules/quota.md#ratings). ' +
      'Rolling 12 months move slowly: a day of holding rules out one bad batch.',
    clause: QUOTA_DUTY,
  },
  text: quotaText({ zh: '近12个月', en: 'last 12 months' }),
  detect: ({ subject, quota }, { ask }) => (quota ? [highestQuota(ask(subject), quota.rows)] : []),
  evidence: quotaEvidence('result'),
  checks: QUOTA_CHECKS,
  curve: () => null,
}

export const quotaPredicted: KindDefinition<QuotaFacts, 'judged'> = {
  group: 'judged',
  rule: {
    subjects: ['institution'],
    severity: 'major',
    name: { zh: '定额超限预警', en: 'Quota likely to be exceeded' },
    unit: '%',
    defaults: defaultsOf({
      raise: 100,
      clear: 97,
      raiseAfter: 3 * DAY,
      clearAfter: 3 * DAY,
      reopenWithin: 30 * DAY,
      escalateAfter: 7 * DAY,
    }),
    reason: 'A forecast swings with the weather: three days, and a wider band than for the fact itself.',
    yieldsTo: 'quotaExceeded',
    clause: QUOTA_DUTY,
  },
  text: quotaText({ zh: '预计全年', en: 'expected for the year' }),
  detect({ subject, quota }, { ask }) {
    if (!quota) return []
    // The share of elapsed days ignores winter, so only the institution's own profile makes a forecast.
    const paces = new Map(
      quota.pace
        .filter(({ basis, share }) => basis === 'ownProfile' && (share ?? 0) >= SHARE_MIN)
        .map((one) => [one.indicator, one]),
    )
    const rows = quota.rows.map((row) => {
      const { projected = null, provisional = false, knownShare = null } = paces.get(row.indicator) ?? {}
      return { ...row, actual: projected, provisional, knownShare }
    })
    return [highestQuota(ask(subject), rows)]
  },
  evidence: quotaEvidence(null),
  checks: QUOTA_CHECKS,
  curve: () => null,
}

type QuotaRow = Pick<
  QuotaStatus,
  'indicator' | 'unit' | 'actual' | 'constraint' | 'standard' | 'standIn' | 'provisional' | 'knownShare'
>

/** The indicator that is highest in percent of its 约束值. Unjudged when none can be rated. */
export function highestQuota(asked: Asked, rows: readonly QuotaRow[]): Detected<QuotaFacts> {
  const rated = rows.flatMap(({ actual, constraint, ...row }) =>
    actual === null || constraint === null ? [] : [{ ...row, actual, constraint, pct: (100 * actual) / constraint }],
  )
  const highest = highestOf(rated, asked.limits)
  if (!highest) return unjudged(asked)
  const { indicator, unit, actual, constraint, standard, standIn, pct, over, provisional, knownShare } = highest
  const known = provisional && knownShare !== null ? { knownShare } : {}
  const facts = { indicator, unit, amount: actual, constraint, standard: standard ?? '', standIn, over, ...known }
  return judged(asked, { value: pct, facts })
}

function quotaText(span: Phrase): KindText<QuotaFacts> {
  return {
    measured({ facts: { indicator, amount, unit, over, knownShare }, limits: { raise } }) {
      const name = INDICATOR_NAMES[indicator]
      const mark = provisionalMark(knownShare)
      const more = andMore({ over, raise, base: { zh: '约束值', en: 'the constraint value' } })
      return {
        zh: `${name.zh}${span.zh} ${figure(amount)} ${unitIn(unit, 'zh')}${mark.zh}${more.zh}`,
        en: `${name.en}, ${span.en}: ${figure(amount)} ${unit}${mark.en}${more.en}`,
      }
    },
    against: ({ facts: { constraint, unit, standard, standIn }, value }) => ({
      zh: `约束值 ${figure(constraint)} ${unitIn(unit, 'zh')}（${standard}）${standInMark(standIn).zh}，为其 ${percent(value)}`,
      en: `constraint value ${figure(constraint)} ${unit} (${standard})${standInMark(standIn).en}, ${percent(value)} of it`,
    }),
  }
}

/** The chain of months leads to a rolling year, not to the year's expected amount (`now` null). */
function quotaEvidence(now: 'result' | null): KindEvidence<QuotaFacts> {
  return {
    paths: () => [],
    ratio: ({ amount, constraint }) => ({ part: 100 * amount, whole: constraint }),
    chain: ({ indicator }) => ({ table: 'quota', indicator, now }),
  }
}
