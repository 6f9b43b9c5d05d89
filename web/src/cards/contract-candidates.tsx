// Lists the institutions of an area that should have a contract: above a value of their quota, with what the next
// better rating saves in a year (docs/rules/contracts.md#candidates). Rows of one institution are the same energy seen
// twice: the card shows no sum.

import { Card, InputNumber, type TableColumnsType, Tag } from 'antd'
import { useId, useState } from 'react'
import type { Month } from '../../../domain/calendar.ts'
import type { CandidatesPage } from '../../../domain/contract/candidate.ts'
import { usePages } from '../api/pages.ts'
import { withQuery } from '../api/resource.ts'
import { formatRoute, institutionRoute } from '../frame/route.ts'
import { formatAmount, formatNumber, formatUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { useSubjectNames } from '../words/names.ts'
import { SourceText } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import { candidatesFile } from './files-energy.ts'
import { Filter, MorePages } from './list-tools.tsx'
import { Nothing, RatingTag, StandInTag } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'

type Row = CandidatesPage['items'][number]

/** Each institution of a page is judged for the answer. */
const LIMIT = 50

interface Props {
  area: string
  routeMonth: Month | null
}

/** Another area needs another component (`key`). */
export function ContractCandidates({ area, routeMonth }: Props) {
  const { text } = useLanguage()
  const words = text.contract.candidates
  const [above, setAbove] = useState<string | null>(null)
  const [tceMin, setTceMin] = useState<number | null>(null)
  const id = useId()
  const path = withQuery(`areas/${encodeURIComponent(area)}/contract-candidates`, { above, tceMin, limit: LIMIT })
  return (
    <Card title={words.title} data-testid="contract-candidates">
      <p className="note">{words.note}</p>
      <div className="filters">
        <Filter
          name={words.above}
          any={words.aboveBenchmark}
          labels={{ constraint: words.aboveConstraint }}
          value={above}
          set={setAbove}
        />
        <label htmlFor={id}>{words.tceMin}</label>
        <InputNumber
          id={id}
          min={0}
          value={tceMin}
          onChange={(value) => setTceMin(value)}
          changeOnWheel={false}
          data-testid="tce-min"
        />
      </div>
      <List key={path} path={path} area={area} routeMonth={routeMonth} />
    </Card>
  )
}

function List({ path, area, routeMonth }: Props & { path: string }) {
  const speech = useLanguage()
  const { text, language } = speech
  const nameOf = useSubjectNames(area)
  const words = text.contract.candidates
  const pages = usePages<CandidatesPage>(path)
  const amount = (title: string, of: (row: Row) => number | null): TableColumnsType<Row>[number] => ({
    ...{ title, key: title, align: 'right', render: (_, row) => formatAmount(of(row)) },
  })
  const hasWater = pages.rows.some(({ savingM3 }) => savingM3 !== null)
  const columns: TableColumnsType<Row> = [
    {
      ...{ title: text.institution, key: 'name', rowScope: 'row' },
      render: (_, { institution }) => (
        <a href={formatRoute({ ...institutionRoute(institution, routeMonth), view: 'contracts' })}>
          {nameOf(institution)}
        </a>
      ),
    },
    { title: text.rating, key: 'rating', render: (_, { rating }) => rating && <RatingTag rating={rating} /> },
    {
      ...{ title: words.indicator, key: 'indicator' },
      render: (_, { indicator, unit, actual, limit, standIn, standard, threshold }) => (
        <>
          {indicator && (
            <>
              {text.quotaIndicators[indicator]}: {formatNumber(actual, 2)} → {formatNumber(limit, 2)}{' '}
              {formatUnit(unit ?? '', language)}{' '}
            </>
          )}
          {threshold && <Tag>{words.threshold(formatAmount(threshold.tce), threshold.validFrom)}</Tag>}
          {standIn && <StandInTag source={standard}>{text.standIn}</StandInTag>}
          {!standIn && standard && <SourceText>{standard}</SourceText>}
        </>
      ),
    },
    amount(`${words.saving} (kWh)`, ({ savingKwh }) => savingKwh),
    amount(`${words.saving} (${text.contract.yuan})`, ({ savingYuan }) => savingYuan),
    amount(`${words.saving} (tCO₂)`, ({ savingTco2 }) => savingTco2),
    ...(hasWater ? [amount(`${words.saving} (m³)`, ({ savingM3 }) => savingM3)] : []),
    amount(words.energy, ({ energyTce }) => energyTce),
  ]
  return (
    <>
      <SaveTables tables={[candidatesFile({ path, nameOf }, speech)]} />
      <DataTable
        rowKey={({ institution, indicator }) => `${institution} ${indicator}`}
        columns={columns}
        rows={pages.rows}
        loading={pages.loading}
        locale={{ emptyText: <Nothing>{words.none}</Nothing> }}
      />
      <MorePages pages={pages} />
    </>
  )
}
