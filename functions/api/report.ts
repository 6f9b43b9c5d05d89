// Routes of reports: the list with its states, the steps from draft to lock and on to a revision, differences, files,
// and what is due in an area.

import * as z from 'zod'
import { addMonths, type Month, monthOf, monthRange } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import { institutionOn } from '../../domain/registry/dated.ts'
import { daysBetween } from '../../domain/report/deadlines.ts'
import { compareReports, type ReportDifference } from '../../domain/report/differences.ts'
import {
  actionOfStep,
  lastEntry,
  latest,
  officesOf,
  REPORT_STEPS,
  type ReportPath,
  type ReportRecord,
  type ReportRevision,
  type ReportStep,
  STEP_NAMES,
  stepsOf,
} from '../../domain/report/life.ts'
import { cellAtAddress } from '../../domain/report/trace.ts'
import {
  type AskedStepView,
  askedStepSchema,
  cellViewSchema,
  differencesPageSchema,
  type ReportsDueView,
  type ReportView,
  reportsDueSchema,
  reportsPageSchema,
  reportViewSchema,
  stateView,
  stepBodySchema,
  taskStateView,
  templateBodySchema,
} from '../../domain/report/view.ts'
import { month } from '../../domain/schema.ts'
import type { Doc } from '../platform.ts'
import { type AskedStep, askedStep, askStep, isTakenLater } from '../reporting/asked.ts'
import { type AreaDue, dueIn, localDateOf, missingIn } from '../reporting/due.ts'
import { differencesNow, type StepAsked, type StepNotTaken, stepBefore, takeStep } from '../reporting/steps.ts'
import { contentTypeOf, documentOfBuild, fileOfBuild, monthsDigestOf, reportKey } from '../reporting/store.ts'
import { filledTemplate } from '../reporting/template.ts'
import { TemplateProblem } from '../reporting/template-archive.ts'
import { areaOf, limitQuery, type PageQuery, pageQuery } from './query.ts'
import { ApiProblem, FILE_ANSWER, Later, notFound, type RouteContext, route } from './route.ts'

type ReportContext = RouteContext<'subject' | 'month'>
/** Findings that one refusal lists, and parts that one period lists. */
const FINDINGS_MAX = 100
const MISSING_MAX = 1000

/** The route of one step; `text` ends with its name. */
const stepHandler = (step: ReportStep) => ({
  access: { action: actionOfStep(step), at: { subject: 'subject' as const } },
  body: stepBodySchema,
  response: reportViewSchema,
  later: askedStepSchema,
  async handle(
    context: ReportContext,
    { body }: { body: z.output<typeof stepBodySchema> },
  ): Promise<ReportView | Later> {
    const { platform, registry, maker, scope } = context
    const asked = await askedOf(context)
    if (!(await scope.coversSubject('subject', body.office)))
      throw new ApiProblem(403, 'Forbidden', `you do not act for "${body.office}"`, { field: 'office' })
    if (monthRange(asked.month).fromMs > platform.now())
      throw new ApiProblem(422, 'Refused', `${asked.month} has not begun`, { field: 'month' })
    const taken = { month: asked.month, path: asked.path, ...body, step }
    if (await isTakenLater(registry, { step, subject: asked.subject.id }))
      return new Later(await waitingStep(platform, asked.subject, taken))
    const done = await takeStep({ platform, registry, maker }, taken)
    if ('report' in done) return reportView(context, asked, done.report)
    throw problemOf(step, done.refused)
  },
})

