// Shows what a report has been built to: findings, first page, files, differences and history of its revisions.

import { Card } from 'antd'
import type { ReportDocument } from '../../../domain/report/document.ts'
import type { ReportView } from '../../../domain/report/view.ts'
import { formatTime } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { ReportDifferences } from './report-differences.tsx'
import { ReportFiles } from './report-files.tsx'
import { ReportFindings } from './report-findings.tsx'
import { ReportPreview } from './report-preview.tsx'
import { filePath, type ReportRevisionView, type ReportSubject, useFileText, useOfficeName } from './report-subject.ts'

interface Props {
  /** Below `/api/v1/`. */
  path: string
  subject: ReportSubject
  report: ReportView
}

export function ReportDetails({ path, subject, report }: Props) {
  const revision = report.revisions.at(-1)
  const document = useDocument(path, revision)
  if (!revision) return null
  return (
    <>
      <ReportPreview key={revision.digest} path={filePath(path, revision, 'report.html')} name={subject.name} />
      {document && <ReportFindings document={document} />}
      <ReportFiles path={path} subject={subject} report={report} document={document} />
      <ReportDifferences path={path} report={report} document={document} />
      <History report={report} subject={subject} />
    </>
  )
}

/** A larger document is not read into the page; tables and columns are then shown by their ids. */
const DOCUMENT_BYTES_MAX = 8 * 1024 * 1024
const DOCUMENT_FILE = 'report.json'

function useDocument(path: string, revision: ReportRevisionView | undefined): ReportDocument | null {
  const bytes = revision?.files.find(({ name }) => name === DOCUMENT_FILE)?.bytes
  const isSmall = bytes !== undefined && bytes <= DOCUMENT_BYTES_MAX
  const wanted = revision && isSmall ? filePath(path, revision, DOCUMENT_FILE) : null
  const { content } = useFileText(wanted, revision?.digest ?? '')
  return content === null ? null : (JSON.parse(content) as ReportDocument)
}

/** Who took which step, when and why, the latest first. */
function History({ report, subject }: { report: ReportView; subject: ReportSubject }) {
  const { text } = useLanguage()
  const officeName = useOfficeName(subject)
  const entries = report.revisions
    .flatMap(({ number, history }) => history.map((entry, place) => ({ ...entry, number, key: `${number} ${place}` })))
    .toReversed()
  return (
    <Card title={text.history} data-testid="report-history">
      <ol className="timeline">
        {entries.map(({ step, atMs, who, office, remarks, number, state, key }) => (
          <li key={key}>
            <span className="faint">{formatTime(atMs)}</span> <strong>{text.report.reportSteps[step]}</strong> →{' '}
            {text.report.reportStates[state]} · <SourceText>{who}</SourceText> ·{' '}
            <span className="faint">
              {text.report.actsFor} <SourceText>{officeName(office)}</SourceText> ·{' '}
              {text.report.revisionOf(String(number))}
            </span>
            {remarks !== null && (
              <div className="timeline-note">
                <SourceText>{remarks}</SourceText>
              </div>
            )}
          </li>
        ))}
      </ol>
    </Card>
  )
}
