// Shows the audit log and the refusals of access, the latest first (docs/rules/access.md).

import { Card } from 'antd'
import type * as z from 'zod'
import type { auditPageSchema, denialsPageSchema } from '../../../domain/view/session.ts'
import { usePages } from '../api/pages.ts'
import { useAdminWords } from '../words/admin-words.ts'
import { formatNumber, formatTime } from '../words/format.ts'
import { SourceText } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import { MorePages } from './list-tools.tsx'
import { Nothing } from './marks.tsx'

type AuditPage = z.output<typeof auditPageSchema>
type DenialsPage = z.output<typeof denialsPageSchema>

export function AuditCard() {
  return (
    <>
      <Entries />
      <Denials />
    </>
  )
}

function Entries() {
  const words = useAdminWords()
  const pages = usePages<AuditPage>('audit')
  return (
    <Card title={words.entries} data-testid="audit">
      <p className="note">{words.proveHint}</p>
      <DataTable<AuditPage['items'][number]>
        rowKey="number"
        rows={pages.rows}
        locale={{ emptyText: <Nothing>{words.noRows}</Nothing> }}
        columns={[
          { title: '#', label: '#', dataIndex: 'number', rowScope: 'row' },
          { title: words.when, dataIndex: 'atMs', render: (atMs) => formatTime(atMs) },
          { title: words.who, dataIndex: 'who', render: (who) => <SourceText>{who}</SourceText> },
          { title: words.what, dataIndex: 'what' },
          {
            title: words.about,
            dataIndex: 'about',
            className: 'wrapped',
            render: (id) => <SourceText>{id}</SourceText>,
          },
          {
            title: words.detail,
            dataIndex: 'detail',
            className: 'wrapped record-cell',
            render: (detail) => <SourceText>{JSON.stringify(detail)}</SourceText>,
          },
        ]}
      />
      <MorePages pages={pages} />
    </Card>
  )
}

function Denials() {
  const words = useAdminWords()
  const pages = usePages<DenialsPage>('denials')
  return (
    <Card title={words.denials} data-testid="denials">
      <DataTable<DenialsPage['items'][number]>
        rowKey={({ who, lastMs }) => `${who} ${lastMs}`}
        rows={pages.rows}
        locale={{ emptyText: <Nothing>{words.noRows}</Nothing> }}
        columns={[
          { title: words.who, dataIndex: 'who', rowScope: 'row', render: (who) => <SourceText>{who}</SourceText> },
          { title: words.when, dataIndex: 'lastMs', render: (atMs) => formatTime(atMs) },
          { title: words.times, dataIndex: 'count', align: 'right', render: (count) => formatNumber(count, 0) },
          {
            title: words.detail,
            key: 'denials',
            className: 'wrapped record-cell',
            render: (_, { denials }) => (
              <ul className="plain-list">
                {denials.map(({ atMs, route, status, detail, address }) => (
                  <li key={`${atMs} ${route} ${detail}`} lang="en">
                    {status} {route} · <SourceText>{detail}</SourceText> · {address}
                  </li>
                ))}
              </ul>
            ),
          },
        ]}
      />
      <MorePages pages={pages} />
    </Card>
  )
}