export const reportRoutes = {
  ...route('GET /api/v1/reports/{subject}', {
    access: { action: 'figures', at: { subject: 'subject' } },
    summary: 'The reports of an institution or area with their states, the latest month first',
    query: z.object({ cursor: month.optional(), limit: limitQuery() }),
    response: reportsPageSchema,
    async handle(context, { query: { cursor, limit } }) {
      const { subject } = await subjectOf(context.path.subject, context)
      const { state } = context.platform
      const docs = await state.query(reportKey(subject.id), {
        descending: true,
        limit: limit + 1,
        ...(cursor && { after: reportKey(subject.id, cursor) }),
      })
      const items = await Promise.all(
        docs.slice(0, limit).map(async ({ value: report, version }) => ({
          month: report.month,
          version,
          state: latest(report).state,
          taskState: taskStateView(report),
          changed: await isChanged(context, report),
          revision: latest(report).number,
          last: must(lastEntry(report)),
        })),
      )
      const asked = await askedView(state, subject)
      return { subject, items, next: docs.length > limit ? (items.at(-1)?.month ?? null) : null, asked }
    },
  }),

  ...route('GET /api/v1/reports/{subject}/{month}', {
    access: { action: 'figures', at: { subject: 'subject' } },
    summary: 'One report: its state, the steps that may be taken, and each revision with its files and history',
    response: reportViewSchema,
    async handle(context) {
      const asked = await askedOf(context)
      return reportView(context, asked, await knownReport(context, asked))
    },
  }),

  ...route('POST /api/v1/reports/{subject}/{month}/build', {
    summary: 'Builds the draft, or builds it again, from the data of now',
    ...stepHandler('build'),
  }),
  ...route('POST /api/v1/reports/{subject}/{month}/check', {
    summary: 'Checks the draft by the rules; errors refuse it',
    ...stepHandler('check'),
  }),
  ...route('POST /api/v1/reports/{subject}/{month}/submit', {
    summary: 'Submits a checked report to the area above, once its month has ended',
    ...stepHandler('submit'),
  }),
  ...route('POST /api/v1/reports/{subject}/{month}/return', {
    summary: 'Returns a submitted or accepted report with remarks',
    ...stepHandler('return'),
  }),
  ...route('POST /api/v1/reports/{subject}/{month}/accept', {
    summary: 'Accepts a submitted report',
    ...stepHandler('accept'),
  }),
  ...route('POST /api/v1/reports/{subject}/{month}/lock', {
    summary: 'Locks an accepted report: it never changes again',
    ...stepHandler('lock'),
  }),
  ...route('POST /api/v1/reports/{subject}/{month}/revise', {
    summary: 'Opens a new revision of a locked report, built from the data of now; refused when nothing differs',
    ...stepHandler('revise'),
  }),

  ...route('GET /api/v1/reports/{subject}/{month}/differences', {
    access: { action: 'figures', at: { subject: 'subject' } },
    summary: 'What would differ from the latest revision if it were built now, cell by cell; nothing is stored',
    query: pageQuery,
    response: differencesPageSchema,
    async handle(context, { query }) {
      const { value: report } = await knownReport(context, await askedOf(context))
      return differencesPage(await differencesNow(context, report), query)
    },
  }),

  ...route('GET /api/v1/reports/{subject}/{month}/revisions/{number}/differences', {
    access: { action: 'figures', at: { subject: 'subject' } },
    summary: 'What a revision changed against the one before it, cell by cell',
    query: pageQuery,
    response: differencesPageSchema,
    async handle(context, { query }) {
      const { objects } = context.platform
      const { revision, report } = await knownRevision(context)
      const before = report.revisions[revision.number - 2]
      if (!before) throw new ApiProblem(404, 'Not found', 'the first revision has none before it')
      const [old, own] = [await documentOfBuild(objects, before.build), await documentOfBuild(objects, revision.build)]
      return differencesPage([...compareReports(old, own)], query)
    },
  }),

  ...route('GET /api/v1/reports/{subject}/{month}/revisions/{number}/files/{name}', {
    access: { action: 'figures', at: { subject: 'subject' } },
    summary: 'One file of a revision, as it was built',
    response: FILE_ANSWER,
    file: true,
    async handle(context) {
      const { name } = context.path
      const { revision } = await knownRevision(context)
      const bytes = await fileOfBuild(context.platform.objects, revision.build, name)
      if (!bytes) throw new ApiProblem(404, 'Not found', `revision ${revision.number} has no file "${name}"`)
      return { name, contentType: contentTypeOf(name), bytes }
    },
  }),

  ...route('GET /api/v1/reports/{subject}/{month}/explain', {
    access: { action: 'figures', at: { subject: 'subject' } },
    summary: 'One number of the latest build: what it is, and the path that follows it to the readings',
    query: z.object({ cell: z.string().min(3).max(500) }),
    response: cellViewSchema,
    async handle(context, { query }) {
      const { value: report } = await knownReport(context, await askedOf(context))
      const { build, number } = latest(report)
      const found = cellAtAddress(await documentOfBuild(context.platform.objects, build), query.cell)
      if (!found)
        throw new ApiProblem(
          404,
          'Not found',
          `the report has no cell "${query.cell}"; write TABLE/ROW/COLUMN or SHEET!E4`,
          {
            field: 'cell',
          },
        )
      const { table, row, column, value, sheetCell, trace } = found
      return {
        address: `${table.id}/${row.id}/${column.id}`,
        ...{ sheetCell, table: table.title, note: table.note, row: row.id },
        ...{ column: column.title, unit: column.unit, value, revision: number, trace },
      }
    },
  }),

  ...route('POST /api/v1/reports/{subject}/{month}/template', {
    access: { action: 'prepareReports', at: { subject: 'subject' } },
    summary: 'Fills a template of the user with the forms of the latest build; its formatting is kept',
    body: templateBodySchema,
    response: FILE_ANSWER,
    file: true,
    async handle(context, { body: { template, name, mapping, period } }) {
      const { value: report } = await knownReport(context, await askedOf(context))
      const document = await documentOfBuild(context.platform.objects, latest(report).build)
      const { bytes } = await filledTemplate(document, {
        template: Buffer.from(template, 'base64'),
        mapping,
        period,
      }).catch((error: unknown) => {
        if (!(error instanceof TemplateProblem)) throw error
        throw new ApiProblem(422, 'Refused', error.message, { code: error.code })
      })
      return { name, contentType: contentTypeOf('.xlsx'), bytes }
    },
  }),

  ...route('GET /api/v1/areas/{code}/reports-due', {
    access: { action: 'figures', at: { area: 'code' } },
    summary: 'What is due in an area on a day, and which areas and institutions directly below have not submitted',
    query: z.object({ on: z.iso.date().optional() }),
    response: reportsDueSchema,
    async handle(context, { query: { on } }) {
      const { platform, registry } = context
      const { code } = await areaOf(context)
      const date = on ?? localDateOf(platform.now())
      const due = await dueIn({ state: platform.state, registry }, code, date)
      return { area: code, date, periods: due.map((one) => dueView(one, date)) }
    },
  }),
}

