// The one table of alert rules: what is watched, how bad it is, and the default limits with their reason. A rule
// without a clause is Kilowatch's own and says so; clauses cite only what docs/rules/facts.md confirms. How a finding
// reads: alert-text.ts.

import type { Phrase, Severity } from '../phrase.ts'
import type { Institution } from '../registry/records.ts'
import type { AlertKind, AlertSubject, Finding, Limits } from './finding.ts'

export interface AlertRule {
  subjects: readonly AlertSubject['type'][]
  severity: Severity
  name: Phrase
  /** Of `raise`, `clear` and the finding's value. */
  unit: string
  defaults: Omit<Limits, 'enabled'>
  /** Why these defaults. */
  reason: string
  /** On by default for these institution types only; without: for all. */
  institutionTypes?: readonly Institution['type'][]
  /** A stronger kind: while that is open for the same subject, this one is not. */
  yieldsTo?: AlertKind
  /** The clause that the value or the duty comes from. */
  clause: Phrase
}

const HOUR = 60
const DAY = 24 * HOUR

const OWN_RULE: Phrase = {
  zh: '本系统运行规则（可按对象设定阈值）',
  en: 'operating rule of this system (the threshold can be set per subject)',
}
/** Source: docs/rules/facts.md#duties-when-over-quota */
const QUOTA_DUTY: Phrase = {
  zh: '《河北省公共机构节能办法》（省政府令〔2009〕第10号，〔2011〕第17号修订）：超定额须向机关事务管理机构说明；否则通报并下达节能整改意见书',
  en: 'Hebei rules on energy saving in public institutions (decree 10 of 2009, revised by decree 17 of 2011): whoever exceeds the quota must explain; otherwise public criticism and a rectification notice follow',
}
const METERING_DUTY: Phrase = {
  zh: '《河北省公共机构节能办法》：分户计量、独立核算；阈值为本系统运行规则（可按对象设定）',
  en: 'Hebei rules on energy saving in public institutions: metering by unit; the threshold is an operating rule of this system (can be set per subject)',
}
/** Source: docs/rules/facts.md#hebei-2020-and-2025 */
const DUAL_CONTROL_DUTY: Phrase = {
  zh: '《河北省机关事务工作“十四五”规划》（冀事管〔2021〕120号）：推行双控与定额相结合的节能目标管理方式',
  en: 'Hebei 14th five-year plan of office affairs (冀事管〔2021〕120号): targets managed by dual control together with quotas',
}

/**
 * How long after its clearing an alert that comes back is still the same one (`reopenWithin`): a month where a rolling
 * year or a forecast decides, since such a value can stay around its limit for weeks; a week where some days of hours
 * do; a day for silence. An event of a register is each time another one.
 */
