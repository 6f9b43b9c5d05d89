// Builds the text of a notification in Chinese and English: what, where, measured amount, compared value, clause, time
// and the link to the page. Texts of each kind: domain/alert/kinds/.

import type { AlertSubject } from '../alert/finding.ts'
import type { AlertEvent, ClearReason } from '../alert/life.ts'
import { ALERT_RULES } from '../alert/rules.ts'
import type { AlertGroup, Surroundings } from '../alert/storm.ts'
import { explainFinding } from '../alert/text.ts'
import { must } from '../must.ts'
import { clockTime, type Language, type Phrase, SEVERITY_NAMES } from '../phrase.ts'

/** Subjects named in the message of a storm; the page lists all. */
const STORM_NAMES_MAX = 10
/** Lines of one digest; robots refuse long messages. */
const DIGEST_LINES_MAX = 40

/** The names and places that the texts need. */
export interface Directory extends Surroundings {
  /** Name and place, from the large to the small: `石家庄市长安区 第一中学 · 2号电表`. */
  nameOf(subject: AlertSubject): Phrase
  institutionOf(subject: AlertSubject): string | undefined
  /** URL of the page, with or without a final slash. */
  pageUrl: string
}

export interface Text {
  title: string
  lines: string[]
  link: string
}
interface Reader {
  language: Language | 'both'
}

/**
 * The whole message of one group; `both`: Chinese, then English with its title. The link opens the alert, or the list
 * with all alerts of a storm.
 */
export function groupText(group: AlertGroup, { language }: Reader, directory: Directory): Text {
  if (language !== 'both') return textIn(language, group, directory)
  const [zh, en] = [textIn('zh', group, directory), textIn('en', group, directory)]
  return { ...zh, lines: [...zh.lines, en.title, ...en.lines] }
}

function textIn(language: Language, group: AlertGroup, directory: Directory): Text {
  const { events, place } = group
  const first = must(events[0])
  const { measured, against, clause } = explainFinding(first.finding, language)
  const label = LABELS[language]
  const last = events.at(-1) ?? first
  const when = clockTime(first.atMs) + (last.atMs > first.atMs ? ` – ${clockTime(last.atMs)}` : '')
  const what = events.length > 1 ? stormLine(events, language, directory) : measured
  const outcome = outcomeOf(first, language)
  return {
    title: titleOf(group, language, directory),
    lines: [
      `${label.where}${directory.nameOf(place)[language]}`,
      `${label.measured}${what}`,
      `${label.against}${against}`,
      `${label.clause}${clause}`,
      `${label.when}${when}`,
      ...(outcome ? [outcome] : []),
    ],
    link: linkTo(group, directory),
  }
}

/** One group in one line, for digests. */
export function groupLine(group: AlertGroup, { language }: Reader, directory: Directory): string {
  if (language !== 'both') return lineIn(language, group, directory)
  return `${lineIn('zh', group, directory)} / ${lineIn('en', group, directory)}`
}

function lineIn(language: Language, group: AlertGroup, directory: Directory): string {
  const first = must(group.events[0])
  const { measured, against } = explainFinding(first.finding, language)
  const title = titleOf(group, language, directory)
  const detail =
    group.events.length > 1 ? '' : language === 'zh' ? `：${measured}；${against}` : `: ${measured}; ${against}`
  return `${clockTime(first.atMs)} ${title}${detail}`
}

/** A digest of the lines given. */
export function digestText(
  lines: readonly string[],
  { language }: Reader,
  { pageUrl }: Pick<Directory, 'pageUrl'>,
): Text {
  const count = lines.length
  const more = count - DIGEST_LINES_MAX
  const inBoth = ({ zh, en }: Phrase): string => (language === 'both' ? `${zh} / ${en}` : { zh, en }[language])
  const rest = inBoth({ zh: `……另有 ${more} 条，见页面`, en: `… and ${more} more on the page` })
  return {
    title: inBoth({ zh: `用能告警摘要：${count} 条`, en: `Energy alerts, summary: ${count}` }),
    lines: more > 0 ? [...lines.slice(0, DIGEST_LINES_MAX), rest] : [...lines],
    link: pageAt(pageUrl, '#/alerts'),
  }
}

