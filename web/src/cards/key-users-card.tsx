// Lists the institutions of an area by energy in a year, and marks the key energy users (重点用能单位), by the threshold in
// force.

import { Card, type TableColumnsType } from 'antd'
import type { Month } from '../../../domain/calendar.ts'
import type { KeyUsersPage } from '../../../domain/view/comparison.ts'
import { usePages } from '../api/pages.ts'
import { withQuery } from '../api/resource.ts'
import { formatRoute, institutionRoute } from '../frame/route.ts'
import { formatNumber } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { useSubjectNames } from '../words/names.ts'
import { DataTable } from './data-table.tsx'
import { keyUsersFile } from './files-energy.ts'
import { MorePages } from './list-tools.tsx'
import { Nothing, StandInTag } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'

const PAGE_SIZE = 20
/** The API's largest page. */
const LIMIT = 500

interface Props {
  area: string
  year: string
  routeMonth: Month | null
}

/** Another area or year needs another component (`key`). */
export function KeyUsersCard({ area, year, routeMonth }: Props) {
  const speech = useLanguage()
  const { text } = speech
  const path = withQuery(`areas/${encodeURIComponent(area)}/key-users`, { year, limit: LIMIT })
  const pages = usePages<KeyUsersPage>(path)
  const nameOf = useSubjectNames(area)
  const { last } = pages
  const items = pages.rows.toSorted((a, b) => (b.energyTce ?? -1) - (a.energyTce ?? -1))
  const columns: TableColumnsType<KeyUsersPage['items'][number]> = [
    {
      title: text.institution,
      key: 'name',
      rowScope: 'row',
      render: (_, { institution }) => (
        <a href={formatRoute(institutionRoute(institution, routeMonth))}>{nameOf(institution)}</a>
      ),
    },
    {
      title: `${text.indicators.energy} (tce)`,
      key: 'energy',
      align: 'right',
      render: (_, { energyTce, monthsKnown }) => (
        <>
          {formatNumber(energyTce, 1)}
          <div className="faint">{text.monthsKnown(formatNumber(monthsKnown, 0))}</div>
        </>
      ),
    },
    {
      title: text.keyUser,
      key: 'key',
      render: (_, { isKey, reason }) =>
        isKey === null ? (
          <span className="faint">{reason === 'noRule' ? text.noThreshold : text.yearNotKnown}</span>
        ) : (
          <strong>{isKey ? text.keyUser : text.notKey}</strong>
        ),
    },
    {
      title: text.rule,
      key: 'rule',
      render: (_, { rule }) =>
        rule && (
          <>
            ≥ {formatNumber(rule.thresholdTce, 0)} tce{' '}
            {rule.standIn && <StandInTag source={rule.source}>{text.standInRule}</StandInTag>}
          </>
        ),
    },
  ]
  // What says the same in each row is said once.
  const hasRule = items.some(({ rule }) => rule !== null)
  const isUnruled = items.length > 0 && items.every(({ isKey, reason }) => isKey === null && reason === 'noRule')
  const shown = columns.filter(({ key }) => (key !== 'rule' || hasRule) && (key !== 'key' || !isUnruled))
  return (
    <Card
      title={`${text.keyUsers} · ${year}`}
      loading={!last && pages.loading}
      extra={<SaveTables tables={[keyUsersFile({ path, year, nameOf }, speech)]} />}
      data-testid="key-users"
    >
      {isUnruled && <Nothing>{text.noThreshold}</Nothing>}
      {last && (
        <DataTable
          rowKey="institution"
          columns={shown}
          rows={items}
          pageSize={PAGE_SIZE}
          locale={{ emptyText: <Nothing>{text.noInstitutions}</Nothing> }}
        />
      )}
      <MorePages pages={pages} />
    </Card>
  )
}
