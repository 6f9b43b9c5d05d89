// Shows the carbon ledger (碳排放量统计台账) of an institution or area for a year: direct, purchased electricity, purchased
// heat; each source with the rows that convert it to tonnes; and the boundary.

import { Card, Select, type TableColumnsType } from 'antd'
import { useState } from 'react'
import type { Month } from '../../../domain/calendar.ts'
import type { CarbonLedger } from '../../../domain/energy/carbon-ledger.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { certaintyWords } from '../words/certainty.ts'
import { formatAmount, formatNumber, formatUnit, UNKNOWN } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import { ledgerFiles } from './files-energy.ts'
import { FigureHead, Nothing, ProblemNotice, StandInTag } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'

const SPLITS = ['direct', 'purchasedElectricity', 'purchasedHeat', 'total'] as const
const YEARS_OFFERED = 10

/** `subject`: `institutions/ID` or `areas/CODE`. */
export function CarbonCard({ subject, month }: { subject: string; month: Month }) {
  const speech = useLanguage()
  const { text } = speech
  const shown = Number(month.slice(0, 4))
  const [year, setYear] = useState(shown)
  const ledger = useResource<CarbonLedger>(withQuery(`${subject}/carbon`, { year }))
  const years = Array.from({ length: YEARS_OFFERED }, (_, index) => shown - index)
  const { data } = ledger
  return (
    <Card
      title={`${text.ledger} · ${year}`}
      loading={!data && !ledger.problem}
      extra={
        <div className="filters">
          <Select
            aria-label={text.year}
            value={year}
            options={years.map((value) => ({ value, label: String(value) }))}
            onChange={setYear}
          />
          <SaveTables tables={data && data.rows.length > 0 ? ledgerFiles(data, speech) : []} />
        </div>
      }
      data-testid="carbon"
    >
      <ProblemNotice of={ledger} />
      {data?.rows.length === 0 && <Nothing>{text.noLedger}</Nothing>}
      {data && data.rows.length > 0 && <Ledger ledger={data} />}
    </Card>
  )
}

type Row = CarbonLedger['rows'][number]

function Ledger({ ledger }: { ledger: CarbonLedger }) {
  const { text, language } = useLanguage()
  const columns: TableColumnsType<Row> = [
    {
      title: text.source,
      key: 'source',
      rowScope: 'row',
      render: (_, { source, scope }) => (
        <>
          <div className="row-name">{text.carriers[source] ?? source}</div>
          <div className="faint">{text.scopes[scope] ?? scope}</div>
        </>
      ),
    },
    {
      title: text.activity,
      key: 'activity',
      align: 'right',
      render: (_, { activity, unit }) => `${formatAmount(activity)} ${formatUnit(unit, language)}`,
    },
    {
      title: <FigureHead label={text.emissions} unit="tCO2" />,
      key: 'emissions',
      align: 'right',
      render: (_, { emissionsT, reason }) => (
        <>
          <strong>{formatNumber(emissionsT, 2)}</strong>
          {reason !== null && <div className="faint">{reason}</div>}
        </>
      ),
    },
    {
      title: <FigureHead label={text.energyEquivalent} unit="kgce" />,
      key: 'energy',
      align: 'right',
      render: (_, { energyKgce }) => formatNumber(energyKgce, 0),
    },
    { title: text.factor, key: 'factor', render: (_, { factor }) => <FactorNote factor={factor} /> },
    {
      title: text.coefficient,
      key: 'coefficient',
      render: (_, { coefficient }) =>
        coefficient === null ? (
          UNKNOWN
        ) : (
          <div className="row-note">
            {coefficient.value} {formatUnit(coefficient.unit, language)}
            <div className="faint">
              <SourceText>{coefficient.name}</SourceText> · {text.certainty}:{' '}
              {certaintyWords(coefficient.certainty, text)}
            </div>
          </div>
        ),
    },
  ]
  return (
    <>
      <ul className="figures">
        {SPLITS.map((part) => (
          <li key={part}>
            <span className="faint">{part === 'total' ? text.total : text.scopes[part]}</span>
            <strong data-testid={`carbon-${part}`}>{formatAmount(ledger.totals[part])} tCO₂</strong>
          </li>
        ))}
      </ul>
      <DataTable
        rowKey={({ source, factor, coefficient }) => `${source} ${factor?.validFrom} ${coefficient?.validFrom}`}
        columns={columns}
        rows={ledger.rows}
        expandable={{
          expandedRowRender: ({ months, unit }) => (
            <ul className="plain-list">
              {months.map(({ month, activity, emissionsT }) => (
                <li key={month}>
                  {month}: {formatAmount(activity)} {formatUnit(unit, language)} → {formatNumber(emissionsT, 2)} tCO₂
                </li>
              ))}
            </ul>
          ),
        }}
      />
      <ul className="note">
        <li>{ledger.reconciled ? text.reconciled : text.notReconciled}</li>
        {ledger.boundary.map((line) => (
          <li key={line.en}>
            <b>{text.boundary}</b> {line[language]}{' '}
            {line.standIn && <StandInTag source={line.source}>{text.standInRule}</StandInTag>}
          </li>
        ))}
      </ul>
    </>
  )
}

function FactorNote({ factor }: { factor: Row['factor'] }) {
  const { text, language } = useLanguage()
  if (factor === null) return UNKNOWN
  const named: Partial<Record<'series' | 'dataYear' | 'areaName' | 'publisher' | 'notice', string | number | null>> =
    factor
  const name = [named.series, named.dataYear, named.areaName, named.publisher, named.notice]
    .filter((part) => part !== null && part !== undefined && part !== '')
    .join(' ')
  return (
    <div className="row-note">
      {factor.value} {formatUnit(factor.unit, language)}
      <div className="faint">
        <SourceText>{name === '' ? factor.source : name}</SourceText> · {text.validFromOn(factor.validFrom)} ·{' '}
        {text.certainty}: {certaintyWords(factor.certainty, text)}
        {factor.retroactive && ` · ${text.retroactive}`}
      </div>
    </div>
  )
}
