// Shows the state of a report as a mark: with words, as colour is never the only sign.

import { Tag } from 'antd'
import type { ReportState } from '../../../domain/report/life.ts'
import { useLanguage } from '../words/language.tsx'

/** Null: there is no report. */
export function ReportStateTag({ state }: { state: ReportState | null }) {
  const { text } = useLanguage()
  if (state === null) return <span className="faint">{text.report.noReport}</span>
  return (
    <Tag variant="filled" className={`mark mark-report-${state}`}>
      {text.report.reportStates[state]}
    </Tag>
  )
}
