// Formats the words that alert texts share, in both languages: names of register events and severities, amounts and
// times. The texts of alerts are in domain/alert/kinds/.

import { formatInstant } from './calendar.ts'

export const LANGUAGES = ['zh', 'en'] as const
export type Language = (typeof LANGUAGES)[number]
/** One text in each language. */
export type Phrase = Readonly<Record<Language, string>>
export const phraseOf = (zh: string, en: string): Phrase => ({ zh, en })

export const SEVERITIES = ['info', 'minor', 'major', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]
export const SEVERITY_NAMES: Readonly<Record<Severity, Phrase>> = {
  info: { zh: '提示', en: 'Info' },
  minor: { zh: '一般', en: 'Minor' },
  major: { zh: '重要', en: 'Major' },
  critical: { zh: '紧急', en: 'Critical' },
}

const EVENT_NAMES: Readonly<Record<string, Phrase>> = {
  spike: { zh: '读数突跳', en: 'spike' },
  rollover: { zh: '表底翻转', en: 'rollover' },
  reset: { zh: '表底清零', en: 'reset' },
  negativeStep: { zh: '读数小幅倒退', en: 'small backward step' },
  replacement: { zh: '换表', en: 'replacement' },
  stuck: { zh: '表底不走字', en: 'stuck register' },
  clockJump: { zh: '时钟跳变', en: 'clock jump' },
  dropout: { zh: '读数连续失真', en: 'dropout' },
  overflow: { zh: '读数超出表底位数', en: 'reading beyond the digits' },
  jump: { zh: '表底跳升', en: 'jump' },
  scaleJump: { zh: '表底量级跳变', en: 'scale jump' },
  longGap: { zh: '读数间隔过长', en: 'gap of more than a year' },
  wrongKind: { zh: '表底与用量混淆', en: 'counter and amounts confused' },
  replacementConflict: { zh: '换表记录与读数不符', en: 'replacement that readings contradict' },
}
const PROPOSED: Readonly<Record<string, Phrase>> = {
  dropped: { zh: '这些读数不计', en: 'these readings do not count' },
  exchange: { zh: '换表未登记', en: 'exchanged without a record' },
  scaled: { zh: '单位或倍率改变', en: 'sent in another unit or scale' },
  wrongClock: { zh: '时钟有误', en: 'a wrong clock' },
  counter: { zh: '所传为累计表底', en: 'a counter sent as amounts' },
  amounts: { zh: '所传为时段用量', en: 'amounts sent as a counter' },
  ignored: { zh: '该换表记录不计', en: 'the record does not count' },
}
/** What the readings of a doubtful event are taken for; the identifier when it has no text here. */
export const proposedName = (proposed: string): Phrase => PROPOSED[proposed] ?? { zh: proposed, en: proposed }

/** The name of a register event; the identifier when it has no name here. */
export const eventName = (event: string): Phrase => EVENT_NAMES[event] ?? { zh: event, en: event }

const STAND_IN: Phrase = { zh: '（替代值，非正式下达）', en: ' (a stand-in, not officially issued)' }
export const standInMark = (standIn: boolean): Phrase => (standIn ? STAND_IN : { zh: '', en: '' })

/** In parentheses: that a value is a stand-in, else its source. What a stand-in is from is told with its chain. */
export const sourceMark = (source: string, standIn: boolean): Phrase =>
  standIn ? STAND_IN : { zh: `（${source}）`, en: ` (${source})` }

const DIGITS = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 5 })
/** Five significant digits, grouped by thousands. */
export const figure = (value: number): string => DIGITS.format(value)
const SHARE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })
export const percent = (value: number): string => `${SHARE.format(value)}%`

/** Marks a provisional figure by how much of it is known, 0 to 1; nothing for a sure one. */
export const provisionalMark = (knownShare: number | undefined): Phrase =>
  knownShare === undefined
    ? { zh: '', en: '' }
    : { zh: `（暂定，已知 ${percent(100 * knownShare)}）`, en: ` (provisional, ${percent(100 * knownShare)} known)` }

/** Local time to the minute. */
export const clockTime = (ms: number): string => formatInstant(ms).slice(0, 16).replace('T', ' ')

const MINUTES_PER_HOUR = 60
/** Minutes up to two hours, hours beyond. */
export const duration = (minutes: number): Phrase => {
  if (minutes < 2 * MINUTES_PER_HOUR) return { zh: `${Math.round(minutes)} 分钟`, en: `${Math.round(minutes)} min` }
  const hours = SHARE.format(minutes / MINUTES_PER_HOUR)
  return { zh: `${hours} 小时`, en: `${hours} h` }
}

/** The unit in a text; Chinese texts use 人 for person. */
export const unitIn = (unit: string, language: Language): string =>
  language === 'zh' ? unit.replace('person', '人') : unit
