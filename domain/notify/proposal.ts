// Writes the message of an order that a rule of control proposes and a person has to decide on: what, why, until when
// (docs/rules/control-rules.md#orders).

import type { BuildingRule } from '../control/building-rule.ts'
import type { RuleOrder } from '../control/stored-rule.ts'
import { clockTime, type Language, type Phrase, phraseOf } from '../phrase.ts'
import type { Recipient } from './setting.ts'
import { pageAt, type Text } from './text.ts'

export interface Proposal {
  rule: { id: string; meter: string; rule: BuildingRule }
  order: Pick<RuleOrder, 'id' | 'when' | 'atMs' | 'untilMs' | 'arguments'>
  /** Unit of the meter's amounts. */
  unit: string
  /** Where the meter is. */
  name: Phrase
  institution: string
  pageUrl: string
}

export function proposalText(proposal: Proposal, language: Recipient['language']): Text {
  const [zh, en] = [inWords(proposal, 'zh'), inWords(proposal, 'en')]
  const lines = language === 'both' ? [...zh.lines, en.title, ...en.lines] : { zh, en }[language].lines
  const hash = `#/institution/${encodeURIComponent(proposal.institution)}?view=control`
  return { title: language === 'en' ? en.title : zh.title, lines, link: pageAt(proposal.pageUrl, hash) }
}

/** For a digest. */
export function proposalLine(proposal: Proposal, language: Recipient['language']): string {
  const line = (one: Language): string => {
    const { title } = inWords(proposal, one)
    const until = UNTIL[one](clockTime(proposal.order.untilMs))
    return `${clockTime(proposal.order.atMs)} ${title}${one === 'zh' ? '；' : '; '}${until}`
  }
  return language === 'both' ? `${line('zh')} / ${line('en')}` : line(language)
}

const UNTIL: Readonly<Record<Language, (time: string) => string>> = {
  zh: (time) => `确认截止：${time}；确认之前不发送任何指令`,
  en: (time) => `To be decided until ${time}; nothing is sent before that`,
}

function inWords(proposal: Proposal, language: Language): { title: string; lines: string[] } {
  const { rule, order, name } = proposal
  const what = whatOf(proposal)[language]
  const why = whyOf(proposal)[language]
  const [at, until] = [clockTime(order.atMs), UNTIL[language](clockTime(order.untilMs))]
  return language === 'zh'
    ? {
        title: `【控制待确认】${what}：${name.zh}`,
        lines: [`位置：${name.zh}`, `动作：${what}`, `原因：${why}（规则 ${rule.id}，${at}）`, until],
      }
    : {
        title: `[Control to confirm] ${what}: ${name.en}`,
        lines: [`Where: ${name.en}`, `What: ${what}`, `Why: ${why} (rule ${rule.id}, ${at})`, until],
      }
}

function whatOf({ order: { when, arguments: given } }: Proposal): Phrase {
  const { meter, value } = given
  switch (when) {
    case 'leakFound':
      return phraseOf(`关闭 ${meter} 的阀门`, `close the valve of ${meter}`)
    case 'nightBegins':
      return phraseOf(`把 ${meter} 的设定值写为 ${value}（夜间）`, `set ${meter} to ${value} for the night`)
    case 'nightEnds':
      return phraseOf(`把 ${meter} 的设定值恢复为 ${value}`, `set ${meter} back to ${value}`)
    case 'aboveLimit':
      return phraseOf(`断开负荷 ${meter}`, `switch the load ${meter} off`)
    case 'belowLimit':
      return phraseOf(`重新接通负荷 ${meter}`, `switch the load ${meter} on again`)
  }
}

function whyOf({ rule: { rule }, order: { when }, unit }: Proposal): Phrase {
  if (rule.kind === 'leak') {
    const { fromHour, toHour, limit, nights } = rule
    return phraseOf(
      `连续 ${nights} 夜 ${fromHour}–${toHour} 时每小时用量都不低于 ${limit} ${unit}`,
      `in ${nights} nights in a row every hour from ${fromHour} to ${toHour} used ${limit} ${unit} or more`,
    )
  }
  if (when === 'nightEnds' || when === 'belowLimit')
    return phraseOf(
      '许可已撤回，规则此前的动作尚未结束',
      'the permission was withdrawn, and what the rule began is not ended',
    )
  return rule.kind === 'demandLimit'
    ? phraseOf(`一小时用量超过 ${rule.limit} ${unit}`, `an hour used more than ${rule.limit} ${unit}`)
    : phraseOf('夜间时段开始', 'the hours of the night have begun')
}
