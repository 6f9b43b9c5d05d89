// Offers every file of each revision of a report: one by one, or all as one ZIP with their folders.

import { DownloadOutlined } from '@ant-design/icons'
import { Alert, Button, Card, type TableColumnsType } from 'antd'
import { useState } from 'react'
import type { ReportDocument } from '../../../domain/report/document.ts'
import type { ReportView } from '../../../domain/report/view.ts'
import { getFile, type LoadProblem, problemOf } from '../api/resource.ts'
import { fileName, saveFile } from '../api/save.ts'
import { formatNumber } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import { ProblemText } from './marks.tsx'
import { filePath, type ReportRevisionView, type ReportSubject } from './report-subject.ts'

/** Where a package has its CSV files. */
const TABLES_FOLDER = 'tables/'

type ReportFileView = ReportRevisionView['files'][number]

interface Props {
  /** Below `/api/v1/`. */
  path: string
  subject: ReportSubject
  report: ReportView
  /** Null: not loaded, or too large to be. */
  document: ReportDocument | null
}

export function ReportFiles({ path, subject, report, document }: Props) {
  const { text } = useLanguage()
  const [problem, setProblem] = useState<LoadProblem | null>(null)
  const [latest, ...earlier] = report.revisions.toReversed()
  const save = async (revision: ReportRevisionView, files: readonly ReportFileView[]) => {
    setProblem(null)
    const nameOf = (base: string, extension: string) =>
      fileName([subject.name, report.month, text.report.revisionOf(String(revision.number)), base], extension)
    try {
      await saveFiles((name) => filePath(path, revision, name), files, nameOf)
    } catch (error) {
      setProblem(problemOf(error))
    }
  }
  if (!latest) return null
  return (
    <Card
      title={text.report.files}
      extra={
        <Button icon={<DownloadOutlined />} onClick={() => save(latest, latest.files)} data-testid="save-all">
          {text.report.downloadAll}
        </Button>
      }
      data-testid="report-files"
    >
      {problem && <Alert type="error" showIcon title={text.failed} description={<ProblemText problem={problem} />} />}
      <FileTable revision={latest} document={document} save={(file) => save(latest, [file])} />
      {earlier.map((revision) => (
        <details key={revision.number}>
          <summary>{text.report.revisionOf(String(revision.number))}</summary>
          <FileTable revision={revision} document={document} save={(file) => save(revision, [file])} />
        </details>
      ))}
    </Card>
  )
}

/** One file is saved as it is, several as a ZIP. Throws ProblemError. */
async function saveFiles(
  pathOf: (name: string) => string,
  files: readonly ReportFileView[],
  nameOf: (base: string, extension: string) => string,
): Promise<void> {
  const contents = await Promise.all(files.map(async ({ name }) => ({ name, blob: await getFile(pathOf(name)) })))
  const [first] = contents
  if (!first) return
  if (contents.length === 1) {
    const dot = first.name.lastIndexOf('.')
    const base = first.name.slice(first.name.lastIndexOf('/') + 1, dot)
    return saveFile(nameOf(base, first.name.slice(dot + 1)), first.blob)
  }
  const { zipFiles } = await import('../api/zip.ts')
  const bytes = await Promise.all(
    contents.map(async ({ name, blob }) => [name, new Uint8Array(await blob.arrayBuffer())] as const),
  )
  saveFile(nameOf('report', 'zip'), zipFiles(Object.fromEntries(bytes), 'application/zip'))
}

interface FileTableProps {
  revision: ReportRevisionView
  document: ReportDocument | null
  save: (file: ReportFileView) => Promise<void>
}

function FileTable({ revision, document, save }: FileTableProps) {
  const { text, language } = useLanguage()
  const [busy, setBusy] = useState<string | null>(null)
  const titleOf = ({ name }: ReportFileView): string => {
    const table = document?.tables.find(({ id }) => name === `tables/${id}.csv`)
    return table ? text.report.tableFile(table.title[language]) : (text.report.fileNames[name] ?? name)
  }
  const columns: TableColumnsType<ReportFileView> = [
    {
      title: text.report.file,
      key: 'file',
      rowScope: 'row',
      render: (_, file) => (
        <>
          <SourceText>{titleOf(file)}</SourceText> <span className="faint">{file.name}</span>
        </>
      ),
    },
    {
      title: text.report.fileSize,
      key: 'bytes',
      align: 'right',
      render: (_, { bytes }) => `${formatNumber(bytes / 1024, 1)} KiB`,
    },
    {
      title: text.report.fileHash,
      key: 'sha256',
      render: (_, { sha256 }) => (
        <code className="faint hash" title={sha256}>
          {sha256}
        </code>
      ),
    },
    {
      title: <span className="sr-only">{text.manage.hints}</span>,
      key: 'save',
      align: 'right',
      className: 'tools',
      render: (_, file) => (
        <Button
          size="small"
          icon={<DownloadOutlined />}
          loading={busy === file.name}
          aria-label={text.report.downloadFile(titleOf(file))}
          onClick={async () => {
            setBusy(file.name)
            await save(file)
            setBusy(null)
          }}
          data-testid={`save-${file.name}`}
        >
          {text.report.download}
        </Button>
      ),
    },
  ]
  const [tables, others] = [true, false].map((inTables) =>
    revision.files.filter(({ name }) => name.startsWith(TABLES_FOLDER) === inTables),
  )
  const list = (files: ReportFileView[] = []) => <DataTable rowKey="name" columns={columns} rows={files} />
  return (
    <>
      {list(others)}
      <details className="table-files">
        <summary>{text.report.otherFiles(formatNumber(tables?.length, 0))}</summary>
        {list(tables)}
      </details>
    </>
  )
}