const LABELS: Readonly<Record<Language, Record<'where' | 'measured' | 'against' | 'clause' | 'when', string>>> = {
  zh: { where: '对象：', measured: '情况：', against: '对照：', clause: '依据：', when: '时间：' },
  en: { where: 'Where: ', measured: 'Measured: ', against: 'Against: ', clause: 'Clause: ', when: 'When: ' },
}
const WHAT_NAMES: Readonly<Record<AlertEvent['what'], Phrase>> = {
  raised: { zh: '', en: '' },
  acknowledged: { zh: '已确认 ', en: 'acknowledged: ' },
  escalated: { zh: '无人确认 ', en: 'not acknowledged: ' },
  cleared: { zh: '已解除 ', en: 'cleared: ' },
  reopened: { zh: '再次出现 ', en: 'back again: ' },
  commented: { zh: '备注', en: 'comment' },
  assigned: { zh: '指派', en: 'assigned' },
  snoozed: { zh: '暂缓提醒', en: 'reminders stopped' },
}
const REASONS: Readonly<Record<ClearReason, Phrase>> = {
  over: { zh: '状态：已恢复到解除值以内', en: 'State: back within the clearing value' },
  yielded: { zh: '状态：已由更严重的告警取代', en: 'State: replaced by a more serious alert' },
  disabled: { zh: '状态：该规则已停用', en: 'State: the rule was switched off' },
  retired: { zh: '状态：对象已不在名录中', en: 'State: the subject is no longer registered' },
}

function titleOf({ what, kind, place, events }: AlertGroup, language: Language, directory: Directory): string {
  const { severity } = must(events[0])
  const count = events.length > 1 ? ` ×${events.length}` : ''
  const name = `${WHAT_NAMES[what][language]}${ALERT_RULES[kind].name[language]}${count}`
  const where = directory.nameOf(place)[language]
  return language === 'zh'
    ? `【${SEVERITY_NAMES[severity].zh}】${name}：${where}`
    : `[${SEVERITY_NAMES[severity].en}] ${name}: ${where}`
}

function stormLine(events: readonly AlertEvent[], language: Language, directory: Directory): string {
  const named = events.slice(0, STORM_NAMES_MAX).map(({ subject }) => directory.nameOf(subject)[language])
  const more = events.length > named.length
  return language === 'zh'
    ? `共 ${events.length} 个：${named.join('、')}${more ? '等' : ''}`
    : `${events.length} in all: ${named.join(', ')}${more ? ', …' : ''}`
}

function outcomeOf({ what, reason, level }: AlertEvent, language: Language): string | undefined {
  if (what === 'cleared' && reason) return REASONS[reason][language]
  if (what !== 'escalated') return undefined
  return { zh: `状态：至今无人确认，第 ${level} 次提醒`, en: `State: nobody has acknowledged, reminder ${level}` }[
    language
  ]
}

/** Addresses of the page as web/src/frame/route.ts reads them. */
function linkTo({ what, kind, place, events }: AlertGroup, directory: Directory): string {
  const { pageUrl } = directory
  const { alert } = must(events[0])
  if (events.length === 1) return pageAt(pageUrl, `#/alert/${encodeURIComponent(alert)}`)
  const [area] = place.type === 'area' ? [place.id] : directory.areasOf(place)
  const query = new URLSearchParams({ ...(area && { area }), kind, ...(what === 'cleared' && { state: 'cleared' }) })
  return pageAt(pageUrl, `#/alerts?${query}`)
}

/** An address of the page; `hash` as web/src/frame/route.ts reads it. */
export const pageAt = (pageUrl: string, hash: string): string => `${pageUrl.replace(/\/$/, '')}/${hash}`
