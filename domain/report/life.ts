// Implements the way of a report (docs/rules/report.md#the-way-of-a-report): draft → checked → submitted → returned or
// accepted → locked, and a new revision after that. Each step is of one office and keeps who, when and why. Pure: the
// clock is an argument, and a step that is not allowed is a value.

import type { Action } from '../access/permission.ts'
import type { Month } from '../calendar.ts'
import type { Phrase } from '../phrase.ts'
import { columnOf, keysOf } from '../table.ts'

export const REPORT_STATES = ['draft', 'checked', 'submitted', 'returned', 'accepted', 'locked'] as const
export type ReportState = (typeof REPORT_STATES)[number]

/** The states of a task on the national platform (docs/rules/report.md#the-way-of-a-report). */
export const TASK_STATES = {
  notEntered: { code: 9, name: { zh: '未录入', en: 'not entered' } },
  entering: { code: 8, name: { zh: '录入中', en: 'being entered' } },
  reported: { code: 1, name: { zh: '已上报', en: 'reported' } },
  sentBack: { code: -9, name: { zh: '已退回', en: 'returned' } },
  reviewed: { code: 7, name: { zh: '已审核', en: 'reviewed' } },
} as const satisfies Record<string, { code: number; name: Phrase }>
export type TaskState = keyof typeof TASK_STATES

const TASK_STATE_OF: Readonly<Record<ReportState, TaskState>> = {
  draft: 'entering',
  checked: 'entering',
  submitted: 'reported',
  returned: 'sentBack',
  accepted: 'reviewed',
  locked: 'reviewed',
}

/** The platform's state of the latest revision; of a report that does not exist: not entered. */
export const taskStateOf = (report: ReportRecord | undefined): TaskState =>
  report ? TASK_STATE_OF[latest(report).state] : 'notEntered'

/** `own`: the subject's own office; `above`: that of the area above it. */
type Side = 'own' | 'above'
interface StepRow {
  from: readonly (ReportState | 'none')[]
  to: ReportState
  by: readonly Side[]
  /** True when the step must say why. */
  remarks: boolean
  name: Phrase
}
const STEPS = {
  build: {
    from: ['none', 'draft', 'checked', 'returned'],
    to: 'draft',
    by: ['own'],
    remarks: false,
    name: { zh: '编制', en: 'built' },
  },
  check: { from: ['draft'], to: 'checked', by: ['own'], remarks: false, name: { zh: '校验', en: 'checked' } },
  submit: { from: ['checked'], to: 'submitted', by: ['own'], remarks: false, name: { zh: '上报', en: 'submitted' } },
  return: {
    from: ['submitted', 'accepted'],
    to: 'returned',
    by: ['above'],
    remarks: true,
    name: { zh: '退回', en: 'returned' },
  },
  accept: {
    from: ['submitted'],
    to: 'accepted',
    by: ['above'],
    remarks: false,
    name: { zh: '审核通过', en: 'accepted' },
  },
  lock: { from: ['accepted'], to: 'locked', by: ['above'], remarks: false, name: { zh: '锁定', en: 'locked' } },
  revise: {
    from: ['locked'],
    to: 'draft',
    by: ['own', 'above'],
    remarks: true,
    name: { zh: '修订', en: 'opened again as a revision' },
  },
} as const satisfies Record<string, StepRow>
export const REPORT_STEPS = keysOf(STEPS)
export type ReportStep = (typeof REPORT_STEPS)[number]
const ROWS: Readonly<Record<ReportStep, StepRow>> = STEPS
/** Steps of the office above. */
const DECISIONS: readonly ReportStep[] = ['return', 'accept', 'lock']
/** The right that a step asks for (docs/rules/access.md). */
export const actionOfStep = (step: ReportStep): Action =>
  DECISIONS.includes(step) ? 'decideReports' : 'prepareReports'
export const STEP_NAMES: Readonly<Record<ReportStep, Phrase>> = columnOf(ROWS, ({ name }) => name)

export interface FiledFile {
  name: string
  bytes: number
  sha256: string
}
/** What was built. */
export interface ReportBuild {
  asOfMs: number
  /** SHA-256 of the document's content (domain/report/differences.ts). */
  digest: string
  /** SHA-256 of the months and targets behind it, so that a later change shows without building. */
  monthsDigest: string
  /** Where its files lie. */
  folder: string
  files: readonly FiledFile[]
}
/** How many rules the document breaks. */
export interface CheckCounts {
  errors: number
  warnings: number
}
export interface ReportEntry {
  step: ReportStep
  /** The state after it. */
  state: ReportState
  atMs: number
  who: string
  /** The institution or area that the person acts for. */
  office: string
  remarks: string | null
  /** Content of the document at that time. */
  digest: string
}
export interface ReportRevision {
  /** 1 for the first. */
  number: number
  state: ReportState
  build: ReportBuild
  /** Null until it is checked, and again after the next build. */
  checked: CheckCounts | null
  /** The latest last. */
  history: readonly ReportEntry[]
}
/** The report of a subject and month: plain JSON, stored as it is. Only the latest revision changes. */
export interface ReportRecord {
  subject: string
  month: Month
  revisions: readonly ReportRevision[]
}