/** Lets a step wait for the trigger `reports`; throws what refuses it already. */
async function waitingStep(
  platform: RouteContext['platform'],
  subject: ReportView['subject'],
  asked: StepAsked,
): Promise<AskedStepView> {
  const { step } = asked
  const before = await stepBefore(platform, asked)
  if ('refused' in before) throw problemOf(step, before.refused)
  const { first, asked: waiting } = await askStep(platform, asked)
  if (!first) return askedStepView(subject, waiting)
  const detail = `${first.who} (${first.office}) asked first: ${first.step} of ${first.month}`
  throw new ApiProblem(409, 'Conflict', detail, { asked: askedStepView(subject, first) })
}

async function askedView(state: RouteContext['platform']['state'], subject: ReportView['subject']) {
  const found = subject.type === 'area' ? await askedStep(state, subject.id) : undefined
  return found ? askedStepView(subject, found.value) : null
}

function askedStepView(subject: ReportView['subject'], asked: AskedStep): AskedStepView {
  const { month, step, who, office, atMs, refused } = asked
  const problem = refused && (refused.code === 'failed' ? refused : problemOf(step, refused))
  const { status = 422, more = {} } = problem instanceof ApiProblem ? problem : {}
  const detail = problem && (problem instanceof ApiProblem ? problem.message : problem.detail)
  const given = detail === null ? null : { ...more, status, detail }
  return { subject, month, step, who, office, askedMs: atMs, refused: given }
}

interface Asked {
  month: Month
  path: ReportPath
  subject: ReportView['subject']
}

async function askedOf(context: ReportContext): Promise<Asked> {
  const parsed = month.safeParse(context.path.month)
  if (!parsed.success) throw new ApiProblem(400, 'Bad request', 'month: must be YYYY-MM', { field: 'month' })
  return { month: parsed.data, ...(await subjectOf(context.path.subject, context, parsed.data)) }
}

/** An area, else an institution, and the way upward from it at the end of the month. */
async function subjectOf(
  id: string,
  { registry, platform }: Pick<RouteContext, 'registry' | 'platform'>,
  given = addMonths(monthOf(platform.now()), -1),
): Promise<Pick<Asked, 'path' | 'subject'>> {
  const area = (await registry.areasByCode()).get(id)
  if (area) {
    const [, ...above] = await registry.path(id)
    return { subject: { type: 'area', id, name: area.name }, path: [id, ...above] }
  }
  const { institution } = (await registry.institution(id)) ?? {}
  if (!institution) throw notFound('area or institution', id)
  const then = institutionOn(institution, monthRange(given).toMs - 1) ?? institution
  return {
    subject: { type: 'institution', id, name: institution.name },
    path: [id, ...(await registry.path(then.area))],
  }
}

