// Gives the view of an institution's use its words. They are loaded with it: the first screen has no use for them.

import { useLanguage } from './language.tsx'

const zhUse = {
  period: '任意时段用能',
  medium: '能源种类',
  from: '从',
  to: '到',
  step: '步长',
  steps: { hour: '小时', day: '日', month: '月' },
  apply: '查看',
  thisPeriod: '本期',
  yearBefore: '上年同期',
  change: '同比',
  comparedOver: (count: string) => `按两年均完整的 ${count} 个点计算`,
  known: '已知表计小时',
  noMedium: '没有可按日计量的总表：票据只有月用量，见“费用”。',
  metersOnly: '只含总表计量（减去外供）；无表计量的票据没有日用量，不在此列。',
  wrongPeriod: '开始日期不能晚于结束日期',
  calendar: (year: string) => `${year} 年每日用能日历`,
  monthTotal: '月合计',
  dayMean: '日均',
  dayMost: '最高日',
  dayLeast: '最低日',
  daysKnown: '完整天数',
  flow: (month: string) => `能流图 · ${month}`,
  energyFlow: '能源（折标煤）',
  waterFlow: '水',
  rest: '未分项',
  restOf: (name: string) => `${name}：未分项`,
  into: '流向',
  behind: '上级',
  amount: '用量',
  inCoal: '折标煤',
  noFlow: '本月没有各级表计均已知的小时，无法绘制能流。',
  flowNote: (set: string) =>
    `各级用量取同一棵计量树内全部表计均已知的小时，故可相加；“未分项”为上级减各下级。折标系数：${set}。`,
  overSubs: '下级之和大于上级：请核对倍率与接线。',
  weekdays: ['日', '一', '二', '三', '四', '五', '六'],
  months: ['1月', '2月', '3月', '4月', '5月', '6月', '7月', '8月', '9月', '10月', '11月', '12月'],
}
export type UseWords = typeof zhUse

const enUse: UseWords = {
  period: 'Use over any period',
  medium: 'Medium',
  from: 'From',
  to: 'To',
  step: 'Step',
  steps: { hour: 'Hours', day: 'Days', month: 'Months' },
  apply: 'Show',
  thisPeriod: 'This period',
  yearBefore: 'A year before',
  change: 'Change',
  comparedOver: (count) => `over ${count} points that are whole in both years`,
  known: 'Meter hours known',
  noMedium: 'No main meter is read by day: bills have months alone, see Cost.',
  metersOnly: 'What main meters measured, less what was let; bills without a meter have no days and are left out.',
  wrongPeriod: 'The first day must not be after the last',
  calendar: (year) => `Every day of ${year}`,
  monthTotal: 'Month',
  dayMean: 'Mean day',
  dayMost: 'Highest day',
  dayLeast: 'Lowest day',
  daysKnown: 'Whole days',
  flow: (month) => `Energy flow · ${month}`,
  energyFlow: 'Energy (standard coal)',
  waterFlow: 'Water',
  rest: 'Not split',
  restOf: (name) => `${name}: not split`,
  into: 'Into',
  behind: 'Behind',
  amount: 'Amount',
  inCoal: 'Standard coal',
  noFlow: 'No hour of this month is known on every level, so there is no flow to draw.',
  flowNote: (set) =>
    `Amounts are of the hours in which all meters of a tree are known, so they add up; “not split” is a meter less those below it. Coefficients: ${set}.`,
  overSubs: 'The meters below sum to more than the one above: check multipliers and wiring.',
  weekdays: ['Su', 'Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa'],
  months: ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
}

export const useUseWords = (): UseWords => (useLanguage().language === 'zh' ? zhUse : enUse)

/** Ends the id of a node of the flow for what no sub meter explains. */
export const REST_MARK = ' …'
