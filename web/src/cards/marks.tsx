// Shows small marks shared by several tables: status, rating, ratio, coverage. Colour is never the only sign: each mark
// has words.

import {
  CheckCircleFilled,
  CloseCircleFilled,
  ExclamationCircleFilled,
  InfoCircleOutlined,
  WarningOutlined,
} from '@ant-design/icons'
import type { ReactNode } from 'react'
import { ACTIONS, type Action } from '../../../domain/access/permission.ts'
import type { Status, Verdict } from '../../../domain/judge/dual-control.ts'
import { type Phrase, SEVERITY_NAMES, type Severity } from '../../../domain/phrase.ts'
import type { Rating } from '../../../domain/rating.ts'
import type { LoadProblem, Resource } from '../api/resource.ts'
import { Notice } from '../frame/plain.tsx'
import { formatCoverage, formatRatio, formatUnit, UNKNOWN } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'

const STATUS_ICONS: Record<Status, ReactNode> = {
  onTrack: <CheckCircleFilled />,
  atRisk: <ExclamationCircleFilled />,
  over: <CloseCircleFilled />,
}

/** Green, orange or red; without a status the text gives the reason. */
export function StatusTag({ status, without }: { status: Status | null; without?: string }) {
  const { text } = useLanguage()
  if (status === null) return <span className="faint">{without ?? text.notJudged}</span>
  return (
    <span className={`mark mark-${status}`}>
      {STATUS_ICONS[status]}
      {text.statuses[status]}
    </span>
  )
}

export function VerdictText({ verdict }: { verdict: Verdict | null }) {
  const { text } = useLanguage()
  // Its status beside it says that nothing is judged.
  return verdict === null ? <span className="faint">{UNKNOWN}</span> : text.verdicts[verdict]
}

/** `isIssued`: whether a quota applies, so that without a rating there was too little to judge. */
export function RatingTag({ rating, isIssued = false }: { rating: Rating | null; isIssued?: boolean | null }) {
  const { text } = useLanguage()
  if (rating === null) return <span className="faint">{isIssued === false ? text.noQuota : text.notJudged}</span>
  return <span className={`mark mark-${rating}`}>{text.ratings[rating]}</span>
}

const SEVERITY_ICONS: Record<Severity, ReactNode> = {
  info: <InfoCircleOutlined />,
  minor: <ExclamationCircleFilled />,
  major: <WarningOutlined />,
  critical: <CloseCircleFilled />,
}

export function SeverityTag({ severity }: { severity: Severity }) {
  const { language } = useLanguage()
  return (
    <span className={`mark mark-${severity}`}>
      {SEVERITY_ICONS[severity]}
      {SEVERITY_NAMES[severity][language]}
    </span>
  )
}

/** Marks a stand-in or demo value. */
export function StandInTag({ children, source }: { children: string; source: string | null }) {
  return (
    <span className="mark mark-standIn small-tag" title={source ?? undefined}>
      <InfoCircleOutlined />
      {children}
    </span>
  )
}

/** Says in one line that a card or table has nothing. */
export const Nothing = ({ children }: { children: ReactNode }) => <p className="nothing">{children}</p>

/** Links a number to its explanation. */
export function WhyLink({ href, of }: { href: string; of: string }) {
  const { text } = useLanguage()
  return (
    <a className="why-link" href={href} aria-label={`${text.why} ${text.whyTitle(of)}`} title={text.whyTitle(of)}>
      {text.why}
    </a>
  )
}

export function Coverage({ share, provisional = false }: { share: number | null; provisional?: boolean }) {
  const { text } = useLanguage()
  return (
    <>
      {formatCoverage(share)}
      {provisional && (
        <WarningOutlined className="warning-icon" title={text.incomplete} aria-label={text.incomplete} role="img" />
      )}
    </>
  )
}

/** The head of a column of figures, with their unit below. */
export function FigureHead({ label, unit }: { label: string; unit: string }) {
  const { language } = useLanguage()
  return (
    <div className="figure-head">
      {label}
      <div className="faint">{formatUnit(unit, language)}</div>
    </div>
  )
}

/** The scale of ratio bars ends at 120 % of the target, so that the mark of 100 % lies inside. */
const RATIO_SCALE = 1.2

/** Forecast / target as a bar with a mark at 100 %, and as a number. */
export function RatioBar({ ratio, status }: { ratio: number | null; status: Status | null }) {
  if (ratio === null) return <span className="faint">{UNKNOWN}</span>
  const width = `${(Math.min(Math.max(ratio, 0), RATIO_SCALE) / RATIO_SCALE) * 100}%`
  return (
    <div className="ratio">
      <div className="ratio-track" aria-hidden>
        <div className={`ratio-fill fill-${status ?? 'none'}`} style={{ width }} />
        <div className="ratio-limit" style={{ left: `${100 / RATIO_SCALE}%` }} />
      </div>
      <span className="ratio-figure">{formatRatio(ratio)}</span>
    </div>
  )
}

/** Shows a failed resource's problem with a button to retry; empty without a problem. */
export function ProblemNotice({ of: { data, problem, reload } }: { of: Resource<unknown> }) {
  const { text } = useLanguage()
  if (!problem) return null
  return (
    <Notice
      type={data === null ? 'error' : 'warning'}
      title={data === null ? text.failed : text.stale}
      action={
        problem.status === 404 || problem.status === 403 ? (
          <a className="button" href="#/">
            {text.work.goHome}
          </a>
        ) : (
          <button type="button" className="button" onClick={reload}>
            {text.retry}
          </button>
        )
      }
      testId="problem"
    >
      <ProblemText problem={problem} />
    </Notice>
  )
}

/** Problems whose sentence says all that a reader can act on. */
const PLAIN: ReadonlySet<number> = new Set([401, 403, 404, 500, 502, 503, 504])

const isPhrase = (said: unknown): said is Phrase =>
  typeof said === 'object' && said !== null && 'zh' in said && 'en' in said

const isAction = (right: unknown): right is Action => typeof right === 'string' && Object.hasOwn(ACTIONS, right)

/** A failed request in the reader's language, followed by what the server said of it. */
export function ProblemText({ problem: { title, detail, status, more } }: { problem: LoadProblem }) {
  const { text, language } = useLanguage()
  // Where the server says it in English alone, a reader of Chinese sees it if the sentence alone would not do.
  const said = isPhrase(more?.said) ? more.said[language] : undefined
  const saysMore = said !== undefined || language === 'en' || !PLAIN.has(status)
  return (
    <>
      {text.problems[status] ?? text.problems[500]}
      {isAction(more?.right) && ` · ${text.work.lacksRight}: ${ACTIONS[more.right][language]}`}
      {typeof more?.field === 'string' && more.field !== '' && (
        <>
          {' · '}
          {text.work.field}: <code>{more.field}</code>
        </>
      )}
      {status > 0 && saysMore && (
        <>
          {' · '}
          {text.work.serverSaid}: <span lang={said === undefined ? 'en' : undefined}>{said ?? detail ?? title}</span>
        </>
      )}
      {status > 0 && ` · HTTP ${status}`}
    </>
  )
}
