// Shows the PUE of a data centre for the month, the year with its grade, and each month. A grade applies to a whole
// year, by a dated table that the card names.

import { Card, Descriptions, type TableColumnsType } from 'antd'
import { lazy, Suspense } from 'react'
import type { Month } from '../../../domain/calendar.ts'
import type { Effectiveness } from '../../../domain/judge/data-centre.ts'
import type { DataCentreView } from '../../../domain/view/energy.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { formatCoverage, formatNumber, UNKNOWN, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import { dataCentreFiles } from './files-energy.ts'
import { ProvisionalTag } from './known-figure.tsx'
import { Nothing, ProblemNotice, RatingTag, StandInTag } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'

const PueChart = lazy(async () => ({ default: (await import('../charts/pue-chart.tsx')).PueChart }))

export function DataCentreCard({ institution, month }: { institution: string; month: Month }) {
  const speech = useLanguage()
  const { text } = speech
  const path = `institutions/${encodeURIComponent(institution)}/data-centre`
  const centre = useResource<DataCentreView>(withQuery(path, { month }))
  const { data } = centre
  const isThere =
    data && [data.boundaries.pue, data.boundaries.eue].some(({ total, it }) => total.length + it.length > 0)
  return (
    <Card
      title={`${text.tabs.dataCentre} · ${month}`}
      loading={!data && !centre.problem}
      extra={<SaveTables tables={isThere ? dataCentreFiles(data, speech) : []} />}
      data-testid="data-centre"
    >
      <ProblemNotice of={centre} />
      {data && !isThere && <Nothing>{text.noDataCentre}</Nothing>}
      {isThere && (
        <>
          <Grades centre={data} />
          <h2 className="card-part">{text.pueByHour}</h2>
          <Suspense fallback={<div className="chart chart-days" />}>
            <PueChart hours={data.hours} />
          </Suspense>
          <Months months={data.months} />
        </>
      )}
    </Card>
  )
}

function Grades({ centre }: { centre: DataCentreView }) {
  const { text, language } = useLanguage()
  const { monthly, yearly, pueAtLeast, pueGrade, eueRating, boundaries } = centre
  const { quota } = eueRating
  const items = [
    {
      key: 'month',
      label: `${text.pue} · ${centre.months.at(-1)?.month ?? text.month}`,
      children: <EffectivenessText of={monthly.pue} />,
    },
    {
      key: 'year',
      label: `${text.pue} · ${yearly.year}`,
      children: (
        <strong data-testid="pue-year">
          <EffectivenessText of={yearly.pue} />
          {pueAtLeast !== null && ` ${text.atLeast(formatNumber(pueAtLeast, 3))}`}
        </strong>
      ),
    },
    {
      key: 'grade',
      label: text.pueGrade,
      children: <PueGrade of={pueGrade} />,
    },
    {
      key: 'eue',
      label: `${text.eue} · ${yearly.year}`,
      children: (
        <span>
          <EffectivenessText of={yearly.eue} />{' '}
          {boundaries.eue.basis === 'asPue' && <span className="faint">{text.eueAsPue} </span>}
          <RatingTag rating={eueRating.rating} />{' '}
          {quota && (
            <span className="faint">
              {quota.standard} {quota.standIn && <StandInTag source={quota.source}>{text.standIn}</StandInTag>}
            </span>
          )}
        </span>
      ),
    },
    { key: 'total', label: text.centreTotal, children: withUnit(formatNumber(monthly.totalKwh, 0), 'kWh') },
    { key: 'it', label: text.centreIt, children: withUnit(formatNumber(monthly.itKwh, 0), 'kWh') },
  ]
  return <Descriptions key={language} size="small" column={{ xs: 1, sm: 2 }} items={items} />
}

function PueGrade({ of: { grade, reason, table } }: { of: DataCentreView['pueGrade'] }) {
  const { text } = useLanguage()
  const wordOf = (known: NonNullable<typeof grade>): string =>
    typeof known === 'number' ? text.gradeNumber(String(known)) : (text.pueGrades[known] ?? known)
  return (
    <span>
      {grade === null ? (text.pueGradeReasons[reason ?? ''] ?? UNKNOWN) : wordOf(grade)}{' '}
      {table && (
        <span className="faint">
          {table.standard} · {text.certainty}: {table.certainty} · <SourceText>{table.source}</SourceText>
        </span>
      )}
    </span>
  )
}

/** The value with how much of it is known, or the reason for none and the known part. */
function EffectivenessText({ of }: { of: Effectiveness }) {
  const { text } = useLanguage()
  const { value, problem, knownShare, knownPart } = of
  if (value === null)
    return (
      <span className="faint">
        {problem === null ? UNKNOWN : (text.pueProblems[problem] ?? problem)}
        {problem === 'unknownTime' && ` ${text.knownPartOf(formatCoverage(knownShare), formatNumber(knownPart, 3))}`}
      </span>
    )
  return (
    <>
      {formatNumber(value, 3)}{' '}
      <span className="faint">
        {text.coverage} {formatCoverage(knownShare)}
      </span>
      <ProvisionalTag known={{ ...of, reason: null }} />
    </>
  )
}

function Months({ months }: Pick<DataCentreView, 'months'>) {
  const { text } = useLanguage()
  const columns: TableColumnsType<DataCentreView['months'][number]> = [
    { title: text.monthRow, key: 'month', dataIndex: 'month', rowScope: 'row' },
    { title: text.pue, key: 'pue', align: 'right', render: (_, { pue }) => <EffectivenessText of={pue} /> },
    {
      title: `${text.centreTotal} (kWh)`,
      key: 'total',
      align: 'right',
      render: (_, { totalKwh }) => formatNumber(totalKwh, 0),
    },
    { title: `${text.centreIt} (kWh)`, key: 'it', align: 'right', render: (_, { itKwh }) => formatNumber(itKwh, 0) },
  ]
  return <DataTable rowKey="month" columns={columns} rows={months} />
}
