// Takes a step on the way of a report (domain/report/life.ts): builds, checks and stores what it brings, and writes the
// record and its audit entry in one put. Of two at once one wins; the other is told who was first.

import { type Month, monthRange } from '../../domain/calendar.ts'
import type { PrintedFinding } from '../../domain/report/check-tables.ts'
import { compareReports } from '../../domain/report/differences.ts'
import {
  advanceReport,
  lastEntry,
  latest,
  type ReportBuild,
  type ReportEntry,
  type ReportPath,
  type ReportRecord,
  type ReportStep,
  refusalOf,
  type StepGiven,
  type StepRefusal,
  type StepTaken,
} from '../../domain/report/life.ts'
import { type Doc, VersionConflict } from '../platform.ts'
import { appendAudit } from '../state/audit.ts'
import type { MakerSources, ReportMaker } from './maker.ts'
import { documentDigest, documentOfBuild, dropBuild, monthsDigestOf, reportKey, storeBuild } from './store.ts'

export interface StepAsked {
  step: ReportStep
  month: Month
  path: ReportPath
  /** Version of the record that the sender saw; 0: none. */
  version: number
  who: string
  /** The subject or area that they act for. */
  office: string
  remarks?: string | undefined
}

/** Why a step was not taken; then nothing was written. */
export type StepNotTaken =
  | StepRefusal
  /** Someone was first. */
  | { code: 'version'; version: number; last: ReportEntry | undefined }
  | { code: 'monthRuns' }
  | { code: 'findings'; findings: readonly PrintedFinding[]; count: number }
  /** A revision without a difference. */
  | { code: 'unchanged' }

export type StepDone = { report: Doc<ReportRecord> } | { refused: StepNotTaken }

/** What refuses a step before anything is built or read; else the report as it is stored, and the step to be taken. */
export async function stepBefore(
  { state, now }: Pick<MakerSources['platform'], 'state' | 'now'>,
  { month, path, step, who, office, remarks, version }: StepAsked,
): Promise<{ refused: StepNotTaken } | { stored: Doc<ReportRecord> | undefined; taken: StepTaken }> {
  const stored = await state.get(reportKey(path[0], month))
  if ((stored?.version ?? 0) !== version) return { refused: firstOf(stored) }
  const taken = { step, who, office, remarks, atMs: now() }
  const refused = refusalOf(stored?.value, taken, path)
  return refused ? { refused } : { stored, taken }
}

export async function takeStep(on: MakerSources & { maker: ReportMaker }, asked: StepAsked): Promise<StepDone> {
  const { state, objects } = on.platform
  const { month, path, step, version } = asked
  const key = reportKey(path[0], month)
  const before = await stepBefore(on.platform, asked)
  if ('refused' in before) return before
  const { stored, taken } = before
  const brought = await bring(on, asked, stored?.value)
  if ('code' in brought) return { refused: brought }
  const report = advanceReport(stored?.value, taken, brought.given, { month, path })
  try {
    await appendAudit(state, auditFact(report, brought.detail), [{ key, value: report, ifVersion: version }])
  } catch (error) {
    if (!(error instanceof VersionConflict)) throw error
    // Nothing was written, so nothing names the files of this build.
    if ('build' in brought.given) await dropBuild(objects, brought.given.build)
    if (error.key !== key) throw error
    return { refused: firstOf(await state.get(key)) }
  }
  const old = stored && latest(stored.value).build
  if (step === 'build' && old) await dropBuild(objects, old)
  return { report: { key, value: report, version: version + 1 } }
}

const firstOf = (stored: Doc<ReportRecord> | undefined): StepNotTaken => ({
  code: 'version',
  version: stored?.version ?? 0,
  last: stored && lastEntry(stored.value),
})

interface Brought {
  given: StepGiven
  /** What the audit log keeps of it besides the step itself. */
  detail: Record<string, unknown>
}

async function bring(
  on: MakerSources & { maker: ReportMaker },
  { step, month, path }: StepAsked,
  report: ReportRecord | undefined,
): Promise<Brought | StepNotTaken> {
  const { objects, now } = on.platform
  if (step === 'build') {
    const build = await built(on, path[0], month)
    return { given: { step, build }, detail: { files: filesIn(build) } }
  }
  if (step === 'revise' && report) return revised(on, { subject: path[0], month }, latest(report).build)
  if (step === 'check' && report) {
    const { errors, warnings } = on.maker.check(await documentOfBuild(objects, latest(report).build))
    if (errors.length > 0) return { code: 'findings', findings: errors, count: errors.length }
    const checked = { errors: 0, warnings }
    return { given: { step, checked }, detail: { checked } }
  }
  if (step === 'submit' && monthRange(month).toMs > now()) return { code: 'monthRuns' }
  return { given: { step } as StepGiven, detail: {} }
}

/** The digest of the months is taken first: what changes during the build shows as changed. */
async function built(on: MakerSources & { maker: ReportMaker }, subject: string, month: Month): Promise<ReportBuild> {
  const { objects, state } = on.platform
  const monthsDigest = await monthsDigestOf({ state, registry: on.registry }, subject, month)
  return storeBuild(objects, await on.maker.build(subject, month), monthsDigest)
}

async function revised(
  on: MakerSources & { maker: ReportMaker },
  { subject, month }: { subject: string; month: Month },
  locked: ReportBuild,
): Promise<Brought | StepNotTaken> {
  const build = await built(on, subject, month)
  if (build.digest === locked.digest) {
    await dropBuild(on.platform.objects, build)
    return { code: 'unchanged' }
  }
  const [before, after] = await Promise.all([locked, build].map((one) => documentOfBuild(on.platform.objects, one)))
  const differences = before && after ? [...compareReports(before, after)].length : 0
  return { given: { step: 'revise', build }, detail: { files: filesIn(build), differences } }
}

const filesIn = ({ files }: ReportBuild) => files.map(({ name, sha256 }) => ({ name, sha256 }))

function auditFact(report: ReportRecord, detail: Record<string, unknown>) {
  const { number, state, history } = latest(report)
  const entry = history.at(-1)
  if (!entry) throw new RangeError('a step leaves an entry')
  const { step, who, atMs, office, remarks, digest } = entry
  return {
    what: `report.${step}`,
    about: `${report.subject}/${report.month}/${number}`,
    who,
    atMs,
    detail: { office, remarks, state, digest, ...detail },
  }
}

/** What would differ now from the latest revision; builds anew and stores nothing. */
export async function differencesNow({ maker, platform }: MakerSources & { maker: ReportMaker }, report: ReportRecord) {
  const { build } = latest(report)
  const { document } = await maker.build(report.subject, report.month)
  if (documentDigest(document) === build.digest) return []
  return [...compareReports(await documentOfBuild(platform.objects, build), document)]
}
