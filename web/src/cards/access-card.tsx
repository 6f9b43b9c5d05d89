// Shows the access of an area (接入率): institutions and floor area with meters, with bills alone, with neither.

import { Card, type TableColumnsType } from 'antd'
import { ACCESS_KINDS, type AccessCounts, type AccessKind } from '../../../domain/energy/access.ts'
import type { AccessView } from '../../../domain/view/access.ts'
import type { Resource } from '../api/resource.ts'
import { formatCoverage, formatNumber, formatTime, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { accessSum, shareOf } from './access-shares.ts'
import { DataTable } from './data-table.tsx'
import { accessFile } from './files-status.ts'
import { ProblemNotice } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'
import { attributes } from './table-rows.ts'

export function AccessCard({ access }: { access: Resource<AccessView> }) {
  const speech = useLanguage()
  const { text } = speech
  const { data, problem } = access
  const files = data?.access ? [accessFile(data.access, speech)] : []
  return (
    <Card
      title={text.access}
      loading={data === null && problem === null}
      extra={<SaveTables tables={files} />}
      data-testid="access"
    >
      <ProblemNotice of={access} />
      {data && !data.access && <p className="faint">{text.accessNotCounted}</p>}
      {data?.access && <Groups counts={data.access} />}
      {data && (
        <p className="note">
          {text.accessNote} {data.asOfMs !== null && `${text.asOf} ${formatTime(data.asOfMs)}`}
        </p>
      )}
    </Card>
  )
}

function Groups({ counts }: { counts: AccessCounts }) {
  const { text } = useLanguage()
  const [institutions, floorAreaM2] = [accessSum(counts, 'institutions'), accessSum(counts, 'floorAreaM2')]
  const columns: TableColumnsType<{ kind: AccessKind }> = [
    { title: text.manage.accessKind, key: 'kind', rowScope: 'row', render: (_, { kind }) => text.accessKinds[kind] },
    {
      title: text.institutionCount,
      key: 'institutions',
      align: 'right',
      render: (_, { kind }) => formatNumber(counts[kind].institutions, 0),
    },
    {
      title: text.accessShare,
      key: 'share',
      align: 'right',
      render: (_, { kind }) => formatCoverage(shareOf(counts[kind].institutions, institutions)),
    },
    {
      title: text.floorArea,
      key: 'floorArea',
      align: 'right',
      render: (_, { kind }) => {
        const { floorAreaM2: own, withoutFloorArea } = counts[kind]
        return (
          <>
            {withUnit(formatNumber(own, 0), 'm²')}
            {withoutFloorArea > 0 && (
              <div className="faint">{text.accessWithoutArea(formatNumber(withoutFloorArea, 0))}</div>
            )}
          </>
        )
      },
    },
    {
      title: text.accessShare,
      key: 'areaShare',
      align: 'right',
      render: (_, { kind }) => formatCoverage(shareOf(counts[kind].floorAreaM2, floorAreaM2)),
    },
  ]
  return (
    <DataTable
      rowKey="kind"
      columns={columns}
      rows={ACCESS_KINDS.map((kind) => ({ kind }))}
      onRow={({ kind }) => attributes(`access-${kind}`)}
    />
  )
}
