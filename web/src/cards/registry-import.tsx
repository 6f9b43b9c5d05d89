// Lets an administrator import registry files: reads them here, says which rows are wrong, shows what the server would
// change and which closed months that touches, and then imports. Offers templates to fill in.

import { Alert, Card, Checkbox } from 'antd'
import { type ChangeEvent, useState } from 'react'
import type { GatheredRecords, RefusedCell } from '../../../domain/import/gather.ts'
import type { RegistryKind } from '../../../domain/import/registry.ts'
import type { ImportPreview } from '../../../domain/view/registry.ts'
import { useAdminWords } from '../words/admin-words.ts'
import { formatNumber } from '../words/format.ts'
import { SourceText } from '../words/source-text.tsx'
import { AdminField, AdminForm } from './admin-form.tsx'
import { DataTable } from './data-table.tsx'
import { ImportChanges } from './import-changes.tsx'
import { Templates } from './registry-templates.tsx'

interface Imported {
  created: Record<string, number>
  secrets: { id: string; secret: string }[]
}
const isPreview = (answer: ImportPreview | Imported): answer is ImportPreview => 'kinds' in answer

export function RegistryImportCard() {
  const words = useAdminWords()
  const [files, setFiles] = useState<GatheredRecords | null>(null)
  const [unread, setUnread] = useState<string | null>(null)
  const [preview, setPreview] = useState<ImportPreview | null>(null)
  const [imported, setImported] = useState<Imported | null>(null)
  const choose = async ({ target }: ChangeEvent<HTMLInputElement>) => {
    setPreview(null)
    setImported(null)
    setUnread(null)
    try {
      const { readRegistryFiles } = await import('../api/registry-files.ts')
      setFiles(await readRegistryFiles([...(target.files ?? [])]))
    } catch (error) {
      setFiles(null)
      setUnread(error instanceof Error ? error.message : String(error))
    } finally {
      // A file that was corrected is chosen again under its name.
      target.value = ''
    }
  }
  return (
    <>
      <Card title={words.views.registry} data-testid="registry-import">
        <p className="note">{words.importHint}</p>
        {unread !== null && <Alert type="error" showIcon title={<SourceText>{unread}</SourceText>} role="alert" />}
        {files && <FilesRead files={files} />}
        <ImportForm
          {...{ files, preview, choose }}
          previewed={setPreview}
          done={(answer) => {
            setImported(answer)
            setPreview(null)
          }}
          stale={() => setPreview(null)}
        />
        {preview && <ImportChanges preview={preview} />}
        {imported && <ImportDone imported={imported} />}
      </Card>
      <Templates />
    </>
  )
}

interface FormProps {
  files: GatheredRecords | null
  preview: ImportPreview | null
  choose: (event: ChangeEvent<HTMLInputElement>) => void
  previewed: (preview: ImportPreview) => void
  done: (answer: Imported) => void
  stale: () => void
}

function ImportForm({ files, preview, choose, previewed, done, stale }: FormProps) {
  const words = useAdminWords()
  const [rewritePast, setRewritePast] = useState(false)
  const body = () => ({ ...files?.records, stated: files?.stated, rewritePast })
  const unready = (): string | undefined => {
    if (files === null || Object.keys(files.records).length === 0) return words.needFiles
    return files.refused.length > 0 ? words.needGoodFiles : undefined
  }
  const first = {
    key: 'preview',
    needs: 'operate' as const,
    label: words.preview,
    path: 'registry/preview',
    body,
    missing: unready,
  }
  const second = {
    ...{
      key: 'import',
      needs: 'operate' as const,
      label: words.import,
      method: 'PUT' as const,
      path: 'registry',
      body,
    },
    missing: () => unready() ?? (preview === null ? words.needPreview : undefined),
  }
  return (
    <AdminForm<ImportPreview | Imported>
      actions={preview === null || preview.problems.length > 0 ? [first, second] : [second, first]}
      done={(answer) => (isPreview(answer) ? previewed(answer) : done(answer))}
      withoutRemark
    >
      <AdminField label={words.chooseFiles}>
        {(id) => (
          // antd's Input keeps a value, which a browser refuses to have set on a field of files.
          <input id={id} type="file" multiple accept=".csv,.xlsx" onChange={choose} data-testid="registry-files" />
        )}
      </AdminField>
      <Checkbox
        checked={rewritePast}
        onChange={({ target }) => {
          setRewritePast(target.checked)
          stale()
        }}
      >
        {words.rewritePast}
      </Checkbox>
    </AdminForm>
  )
}

/** What the chosen files hold, and their wrong rows. */
function FilesRead({ files: { records, origin, refused } }: { files: GatheredRecords }) {
  const words = useAdminWords()
  const counts = Object.entries(records).map(([kind, own]) =>
    words.counted(formatNumber(own.length, 0), words.kinds[kind as RegistryKind]),
  )
  const names = [...new Set([...Object.values(origin).flat(), ...refused].map(({ file }) => file))]
  return (
    <div data-testid="files-read">
      <p>
        {words.readFiles(counts.join('; '))}
        <span className="faint"> ({names.join(', ')})</span>
      </p>
      {refused.length > 0 && (
        <>
          <Alert type="error" showIcon title={words.refusedRows} />
          <DataTable<RefusedCell>
            rowKey={({ file, row, field, reason }) => `${file} ${row} ${field} ${reason}`}
            pageSize={20}
            rows={refused}
            columns={[
              { title: words.file, dataIndex: 'file', rowScope: 'row' },
              { title: words.row, dataIndex: 'row', align: 'right' },
              { title: words.column, dataIndex: 'field', render: (field) => <SourceText>{field}</SourceText> },
              {
                title: words.why,
                dataIndex: 'reason',
                className: 'wrapped',
                render: (reason) => <SourceText>{reason}</SourceText>,
              },
            ]}
          />
        </>
      )}
    </div>
  )
}

function ImportDone({ imported: { created, secrets } }: { imported: Imported }) {
  const words = useAdminWords()
  const counts = Object.entries(created).map(([kind, count]) =>
    words.counted(formatNumber(count, 0), `${words.kinds[kind as RegistryKind]} (${words.created})`),
  )
  return (
    <div data-testid="import-done">
      <Alert type="success" showIcon title={words.imported(counts.join('; '))} role="status" />
      {secrets.length > 0 && (
        <>
          <h2 className="card-part">{words.passwordsOnce}</h2>
          <ul className="plain-list">
            {secrets.map(({ id, secret }) => (
              <li key={id}>
                {id}: <code>{secret}</code>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}
