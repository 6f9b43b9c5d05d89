// Shows the chain behind a number from the top down: result and formula, target or quota, the amount and row of each
// source, the months, the meters with their hours and flags, the bills.

import { CheckCircleFilled, CloseCircleFilled } from '@ant-design/icons'
import { Alert } from 'antd'
import type { ReactNode } from 'react'
import { dayLabel, dayOf, type Month } from '../../../domain/calendar.ts'
import type { IndicatorStatus, QuotaStatus } from '../../../domain/judge/result.ts'
import type { ExplainView } from '../../../domain/view/explain.ts'
import {
  formatAmount,
  formatIndicatorUnit,
  formatNumber,
  formatRatio,
  formatTime,
  UNKNOWN,
  withUnit,
} from '../words/format.ts'
import { bandWords, chanceWords } from '../words/known-words.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { ExplainKnown } from './explain-known.tsx'
import { ExplainMeters } from './explain-meters.tsx'
import { ExplainMonths, ExplainSources } from './explain-months.tsx'
import { type ExplainSums, explainSums } from './explain-sums.ts'
import { RatingTag, StandInTag, StatusTag } from './marks.tsx'

interface Props {
  view: ExplainView
  routeMonth: Month | null
}

export function ExplainChain({ view, routeMonth }: Props) {
  const { text, language } = useLanguage()
  const sums = explainSums(view)
  return (
    <ol className="chain" data-testid="explain-chain">
      <Step title={text.resultOfChain}>
        <Result view={view} sums={sums} />
      </Step>
      <Step title={text.formula}>
        <p>{view.formula[language]}</p>
      </Step>
      <Step title={text.knownStep}>
        <ExplainKnown view={view} sums={sums} />
      </Step>
      <Step title={text.heldAgainst}>
        <Against view={view} />
      </Step>
      {view.checks.length > 0 && (
        <Step title={text.checks}>
          <Checks view={view} />
        </Step>
      )}
      {sums.sources.length > 0 && (
        <Step title={text.terms}>
          <ExplainSources view={view} sums={sums} routeMonth={routeMonth} />
        </Step>
      )}
      {view.months.length > 0 && (
        <Step
          title={`${text.months} · ${dayLabel(dayOf(view.window.fromMs))} – ${dayLabel(dayOf(view.window.toMs - 1))}`}
        >
          <ExplainMonths view={view} sums={sums} />
        </Step>
      )}
      {view.meters.length > 0 && (
        <Step title={text.metersBehind}>
          <ExplainMeters view={view} routeMonth={routeMonth} />
        </Step>
      )}
      {view.bills.length > 0 && (
        <Step title={text.billsBehind}>
          <ul className="plain-list">
            {view.bills.map((bill) => (
              <li key={bill.id}>
                {bill.month} · {text.carriers[bill.carrier] ?? bill.carrier} · {formatAmount(bill.quantity)} {bill.unit}{' '}
                <span className="faint">{bill.source !== null && <SourceText>{bill.source}</SourceText>}</span>
              </li>
            ))}
          </ul>
        </Step>
      )}
    </ol>
  )
}

function Step({ title, children }: { title: string; children: ReactNode }) {
  return (
    <li className="chain-step">
      <h2 className="card-part">{title}</h2>
      {children}
    </li>
  )
}

function Result({ view, sums }: { view: ExplainView; sums: ExplainSums }) {
  const { text, language } = useLanguage()
  const unit = formatIndicatorUnit(view, language)
  const sizeUnit = view.unit.endsWith('/m²') || view.unit.endsWith('/m2') ? 'm²' : text.people
  const numerator = withUnit(
    formatNumber(sums.numerator, 0),
    formatIndicatorUnit({ indicator: '', unit: sums.numeratorUnit }, language),
  )
  return (
    <>
      <p className="chain-result">
        <strong data-testid="explain-result">{withUnit(formatAmount(view.result), unit)}</strong>
        {view.result !== null && (
          <span>
            = {numerator}
            {sums.size === null ? '' : ` ÷ ${formatNumber(sums.size, 0)} ${sizeUnit}`}
          </span>
        )}
        {view.result === null && view.shown === null ? (
          <span className="faint">{text.notJudgedResult}</span>
        ) : (
          <span className={view.matches ? 'check-good' : 'check-bad'}>
            {view.matches ? <CheckCircleFilled aria-hidden /> : <CloseCircleFilled aria-hidden />} {text.shownValue}{' '}
            {withUnit(formatAmount(view.shown), unit)}: {view.matches ? text.matches : text.differs}
          </span>
        )}
      </p>
      {view.why !== null && <Alert type="info" showIcon title={text.reasons[view.why]} />}
      {view.lowerBound && <Alert type="warning" showIcon title={text.lowerBound} />}
      <p className="faint">
        {text.asOf} {formatTime(view.asOfMs)}
      </p>
    </>
  )
}

