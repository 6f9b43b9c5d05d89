// Writes findings of checks, their numbers by rule, and the thresholds that they rest on as tables of a report; reads
// from these what keeps the report from going on.

import type { Phrase } from '../phrase.ts'
import { columnOf, keysOf } from '../table.ts'
import type { CheckLimits } from './check-settings.ts'
import {
  CHECK_RULE_IDS,
  CHECK_RULES,
  CHECK_SEVERITY_NAMES,
  type CheckFinding,
  type CheckRuleId,
  type CheckSeverity,
  isOpenFinding,
} from './checks.ts'
import type { ReportColumn, ReportDocument, ReportTable } from './document.ts'

const text = (id: string, zh: string, en: string, format: ReportColumn['format'] = 'text'): ReportColumn => ({
  id,
  title: { zh, en },
  unit: '',
  format,
})

/** Findings that one report lists: a province in which everything changed has ten an institution. */
const FINDINGS_MAX = 50_000

/**
 * The findings of institutions by rule, and as many of them as are listed. A plain JSON value, so that counties make
 * theirs and a province adds counties.
 */
export interface Findings {
  rules: Record<CheckRuleId, { findings: number; institutions: number; open: number }>
  /** Errors without a justification. */
  errors: CheckFinding[]
  others: CheckFinding[]
}

export const noFindings = (): Findings => ({
  rules: columnOf(CHECK_RULES, () => ({ findings: 0, institutions: 0, open: 0 })),
  errors: [],
  others: [],
})

/** Adds the findings of one institution, in place. */
export function addFindings({ rules, errors, others }: Findings, findings: readonly CheckFinding[]): void {
  for (const rule of new Set(findings.map((one) => one.rule))) rules[rule].institutions++
  for (const one of findings) {
    const isOpen = isOpenFinding(one)
    rules[one.rule].findings++
    if (isOpen) rules[one.rule].open++
    addListed(isOpen && one.severity === 'error' ? errors : others, [one])
  }
}

/** Adds the findings of other institutions, in place. */
export function mergeFindings(whole: Findings, part: Findings): void {
  for (const rule of CHECK_RULE_IDS) {
    const [own, added] = [whole.rules[rule], part.rules[rule]]
    own.findings += added.findings
    own.institutions += added.institutions
    own.open += added.open
  }
  addListed(whole.errors, part.errors)
  addListed(whole.others, part.others)
}

function addListed(list: CheckFinding[], added: readonly CheckFinding[]): void {
  for (const one of added) if (list.length < FINDINGS_MAX) list.push(one)
}

/** Open errors before all others. */
export const listedFindings = ({ errors, others }: Findings): CheckFinding[] =>
  [...errors, ...others].slice(0, FINDINGS_MAX)

const CHECKS_TABLE = 'checks'
/** How many findings each rule has, and how many of them ask for something. */
export const checksTable = ({ rules }: Pick<Findings, 'rules'>, period: string): ReportTable => ({
  id: CHECKS_TABLE,
  title: { zh: `数据审核汇总（${period}）`, en: `Checks by rule (${period})` },
  note: {
    zh: '未说明的错误须更正或说明后方可通过校验。',
    en: 'Errors are to be corrected or explained before the report is checked.',
  },
  columns: [
    text('rule', '规则', 'Rule'),
    text('ruleName', '规则名称', 'Name of the rule'),
    text('severity', '级别', 'Severity'),
    text('findings', '发现', 'Findings', 'integer'),
    text('institutions', '涉及机构', 'Institutions', 'integer'),
    text('open', '未说明', 'Without a justification', 'integer'),
  ],
  rows: CHECK_RULE_IDS.map((rule) => {
    const { name, severity } = CHECK_RULES[rule]
    const { findings, institutions, open } = rules[rule]
    return {
      id: rule,
      cells: [rule, name.zh, CHECK_SEVERITY_NAMES[severity].zh, findings, institutions, open],
    }
  }),
})

/** Findings with their place among those of the same institution and rule, so that a row keeps its name. */
function withPlace(findings: readonly CheckFinding[]): { finding: CheckFinding; place: number }[] {
  const seen = new Map<string, number>()
  return findings.map((finding) => {
    const key = `${finding.subject}/${finding.rule}`
    const place = seen.get(key) ?? 0
    seen.set(key, place + 1)
    return { finding, place }
  })
}

