// Lists the candidates for efficiency leaders (能效领跑者) of an area, within each type and level, and the reasons for
// excluding others. Names the rule, and says that it is a stand-in while the official criteria are not known.

import { Card } from 'antd'
import type { Month } from '../../../domain/calendar.ts'
import { DUAL_CONTROL } from '../../../domain/indicator.ts'
import type { RankingPage } from '../../../domain/view/comparison.ts'
import { usePages } from '../api/pages.ts'
import { withQuery } from '../api/resource.ts'
import { formatRoute, institutionRoute } from '../frame/route.ts'
import { formatNumber, formatUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { useSubjectNames } from '../words/names.ts'
import { SourceText } from '../words/source-text.tsx'
import { leadersFile } from './files-energy.ts'
import { MorePages } from './list-tools.tsx'
import { Coverage, Nothing, StandInTag } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'

/** The API's largest page, so that groups of all but very large areas are shown whole. */
const LIMIT = 500

type RankingRow = RankingPage['items'][number]

interface Props {
  area: string
  year: string
  routeMonth: Month | null
}

/** Another area or year needs another component (`key`). */
export function LeadersCard({ area, year, routeMonth }: Props) {
  const speech = useLanguage()
  const { text } = speech
  const path = withQuery(`areas/${encodeURIComponent(area)}/ranking`, { year, limit: LIMIT })
  const pages = usePages<RankingPage>(path)
  const nameOf = useSubjectNames(area)
  const { rows, last } = pages
  const groups = Map.groupBy(rows, (row) => groupName(row, text))
  return (
    <Card
      title={`${text.leaders} · ${year}`}
      loading={!last && pages.loading}
      extra={<SaveTables tables={[leadersFile({ path, year, nameOf }, (row) => groupName(row, text), speech)]} />}
      data-testid="leaders"
    >
      {last && <RuleNote rule={last.rule} />}
      {last && rows.length === 0 && <Nothing>{text.noInstitutions}</Nothing>}
      <div className="groups">
        {[...groups].map(([name, own]) => (
          <section key={name} className="group">
            <h2 className="card-part">{name}</h2>
            {last && <Group rows={own} rule={last.rule} nameOf={nameOf} routeMonth={routeMonth} />}
          </section>
        ))}
      </div>
      <MorePages pages={pages} />
    </Card>
  )
}

function RuleNote({ rule }: Pick<RankingPage, 'rule'>) {
  const { text } = useLanguage()
  const { name, indicators, coverageMin, ratingAtWorst, standIn, source } = rule
  return (
    <p className="note">
      {text.rule}: <SourceText>{name}</SourceText> · {indicators.map((one) => text.indicators[one]).join(' → ')} ·{' '}
      {text.coverage} ≥ {formatNumber(coverageMin * 100, 0)}%
      {ratingAtWorst && ` · ${text.rating} ≥ ${text.ratings[ratingAtWorst]}`}{' '}
      {standIn && <StandInTag source={source}>{text.standInRule}</StandInTag>}
    </p>
  )
}

interface GroupProps extends Pick<RankingPage, 'rule'> {
  rows: readonly RankingRow[]
  nameOf: (id: string) => string
  routeMonth: Month | null
}

function Group({ rows, rule, nameOf, routeMonth }: GroupProps) {
  const { text, language } = useLanguage()
  const [indicator] = rule.indicators
  const ranked = rows.filter(({ rank }) => rank !== null)
  const excluded = rows.filter(({ rank }) => rank === null)
  const linkOf = (id: string) => <a href={formatRoute(institutionRoute(id, routeMonth))}>{nameOf(id)}</a>
  return (
    <>
      {ranked.length === 0 && <p className="faint">{text.noCandidates}</p>}
      <ol className="ranking">
        {ranked.map(({ institution, rank, value, leader, coverage, provisional }) => (
          <li key={institution} value={rank ?? undefined}>
            {linkOf(institution)} {formatNumber(value, 2)}{' '}
            {indicator && formatUnit(DUAL_CONTROL[indicator].unit, language)}{' '}
            {provisional && <Coverage share={coverage} provisional />}
            {leader && <strong className="leader">{text.leader}</strong>}
          </li>
        ))}
      </ol>
      {excluded.length > 0 && (
        <details>
          <summary>{text.excluded(formatNumber(excluded.length, 0))}</summary>
          <ul className="plain-list">
            {excluded.map(({ institution, reasons }) => (
              <li key={institution}>
                {linkOf(institution)}{' '}
                <span className="faint">
                  {reasons.map((reason) => text.exclusions[reason] ?? reason).join(language === 'zh' ? '、' : ', ')}
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}

type Words = ReturnType<typeof useLanguage>['text']
const groupName = ({ type, venueKind, level }: RankingRow, text: Words): string =>
  [venueKind ? text.venueKinds[venueKind] : text.types[type], level && text.levels[level]]
    .filter((part) => part !== null && part !== undefined)
    .join(' · ')
