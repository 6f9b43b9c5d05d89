// How an alert is told beside its name: how much, and against which value, in Chinese and English, kind by kind. What
// is watched and by which clause stands in the rule table (alert-rule.ts).

import { INDICATOR_NAMES } from '../indicator.ts'
import {
  clockTime,
  duration,
  eventName,
  figure,
  type Language,
  type Phrase,
  percent,
  standInMark,
  unitIn,
} from '../phrase.ts'
import type { AlertFacts, AlertKind, Judged, Limits } from './finding.ts'
import { ALERT_RULES } from './rules.ts'

interface AlertText<K extends AlertKind = AlertKind> {
  /** How much: one line. */
  measured(finding: Judged<K>): Phrase
  /** Against which value: one line. */
  against(finding: Judged<K>): Phrase
}

/** The lines on a finding: how much, against what, by which clause. */
export function explainFinding(
  finding: Judged,
  language: Language,
): { measured: string; against: string; clause: string } {
  // The table holds each kind's own functions, and a finding carries its kind: the pair fits, which types cannot
  // follow.
  const text = ALERT_TEXTS[finding.kind] as unknown as AlertText
  return {
    measured: text.measured(finding)[language],
    against: text.against(finding)[language],
    clause: ALERT_RULES[finding.kind].clause[language],
  }
}

const ALERT_TEXTS: { readonly [K in AlertKind]: AlertText<K> } = {
  quotaExceeded: {
    measured: ({ facts }) => quotaAmount(facts, { zh: '近12个月', en: 'last 12 months' }),
    against: ({ facts, value }) => quotaLimit(facts, value),
  },
  quotaPredicted: {
    measured: ({ facts }) => quotaAmount(facts, { zh: '预计全年', en: 'expected for the year' }),
    against: ({ facts, value }) => quotaLimit(facts, value),
  },
  dualControlAtRisk: {
    measured: ({ facts }) => targetAmount(facts),
    against: ({ facts, value }) => targetLimit(facts, value),
  },
  dualControlOver: {
    measured: ({ facts }) => targetAmount(facts),
    against: ({ facts, value }) => targetLimit(facts, value),
  },
  gatewayOffline: {
    measured: ({ facts }) => silence(facts),
    against: ({ facts, limits }) => silenceLimit(facts, limits),
  },
  meterSilent: {
    measured: ({ facts }) => silence(facts),
    against: ({ facts, limits }) => silenceLimit(facts, limits),
  },
  registerEvent: {
    measured: ({ facts, value }) => ({
      zh: `${figure(value)} 个事件待核，最近一次：${eventName(facts.event).zh}，${clockTime(facts.atMs)}`,
      en: `${figure(value)} to review, the latest: ${eventName(facts.event).en} at ${clockTime(facts.atMs)}`,
    }),
    against: ({ limits: { raise } }) => ({
      zh: `待核事件多于 ${figure(raise)} 个`,
      en: `more than ${figure(raise)} events awaiting review`,
    }),
  },
  nightFlowLeak: {
    measured: ({ facts }) => ({
      zh: `连续 ${facts.nights} 夜最小流量 ${figure(facts.flowM3PerHour)} m³/h`,
      en: `the flow never fell below ${figure(facts.flowM3PerHour)} m³/h in ${facts.nights} nights running`,
    }),
    against: ({ facts }) => ({
      zh: `限值 ${figure(facts.limitM3PerHour)} m³/h（此前夜间基线 ${figure(facts.baselineM3PerHour)} m³/h）`,
      en: `limit ${figure(facts.limitM3PerHour)} m³/h (baseline of the nights before: ${figure(facts.baselineM3PerHour)} m³/h)`,
    }),
  },
  afterHoursLoad: {
    measured: ({ facts, value }) => ({
      zh: `近 ${facts.days} 天非工作时间用电 ${figure(facts.outsideKwh)} kWh，占 ${percent(value)}（共 ${figure(facts.totalKwh)} kWh）`,
      en: `${figure(facts.outsideKwh)} of ${figure(facts.totalKwh)} kWh in ${facts.days} days fell outside working hours: ${percent(value)}`,
    }),
    against: ({ limits: { raise } }) => ({ zh: `限值 ${percent(raise)}`, en: `limit ${percent(raise)}` }),
  },
  pueOverLimit: {
    measured: ({ facts, value }) => ({
      zh: `PUE ${figure(value)}（数据中心 ${figure(facts.totalKwh)} kWh，IT 设备 ${figure(facts.itKwh)} kWh）`,
      en: `PUE ${figure(value)} (data centre ${figure(facts.totalKwh)} kWh, IT equipment ${figure(facts.itKwh)} kWh)`,
    }),
    against: ({ limits: { raise } }) => ({ zh: `限值 ${figure(raise)}`, en: `limit ${figure(raise)}` }),
  },
  treeImbalance: {
    measured: ({ facts: { mainAmount, subAmount, unit } }) => {
      const gap = Math.abs(mainAmount - subAmount)
      const [zh, en] = subAmount > mainAmount ? ['多', 'more'] : ['少', 'less']
      return {
        zh: `总表 ${figure(mainAmount)} ${unit}，分表合计 ${figure(subAmount)} ${unit}，分表${zh} ${figure(gap)} ${unit}`,
        en: `main meter ${figure(mainAmount)} ${unit}, sub meters ${figure(subAmount)} ${unit}: ${figure(gap)} ${unit} ${en}`,
      }
    },
    against: ({ limits: { raise }, value }) => ({
      zh: `相差 ${percent(value)}，限值 ±${percent(raise)}`,
      en: `${percent(value)} apart, limit ±${percent(raise)}`,
    }),
  },
  pvUnderperformance: {
    measured: ({ facts, value }) => ({
      zh: `本月日均发电 ${figure(facts.kwhPerDay)} kWh，偏低 ${percent(value)}`,
      en: `${figure(facts.kwhPerDay)} kWh a day this month, ${percent(value)} too little`,
    }),
    against: ({ facts, limits: { raise } }) => ({
      zh: `往年同月日均 ${figure(facts.expectedKwhPerDay)} kWh（${facts.years} 年），限值偏低 ${percent(raise)}`,
      en: `${figure(facts.expectedKwhPerDay)} kWh a day in this month of ${facts.years} earlier years, limit ${percent(raise)} less`,
    }),
  },
}

