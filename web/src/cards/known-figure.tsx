// Shows a figure with what is known of it: its value, marked where it is provisional; or “—” with the reason and the
// known part (docs/rules/data.md#known-share).

import { WarningOutlined } from '@ant-design/icons'
import { Tag } from 'antd'
import { UNKNOWN } from '../words/format.ts'
import { type Known, knownPartWords, provisionalWords, unknownWords } from '../words/known-words.ts'
import { useLanguage } from '../words/language.tsx'

interface Props {
  known: Known
  /** The formatted value. */
  value: string
  /** The formatted known part, with its unit. */
  part: string
  testId?: string | undefined
  /** The exact value, where the shown one is rounded to a larger unit. */
  title?: string | undefined
}

export function KnownFigure({ known, value, part, testId, title }: Props) {
  const { text } = useLanguage()
  if (known.reason === null)
    return (
      <>
        <strong data-testid={testId} title={title}>
          {value}
        </strong>
        <ProvisionalTag known={known} />
      </>
    )
  return (
    <>
      <strong data-testid={testId}>{UNKNOWN}</strong>
      <div className="faint unknown-why">{text.reasons[known.reason]}</div>
      <div className="faint unknown-why" data-testid={testId && `${testId}-known`}>
        {knownPartWords(known, part, text)}
      </div>
    </>
  )
}

export function ProvisionalTag({ known }: { known: Known }) {
  const { text } = useLanguage()
  const words = provisionalWords(known, text)
  if (words === null) return null
  return (
    <div>
      <Tag variant="filled" className="mark mark-atRisk small-tag" icon={<WarningOutlined />} title={words}>
        {text.provisional}
      </Tag>
    </div>
  )
}

/** The same in a list: a mark beside a provisional figure, and the reason of “—” for whoever points at it. */
export function BriefFigure({
  known,
  value,
  part,
}: Omit<Props, 'testId' | 'title' | 'known'> & { known: Known | undefined }) {
  const { text } = useLanguage()
  if (!known) return UNKNOWN
  const why = unknownWords(known, part, text)
  if (why !== null) return <abbr title={why}>{UNKNOWN}</abbr>
  const words = provisionalWords(known, text)
  return (
    <>
      {value}
      {words !== null && <WarningOutlined className="warning-icon" title={words} aria-label={words} role="img" />}
    </>
  )
}