export const ALERT_RULES: Readonly<Record<AlertKind, AlertRule>> = {
  quotaExceeded: {
    subjects: ['institution'],
    severity: 'critical',
    name: { zh: '定额超限', en: 'Quota exceeded' },
    unit: '%',
    defaults: limits({
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
  quotaPredicted: {
    subjects: ['institution'],
    severity: 'major',
    name: { zh: '定额超限预警', en: 'Quota likely to be exceeded' },
    unit: '%',
    defaults: limits({
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
  dualControlAtRisk: {
    subjects: ['institution', 'area'],
    severity: 'minor',
    name: { zh: '双控目标临近', en: 'Dual control at risk' },
    unit: '%',
    defaults: limits({
      raise: 95,
      clear: 94,
      raiseAfter: DAY,
      clearAfter: DAY,
      reopenWithin: 30 * DAY,
      escalateAfter: null,
    }),
    reason: 'Orange begins above 95 % of the target (docs/rules/dual-control.md#status).',
    yieldsTo: 'dualControlOver',
    clause: DUAL_CONTROL_DUTY,
  },
  dualControlOver: {
    subjects: ['institution', 'area'],
    severity: 'critical',
    name: { zh: '双控目标超出', en: 'Dual control exceeded' },
    unit: '%',
    defaults: limits({
      raise: 100,
      clear: 99,
      raiseAfter: DAY,
      clearAfter: DAY,
      reopenWithin: 30 * DAY,
      escalateAfter: 3 * DAY,
    }),
    reason: 'Red begins above 100 % of the target (docs/rules/dual-control.md#status).',
    clause: DUAL_CONTROL_DUTY,
  },
  gatewayOffline: {
    subjects: ['gateway'],
    severity: 'major',
    name: { zh: '网关离线', en: 'Gateway offline' },
    unit: 'intervals',
    defaults: limits({ raise: 4, clear: 2, reopenWithin: DAY, escalateAfter: DAY, parameters: { minutesMin: 30 } }),
    reason: 'Four uploads missed, and half an hour at least: a restart or a lost packet is no outage.',
    clause: OWN_RULE,
  },
  meterSilent: {
    subjects: ['meter'],
    severity: 'minor',
    name: { zh: '表计无数据', en: 'Meter silent' },
    unit: 'intervals',
    defaults: limits({
      raise: 8,
      clear: 2,
      reopenWithin: DAY,
      escalateAfter: 3 * DAY,
      parameters: { minutesMin: 120 },
    }),
    reason: 'Twice the patience shown to a gateway, so that a dead gateway is known before its meters are looked at.',
    clause: METERING_DUTY,
  },
  registerEvent: {
    subjects: ['meter'],
    severity: 'info',
    name: { zh: '表底事件待核', en: 'Register event to review' },
    unit: 'events',
    defaults: limits({ raise: 0, clear: 0, reopenWithin: 0, escalateAfter: null, parameters: { daysMax: 30 } }),
    reason: 'Each event changes consumption by a rule, so a person should see it; after 30 days the list keeps it.',
    clause: METERING_DUTY,
  },
  nightFlowLeak: {
    subjects: ['meter', 'institution'],
    severity: 'major',
    name: { zh: '夜间流量异常（疑似漏水）', en: 'Night flow: probable leak' },
    unit: '%',
    defaults: limits({
      raise: 100,
      clear: 80,
      reopenWithin: 7 * DAY,
      escalateAfter: 2 * DAY,
      parameters: { fromHour: 2, toHour: 5, nights: 3, baselineNights: 28, ratio: 1.5, floorM3PerHour: 0.1 },
    }),
    reason:
      'Nobody washes from 02:00 to 05:00: a flow that never falls to half as much again as four weeks of nights, three nights running, runs away. The floor is about a dripping cistern in a large building.',
    clause: OWN_RULE,
  },
  afterHoursLoad: {
    subjects: ['institution', 'meter'],
    severity: 'minor',
    name: { zh: '非工作时间用电偏高', en: 'High load outside working hours' },
    unit: '%',
    defaults: limits({
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
  pueOverLimit: {
    subjects: ['institution'],
    severity: 'major',
    name: { zh: '数据中心 PUE 超限', en: 'PUE over limit' },
    unit: '',
    defaults: limits({
      raise: 1.5,
      clear: 1.45,
      raiseAfter: DAY,
      clearAfter: DAY,
      reopenWithin: 7 * DAY,
      escalateAfter: 7 * DAY,
    }),
    reason:
      'The action plan of July 2024 asks for a national mean of at most 1.5 by the end of 2025 ' +
      '(docs/rules/facts.md#data-centres).',
    clause: {
      zh: '数据中心绿色低碳发展专项行动计划（2024年7月）：2025年底全国平均PUE不高于1.5（本系统默认限值，可按对象设定）',
      en: 'national data-centre action plan of July 2024: mean PUE at most 1.5 by the end of 2025 (default of this system, can be set per subject)',
    },
  },
  treeImbalance: {
    subjects: ['meter'],
    severity: 'minor',
    name: { zh: '总分表不平衡', en: 'Main and sub meters disagree' },
    unit: '%',
    defaults: limits({
      raise: 10,
      clear: 8,
      raiseAfter: DAY,
      clearAfter: DAY,
      reopenWithin: 7 * DAY,
      escalateAfter: null,
      parameters: { amountMin: 10 },
    }),
    reason:
      'Meters of class 1 to 2 and short lines explain a few percent; 10 % is a missing or wrongly scaled meter. Where sub meters do not cover everything, set the threshold of that main meter.',
    clause: METERING_DUTY,
  },
  pvUnderperformance: {
    subjects: ['meter', 'institution'],
    severity: 'minor',
    name: { zh: '光伏发电偏低', en: 'PV generates too little' },
    unit: '%',
    defaults: limits({
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
}

/** The defaults for one subject's kind; `institutionType` of the institution that it belongs to, none for an area. */
export function defaultLimits(kind: Finding['kind'], institutionType?: Institution['type']): Limits {
  const { defaults, institutionTypes } = ALERT_RULES[kind]
  const applies = !institutionTypes || (institutionType !== undefined && institutionTypes.includes(institutionType))
  return { enabled: applies, ...defaults }
}

function limits(stated: {
  raise: number
  clear: number
  raiseAfter?: number
  clearAfter?: number
  reopenWithin: number
  escalateAfter: number | null
  parameters?: Record<string, number>
}): Omit<Limits, 'enabled'> {
  const { raise, clear, raiseAfter = 0, clearAfter = 0, reopenWithin, escalateAfter, parameters = {} } = stated
  return {
    raise,
    clear,
    raiseAfterMinutes: raiseAfter,
    clearAfterMinutes: clearAfter,
    reopenWithinMinutes: reopenWithin,
    escalateAfterMinutes: escalateAfter,
    parameters,
  }
}
