// Holds the page's words about taking things in hand in Chinese: the course of an alert, the page of a meter,
// administration.

import type { AlertCurveView } from '../../../domain/view/alert.ts'
import type { MeterView } from '../../../domain/view/view.ts'

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

  // 告警参数
  parameters: {
    fromHour: '起始时',
    toHour: '结束时',
    days: '统计天数',
    kwhMin: '最少用电（kWh）',
    nights: '连续夜数',
    baselineNights: '基线夜数',
    ratio: '限值与基线之比',
    floorM3PerHour: '限值下限（m³/h）',
    daysMin: '最少有数天数',
    daysMax: '保留天数',
    minutesMin: '最短时长（分钟）',
    uploadsMin: '最少上报间隔数',
    amountMin: '最小用量',
  } as Record<string, string>,

  accessKind: '接入情况',
  quantity: '项目',
  hints: '提示',
  unfold: '展开',

  noSuchPage: '地址有误，或页面已移走',

  // 计量表
  meterPage: '表计详情',
  meterKind: '计量方式',
  meterKinds: { register: '累计表底', interval: '间隔用量', virtual: '虚拟表', offline: '按票据' } satisfies Record<
    MeterView['kind'],
    string
  >,
  meterAbove: '上级表',
  faceHint: '应与表盘读数一致；不一致时先核对单位与小数位。',
  series: '数据',
  grains: { raw: '原始读数', hour: '小时', day: '日' },
  noReadings: '当日没有读数',
  repair: '修正',
  repairOf: (time: string) => `修正 ${time} 的读数`,
  repairHint: '原读数保留在记录中；修正后相关小时自动重算。',
  repairFile: '网页修正',
  correct: '改为此值',
  takeBack: '作废该读数',
  reason: '理由（必填）',
  needReason: '请填写理由',
  needNumber: '请填写数字',
}
export type ManageWords = typeof zhManage
