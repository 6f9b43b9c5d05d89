// Says in words why a step of a report was not taken, and which rows of a check broke a rule
// (docs/rules/report.md#the-way-of-a-report).

import type { Phrase } from '../../../domain/phrase.ts'
import type { ReportState, ReportStep } from '../../../domain/report/life.ts'
import { formatNumber, formatTime } from './format.ts'
import type { Dictionary } from './zh.ts'

/** The refusal of a step: the status of the answer, and the fields of its problem document. */
export interface StepProblem {
  status: number
  more?: Partial<Record<string, unknown>>
}
interface Entry {
  step: ReportStep
  atMs: number
  who: string
}

/** Undefined: a refusal that is not of the way of a report. */
export function refusedWords(
  { status, more = {} }: StepProblem,
  step: ReportStep,
  { text, officeName }: { text: Dictionary; officeName: (office: string) => string },
): string | undefined {
  const words = text.report.stepRefused
  const own = text.report.reportSteps[step]
  const last = more.last as Entry | undefined
  if (status === 409 && more.code === 'state')
    return words.state(own, text.report.reportStates[more.state as ReportState] ?? text.report.noReport)
  if (status === 409 && last) return words.version(last.who, text.report.reportSteps[last.step], formatTime(last.atMs))
  if (status === 409) return 'version' in more ? words.versionNone : words.unchanged
  if (status === 403 && Array.isArray(more.offices))
    return words.office(own, more.offices.map((office) => officeName(String(office))).join(text.semicolon))
  if (status === 400 && more.field === 'remarks') return words.remarks(own)
  if (status !== 422) return undefined
  const count = shownFindings({ status, more }).length
  if (count > 0) return words.findings(formatNumber(count, 0))
  return more.field === 'month' ? words.monthRuns : words.tooMany
}

export interface RefusedFinding {
  rule: string
  severity: string
  text: Phrase
}

/** The errors for which a check was refused; empty for any other problem. */
export function shownFindings({ status, more }: StepProblem): RefusedFinding[] {
  if (status !== 422 || !Array.isArray(more?.problems)) return []
  return (more.problems as RefusedFinding[]).filter((one) => typeof one.text === 'object')
}
