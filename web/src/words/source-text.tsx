// What is registered or cited stays in the language of its source; on the English page it says that it is Chinese, for
// readers and for their screen readers. What has a code of the field gets our own words beside it.

import type { MeterView } from '../../../domain/view/view.ts'
import { useLanguage } from './language.tsx'

/** A run of Chinese with the digits and marks inside it. */
const CHINESE = /(\p{Script=Han}(?:[\p{Script=Han}\d\s，。、：；“”（）《》〔〕％]*[\p{Script=Han}）》〕])?)/u

/** Text from the registry or from a standard, or a sentence of ours that quotes them. */
export function SourceText({ children }: { children: string }) {
  const { language, text } = useLanguage()
  if (language === 'zh') return children
  let at = 0
  return children.split(CHINESE).map((part, index) => {
    at += part.length
    // Every second part is what the pattern caught.
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

/** What the sub-item code says, or of generation its role, which has no code. */
function useMeaning(): (meter: NamedMeter) => string | undefined {
  const { text } = useLanguage()
  return ({ purpose, role }) =>
    purpose === null ? (role === 'generation' ? text.generation : undefined) : text.purposes[purpose]
}

/** A meter by its name; in English by what its sub-item code means, with its own name behind. */
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
