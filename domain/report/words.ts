// The words of a report that are values of cells: ratings, statuses, verdicts, kinds. The file is Chinese first; the
// English word stands in the JSON document beside nothing else, so cells hold the Chinese one.

import type { Verdict } from '../judge/dual-control.ts'
import type { DualControl, QuotaStatus } from '../judge/result.ts'
import type { Institution } from '../registry/records.ts'

type Reason = NonNullable<QuotaStatus['reason']>

export const STATUS_WORDS = { onTrack: '正常', atRisk: '预警', over: '超标' } as const satisfies Record<
  NonNullable<DualControl['status']>,
  string
>
export const VERDICT_WORDS = {
  bothMet: '总量、强度双达标',
  totalOver: '总量超标、强度达标',
  intensityOver: '总量达标、强度超标',
  bothOver: '总量、强度双超标',
} as const satisfies Record<Verdict, string>
export const RATING_WORDS = {
  advanced: '先进',
  reasonable: '合理',
  compliant: '达标',
  rectify: '需整改',
} as const satisfies Record<NonNullable<QuotaStatus['rating']>, string>
export const TYPE_WORDS = {
  government: '党政机关',
  education: '教育',
  healthcare: '医疗',
  venue: '场馆',
  serviceCentre: '政务服务中心',
  research: '科研',
  other: '其他',
} as const satisfies Record<Institution['type'], string>
export const REASON_WORDS = {
  noData: '没有数据',
  unknownTime: '未知时段过多，不予判定',
  incompleteYear: '近 12 个月数据不全',
  noSize: '缺少面积或人数',
  belowZero: '结果小于零，请核查',
  withoutRow: '有燃料没有可用系数',
  notApart: '供暖与其他用能无法区分',
} as const satisfies Record<Reason, string>

/** The lines that are signed, for one A4 page. */
export const SIGN_LINES = [
  '填报人：＿＿＿＿＿＿＿＿　　审核人：＿＿＿＿＿＿＿＿　　负责人：＿＿＿＿＿＿＿＿',
  '单位盖章：　　　　　　　　　　　　　　　　　　填报日期：　　　　年　　月　　日',
] as const

/** The title on the first page. */
export const titleOf = ({ subject, month }: { subject: { name: string }; month: string }): string =>
  `${subject.name}公共机构能源资源消费月报（${month.slice(0, 4)}年${Number(month.slice(5))}月）`
