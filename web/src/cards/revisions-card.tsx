// Lists the changes of closed months with their causes: a total that was shown must not change silently.

import { Card } from 'antd'
import type { RevisionsView, RevisionView } from '../../../domain/view/field.ts'
import { useResource } from '../api/resource.ts'
import { causeWords } from '../words/cause-words.ts'
import { formatAmount, formatTime } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { revisionsFile } from './files-energy.ts'
import { Nothing, ProblemNotice } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'

/** `subject`: `institutions/ID` or `areas/CODE`. */
export function RevisionsCard({ subject }: { subject: string }) {
  const speech = useLanguage()
  const { text, language } = speech
  const revisions = useResource<RevisionsView>(`${subject}/revisions`)
  const items = revisions.data?.items
  return (
    <Card
      title={text.tabs.revisions}
      loading={!items && !revisions.problem}
      extra={<SaveTables tables={items && items.length > 0 ? [revisionsFile(items, speech)] : []} />}
      data-testid="revisions"
    >
      <ProblemNotice of={revisions} />
      <p className="note">{text.revisionsNote}</p>
      {items?.length === 0 && <Nothing>{text.noRevisions}</Nothing>}
      <ol className="timeline">
        {items?.map(({ month, number, atMs, before, after, causes }) => (
          <li key={`${month} ${number}`}>
            <strong>
              {month} · {text.revision} {number}
            </strong>{' '}
            <span className="faint">{formatTime(atMs)}</span>
            {causes.length > 0 && (
              <div>
                {text.cause}:{' '}
                <SourceText>{causes.map((cause) => causeWords(cause, text, language)).join('; ')}</SourceText>
              </div>
            )}
            <div className="timeline-note">
              {text.amountsChanged}: {changesOf(before, after)}
            </div>
          </li>
        ))}
      </ol>
    </Card>
  )
}

/** The changed amounts, by the API's names, which contain the unit. */
const changesOf = (before: RevisionView['before'], after: RevisionView['after']): string =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name} ${formatAmount(before[name])} → ${formatAmount(after[name])}`)
    .join('; ')
