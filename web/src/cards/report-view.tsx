// Shows the monthly reports of an area or institution: what is due, the months with their states, and the report of the
// chosen month with its steps, findings, first page, files, differences and history
// (docs/rules/report.md#the-way-of-a-report).

import { useEffect, useRef } from 'react'
import { dayLabel, dayOf, type Month, monthOf } from '../../../domain/calendar.ts'
import type { ReportsPageView, ReportView } from '../../../domain/report/view.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { ProblemNotice } from './marks.tsx'
import { AskedNotice } from './report-asked.tsx'
import { ReportDetails } from './report-details.tsx'
import { ReportDue } from './report-due.tsx'
import { ReportForms } from './report-forms.tsx'
import { ReportMonths } from './report-months.tsx'
import type { ReportSubject } from './report-subject.ts'
import { ReportThresholds } from './report-thresholds.tsx'
import { ReportWay } from './report-way.tsx'

interface Props {
  subject: ReportSubject
  month: Month
  choose: (month: Month) => void
}

/** A step that is taken later is looked for that often. */
const WAITING_MS = 5_000
/** The API's largest page: the reports of forty years. */
const LIMIT = 500

export function ReportsView({ subject, month, choose }: Props) {
  const path = `reports/${encodeURIComponent(subject.id)}`
  const reports = useResource<ReportsPageView>(withQuery(path, { limit: LIMIT }))
  const isBuilt = reports.data?.items.some((one) => one.month === month) ?? false
  const report = useResource<ReportView>(isBuilt ? `${path}/${month}` : null)
  const details = useRef<HTMLDivElement>(null)
  const chosen = useRef(month)
  useEffect(() => {
    if (chosen.current !== month) details.current?.scrollIntoView({ block: 'start' })
    chosen.current = month
  }, [month])
  const reload = () => {
    reports.reload()
    report.reload()
  }
  const asked = reports.data?.asked ?? null
  const isWaiting = asked?.refused === null
  const again = useRef(reload)
  again.current = reload
  useEffect(() => {
    if (!isWaiting) return
    const timer = setInterval(() => again.current(), WAITING_MS)
    return () => clearInterval(timer)
  }, [isWaiting])
  return (
    <>
      {subject.type === 'area' && <ReportDue area={subject.id} />}
      <ProblemNotice of={reports} />
      {asked && <AskedNotice asked={asked} />}
      <ReportMonths subject={subject} reports={reports.data?.items ?? null} month={month} choose={choose} />
      <div className="tab-body" ref={details}>
        <ProblemNotice of={report} />
        {reports.data && (!isBuilt || report.data) && (
          <ReportWay
            key={`${subject.id} ${month}`}
            path={`${path}/${month}`}
            subject={subject}
            month={month}
            report={report.data}
            choose={choose}
            changed={reload}
          />
        )}
        {subject.type === 'institution' && month <= monthOf(Date.now()) && (
          <ReportForms key={`forms ${subject.id} ${month}`} institution={subject.id} month={month} />
        )}
        {report.data && <ReportDetails key={month} path={`${path}/${month}`} subject={subject} report={report.data} />}
        {subject.type === 'area' && <ReportThresholds area={subject.id} today={dayLabel(dayOf(Date.now()))} />}
      </div>
    </>
  )
}
