// Shows registered and cited text in its own language; the English page marks it as Chinese, for readers and screen
// readers. A meter with a sub-item code also gets our own words.

import type { MeterView } from '../../../domain/view/view.ts'
import { useLanguage } from './language.tsx'

/** A run of Chinese with the digits and marks inside it. */
const CHINESE = /(\p{Script=Han}(?:[\p{Script=Han}\d\s，。、：；“”（）《》〔〕％]*[\p{Script=Han}）》〕])?)/u

/** What this product says of a source in English, for the Chinese page; the longer ones first. */
const OWN_PHRASES: readonly (readonly [english: string, chinese: string])[] = [
  ['30-province table in a public code repository', '公开代码库中的分省表'],
  [' (demo figure, not a published price)', ''],
  [' (demo figure, not an issued target)', ''],
  [' (no factor: lower bound)', '（按下限计）'],
  [', second edition (2026)', '（第二版，2026）'],
  ['public code repository', '公开代码库'],
  ['annex B', '附录B'],
  ['own choice of this product', '本产品自定'],
  [' (stand-in)', '（替代值）'],
  ['own choice: ', '本产品自定：'],
]

/** A source as the Chinese page says it. */
export const chineseSource = (source: string): string =>
  OWN_PHRASES.reduce((said, [english, chinese]) => said.replaceAll(english, chinese), source)

/** Text from the registry or a standard, or our own text that quotes them. */
export function SourceText({ children }: { children: string }) {
  const { language, text } = useLanguage()
  if (language === 'zh') return chineseSource(children)
  let at = 0
  return children.split(CHINESE).map((part, index) => {
    at += part.length
    // Every second part is a match of the pattern.
    if (index % 2 === 0) return part
    return (
      <span key={at} lang="zh" title={text.sourceLanguage}>
        {part}
      </span>
    )
  })
}

interface NamedMeter {
  id: string
  name: string | null
  purpose: string | null
  role?: MeterView['role']
}

/** The name of a meter's sub-item code; for generation, which has no code, the name of the role. */
function useMeaning(): (meter: NamedMeter) => string | undefined {
  const { text } = useLanguage()
  return ({ purpose, role }) =>
    purpose === null ? (role === 'generation' ? text.generation : undefined) : text.purposes[purpose]
}

/** A meter's name; in English the name of its sub-item code, followed by the meter's own name. */
export function MeterName({ meter }: { meter: NamedMeter }) {
  const { language } = useLanguage()
  const meaning = useMeaning()(meter)
  const { id, name } = meter
  if (name === null) return meaning ?? id
  if (language === 'zh' || meaning === undefined) return <SourceText>{name}</SourceText>
  return (
    <>
      {meaning}{' '}
      <span className="faint">
        <SourceText>{name}</SourceText>
      </span>
    </>
  )
}

/** The same as plain text, for options of a list. */
export function useMeterLabel(): (meter: NamedMeter) => string {
  const { language } = useLanguage()
  const meaningOf = useMeaning()
  return (meter) => (language === 'en' ? meaningOf(meter) : undefined) ?? meter.name ?? meter.id
}
