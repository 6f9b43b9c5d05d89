// Lists the meters of an institution; choosing one shows its curve.

import { Card, type TableColumnsType } from 'antd'
import type { RegistersView } from '../../../domain/view/device.ts'
import type { MeterView } from '../../../domain/view/view.ts'
import { useResource } from '../api/resource.ts'
import { formatRoute, type InstitutionRoute, meterRoute, visit } from '../frame/route.ts'
import { formatRegister, formatTime, formatUnit, UNKNOWN, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { MeterName, useMeterLabel } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import { metersFile } from './files-energy.ts'
import { Nothing } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'
import { attributes } from './table-rows.ts'

export function MeterTable({ meters, route }: { meters: MeterView[]; route: InstitutionRoute }) {
  const speech = useLanguage()
  const { text, language } = speech
  const labelOf = useMeterLabel()
  const path = meters[0] && `institutions/${encodeURIComponent(meters[0].institution)}/registers`
  const registers = new Map(
    useResource<RegistersView>(path ?? null).data?.items.map((row) => [row.meter, row] as const) ?? [],
  )
  const choose = (meter: string) => visit({ ...route, meter, day: null })
  const columns: TableColumnsType<MeterView> = [
    {
      title: text.meter,
      key: 'meter',
      rowScope: 'row',
      render: (_, meter) => (
        <>
          <div className="row-name">
            <MeterName meter={meter} />
          </div>
          <div className="faint">
            <a href={formatRoute(meterRoute(meter.id, route.month))} onClick={(event) => event.stopPropagation()}>
              {meter.id}
            </a>
          </div>
        </>
      ),
    },
    { title: text.medium, key: 'medium', render: (_, { medium }) => text.media[medium] },
    {
      title: text.purpose,
      key: 'purpose',
      render: (_, { purpose }) => (purpose === null ? UNKNOWN : (text.purposes[purpose] ?? purpose)),
    },
    { title: text.role, key: 'role', render: (_, { role }) => text.roles[role] },
    { title: text.work.unit, key: 'unit', render: (_, { amountUnit }) => formatUnit(amountUnit, language) },
    {
      title: text.work.multiplier,
      key: 'multiplier',
      align: 'right',
      render: (_, { multiplier }) => formatRegister(multiplier),
    },
    {
      title: text.work.lastRegister,
      key: 'last',
      align: 'right',
      render: (_, { id, unit, lastReadingAtMs }) => {
        const last = registers.get(id)?.last
        return (
          <>
            <strong>{last ? withUnit(formatRegister(last.value), formatUnit(unit, language)) : UNKNOWN}</strong>
            <div className="faint">{formatTime(last?.atMs ?? lastReadingAtMs)}</div>
          </>
        )
      },
    },
  ]
  return (
    <Card
      title={text.meters}
      extra={<SaveTables tables={meters.length > 0 ? [metersFile(meters, labelOf, speech)] : []} />}
      data-testid="meters"
    >
      <DataTable
        rowKey="id"
        columns={columns}
        rows={meters}
        locale={{ emptyText: <Nothing>{text.noMeters}</Nothing> }}
        onRow={({ id }) => attributes(`meter-row-${id}`, () => choose(id))}
      />
    </Card>
  )
}
