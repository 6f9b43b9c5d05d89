// Shows the registered facts of an institution: its present type, sizes and heating.

import { Card, Descriptions } from 'antd'
import type { InstitutionView } from '../../../domain/view/view.ts'
import { formatNumber, UNKNOWN, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { RatingTag } from './marks.tsx'

export function InstitutionFacts({ institution }: { institution: InstitutionView }) {
  const { text } = useLanguage()
  const { type, venueKind, level, floorAreaM2, heatedAreaM2, energyUsers, heatingKind, climateZone } = institution
  const kind = [text.types[type], venueKind && text.venueKinds[venueKind], level && text.levels[level]]
  const items = [
    { key: 'id', label: 'ID', children: institution.id },
    { key: 'type', label: text.type, children: kind.filter((part) => part !== null).join(' · ') },
    {
      key: 'rating',
      label: text.rating,
      children: <RatingTag rating={institution.rating} isIssued={institution.quotaIssued} />,
    },
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
