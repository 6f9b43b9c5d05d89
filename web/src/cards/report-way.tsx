// Shows where a report is on its way from draft to lock, and takes the next step. Of two officials at once one wins;
// the other reads who was first, and sees the state of now.

import { Alert, Button, Card, Descriptions } from 'antd'
import { useState } from 'react'
import { addMonths, type Month, monthOf } from '../../../domain/calendar.ts'
import { actionOfStep, type ReportState, type ReportStep } from '../../../domain/report/life.ts'
import type { ReportView } from '../../../domain/report/view.ts'
import type { LoadProblem } from '../api/resource.ts'
import { formatNumber, formatTime } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { type RefusedFinding, refusedWords, shownFindings } from '../words/report-words.ts'
import { type AdminAction, AdminForm } from './admin-form.tsx'
import { RefusedFindings } from './report-findings.tsx'
import { ReportStateTag } from './report-marks.tsx'
import { type ReportSubject, useOfficeName } from './report-subject.ts'

/** The states in their order when nothing is returned. */
const WAY = ['draft', 'checked', 'submitted', 'accepted', 'locked'] as const satisfies readonly ReportState[]
/** The step that goes on comes first: Enter takes it. */
const STEP_ORDER = [
  'check',
  'submit',
  'accept',
  'lock',
  'revise',
  'return',
  'build',
] as const satisfies readonly ReportStep[]

interface Props {
  /** Below `/api/v1/`. */
  path: string
  subject: ReportSubject
  month: Month
  /** Null: there is none yet. */
  report: ReportView | null
  choose: (month: Month) => void
  /** The report may have changed. */
  changed: () => void
}

export function ReportWay({ path, subject, month, report, choose, changed }: Props) {
  const { text } = useLanguage()
  const current = monthOf(Date.now())
  const lastEnded = addMonths(current, -1)
  return (
    <Card title={text.report.reportOf(month)} data-testid="report">
      {month >= current && (
        <Alert
          type="info"
          showIcon
          title={month > current ? text.report.monthAhead : text.report.monthRuns}
          action={
            <Button type="link" size="small" onClick={() => choose(lastEnded)}>
              {text.report.lastEnded(lastEnded)}
            </Button>
          }
        />
      )}
      <Way state={report?.state ?? null} />
      {report ? <Facts report={report} /> : <p>{text.report.noReportHint}</p>}
      {month <= current && <Steps path={path} subject={subject} report={report} changed={changed} />}
    </Card>
  )
}

function Way({ state }: { state: ReportState | null }) {
  const { text } = useLanguage()
  return (
    <ol className="way" aria-label={text.report.reportState} data-testid="report-way">
      {WAY.map((one) => (
        <li key={one} aria-current={one === state ? 'step' : undefined}>
          {text.report.reportStates[one]}
        </li>
      ))}
      {state === 'returned' && (
        <li aria-current="step" className="way-returned">
          {text.report.reportStates.returned}
        </li>
      )}
    </ol>
  )
}

function Facts({ report }: { report: ReportView }) {
  const { text, language } = useLanguage()
  const revision = report.revisions.at(-1)
  if (!revision) return null
  const { checked } = revision
  const items = [
    {
      key: 'state',
      label: text.report.reportState,
      children: (
        <span data-testid="report-state">
          <ReportStateTag state={report.state} />
        </span>
      ),
    },
    {
      key: 'task',
      label: text.report.taskState,
      children: `${report.taskState.name[language]} (${report.taskState.code})`,
    },
    { key: 'revision', label: text.report.revision, children: text.report.revisionOf(String(revision.number)) },
    { key: 'asOf', label: text.report.madeFrom, children: formatTime(revision.asOfMs) },
    {
      key: 'checked',
      label: text.report.findings,
      children: checked
        ? text.report.checkedWith(formatNumber(checked.errors, 0), formatNumber(checked.warnings, 0))
        : text.report.notChecked,
    },
  ]
  return (
    <>
      <Descriptions size="small" column={{ xs: 1, sm: 2, lg: 3 }} items={items} />
      {report.changed && (
        <Alert type="warning" showIcon title={text.report.dataChanged} description={text.report.dataChangedHint} />
      )}
    </>
  )
}

const FIRST_STEPS = (own: string): Pick<ReportView['steps'][number], 'step' | 'offices'>[] => [
  { step: 'build', offices: [own] },
]

function Steps({ path, subject, report, changed }: Pick<Props, 'path' | 'subject' | 'report' | 'changed'>) {
  const { text } = useLanguage()
  const officeName = useOfficeName(subject)
  const [findings, setFindings] = useState<RefusedFinding[]>([])
  const steps = (report?.steps ?? FIRST_STEPS(subject.id)).toSorted(
    (a, b) => STEP_ORDER.indexOf(a.step) - STEP_ORDER.indexOf(b.step),
  )
  const actions = steps.flatMap(({ step, offices }) =>
    offices.map((office) => ({
      step,
      needs: actionOfStep(step),
      key: offices.length > 1 ? `${step}-${office}` : step,
      label: text.report.stepFor(text.report.reportSteps[step], officeName(office)),
      hint: text.report.stepHints[step],
      path: `${path}/${step}`,
      body: ({ name: who, note: remarks }: { name: string; note: string | undefined }) => ({
        ...{ who, office, remarks },
        version: report?.version ?? 0,
      }),
    })),
  )
  const stepOf = ({ key }: AdminAction): ReportStep => actions.find((one) => one.key === key)?.step ?? 'build'
  if (actions.length === 0) return <p className="note">{text.report.noSteps}</p>
  return (
    <section className="report-steps" data-testid="report-steps">
      <h2 className="card-part">{text.report.nextSteps}</h2>
      <AdminForm<ReportView>
        actions={actions}
        remarkLabel={text.report.remarkForReport}
        words={(problem, action) => refusedWords(problem, stepOf(action), { text, officeName })}
        refused={(problem: LoadProblem) => {
          setFindings(shownFindings(problem))
          if (problem.status === 409) changed()
        }}
        done={() => {
          setFindings([])
          changed()
        }}
      />
      {findings.length > 0 && <RefusedFindings findings={findings} />}
      <ul className="note">
        {[...new Set(steps.map(({ step }) => step))].map((step) => (
          <li key={step}>
            <b>{text.report.reportSteps[step]}</b> {text.report.stepHints[step]}
          </li>
        ))}
      </ul>
    </section>
  )
}
