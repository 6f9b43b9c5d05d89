// Shows a chip beside a value that somebody still has to confirm, with what it is, from where, and how it is replaced.

import { InfoCircleOutlined } from '@ant-design/icons'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'

interface Props {
  label: string
  /** What the value is, in the reader's language. */
  about: string
  sources: readonly string[]
}

export function Provenance({ label, about, sources }: Props) {
  const { text } = useLanguage()
  return (
    <details className="provenance">
      <summary>
        <InfoCircleOutlined aria-hidden /> {label}
      </summary>
      <div className="provenance-panel">
        {about !== '' && <div>{about}</div>}
        {sources.map((source) => (
          <div key={source}>
            {text.source}: <SourceText>{source}</SourceText>
          </div>
        ))}
        <div>{text.work.howToVerify}</div>
      </div>
    </details>
  )
}

/** The sources of targets, each once. */
export const provenanceOf = (rows: readonly { targetSource: string | null }[], about: string) => ({
  about,
  sources: [...new Set(rows.flatMap(({ targetSource }) => targetSource ?? []))],
})