const FINDINGS_TABLE = 'check-findings'
export const findingsTable = (findings: readonly CheckFinding[], period: string): ReportTable => ({
  id: FINDINGS_TABLE,
  title: { zh: `数据审核情况（${period}）`, en: `Checks (${period})` },
  note: {
    zh: '错误须更正或说明，存疑请核实；最多列出五万条，错误在前，其余见下级报告；说明随审核结果一并公布。审核规则为各地通行做法，非官方审核关系。',
    en: 'Errors are to be corrected or explained, doubts verified. 50,000 at most, errors first; the rest is in reports below. The rules are practised ones, not an official list.',
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
  rows: withPlace(findings).map(({ finding, place }) => {
    const { subject, name, severity, rule, cell, message, value, limit, justification } = finding
    return {
      id: `${subject}/${rule}/${cell ?? place}`,
      trace: `forms/${encodeURIComponent(subject)}/${period}`,
      cells: [
        ...[subject, name, CHECK_SEVERITY_NAMES[severity].zh, rule, CHECK_RULES[rule].name.zh, cell],
        ...[message.zh, message.en, value, limit],
        ...[justification?.text ?? null, justification?.by ?? null, justification?.atMs ?? null],
      ],
    }
  }),
})

/** One line of the first page; none when nothing was found. */
export function checkHighlights({ rules }: Pick<Findings, 'rules'>): Phrase[] {
  const sumOf = (severity: CheckSeverity, of: 'findings' | 'open'): number =>
    CHECK_RULE_IDS.filter((rule) => CHECK_RULES[rule].severity === severity).reduce(
      (sum, rule) => sum + rules[rule][of],
      0,
    )
  const [errors, openErrors] = [sumOf('error', 'findings'), sumOf('error', 'open')]
  const [doubts, openDoubts] = [sumOf('warning', 'findings'), sumOf('warning', 'open')]
  if (errors + doubts === 0) return []
  return [
    {
      zh: `数据审核：错误 ${errors} 条（未说明 ${openErrors} 条），存疑 ${doubts} 条（未说明 ${openDoubts} 条）。`,
      en: `Checks: ${errors} errors (${openErrors} not explained), ${doubts} doubts (${openDoubts} not explained).`,
    },
  ]
}

/** A finding as a report prints it. */
export interface PrintedFinding {
  rule: string
  /** An error with a justification is a warning. */
  severity: CheckSeverity
  text: Phrase
}

export interface CheckedDocument {
  /** Errors without a justification. */
  errors: readonly PrintedFinding[]
  /** How many other findings there are. */
  warnings: number
}

/** The findings of a report, read from its own tables: what is judged is what is printed. */
export function printedFindings({ tables }: Pick<ReportDocument, 'tables'>): CheckedDocument {
  const rules = tables.find(({ id }) => id === CHECKS_TABLE)
  const at = rules?.columns.findIndex(({ id }) => id === 'findings') ?? -1
  const all = (rules?.rows ?? []).reduce((sum, { cells }) => sum + Number(cells[at] ?? 0), 0)
  const errors = printedRows(tables.find(({ id }) => id === FINDINGS_TABLE)).filter(
    ({ severity }) => severity === 'error',
  )
  return { errors, warnings: all - errors.length }
}

function printedRows(table: ReportTable | undefined): PrintedFinding[] {
  const placeOf = (column: string): number => table?.columns.findIndex(({ id }) => id === column) ?? -1
  const [name, rule, severity] = [placeOf('name'), placeOf('rule'), placeOf('severity')]
  const [zh, en, reason] = [placeOf('messageZh'), placeOf('messageEn'), placeOf('justification')]
  const severityOf = (word: unknown): CheckSeverity =>
    keysOf(CHECK_SEVERITY_NAMES).find((one) => CHECK_SEVERITY_NAMES[one].zh === word) ?? 'error'
  return (table?.rows ?? []).map(({ cells }) => ({
    rule: String(cells[rule]),
    severity: cells[reason] === null ? severityOf(cells[severity]) : 'warning',
    text: { zh: `${cells[name]}：${cells[zh]}`, en: `${cells[name]}: ${cells[en]}` },
  }))
}

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
