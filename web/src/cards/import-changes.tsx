// Shows what an import would change: counts by kind, the fields that get other values, the closed months it touches,
// hints, and why it would be refused.

import { Alert } from 'antd'
import type { ImportPreview } from '../../../domain/view/registry.ts'
import { useAdminWords } from '../words/admin-words.ts'
import { formatNumber } from '../words/format.ts'
import { SourceText } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'

type Finding = ImportPreview['problems'][number]

export function ImportChanges({ preview }: { preview: ImportPreview }) {
  const words = useAdminWords()
  const { kinds, changes, closed, warnings, problems } = preview
  const isSame = kinds.every(({ created, changed }) => created === 0 && changed === 0)
  const stays = closed.every(({ id, field }) =>
    [...warnings, ...problems].some((one) => one.id === id && one.field === field),
  )
  return (
    <div data-testid="import-preview">
      <Findings title={words.wouldRefuse} type="error" rows={problems.filter(({ months }) => months === undefined)} />
      {isSame && <Alert type="info" showIcon title={words.nothingChanges} />}
      <DataTable
        rowKey="kind"
        rows={kinds}
        columns={[
          { title: words.kind, key: 'kind', rowScope: 'row', render: (_, { kind }) => words.kinds[kind as 'areas'] },
          { title: words.given, dataIndex: 'given', align: 'right', render: (count) => formatNumber(count, 0) },
          { title: words.created, dataIndex: 'created', align: 'right', render: (count) => formatNumber(count, 0) },
          { title: words.changed, dataIndex: 'changed', align: 'right', render: (count) => formatNumber(count, 0) },
        ]}
      />
      <Closed title={stays ? words.closedStay : words.closedChange} rows={closed} />
      {changes.length > 0 && <Changes rows={changes} />}
      <Findings title={words.hints} type="warning" rows={warnings.filter(({ months }) => months === undefined)} />
    </div>
  )
}

function Changes({ rows }: { rows: ImportPreview['changes'] }) {
  const words = useAdminWords()
  const lines = rows.flatMap(({ kind, id, fields }) => fields.map((one) => ({ kind, id, ...one })))
  const value = (text: string) => <SourceText>{text}</SourceText>
  return (
    <>
      <h2 className="card-part">{words.willChange}</h2>
      <DataTable
        rowKey={({ kind, id, field }) => `${kind} ${id} ${field}`}
        pageSize={20}
        rows={lines}
        columns={[
          { title: words.kind, key: 'kind', render: (_, { kind }) => words.kinds[kind as 'areas'] },
          { title: words.record, dataIndex: 'id', rowScope: 'row', render: value },
          { title: words.column, dataIndex: 'field' },
          { title: words.before, dataIndex: 'before', className: 'wrapped', render: value },
          { title: words.after, dataIndex: 'after', className: 'wrapped', render: value },
        ]}
      />
    </>
  )
}

function Closed({ title, rows }: { title: string; rows: readonly Finding[] }) {
  const words = useAdminWords()
  if (rows.length === 0) return null
  return (
    <div data-testid="closed-months">
      <Alert type="warning" showIcon title={title} />
      <DataTable
        rowKey={({ kind, id, field }) => `${kind} ${id} ${field}`}
        pageSize={20}
        rows={rows}
        columns={[
          { title: words.kind, key: 'kind', render: (_, { kind }) => words.kinds[kind as 'areas'] },
          { title: words.record, dataIndex: 'id', rowScope: 'row', render: (id) => <SourceText>{id}</SourceText> },
          { title: words.column, dataIndex: 'field' },
          {
            title: words.months,
            dataIndex: 'months',
            className: 'wrapped',
            render: (months) => <span lang="en">{months}</span>,
          },
        ]}
      />
    </div>
  )
}

function Findings({ title, type, rows }: { title: string; type: 'error' | 'warning'; rows: readonly Finding[] }) {
  const words = useAdminWords()
  if (rows.length === 0) return null
  return (
    <Alert
      type={type}
      showIcon
      title={title}
      description={
        <ul className="plain-list">
          {rows.slice(0, 50).map(({ kind, id, field, reason }) => (
            <li key={`${kind} ${id} ${field} ${reason}`}>
              {words.kinds[kind as 'areas']} <SourceText>{id}</SourceText> · {field}: <span lang="en">{reason}</span>
            </li>
          ))}
        </ul>
      }
    />
  )
}
