// Writes the reminder of a report that is due: which period, its last day, and who has not submitted
// (docs/rules/report.md#deadlines).

import { pageAt, type Text } from '../notify/text.ts'
import type { Language, Phrase } from '../phrase.ts'
import { type DuePeriod, daysBetween } from './deadlines.ts'

/** Names in one message; the page lists all. */
const NAMES_MAX = 10
/** A deadline that passed longer ago than its last reminder and these days is history: a new host tells none of it. */
const LATE_DAYS_MAX = 7

/**
 * The reminder that stands on a local date: the latest of the rule's days that has come; undefined when none has, or
 * when all are long past. So a day on which the host was down is made up for.
 */
export function reminderOn({ rule: { remindDays }, dueOn }: DuePeriod, date: string): number | undefined {
  const left = daysBetween(date, dueOn)
  if (left < Math.min(...remindDays) - LATE_DAYS_MAX) return undefined
  return remindDays.filter((days) => days >= left).sort((a, b) => a - b)[0]
}

export interface Reminded {
  due: DuePeriod
  area: { code: string; name: string }
  /** Names of the parts that have not submitted. */
  missing: readonly string[]
  date: string
  pageUrl: string
}

export function reminderText(reminded: Reminded, language: Language | 'both'): Text {
  const { zh, en } = phrases(reminded)
  const lines = language === 'both' ? [...zh.lines, en.title, ...en.lines] : { zh, en }[language].lines
  const link = pageAt(reminded.pageUrl, `#/area/${encodeURIComponent(reminded.area.code)}`)
  return { title: language === 'en' ? en.title : zh.title, lines, link }
}

const PERIODS: Readonly<Record<DuePeriod['period'], Phrase>> = {
  month: { zh: '月度台账', en: 'monthly ledger' },
  quarter: { zh: '季度报表', en: 'quarterly report' },
  year: { zh: '年度报告', en: 'annual report' },
}

function phrases({ due: { period, label, dueOn, rule }, area, missing, date }: Reminded) {
  const left = daysBetween(date, dueOn)
  const [names, more] = [missing.slice(0, NAMES_MAX), missing.length > NAMES_MAX]
  const standIn = rule.standIn ? { zh: '（替代值）', en: ' (a stand-in)' } : { zh: '', en: '' }
  return {
    zh: {
      title: `【报送提醒】${area.name} ${label} ${PERIODS[period].zh}：${missing.length} 个未报送`,
      lines: [
        `截止：${dueOn}${standIn.zh}，${left < 0 ? `已逾期 ${-left} 天` : `还有 ${left} 天`}`,
        `未报送：${names.join('、')}${more ? '等' : ''}`,
        `依据：${rule.source}`,
      ],
    },
    en: {
      title: `[Reports due] ${area.name}, ${PERIODS[period].en} ${label}: ${missing.length} not submitted`,
      lines: [
        `Last day: ${dueOn}${standIn.en}, ${left < 0 ? `${-left} days ago` : `in ${left} days`}`,
        `Not submitted: ${names.join(', ')}${more ? ', …' : ''}`,
        `Source: ${rule.source}`,
      ],
    },
  }
}
