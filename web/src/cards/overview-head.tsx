// Shows how an area stands at a glance: the totals and intensities as gauges against their targets, with the forecast
// and how much is known.

import type { Month } from '../../../domain/calendar.ts'
import { isTotal } from '../../../domain/indicator.ts'
import type { DualControl, IndicatorStatus } from '../../../domain/judge/result.ts'
import type { AreaStatusView } from '../../../domain/view/view.ts'
import { areaRoute, formatRoute } from '../frame/route.ts'
import {
  formatCoverage,
  formatIndicator,
  formatIndicatorUnit,
  formatRatio,
  scaleOf,
  withUnit,
} from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { decisiveIndicators, verdictWords } from '../words/verdict-words.ts'
import { StatusTag, WhyLink } from './marks.tsx'

type Below = AreaStatusView['children'][number]

interface Props {
  dualControl: DualControl
  /** The areas directly below. */
  below: readonly Below[]
  routeMonth: Month | null
}

export function OverviewHead({ dualControl, below, routeMonth }: Props) {
  const { text } = useLanguage()
  return (
    <section className="card" data-testid="overview-head">
      <p className="verdict-sentence">
        {dualControl.status !== null && <StatusTag status={dualControl.status} />}{' '}
        <strong>{verdictWords(dualControl, text)}</strong>
      </p>
      <Worst below={below} routeMonth={routeMonth} />
      <div className="gauges">
        {dualControl.indicators.map((row) => (
          <Gauge key={row.indicator} row={row} />
        ))}
      </div>
    </section>
  )
}

const RANKS = ['onTrack', 'atRisk', 'over']

/** The area below that stands worst, the indicator that decides it, and why: nobody searches a table for it. */
function Worst({ below, routeMonth }: Pick<Props, 'below' | 'routeMonth'>) {
  const { text, nameOf } = useLanguage()
  const [worst] = below
    .flatMap((area) => {
      const decisive = area.dualControl && decisiveIndicators(area.dualControl).at(0)
      return decisive ? [{ area, decisive, rank: RANKS.indexOf(decisive.status ?? '') }] : []
    })
    .toSorted((a, b) => b.rank - a.rank || (b.decisive.ratio ?? 0) - (a.decisive.ratio ?? 0))
  if (!worst || worst.rank <= 0) return null
  const { code } = worst.area
  const { indicator, ratio } = worst.decisive
  const name = text.indicators[indicator]
  const why = { page: 'why', of: 'area', id: code, indicator, table: 'dualControl', month: routeMonth } as const
  return (
    <p data-testid="worst-area">
      {text.work.worstBelow} <a href={formatRoute(areaRoute(code, routeMonth))}>{nameOf(worst.area)}</a>
      {text.comma}
      {text.work.forecastUses(name, formatRatio(ratio))} <WhyLink href={formatRoute(why)} of={name} />
    </p>
  )
}

/** The dial ends at 120 % of the target, as the bars do. */
const DIAL_END = 1.2
/** A half circle with this radius. */
const RADIUS = 44
const ARC = Math.PI * RADIUS

export function Gauge({ row }: { row: IndicatorStatus }) {
  const { text, language } = useLanguage()
  const { indicator, actual, forecast, target, ratio, status, knownShare } = row
  const unit = formatIndicatorUnit(row, language)
  const scale = isTotal(indicator) ? scaleOf([actual, forecast, target], unit, language) : { per: 1, unit }
  const say = (amount: number | null) => withUnit(formatIndicator(indicator, amount, scale.per), scale.unit)
  const filled = ratio === null ? 0 : (Math.min(Math.max(ratio, 0), DIAL_END) / DIAL_END) * ARC
  const limit = Math.PI * (1 - 1 / DIAL_END)
  const point = (radius: number) => `${60 + radius * Math.cos(limit)} ${56 - radius * Math.sin(limit)}`
  const name = text.indicators[indicator]
  const said = [name, text.work.ofTarget(formatRatio(ratio)), status ? text.statuses[status] : text.notJudged].join(
    ': ',
  )
  return (
    <div className="gauge" data-testid={`gauge-${indicator}`}>
      <svg viewBox="0 0 120 64" role="img" aria-label={said}>
        <path className="gauge-track" d="M16 56 A44 44 0 0 1 104 56" />
        <path
          className={`gauge-fill gauge-${status ?? 'none'}`}
          d="M16 56 A44 44 0 0 1 104 56"
          strokeDasharray={`${filled} ${ARC * 2}`}
        />
        <path className="gauge-limit" d={`M${point(RADIUS - 8)} L${point(RADIUS + 8)}`} />
        <text x="60" y="54" textAnchor="middle">
          {target === null ? '—' : formatRatio(ratio)}
        </text>
      </svg>
      <div className="row-name">{name}</div>
      <div className="faint">
        {isTotal(indicator) ? text.forecast : text.actual} {say(forecast)}
      </div>
      <div className="faint">{target === null ? text.noTarget : `${text.target} ${say(target)}`}</div>
      <div className="faint">{text.work.knownOf(formatCoverage(knownShare))}</div>
    </div>
  )
}
