// Defines who fills a report: builds its document and files, and checks the document. The way of a report
// (functions/reporting/steps.ts) takes it as a parameter.

import type { Month } from '../../domain/calendar.ts'
import { type CheckedDocument, printedFindings } from '../../domain/report/check-tables.ts'
import type { ReportDocument } from '../../domain/report/document.ts'
import { PermanentFailure, type Platform } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import { auditHead, sha256 } from '../state/audit.ts'
import { reportDocument } from './document.ts'
import { bytesOf, type ManifestFile, manifestOf, type ReportFile, reportFiles } from './package.ts'
import { type PartSources, ReportRefusal } from './question.ts'
import { partsInTurn, type ReportParts } from './shard-part.ts'
import type { BuiltReport } from './store.ts'

export interface ReportMaker {
  /** The same data give the same document but for its stamp. Throws PermanentFailure when it can never be built. */
  build(subject: string, month: Month): Promise<BuiltReport>
  /** `errors` keep the report from being checked. */
  check(document: ReportDocument): CheckedDocument
}

/** What a maker reads from. */
export interface MakerSources {
  platform: Pick<Platform, 'state' | 'consumption' | 'objects' | 'now'>
  registry: RegistryReader
}
export type ReportMakerOf = (sources: MakerSources) => ReportMaker

/** Fills reports from what is stored (document.ts), as the files of a package with its manifest. */
export const storedReports: ReportMakerOf = (sources) => storedReportsBy(partsInTurn)(sources)

/** `partsOf`: makes or finds the parts of shards. */
export const storedReportsBy =
  (partsOf: (sources: PartSources) => ReportParts): ReportMakerOf =>
  ({ platform, registry }) => ({
    async build(subject, month) {
      const [head, nowMs] = [await registry.refresh(), platform.now()]
      const isArea = (await registry.areas()).some(({ code }) => code === subject)
      const question = { type: isArea ? ('area' as const) : ('institution' as const), id: subject, month }
      const { state, consumption } = platform
      const sources = { state, consumption, registry, head, nowMs }
      const document = await reportDocument(question, { ...sources, parts: partsOf(sources) }).catch(
        (error: unknown) => {
          throw error instanceof ReportRefusal ? new PermanentFailure(error.message) : error
        },
      )
      const files = reportFiles(document)
      const audit = await auditHead(platform.state)
      const named: ManifestFile[] = []
      const bytesNamed = (file: ReportFile) => (): Uint8Array => {
        const bytes = bytesOf(file)
        named.push({ name: file.name, bytes: bytes.length, sha256: sha256(bytes) })
        return bytes
      }
      // The last file names those before it, as they were handed out.
      const manifest = (): Uint8Array =>
        new TextEncoder().encode(`${JSON.stringify({ ...manifestOf(document, named, nowMs), audit }, null, 2)}\n`)
      const handed = files.map((file) => ({ name: file.name, bytes: bytesNamed(file) }))
      return { document, files: [...handed, { name: 'manifest.json', bytes: manifest }] }
    },
    check: printedFindings,
  })
