// The tables of how a report came about: alerts and their handling, access of meters, who has submitted, the methods.

import type { Alert } from '../alert/life.ts'
import { ALERT_RULES } from '../alert/rules.ts'
import { explainFinding } from '../alert/text.ts'
import { ACCESS_KINDS, type AccessCounts } from '../energy/access.ts'
import { SEVERITY_NAMES } from '../phrase.ts'
import { CODE, count, instantColumn, NAME, number, share, text } from './column.ts'
import type { ReportTable } from './document.ts'

const ALERT_STATE_WORDS = { pending: '观察', raised: '待处理', acknowledged: '已确认', cleared: '已消除' } as const

/** Alerts that were open at some time of the month. */
export function alertsTable(alerts: readonly Alert[], nameOf: (subject: string) => string): ReportTable {
  return {
    id: 'alerts',
    title: { zh: '告警及处置', en: 'Alerts and their handling' },
    note: { zh: '本月内曾经存在的告警。', en: 'Alerts that stood at some time of the month.' },
    columns: [
      text('severity', { zh: '级别', en: 'Severity' }),
      text('kind', { zh: '类型', en: 'Kind' }),
      text('subject', { zh: '对象', en: 'Subject' }),
      text('measured', { zh: '情况', en: 'Measured' }),
      text('against', { zh: '限值', en: 'Limit' }),
      instantColumn('raised', { zh: '发生时间', en: 'Raised' }),
      text('state', { zh: '状态', en: 'State' }),
      text('who', { zh: '确认人', en: 'Acknowledged by' }),
      text('note', { zh: '处置说明', en: 'Note' }),
    ],
    rows: alerts.map((alert) => {
      const { measured, against } = explainFinding(alert.finding, 'zh')
      const acknowledged = alert.history.findLast(({ what }) => what === 'acknowledged')
      return {
        id: alert.id,
        trace: `alerts/${encodeURIComponent(alert.id)}/explain`,
        cells: [
          SEVERITY_NAMES[alert.severity].zh,
          ALERT_RULES[alert.kind].name.zh,
          nameOf(alert.subject.id),
          measured,
          against,
          alert.raisedMs,
          ALERT_STATE_WORDS[alert.state],
          acknowledged?.who ?? null,
          acknowledged?.note ?? null,
        ],
      }
    }),
  }
}

const ACCESS_WORDS = { metered: '有计量表计', billed: '只有账单', neither: '无表计无账单' } as const

export function accessTable(access: AccessCounts): ReportTable {
  const all = ACCESS_KINDS.reduce((sum, kind) => sum + access[kind].institutions, 0)
  return {
    id: 'access',
    title: { zh: '接入率', en: 'Access' },
    note: { zh: '名录内在用机构，截至生成时。', en: 'Institutions in service, as of the making of the report.' },
    asOfBuild: true,
    columns: [
      text('kind', { zh: '接入情况', en: 'Access' }),
      count('institutions', { zh: '机构数', en: 'Institutions' }),
      share('share', { zh: '占比', en: 'Share' }),
      number('floorArea', { zh: '建筑面积', en: 'Floor area' }, { unit: '平方米', format: 'decimal1' }),
      count('withoutFloorArea', { zh: '缺少面积的机构', en: 'Without floor area' }),
    ],
    rows: ACCESS_KINDS.map((kind) => ({
      id: kind,
      cells: [
        ACCESS_WORDS[kind],
        access[kind].institutions,
        all > 0 ? access[kind].institutions / all : null,
        access[kind].floorAreaM2,
        access[kind].withoutFloorArea,
      ],
    })),
  }
}

/** A part of an area and how far its report is. */
interface PartState {
  type: 'institution' | 'area'
  id: string
  name: string
  /** As on the national platform: 未录入, 录入中, 已上报, 已退回, 已审核. */
  state: string
  hasSubmitted: boolean
}

/** Who has submitted, those that have not first. */
export const submissionsTable = (parts: readonly PartState[]): ReportTable => ({
  id: 'submissions',
  title: { zh: '上报情况', en: 'Who has submitted' },
  note: {
    zh: `直接下级 ${parts.length} 个，未上报 ${parts.filter((part) => !part.hasSubmitted).length} 个，截至生成时。`,
    en: `${parts.filter((part) => !part.hasSubmitted).length} of ${parts.length} parts have not submitted, as of the making.`,
  },
  asOfBuild: true,
  columns: [
    CODE,
    NAME,
    text('kind', { zh: '类别', en: 'Kind' }),
    text('state', { zh: '任务状态', en: 'State of the task' }),
    text('submitted', { zh: '是否上报', en: 'Submitted' }),
  ],
  rows: parts
    .toSorted((a, b) => Number(a.hasSubmitted) - Number(b.hasSubmitted))
    .map(({ type, id, name, state, hasSubmitted }) => ({
      id,
      cells: [id, name, type === 'area' ? '地区' : '机构', state, hasSubmitted ? '是' : '否'],
    })),
})

/** One row a rule, factor, coefficient or target that the figures rest on. */
export interface Method {
  id: string
  kind: string
  name: string
  value: string
  source: string
}
export const methodsTable = (methods: readonly Method[]): ReportTable => ({
  id: 'methods',
  title: { zh: '方法与依据', en: 'Methods and sources' },
  note: {
    zh: '本报告每个数字所用的系数、因子、目标和条款。',
    en: 'The coefficients, factors, targets and clauses used.',
  },
  columns: [
    text('kind', { zh: '类别', en: 'Kind' }),
    text('name', { zh: '名称', en: 'Name' }),
    text('value', { zh: '取值', en: 'Value' }),
    text('source', { zh: '来源', en: 'Source' }),
  ],
  rows: methods.map(({ id, kind, name, value, source }) => ({ id, cells: [kind, name, value, source] })),
})
