// Candidates for efficiency leaders (能效领跑者) of an area, within each type and level, and why others are left out. The
// rule is named, and that it is a stand-in while the official criteria are not known.

import { Card, Empty } from 'antd'
import type { RankingAnswer } from './energy-answers.ts'
import { formatNumber, formatUnit } from './format.ts'
import { useLanguage } from './language.tsx'
import { ProblemNotice, StandInTag } from './marks.tsx'
import { useLimit } from './more-button.tsx'
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
  const { limit, moreOf } = useLimit()
  const ranking = useResource<RankingAnswer>(withQuery(`areas/${encodeURIComponent(area)}/ranking`, { year, limit }))
  const nameOf = useSubjectNames(area)
  const { data } = ranking
  const groups = [...Map.groupBy(data?.items ?? [], groupKey)].map(([key, rows]) => ({
    key,
    of: rows[0],
    ranked: rows.filter(({ rank }) => rank !== null),
    excluded: rows.filter(({ rank }) => rank === null),
  }))
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
            {data.rule.ratingAtWorst !== undefined && ` · ${text.rating} ≥ ${text.ratings[data.rule.ratingAtWorst]}`}{' '}
            {data.rule.standIn && <StandInTag source={data.rule.source}>{text.standInRule}</StandInTag>}
          </p>
          {groups.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={text.noInstitutions} />}
          <div className="groups">
            {groups.map((group) => (
              <section key={group.key} className="group">
                <h3>{groupName(group.of, text)}</h3>
                {group.ranked.length === 0 && <p className="faint">{text.noCandidates}</p>}
                <ol className="ranking">
                  {group.ranked.map(({ institution, rank, value, leader }) => (
                    <li key={institution} value={rank ?? undefined}>
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
          {moreOf(data.next)}
        </>
      )}
    </Card>
  )
}

type Row = RankingAnswer['items'][number]
const groupKey = ({ type, venueKind, level }: Row): string => `${type} ${venueKind} ${level}`

type Words = ReturnType<typeof useLanguage>['text']
const groupName = ({ type, venueKind, level }: Row, text: Words): string =>
  [venueKind ? text.venueKinds[venueKind] : text.types[type], level && text.levels[level]]
    .filter((part) => part !== null && part !== undefined)
    .join(' · ')
