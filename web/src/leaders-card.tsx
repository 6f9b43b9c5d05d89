// Candidates for efficiency leaders (能效领跑者) of an area, within each type and level, and why others are left out. The
// rule is named, and that it is a stand-in while the official criteria are not known.

import { Card, Empty } from 'antd'
import type { RankingGroup } from '../../domain/ranking.ts'
import type { RankingAnswer } from './energy-answers.ts'
import { formatNumber, formatUnit } from './format.ts'
import { useLanguage } from './language.tsx'
import { ProblemNotice, StandInTag } from './marks.tsx'
import { useSubjectNames } from './names.ts'
import { useResource, withQuery } from './resource.ts'
import { formatRoute, institutionRoute } from './route.ts'
import { SourceText } from './source-text.tsx'

const UNITS = { energyPerArea: 'kgce/m²', energyPerCapita: 'kgce/person', waterPerCapita: 'm³/person' }

interface Props {
  area: string
  year: string
  routeMonth: string | null
}

export function LeadersCard({ area, year, routeMonth }: Props) {
  const { text, language } = useLanguage()
  const ranking = useResource<RankingAnswer>(withQuery(`areas/${encodeURIComponent(area)}/ranking`, { year }))
  const nameOf = useSubjectNames(area)
  const { data } = ranking
  const linkOf = (id: string) => <a href={formatRoute(institutionRoute(id, routeMonth))}>{nameOf(id)}</a>
  return (
    <Card title={`${text.leaders} · ${year}`} loading={!data && !ranking.problem} data-testid="leaders">
      <ProblemNotice of={ranking} />
      {data && (
        <>
          <p className="note">
            {text.rule}: <SourceText>{data.rule.name}</SourceText> ·{' '}
            {data.rule.indicators.map((one) => text.indicators[one]).join(' → ')} · {text.coverage} ≥{' '}
            {formatNumber(data.rule.coverageMin * 100, 0)}%
            {data.rule.ratingAtWorst !== null && ` · ${text.rating} ≥ ${text.ratings[data.rule.ratingAtWorst]}`}{' '}
            {data.rule.standIn && <StandInTag source={data.rule.source}>{text.standInRule}</StandInTag>}
          </p>
          {data.groups.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={text.noInstitutions} />}
          <div className="groups">
            {data.groups.map((group) => (
              <section key={groupKey(group)} className="group">
                <h3>{groupName(group, text)}</h3>
                {group.ranked.length === 0 && <p className="faint">{text.noCandidates}</p>}
                <ol className="ranking">
                  {group.ranked.map(({ institution, rank, value, leader }) => (
                    <li key={institution} value={rank}>
                      {linkOf(institution)} {formatNumber(value, 2)}{' '}
                      {formatUnit(UNITS[data.rule.indicators[0]], language)}{' '}
                      {leader && <strong className="leader">{text.leader}</strong>}
                    </li>
                  ))}
                </ol>
                {group.excluded.length > 0 && (
                  <details>
                    <summary>{text.excluded(formatNumber(group.excluded.length, 0))}</summary>
                    <ul className="plain-list">
                      {group.excluded.map(({ institution, reasons }) => (
                        <li key={institution}>
                          {linkOf(institution)}{' '}
                          <span className="faint">
                            {reasons
                              .map((reason) => text.exclusions[reason] ?? reason)
                              .join(language === 'zh' ? '、' : ', ')}
                          </span>
                        </li>
                      ))}
                    </ul>
                  </details>
                )}
              </section>
            ))}
          </div>
        </>
      )}
    </Card>
  )
}

const groupKey = ({ type, venueKind, level }: RankingGroup): string => `${type} ${venueKind} ${level}`

type Words = ReturnType<typeof useLanguage>['text']
const groupName = ({ type, venueKind, level }: RankingGroup, text: Words): string =>
  [venueKind ? text.venueKinds[venueKind] : text.types[type], level && text.levels[level]]
    .filter((part) => part !== null && part !== undefined)
    .join(' · ')
