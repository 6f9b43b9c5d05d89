// Shows how an alert went: the curve with its limit, what it has cost so far, and what to look at first.

import { Card, Spin } from 'antd'
import { lazy, type ReactNode, Suspense } from 'react'
import type { AlertCostView, AlertCurveView, AlertDetailView } from '../../../domain/view/alert.ts'
import { useResource } from '../api/resource.ts'
import { formatAmount, formatNumber, formatTime, formatUnit, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { CurveTable } from './curve-table.tsx'
import { ProblemNotice, SeverityTag } from './marks.tsx'

const AlertChart = lazy(async () => ({ default: (await import('../charts/alert-chart.tsx')).AlertChart }))

export function AlertCourse({ alert }: { alert: AlertDetailView }) {
  const { text, language } = useLanguage()
  const curve = useResource<AlertCurveView>(`alerts/${encodeURIComponent(alert.id)}/curve`)
  const { measured, against } = alert.text[language]
  const shown = curve.data
  return (
    <Card data-testid="alert-course">
      <div className="summary">
        <SeverityTag severity={alert.severity} />
        <strong className={`alert-state alert-state-${alert.state}`} data-testid="alert-state">
          {text.alertStates[alert.state]}
        </strong>
        <span>
          <strong>{measured}</strong>{' '}
          <span className="alert-against">
            <SourceText>{against}</SourceText>
          </span>
        </span>
      </div>
      <ProblemNotice of={curve} />
      {!shown && !curve.problem && <Spin className="waiting" description={text.loading} />}
      {shown && (
        <>
          <h2 className="card-part">{text.manage.curveOf[shown.grain](shown.name[language])}</h2>
          <Suspense fallback={<div className="chart chart-hours" />}>
            <AlertChart curve={shown} />
          </Suspense>
          <CurveTable curve={shown} />
          <div className="course-parts">
            <Cost cost={shown.cost} />
            <Checks checks={shown.checks[language]} />
          </div>
        </>
      )}
    </Card>
  )
}

function Part({ title, testId, children }: { title: string; testId: string; children: ReactNode }) {
  return (
    <section data-testid={testId}>
      <h2 className="card-part">{title}</h2>
      {children}
    </section>
  )
}

function Cost({ cost }: { cost: AlertCostView }) {
  const { text, language } = useLanguage()
  const { amount, unit, yuan, fromMs, toMs, hoursUnknown, standIn, reason } = cost
  return (
    <Part title={text.manage.costSoFar} testId="alert-cost">
      {amount !== null && (
        <p className="course-cost">
          <strong>{withUnit(formatAmount(amount), formatUnit(unit ?? '', language))}</strong>
          {yuan !== null && <strong>{text.manage.yuan(formatNumber(yuan, 2))}</strong>}
        </p>
      )}
      {reason && <p>{reason[language]}</p>}
      {fromMs !== null && toMs !== null && (
        <p className="note">
          {text.manage.costSpan(formatTime(fromMs), formatTime(toMs))}
          {hoursUnknown > 0 && ` ${text.manage.hoursLeftOut(formatNumber(hoursUnknown, 0))}`}
          {standIn && ` ${text.manage.priceStandIn}`}
        </p>
      )}
    </Part>
  )
}

function Checks({ checks }: { checks: readonly string[] }) {
  const { text } = useLanguage()
  return (
    <Part title={text.manage.checkFirst} testId="alert-checks">
      <ol className="checks">
        {checks.map((check) => (
          <li key={check}>{check}</li>
        ))}
      </ol>
    </Part>
  )
}
