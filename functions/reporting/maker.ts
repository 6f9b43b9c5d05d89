// Defines who fills a report: builds its document and files, and checks the document. The way of a report
// (functions/reporting/steps.ts) takes it as a parameter.

import type { Month } from '../../domain/calendar.ts'
import type { Phrase } from '../../domain/phrase.ts'
import type { ReportDocument } from '../../domain/report/document.ts'
import { PermanentFailure, type Platform } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'

export interface BuiltReport {
  document: ReportDocument
  /** Written from the document alone; names are unique. */
  files: readonly { name: string; bytes: Uint8Array }[]
}

export interface ReportFinding {
  /** Id of the rule. */
  rule: string
  /** An `error` keeps the report from being checked; a justified one is a warning. */
  severity: 'error' | 'warning'
  text: Phrase
}

export interface ReportMaker {
  /** The same data give the same document but for its stamp. Throws PermanentFailure when it can never be built. */
  build(subject: string, month: Month): Promise<BuiltReport>
  /** Absent: nothing is checked. */
  check?(document: ReportDocument): Promise<readonly ReportFinding[]>
}

/** What a maker reads from. */
export interface ReportSources {
  platform: Platform
  registry: RegistryReader
}
export type ReportMakerOf = (sources: ReportSources) => ReportMaker

export const noReports: ReportMakerOf = () => ({
  build: async () => {
    throw new PermanentFailure('this host builds no reports')
  },
})
