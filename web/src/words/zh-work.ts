// Holds the page's words about the workplace in Chinese: overview, search, alerts in hand, connection.

import type { Certainty } from '../../../domain/standards/validity.ts'

export const zhWork = {
  // Figures and where they come from.
  byCoefficients: (set: string) => `折标：${set}`,
  standInAll: '本表目标均为替代值，非正式下达',
  toVerify: '待核实',
  certainties: {
    official: '官方原文',
    secondary: '间接来源',
    derived: '推算',
    recalled: '凭记忆记录',
    supplied: '本单位导入',
  } satisfies Record<Certainty, string>,
  howToVerify: '核实后可导入正式值替换（npx kilowatch import）。',
  nothingRegistered: '尚未登记机构：npx kilowatch import …',
  calm: '没有未关闭的告警',
  goHome: '返回首页',
  serverSaid: '服务器说明',
  toCome: '尚未到',
  nowMark: '现在',
  hoursSoFar: (known: string, over: string) => `已知 ${known}/${over} 小时（当日未结束）`,
  unit: '单位',
  lastRegister: '最近表底',
  multiplier: '倍率',
  skipToContent: '跳到正文',
  capsExceed: (year: string, indicator: string, children: string, own: string) =>
    `${year} 年${indicator}：下级合计 ${children}，大于本级 ${own}`,
  nearTarget: (what: string) => `${what}临近目标`,
  overTarget: (what: string) => `${what}预计超过目标`,
  forecastUses: (name: string, ratio: string) => `${name}（预计为目标的 ${ratio}）`,
  allWithin: '各项指标均在目标以内',
}
export type WorkWords = typeof zhWork