const andMore = (over: number): Phrase =>
  over > 1 ? { zh: `；共 ${over} 项超出`, en: `; ${over} indicators are over` } : { zh: '', en: '' }

const quotaAmount = (facts: AlertFacts['quotaExceeded'], span: Phrase): Phrase => {
  const { indicator, amount, unit, over } = facts
  const name = INDICATOR_NAMES[indicator]
  return {
    zh: `${name.zh}${span.zh} ${figure(amount)} ${unitIn(unit, 'zh')}${andMore(over).zh}`,
    en: `${name.en}, ${span.en}: ${figure(amount)} ${unit}${andMore(over).en}`,
  }
}

const quotaLimit = ({ constraint, unit, standard, standIn }: AlertFacts['quotaExceeded'], value: number): Phrase => ({
  zh: `约束值 ${figure(constraint)} ${unitIn(unit, 'zh')}（${standard}）${standInMark(standIn).zh}，为其 ${percent(value)}`,
  en: `constraint value ${figure(constraint)} ${unit} (${standard})${standInMark(standIn).en}, ${percent(value)} of it`,
})

const targetAmount = ({ indicator, forecast, unit, over }: AlertFacts['dualControlOver']): Phrase => ({
  zh: `${INDICATOR_NAMES[indicator].zh}预计 ${figure(forecast)} ${unitIn(unit, 'zh')}${andMore(over).zh}`,
  en: `${INDICATOR_NAMES[indicator].en}, forecast: ${figure(forecast)} ${unit}${andMore(over).en}`,
})

const targetLimit = (
  { target, unit, targetSource, standIn }: AlertFacts['dualControlOver'],
  value: number,
): Phrase => ({
  zh: `目标 ${figure(target)} ${unitIn(unit, 'zh')}（${targetSource}）${standInMark(standIn).zh}，为其 ${percent(value)}`,
  en: `target ${figure(target)} ${unit} (${targetSource})${standInMark(standIn).en}, ${percent(value)} of it`,
})

const silence = ({ lastMs, minutes }: AlertFacts['gatewayOffline']): Phrase => ({
  zh: `已 ${duration(minutes).zh}无数据，最后一次 ${clockTime(lastMs)}`,
  en: `nothing heard for ${duration(minutes).en}, last at ${clockTime(lastMs)}`,
})

const silenceLimit = (
  { everyMinutes }: AlertFacts['gatewayOffline'],
  { raise, parameters: { minutesMin = 0 } }: Limits,
): Phrase => {
  const limit = duration(Math.max(minutesMin, raise * everyMinutes))
  return {
    zh: `限值 ${limit.zh}（每 ${duration(everyMinutes).zh}一次）`,
    en: `limit ${limit.en} (one every ${duration(everyMinutes).en})`,
  }
}
