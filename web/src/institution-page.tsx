// One institution: what it is, its dual control, its quota, its meters and the curve of one meter's day.

import { Card, Descriptions, Empty, Table, type TableColumnsType } from 'antd'
import type { InstitutionStatusView, InstitutionView, MeterView } from '../../domain/view.ts'
import { AreaPath, useArea } from './area-path.tsx'
import { DualControlCard } from './dual-control-card.tsx'
import { formatNumber, formatTime, formatUnit, UNKNOWN, withUnit } from './format.ts'
import { useLanguage } from './language.tsx'
import { ProblemNotice, RatingTag } from './marks.tsx'
import { MeterCard } from './meter-card.tsx'
import { QuotaCard } from './quota-card.tsx'
import { useResource, withQuery } from './resource.ts'
import { type Route, visit } from './route.ts'
import { attributes } from './table-rows.ts'
import { useTitle } from './title.ts'

type InstitutionRoute = Extract<Route, { page: 'institution' }>

export function InstitutionPage({ route, month }: { route: InstitutionRoute; month: string }) {
  const { text, nameOf } = useLanguage()
  const path = `institutions/${encodeURIComponent(route.id)}`
  const institution = useResource<InstitutionView>(path)
  const status = useResource<InstitutionStatusView>(withQuery(`${path}/status`, { month }))
  const area = useArea(institution.data?.area ?? null)
  const name = institution.data ? nameOf(institution.data) : institution.problem ? route.id : '…'
  useTitle(name)
  return (
    <>
      <AreaPath area={area} routeMonth={route.month} leaf={name} />
      <h1>{name}</h1>
      <ProblemNotice of={institution} />
      {institution.data && <Facts institution={institution.data} />}
      {institution.data && <ProblemNotice of={status} />}
      {!(status.problem && !status.data) && (
        <>
          <DualControlCard
            title={`${text.dualControl} · ${month}`}
            dualControl={status.data?.dualControl ?? null}
            loading={status.data === null}
            energyTestId="institution-energy-actual"
          />
          <QuotaCard rows={status.data?.quota ?? []} loading={status.data === null} />
        </>
      )}
      {institution.data && (
        <>
          <MeterCard meters={institution.data.meters} route={route} />
          <Meters meters={institution.data.meters} route={route} />
        </>
      )}
    </>
  )
}

function Facts({ institution }: { institution: InstitutionView }) {
  const { text } = useLanguage()
  const { type, venueKind, level, floorAreaM2, heatedAreaM2, energyUsers, heatingKind, climateZone } = institution
  const kind = [text.types[type], venueKind && text.venueKinds[venueKind], level && text.levels[level]]
  const items = [
    { key: 'id', label: 'ID', children: institution.id },
    { key: 'type', label: text.type, children: kind.filter((part) => part !== null).join(' · ') },
    { key: 'rating', label: text.rating, children: <RatingTag rating={institution.rating} /> },
    { key: 'floor', label: text.floorArea, children: withUnit(formatNumber(floorAreaM2, 0), 'm²') },
    { key: 'heated', label: text.heatedArea, children: withUnit(formatNumber(heatedAreaM2, 0), 'm²') },
    { key: 'users', label: text.energyUsers, children: withUnit(formatNumber(energyUsers, 0), text.people) },
    { key: 'heating', label: text.heating, children: heatingKind ? text.heatingKinds[heatingKind] : UNKNOWN },
    { key: 'zone', label: text.climateZone, children: climateZone ?? UNKNOWN },
  ]
  return (
    <Card>
      <Descriptions size="small" column={{ xs: 1, sm: 2, lg: 3 }} items={items} />
    </Card>
  )
}

function Meters({ meters, route }: { meters: MeterView[]; route: InstitutionRoute }) {
  const { text, language } = useLanguage()
  const choose = (meter: string) => visit({ ...route, meter, day: null })
  const columns: TableColumnsType<MeterView> = [
    {
      title: text.meter,
      key: 'meter',
      rowScope: 'row',
      render: (_, { id, name }) => (
        <>
          <div className="row-name">{name ?? id}</div>
          {name && <div className="faint">{id}</div>}
        </>
      ),
    },
    { title: text.medium, key: 'medium', render: (_, { medium }) => text.media[medium] },
    { title: text.purpose, key: 'purpose', render: (_, { purpose }) => purpose ?? UNKNOWN },
    { title: text.role, key: 'role', render: (_, { role }) => text.roles[role] },
    { title: text.amount, key: 'unit', render: (_, { amountUnit }) => formatUnit(amountUnit, language) },
    {
      title: text.lastReading,
      key: 'last',
      align: 'right',
      render: (_, { lastReadingAtMs }) => formatTime(lastReadingAtMs),
    },
  ]
  return (
    <Card title={text.meters}>
      <Table
        size="small"
        rowKey="id"
        columns={columns}
        dataSource={meters}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={text.noMeters} /> }}
        onRow={({ id }) => attributes(`meter-row-${id}`, () => choose(id))}
      />
    </Card>
  )
}
