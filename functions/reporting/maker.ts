// Defines who fills a report: builds its document and files, and checks the document. The way of a report
// (functions/reporting/steps.ts) takes it as a parameter.

import type { Month } from '../../domain/calendar.ts'
import type { Phrase } from '../../domain/phrase.ts'
import type { ReportDocument } from '../../domain/report/document.ts'
import { PermanentFailure, type Platform } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import { auditHead } from '../state/audit.ts'
import { reportDocument } from './document.ts'
import { manifestOf, reportFiles } from './package.ts'
import { ReportRefusal } from './question.ts'

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
export interface MakerSources {
  platform: Platform
  registry: RegistryReader
}
export type ReportMakerOf = (sources: MakerSources) => ReportMaker

/** Fills reports from what is stored (document.ts), as the files of a package with its manifest. */
export const storedReports: ReportMakerOf = ({ platform, registry }) => ({
  async build(subject, month) {
    const [head, nowMs] = [await registry.refresh(), platform.now()]
    const isArea = (await registry.areas()).some(({ code }) => code === subject)
    const question = { type: isArea ? ('area' as const) : ('institution' as const), id: subject, month }
    const sources = { state: platform.state, registry, head, nowMs }
    const document = await reportDocument(question, sources).catch((error: unknown) => {
      throw error instanceof ReportRefusal ? new PermanentFailure(error.message) : error
    })
    const files = reportFiles(document)
    const manifest = { ...(await manifestOf(document, files, nowMs)), audit: await auditHead(platform.state) }
    const bytes = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`)
    return { document, files: [...files, { name: 'manifest.json', bytes }] }
  },
})
