// Shows one meter: its last register to hold against the face, its series as raw readings, hours or days with flags and
// events, the review of register events, and the repair of readings.

import { Card, Descriptions, Spin } from 'antd'
import type { RegistersView } from '../../../domain/view/device.ts'
import type { InstitutionView, MeterView } from '../../../domain/view/view.ts'
import { useLive } from '../api/live.ts'
import { useResource } from '../api/resource.ts'
import { ProblemNotice } from '../cards/marks.tsx'
import { MeterSeriesCard } from '../cards/meter-series.tsx'
import { SavedFrom } from '../cards/saved-from.ts'
import { AreaPath, useArea } from '../frame/area-path.tsx'
import { formatRoute, institutionRoute, type MeterRoute, meterRoute } from '../frame/route.ts'
import { useTitle } from '../frame/title.ts'
import { formatRegister, formatTime, formatUnit, UNKNOWN, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { MeterName, SourceText, useMeterLabel } from '../words/source-text.tsx'

/** How often the register is asked for where it does not come by itself. */
const LIVE_MS = 5_000

export function MeterPage({ route }: { route: MeterRoute }) {
  const { text, nameOf } = useLanguage()
  const labelOf = useMeterLabel()
  const resource = useResource<MeterView>(`meters/${encodeURIComponent(route.id)}`)
  const meter = resource.data
  const owner = useResource<InstitutionView>(
    meter === null ? null : `institutions/${encodeURIComponent(meter.institution)}`,
  ).data
  const area = useArea(owner?.area ?? null)
  const name = meter ? labelOf(meter) : route.id
  useTitle(name)
  const at = meter && { ...institutionRoute(meter.institution, route.month), view: 'meters' as const, meter: meter.id }
  return (
    <SavedFrom value={{ subject: name, period: route.month ?? '' }}>
      <AreaPath
        area={area}
        routeMonth={route.month}
        leaf={name}
        {...(owner && at && { via: { name: nameOf(owner), href: formatRoute(at) } })}
      />
      <h1>{meter ? <MeterName meter={meter} /> : route.id}</h1>
      <ProblemNotice of={resource} />
      {!meter && !resource.problem && <Spin className="waiting" description={text.loading} />}
      {meter && (
        <>
          <Face meter={meter} />
          <MeterSeriesCard key={meter.id} meter={meter} label={name} route={route} />
        </>
      )}
    </SavedFrom>
  )
}

/** What the meter's face should show, and what the meter counts. */
function Face({ meter }: { meter: MeterView }) {
  const { text, language } = useLanguage()
  const registers = useLive<RegistersView>(`institutions/${encodeURIComponent(meter.institution)}/registers`, LIVE_MS)
  const last = registers.data?.items.find((row) => row.meter === meter.id)?.last
  const { medium, purpose, role, unit, multiplier, amountUnit, gateway, parent, kind } = meter
  const items = [
    { key: 'id', label: 'ID', children: meter.id },
    { key: 'medium', label: text.medium, children: text.media[medium] },
    {
      key: 'purpose',
      label: text.purpose,
      children: purpose === null ? UNKNOWN : (text.purposes[purpose] ?? purpose),
    },
    { key: 'role', label: text.role, children: text.roles[role] },
    { key: 'kind', label: text.manage.meterKind, children: text.manage.meterKinds[kind] },
    { key: 'multiplier', label: text.work.multiplier, children: formatRegister(multiplier) },
    { key: 'unit', label: text.work.unit, children: formatUnit(amountUnit, language) },
    { key: 'gateway', label: text.work.gateway, children: gateway ?? UNKNOWN },
    {
      key: 'parent',
      label: text.manage.meterAbove,
      children: parent === null ? UNKNOWN : <a href={formatRoute(meterRoute(parent, null))}>{parent}</a>,
    },
  ]
  return (
    <Card data-testid="meter-face">
      <div className="meter-face">
        <div>
          <div className="faint">{text.work.lastRegister}</div>
          <strong className="register">
            {last ? withUnit(formatRegister(last.value), formatUnit(unit, language)) : UNKNOWN}
          </strong>
        </div>
        <div>
          <div className="faint">{text.readAt}</div>
          <strong>{formatTime(last?.atMs ?? meter.lastReadingAtMs)}</strong>
        </div>
        <p className="note">
          <SourceText>{text.manage.faceHint}</SourceText>
        </p>
      </div>
      <Descriptions size="small" column={{ xs: 1, sm: 2, lg: 3 }} items={items} />
    </Card>
  )
}