async function knownReport({ platform }: ReportContext, { month, path: [subject] }: Asked): Promise<Doc<ReportRecord>> {
  const found = await platform.state.get(reportKey(subject, month))
  if (!found) throw new ApiProblem(404, 'Not found', `there is no report of "${subject}" for ${month}; build one`)
  return found
}

async function knownRevision(
  context: RouteContext<'subject' | 'month' | 'number'>,
): Promise<{ report: ReportRecord; revision: ReportRevision }> {
  const { value: report } = await knownReport(context, await askedOf(context))
  const revision = report.revisions.find(({ number }) => String(number) === context.path.number)
  if (!revision) throw new ApiProblem(404, 'Not found', `there is no revision "${context.path.number}"`)
  return { report, revision }
}

async function isChanged({ platform, registry }: Pick<RouteContext, 'platform' | 'registry'>, report: ReportRecord) {
  const digest = await monthsDigestOf({ state: platform.state, registry }, report.subject, report.month)
  return digest !== latest(report).build.monthsDigest
}

async function reportView(
  context: Pick<RouteContext, 'platform' | 'registry'>,
  { month, subject, path }: Asked,
  { value: report, version }: Doc<ReportRecord>,
): Promise<ReportView> {
  const steps = REPORT_STEPS.map((step) => ({ step, name: STEP_NAMES[step], offices: officesOf(step, path) }))
  return {
    subject,
    month,
    version,
    state: latest(report).state,
    taskState: taskStateView(report),
    changed: await isChanged(context, report),
    asked: await askedView(context.platform.state, subject),
    steps: steps.filter(({ step, offices }) => stepsOf(report, offices[0] ?? '', path).includes(step)),
    revisions: report.revisions.map(({ number, state, build: { asOfMs, digest, files }, checked, history }) => ({
      ...{ number, state, asOfMs, digest, checked },
      files: [...files],
      history: [...history],
    })),
  }
}

function differencesPage(all: readonly ReportDifference[], { cursor, limit }: PageQuery) {
  const first = Number(cursor ?? 0)
  if (!Number.isInteger(first) || first < 0 || first > all.length)
    throw new ApiProblem(400, 'Bad request', `"${cursor}" is no cursor of this list`, { field: 'cursor' })
  const items = all.slice(first, first + limit)
  return { items, next: first + limit < all.length ? String(first + limit) : null, total: all.length }
}

function dueView(due: AreaDue, date: string): ReportsDueView['periods'][number] {
  const { period, label, month, dueOn, rule, own, parts } = due
  const missing = missingIn(due)
  return {
    ...{ period, label, month, dueOn, rule },
    daysLeft: daysBetween(date, dueOn),
    own: stateView(own),
    parts: parts.length,
    submitted: parts.length - missing.length,
    missing: missing.slice(0, MISSING_MAX).map(({ part, report }) => ({ ...part, ...stateView(report) })),
    missingLeft: Math.max(0, missing.length - MISSING_MAX),
  }
}

/** 409 names who was first; 422 what the step lacks; 403 the office that may take it. */
function problemOf(step: ReportStep, refused: StepNotTaken): ApiProblem {
  const conflict = (detail: string, more: Record<string, unknown>) => new ApiProblem(409, 'Conflict', detail, more)
  const unable = (detail: string, more?: Record<string, unknown>) => new ApiProblem(422, 'Refused', detail, more)
  switch (refused.code) {
    case 'version': {
      const { version, last } = refused
      if (!last) return conflict('there is no such report yet: its version is 0', { version })
      return conflict(`${last.who} (${last.office}) was first: ${last.step}`, { version, last })
    }
    case 'state':
      return conflict(`a report in the state "${refused.state}" does not take the step "${step}"`, { ...refused })
    case 'office':
      return new ApiProblem(403, 'Forbidden', `"${step}" is a step of ${refused.offices.join(' or ')}`, {
        field: 'office',
        offices: refused.offices,
      })
    case 'remarks':
      return new ApiProblem(400, 'Bad request', `remarks: "${step}" must say why`, { field: 'remarks' })
    case 'findings': {
      const problems = refused.findings.slice(0, FINDINGS_MAX)
      return unable(`${refused.count} errors: ${problems[0]?.text.en}`, { problems })
    }
    case 'monthRuns':
      return unable('the month has not ended', { field: 'month' })
    case 'unchanged':
      return conflict('a report built now would not differ from the locked revision', {})
    case 'tooMany':
      return unable('the report has all the revisions and steps that one can have')
  }
}
