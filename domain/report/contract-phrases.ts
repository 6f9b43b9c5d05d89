// The words of settlement sheets and of plans of measurement and verification, in both languages.

import { dayLabel, dayOf } from '../calendar.ts'
import type { ContractRecord, SettlementRevision } from '../contract/life.ts'
import type { DayProfile } from '../contract/measuring.ts'
import type { Phrase } from '../phrase.ts'
import type { FitFlag } from '../savings/fit-meter.ts'

export type ReportLanguage = 'zh' | 'en'
const words = (zh: string, en: string): Phrase => ({ zh, en })

export const YUAN_WORDS = words('元', 'yuan')
export const DAYS_WORDS = words('天', 'days')
export const MASK_REASON_WORDS = {
  noUse: words('缺用量', 'no use'),
  noBaseline: words('缺气温或基准', 'no temperature or rate'),
  neither: words('两者皆缺', 'neither'),
  excluded: words('合同约定剔除', 'excluded by the contract'),
} as const
export const YES_NO = { yes: words('是', 'yes'), no: words('否', 'no') } as const
export const COMPARED_WORDS = {
  nonHeating: words('单位面积非供暖能耗', 'non-heating energy per m²'),
  comprehensive: words('单位面积综合能耗', 'all energy per m²'),
} as const
export const TREATMENT_WORDS = {
  notCounted: words('不计节能量', 'no savings on them'),
  meanOfPeriod: words('按本期其他日的平均计', 'the mean of the other days of the period'),
} as const
export const TARIFF_WORDS = words('执行电价（按时段）', 'the tariff in force, by its hours')
export const METHOD_WORDS = {
  weather: words('气象修正（CalTRACK 2.0 逐日）', 'by the weather (CalTRACK 2.0, daily)'),
  people: words('按人数与日类型', 'by people and kind of day'),
  years: words('三年规则', 'by the rule of three years'),
} as const
export const MODEL_WORDS = {
  intercept_only: words('常数', 'constant'),
  hdd_only: words('供暖', 'heating'),
  cdd_only: words('制冷', 'cooling'),
  cdd_hdd: words('供暖与制冷', 'heating and cooling'),
} as const
export const OUTCOME_WORDS = { withdrawn: words('撤回', 'withdrawn'), upheld: words('成立', 'upheld') } as const
export const ANSWER_WORDS = {
  withdrawn: words('提出方已撤回', 'withdrawn by who proposed it'),
  accepted: words('已接受', 'accepted'),
  rejected: words('已拒绝', 'rejected'),
  open: words('待答复', 'not answered'),
} as const

export const SPAN_WORDS = {
  baseline: words('基准期', 'baseline'),
  reporting: words('报告期', 'reporting period'),
} as const
const DAY_TYPE_WORDS = {
  working: words('工作日', 'working days'),
  rest: words('休息日', 'rest days'),
  holiday: words('节假日', 'holidays'),
} as const
/** Whose mean day it is. */
export const profileName = ({ of, dayType }: Pick<DayProfile, 'of' | 'dayType'>): Phrase =>
  words(`${SPAN_WORDS[of].zh}${DAY_TYPE_WORDS[dayType].zh}`, `${SPAN_WORDS[of].en}, ${DAY_TYPE_WORDS[dayType].en}`)

export const listedWords = (texts: readonly string[]): Phrase => words(texts.join('、'), texts.join(', '))
export const numberedName = ({ name, number }: ContractRecord['terms']): Phrase =>
  number === undefined ? words(name, name) : words(`${name}（${number}）`, `${name} (${number})`)
export const lateWords = (perDay: number): Phrase => words(`每日万分之 ${perDay}`, `${perDay} per 10,000 a day`)

export function disputeWords(reason: string, resolved: SettlementRevision['disputes'][number]['resolved']): Phrase {
  if (!resolved) return words(reason, reason)
  const { zh, en } = OUTCOME_WORDS[resolved.outcome]
  return words(`${reason} → ${zh} ${resolved.note}`, `${reason} → ${en} ${resolved.note}`)
}

export function adjustmentWords(
  { reason, change, answered }: ContractRecord['adjustments'][number],
  unit: string,
): Phrase {
  const answer = ANSWER_WORDS[answered?.answer ?? 'open']
  const what = changeWords(change, unit)
  return words(`${reason}：${what.zh}（${answer.zh}）`, `${reason}: ${what.en} (${answer.en})`)
}

function changeWords(change: ContractRecord['adjustments'][number]['change'], unit: string): Phrase {
  if (change.kind === 'meterReplacement')
    return words(`${change.on} 更换表计 ${change.meter}`, `meter ${change.meter} replaced on ${change.on}`)
  const span = `${change.from} – ${lastDateBefore(change.to)}`
  if (change.kind === 'perDay')
    return words(`每日 ${change.amountPerDay} ${unit}，${span}`, `${change.amountPerDay} ${unit} a day, ${span}`)
  if (change.kind === 'share')
    return words(`基准的 ${change.pct} %，${span}`, `${change.pct} % of the baseline, ${span}`)
  return words(`托管费 ${change.yuan} 元，${span}`, `${change.yuan} yuan on the fee, ${span}`)
}

export const lastDateBefore = (date: string): string => dayLabel(dayOf(Date.parse(date)) - 1)

const FLAG_WORDS: Record<FitFlag['code'], Phrase> = {
  extremeUse: { zh: '提示：用量异常偏高的日子', en: 'To look at: days of extreme use' },
  weakFit: { zh: '提示：拟合偏弱', en: 'To look at: a weak fit' },
  yearBeforeDiffers: { zh: '提示：与上年差异大', en: 'To look at: the year before differs' },
  savingsUncertain: { zh: '提示：节能量不显著', en: 'To look at: savings within their uncertainty' },
}

/** What asks for a look at a baseline (docs/rules/savings.md#verdicts); a stored code may be of another version. */
export const flagWords = (code: string): Phrase =>
  (FLAG_WORDS as Record<string, Phrase>)[code] ?? { zh: `提示：${code}`, en: `To look at: ${code}` }
