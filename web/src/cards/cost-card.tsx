// Shows an institution's cost of a month: each meter by the periods of its tariff, and the bills.

import { Card, type TableColumnsType } from 'antd'
import type { Month } from '../../../domain/calendar.ts'
import type { CostView } from '../../../domain/view/energy.ts'
import type { MeterView } from '../../../domain/view/view.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { formatAmount, formatNumber, formatUnit, UNKNOWN, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { MeterName, SourceText, useMeterLabel } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import { billsFile, costFile } from './files-energy.ts'
import { Nothing, ProblemNotice, StandInTag } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'

interface Props {
  institution: string
  meters: readonly MeterView[]
  month: Month
}

export function CostCard({ institution, meters, month }: Props) {
  const speech = useLanguage()
  const labelOf = useMeterLabel()
  const { text } = speech
  const cost = useResource<CostView>(withQuery(`institutions/${encodeURIComponent(institution)}/cost`, { month }))
  const { data } = cost
  const nameOf = (id: string) => labelOf(meters.find((meter) => meter.id === id) ?? { id, name: null, purpose: null })
  return (
    <>
      <Card
        title={`${text.tou} · ${month}`}
        loading={!data && !cost.problem}
        extra={<SaveTables tables={data ? [costFile(data, nameOf, speech)] : []} />}
        data-testid="cost"
      >
        <ProblemNotice of={cost} />
        {data && (
          <>
            <ul className="figures">
              <li>
                <span className="faint">{text.total}</span>
                <strong data-testid="cost-total">{withUnit(formatNumber(data.costYuan, 0), text.yuan)}</strong>
              </li>
              <li>
                <span className="faint">
                  {text.hoursPriced(formatNumber(data.hoursPriced, 0), formatNumber(data.hoursExpected, 0))}
                </span>
              </li>
            </ul>
            <Periods rows={rowsOf(data)} meters={meters} tariffs={data.tariffs} />
          </>
        )}
      </Card>
      {data && (
        <Card
          title={`${text.bills} · ${month}`}
          extra={<SaveTables tables={data.bills.length > 0 ? [billsFile(data.bills, speech)] : []} />}
        >
          <Bills bills={data.bills} />
        </Card>
      )}
    </>
  )
}

interface PeriodRow {
  key: string
  meter: CostView['meters'][number]
  /** Null: the meter as a whole. */
  period: CostView['meters'][number]['periods'][number] | null
}

/** Each meter, followed by its periods when there are several. */
const rowsOf = ({ meters }: CostView): PeriodRow[] =>
  meters.flatMap((meter) => [
    { key: meter.meter, meter, period: null },
    ...(meter.periods.length > 1
      ? meter.periods.map((period) => ({ key: `${meter.meter} ${period.name}`, meter, period }))
      : []),
  ])

interface PeriodsProps extends Pick<Props, 'meters'> {
  rows: PeriodRow[]
  tariffs: CostView['tariffs']
}

function Periods({ rows, meters, tariffs }: PeriodsProps) {
  const { text, language } = useLanguage()
  const amountOf = ({ meter, period }: PeriodRow): number | null =>
    period ? period.amount : meter.periods.length === 0 ? null : meter.periods.reduce((sum, one) => sum + one.amount, 0)
  const yuanOf = ({ meter, period }: PeriodRow): number | null => (period ? period.yuan : meter.yuan)
  const columns: TableColumnsType<PeriodRow> = [
    {
      title: `${text.meter} / ${text.period}`,
      key: 'name',
      rowScope: 'row',
      render: (_, { meter, period }) =>
        period ? (
          <span className="indented">{text.periods[period.name] ?? period.name}</span>
        ) : (
          <div className="row-name">
            <MeterName
              meter={meters.find(({ id }) => id === meter.meter) ?? { id: meter.meter, name: null, purpose: null }}
            />
          </div>
        ),
    },
    {
      title: text.amount,
      key: 'amount',
      align: 'right',
      render: (_, row) => withUnit(formatAmount(amountOf(row)), formatUnit(row.meter.unit, language)),
    },
    {
      title: text.costOf,
      key: 'yuan',
      align: 'right',
      render: (_, row) => (row.period ? formatNumber(yuanOf(row), 0) : <strong>{formatNumber(yuanOf(row), 0)}</strong>),
    },
    {
      title: text.price,
      key: 'price',
      align: 'right',
      render: (_, row) => {
        const [amount, yuan] = [amountOf(row), yuanOf(row)]
        return amount && yuan !== null
          ? `${formatNumber(yuan / amount, 3)} ${text.yuan}/${formatUnit(row.meter.unit, language)}`
          : UNKNOWN
      },
    },
    {
      title: text.tariff,
      key: 'tariff',
      render: (_, { meter, period }) =>
        period === null &&
        (meter.tariffs.length === 0 ? (
          <span className="faint">{text.noTariff}</span>
        ) : (
          meter.tariffs.map((id) => <TariffName key={id} id={id} tariff={tariffs.find((one) => one.id === id)} />)
        )),
    },
  ]
  return (
    <DataTable rowKey="key" columns={columns} rows={rows} locale={{ emptyText: <Nothing>{text.noMeters}</Nothing> }} />
  )
}

function TariffName({ id, tariff }: { id: string; tariff: CostView['tariffs'][number] | undefined }) {
  const { text } = useLanguage()
  return (
    <div>
      {id} {tariff?.standIn && <StandInTag source={tariff.source}>{text.standInTarget}</StandInTag>}
      {tariff?.source && (
        <div className="faint">
          <SourceText>{tariff.source}</SourceText>
        </div>
      )}
    </div>
  )
}

function Bills({ bills }: Pick<CostView, 'bills'>) {
  const { text } = useLanguage()
  if (bills.length === 0) return <Nothing>{text.noBills}</Nothing>
  return (
    <ul className="plain-list">
      {bills.map(({ carrier, quantity, unit, costYuan, source }) => (
        <li key={`${carrier} ${quantity} ${unit} ${source}`}>
          {text.carriers[carrier] ?? carrier}: {formatAmount(quantity)} {unit} ·{' '}
          <strong>{withUnit(formatNumber(costYuan, 0), text.yuan)}</strong>{' '}
          <span className="faint">{source !== null && <SourceText>{source}</SourceText>}</span>
        </li>
      ))}
    </ul>
  )
}