/** The number of checks that add up, and each check that does not. */
function Checks({ view: { checks, pending } }: { view: ExplainView }) {
  const { text } = useLanguage()
  const broken = checks.filter(({ ok }) => !ok)
  return (
    <>
      <p className={broken.length === 0 ? 'check-good' : 'check-bad'} data-testid="explain-checks">
        {text.checksHold(formatNumber(checks.length - broken.length, 0), formatNumber(checks.length, 0))}
      </p>
      {pending && <Alert type="info" showIcon title={text.pendingJudgement} />}
      <ul className="plain-list" lang="en">
        {broken.map(({ level, name, want, got }) => (
          <li key={`${level} ${name}`}>
            {level} · {name}: {want ?? UNKNOWN} ≠ {got ?? UNKNOWN}
          </li>
        ))}
      </ul>
    </>
  )
}

function Against({ view }: { view: ExplainView }) {
  const { text, language } = useLanguage()
  const { against, clause, table } = view
  // `status` has one of two shapes, by table; absent fields are left out.
  const status = (view.status ?? {}) as Partial<QuotaStatus & IndicatorStatus>
  const unit = formatIndicatorUnit(view, language)
  const value = (amount: number | null | undefined): string => withUnit(formatAmount(amount), unit)
  const { low80 = null, high80 = null, chance = null, forecastBasis = null } = status
  const details =
    forecastBasis === 'complete'
      ? []
      : [bandWords({ low80, high80 }, value, text), chanceWords({ chance }, text)].filter((words) => words !== null)
  return (
    <>
      <p>
        {against === null ? (
          <span className="faint">{text.notIssued}</span>
        ) : (
          <>
            <strong>
              {table === 'quota'
                ? `${text.constraint} ${value(status.constraint)} · ${text.benchmark} ${value(status.benchmark)} · ${text.guide} ${value(status.guide)}`
                : `${text.target} ${value(status.target)}`}
            </strong>{' '}
            {against.standIn && (
              <StandInTag source={against.source}>{table === 'quota' ? text.standIn : text.standInTarget}</StandInTag>
            )}
          </>
        )}
      </p>
      <div>
        {table === 'quota' ? (
          <RatingTag rating={status.rating ?? null} isIssued={against !== null} />
        ) : (
          <>
            <StatusTag status={status.status ?? null} /> {text.forecast} {value(status.forecast)}
            {status.forecastBasis ? ` (${text.forecastBases[status.forecastBasis]})` : ''} · {text.ratio}{' '}
            {formatRatio(status.ratio)}
            {details.map((words) => (
              <div className="faint" key={words}>
                {words}
              </div>
            ))}
          </>
        )}
      </div>
      <TargetFactors view={view} />
      <p>
        <span className="faint">{text.clause}</span> {clause[language]}
      </p>
      {against !== null && (
        <p className="faint">
          {text.source}: <SourceText>{against.name}</SourceText> · <SourceText>{against.source}</SourceText>
        </p>
      )}
    </>
  )
}

/** The step from the factors in force to those of the target. */
function TargetFactors({ view }: { view: ExplainView }) {
  const { text, language } = useLanguage()
  if (!view.targetFactors) return null
  const { factorMonth, forecast, factorEffect, changes } = view.targetFactors
  const unit = formatIndicatorUnit(view, language)
  const value = (amount: number | null): string => withUnit(formatAmount(amount), unit)
  return (
    <div data-testid="target-factors">
      <p>{text.onTargetFactors(factorMonth, value(forecast), value(factorEffect))}</p>
      <ul className="plain-list faint">
        {changes.map(({ carrier, amount, unit: per, inForce, target, changeKg }) => (
          <li key={`${carrier} ${inForce}`}>
            {withUnit(formatAmount(amount), per)}: {inForce} → {target}: {withUnit(formatAmount(changeKg), 'kg')}
          </li>
        ))}
      </ul>
    </div>
  )
}
