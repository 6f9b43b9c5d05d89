// Holds the page's words about taking things in hand in Chinese: the course of an alert, the page of a meter,
// administration.

import type { AlertCurveView } from '../../../domain/view/alert.ts'

export const zhManage = {
  // 告警经过
  curveOf: {
    hour: (name: string) => `事件前后${name}`,
    night: (name: string) => `近 31 夜${name}`,
    day: (name: string) => `近 28 天${name}`,
    month: (name: string) => `逐月${name}`,
  } satisfies Record<AlertCurveView['grain'], (name: string) => string>,
  eventHere: '事件',
  time: '时间',
  costSoFar: '至今多用',
  yuan: (amount: string) => `${amount} 元`,
  costSpan: (from: string, to: string) => `${from} 至 ${to}`,
  hoursLeftOut: (count: string) => `其中 ${count} 小时无数据，未计入。`,
  priceStandIn: '价格为替代值，非正式下达。',
  checkFirst: '先查三件事',
  takeInHand: '处理',
  inHandHint: '情况恢复后由系统解除。',
  remark: '备注',
  comment: '添加备注',
  needComment: '请填写备注',
  assign: '指派',
  assignTo: '指派给',
  needAssignee: '请填写指派给谁',
  snooze: '暂缓提醒',
  snoozeFor: '暂缓多久',
  snoozeHint: '只停提醒，告警仍在',
  days: (count: string) => `${count} 天`,
  inHandOf: '负责人',
  snoozedUntil: '暂缓提醒至',
}
export type ManageWords = typeof zhManage