/** Revisions of a report, and steps of a revision: far more than people take. */
const REVISIONS_MAX = 100
const ENTRIES_MAX = 300

export interface StepTaken {
  step: ReportStep
  who: string
  office: string
  remarks?: string | undefined
  atMs: number
}
/** What a step brings: a build what it built, a check what it counted. */
export type StepGiven =
  | { step: 'build' | 'revise'; build: ReportBuild }
  | { step: 'check'; checked: CheckCounts }
  | { step: 'submit' | 'return' | 'accept' | 'lock' }

/** `last`: the entry that came before, when another one than the caller knew of may have been first. */
export type StepRefusal =
  | { code: 'state'; state: ReportState | 'none'; last: ReportEntry | undefined }
  | { code: 'office'; offices: readonly string[] }
  | { code: 'remarks' }
  | { code: 'tooMany' }

/** Who is concerned with a report: its subject's path of areas upward, itself first. */
export type ReportPath = readonly [subject: string, ...above: string[]]

/** The offices that may take a step. The highest area has nobody above it and decides on its own report. */
export function officesOf(step: ReportStep, path: ReportPath): string[] {
  const [own, above = own] = path
  return [...new Set(ROWS[step].by.map((side) => (side === 'own' ? own : above)))]
}

/** The steps that an office may take now. */
export const stepsOf = (report: ReportRecord | undefined, office: string, path: ReportPath): ReportStep[] =>
  REPORT_STEPS.filter((step) => isFrom(step, report) && officesOf(step, path).includes(office))

export const latest = ({ revisions }: ReportRecord): ReportRevision => {
  const revision = revisions.at(-1)
  if (!revision) throw new RangeError('a report has at least one revision')
  return revision
}

/** The latest step, of any revision. */
export const lastEntry = (report: ReportRecord): ReportEntry | undefined => latest(report).history.at(-1)

const stateOf = (report: ReportRecord | undefined): ReportState | 'none' => (report ? latest(report).state : 'none')
const isFrom = (step: ReportStep, report: ReportRecord | undefined): boolean =>
  ROWS[step].from.includes(stateOf(report))

/** Why the step may not be taken now; undefined when it may. */
export function refusalOf(
  report: ReportRecord | undefined,
  taken: StepTaken,
  path: ReportPath,
): StepRefusal | undefined {
  const { step, office, remarks = '' } = taken
  const offices = officesOf(step, path)
  if (!offices.includes(office)) return { code: 'office', offices }
  if (!isFrom(step, report)) return { code: 'state', state: stateOf(report), last: report && lastEntry(report) }
  if (ROWS[step].remarks && remarks.trim() === '') return { code: 'remarks' }
  const isFull = report && (report.revisions.length >= REVISIONS_MAX || latest(report).history.length >= ENTRIES_MAX)
  return isFull && (step === 'build' || step === 'revise') ? { code: 'tooMany' } : undefined
}

/**
 * The report after a step. Throws RangeError for a step that `refusalOf` refuses, or that brings nothing it should
 * bring.
 */
export function advanceReport(
  report: ReportRecord | undefined,
  taken: StepTaken,
  given: StepGiven,
  { month, path }: { month: Month; path: ReportPath },
): ReportRecord {
  const refusal = refusalOf(report, taken, path)
  if (refusal) throw new RangeError(`the step ${taken.step} is refused: ${refusal.code}`)
  const before = report && latest(report)
  const isNew = taken.step === 'revise' || !before
  const build = 'build' in given ? given.build : before?.build
  if (given.step !== taken.step || !build) throw new RangeError(`the step ${taken.step} brings nothing to store`)
  const { step, who, office, remarks = '', atMs } = taken
  const state = ROWS[step].to
  const entry: ReportEntry = {
    step,
    state,
    // Time never runs backward for a report.
    atMs: Math.max(atMs, before?.history.at(-1)?.atMs ?? atMs),
    who,
    office,
    remarks: remarks.trim() || null,
    digest: build.digest,
  }
  const revision: ReportRevision = {
    number: (before?.number ?? 0) + (isNew ? 1 : 0),
    state,
    build,
    checked: 'checked' in given ? given.checked : step === 'build' || isNew ? null : (before?.checked ?? null),
    history: isNew ? [entry] : [...before.history, entry],
  }
  const kept = report?.revisions.slice(0, isNew ? undefined : -1) ?? []
  return { subject: path[0], month, revisions: [...kept, revision] }
}

/** True once a revision was handed upward and not sent back: a later revision does not undo that. */
export const hasSubmitted = (report: ReportRecord | undefined): boolean =>
  report?.revisions.some(({ state }) => state === 'submitted' || state === 'accepted' || state === 'locked') ?? false
