// Writes findings of checks, and the thresholds that they rest on, as tables of a report.

import type { CheckLimits } from './check-settings.ts'
import { CHECK_RULES, CHECK_SEVERITY_NAMES, type CheckFinding } from './checks.ts'
import type { ReportColumn, ReportTable } from './document.ts'

const text = (id: string, zh: string, en: string, format: ReportColumn['format'] = 'text'): ReportColumn => ({
  id,
  title: { zh, en },
  unit: '',
  format,
})

export const findingsTable = (findings: readonly CheckFinding[], period: string): ReportTable => ({
  id: 'check-findings',
  title: { zh: `数据审核情况（${period}）`, en: `Checks (${period})` },
  note: {
    zh: '错误须更正，存疑须更正或说明；说明随审核结果一并公布。审核规则为各地通行做法，非官方审核关系。',
    en: 'Errors are to be corrected, doubts corrected or explained. The rules are practised ones, not an official list.',
  },
  columns: [
    text('subject', '机构编码', 'Institution'),
    text('name', '机构名称', 'Name'),
    text('severity', '级别', 'Severity'),
    text('rule', '规则', 'Rule'),
    text('ruleName', '规则名称', 'Name of the rule'),
    text('cell', '单元格', 'Cell'),
    text('messageZh', '审核意见', 'Message (Chinese)'),
    text('messageEn', '审核意见（英文）', 'Message (English)'),
    text('value', '填报值', 'Value', 'decimal4'),
    text('limit', '对照值', 'Compared with', 'decimal4'),
    text('justification', '情况说明', 'Justification'),
    text('justifiedBy', '说明人', 'By'),
    text('justifiedAt', '说明时间', 'At', 'instant'),
  ],
  rows: findings.map((finding, index) => {
    const { subject, name, severity, rule, cell, message, value, limit, justification } = finding
    return {
      id: `${subject}/${rule}/${cell ?? index}`,
      cells: [
        ...[subject, name, CHECK_SEVERITY_NAMES[severity].zh, rule, CHECK_RULES[rule].name.zh, cell],
        ...[message.zh, message.en, value, limit],
        ...[justification?.text ?? null, justification?.by ?? null, justification?.atMs ?? null],
      ],
    }
  }),
})

/** Each threshold and reference price in force, with its source: for the sheet of methods. */
export const checkLimitsTable = ({ thresholds, prices }: CheckLimits): ReportTable => ({
  id: 'check-limits',
  title: { zh: '审核阈值与参考价格', en: 'Thresholds and reference prices of checks' },
  note: { zh: '', en: '' },
  columns: [
    text('id', '名称', 'Name'),
    text('value', '阈值', 'Threshold', 'decimal4'),
    text('min', '最低单价', 'Lowest price', 'decimal4'),
    text('max', '最高单价', 'Highest price', 'decimal4'),
    text('source', '来源', 'Source'),
    text('certainty', '可靠程度', 'Certainty'),
    text('standIn', '替代值', 'Stand-in'),
  ],
  rows: [
    ...Object.entries(thresholds).map(([id, { value, source, certainty, standIn }]) => ({
      id,
      cells: [id, value, null, null, source, certainty, standIn ? '是' : '否'],
    })),
    ...Object.values(prices).map(({ field, min, max, price, source, certainty, standIn }) => ({
      id: `price-${field}`,
      cells: [field, price ?? null, min, max, source, certainty, standIn ? '是' : '否'],
    })),
  ],
})
