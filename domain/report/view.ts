// Defines the HTTP answers on reports, as zod schemas shared by the API and the page.

import * as z from 'zod'
import { month } from '../schema.ts'
import { REPORT_PERIODS, reportDeadlineSchema } from '../standards/report-deadlines.ts'
import { keysOf } from '../table.ts'
import { pageOf } from '../view/view.ts'
import { CHECK_THRESHOLDS, checkSettingsSchema, justificationSchema } from './check-settings.ts'
import { CHECK_RULE_IDS, CHECK_SEVERITIES } from './checks.ts'
import { reportTableSchema } from './document.ts'
import { EDITIONS } from './forms/edition.ts'
import { formEntriesSchema } from './forms/values.ts'
import { latest, REPORT_STATES, REPORT_STEPS, type ReportRecord, TASK_STATES, taskStateOf } from './life.ts'
import { SPOT_CHECK_SHARE_MIN, spotCheckSchema } from './spot-check.ts'

/** A form has some two hundred cells. */
const JUSTIFICATIONS_MAX = 500

const phrase = z.object({ zh: z.string(), en: z.string() })
const subject = z.object({ type: z.enum(['institution', 'area']), id: z.string(), name: z.string() })
const cell = z.union([z.number(), z.string(), z.null()])

const taskState = z.object({ code: z.number(), name: phrase }).meta({
  description: 'State of the task on the national platform: 9 未录入, 8 录入中, 1 已上报, -9 已退回, 7 已审核',
})
const reportState = z.enum(REPORT_STATES)

const entryView = z.object({
  step: z.enum(REPORT_STEPS),
  state: reportState.meta({ description: 'After the step' }),
  atMs: z.number(),
  who: z.string(),
  office: z.string().meta({ description: 'The institution or area that the person acted for' }),
  remarks: z.string().nullable(),
  digest: z.string().meta({ description: 'SHA-256 of the content that the step was taken on' }),
})
const revisionView = z.object({
  number: z.number(),
  state: reportState,
  asOfMs: z.number(),
  digest: z.string(),
  checked: z.object({ errors: z.number(), warnings: z.number() }).nullable(),
  files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
  history: z.array(entryView),
})

const changed = z.boolean().meta({
  description: 'The months or targets behind the latest revision are others than at its build; `differences` says what',
})
const version = z.number().meta({ description: 'To be sent with the next step; it rises by one with each' })

/** A step that is taken later: the answer 202 of a step, and part of what is asked of the subject's reports. */
export const askedStepSchema = z.object({
  subject,
  month,
  step: z.enum(REPORT_STEPS),
  who: z.string(),
  office: z.string(),
  askedMs: z.number().meta({ description: 'When it was asked for; a build has the data up to then' }),
  refused: z.looseObject({ status: z.number(), detail: z.string() }).nullable().meta({
    description: 'Why it was not taken, as the problem that a step taken at once is answered; null: it waits',
  }),
})
export type AskedStepView = z.infer<typeof askedStepSchema>
const asked = askedStepSchema.nullable().meta({
  description: 'The step that waits, or was refused, of the reports of an area with areas below; null: none',
})

/** `GET /reports/{subject}/{month}`, and the answer of every step. */
export const reportViewSchema = z.object({
  subject,
  month,
  version,
  state: reportState,
  taskState,
  changed,
  steps: z
    .array(z.object({ step: z.enum(REPORT_STEPS), name: phrase, offices: z.array(z.string()) }))
    .meta({ description: 'The steps that may be taken now, and the offices that may take them' }),
  revisions: z.array(revisionView),
  asked,
})
export type ReportView = z.infer<typeof reportViewSchema>

const reportRow = z.object({
  month,
  version,
  state: reportState,
  taskState,
  changed,
  revision: z.number(),
  last: entryView,
})
/** `GET /reports/{subject}`: the latest month first. */
export const reportsPageSchema = pageOf(reportRow).extend({ subject, asked })
export type ReportsPageView = z.infer<typeof reportsPageSchema>

/** The fields of every step. */
export const stepBodySchema = z.object({
  who: z.string().trim().min(1).max(100),
  office: z.string().max(64).meta({ description: 'The institution or area that the person acts for' }),
  version: z.number().int().min(0).meta({ description: 'Version of the report that the sender saw; 0: none yet' }),
  remarks: z.string().max(1000).optional().meta({ description: 'Why; required to return and to revise' }),
})

const differenceView = z.object({
  kind: z.enum(['added', 'removed', 'changed']),
  table: z.string(),
  row: z.string().nullable(),
  column: z.string().nullable(),
  part: z.enum(['value', 'title', 'note', 'unit', 'name']),
  from: cell,
  to: cell,
})
/** Differences in their order; `cursor` is the number of those already read. */
export const differencesPageSchema = pageOf(differenceView).extend({ total: z.number() })
export type DifferencesPageView = z.infer<typeof differencesPageSchema>

const partView = z.object({
  ...subject.shape,
  state: reportState.nullable(),
  taskState,
})
/** `GET /areas/{code}/reports-due`. */
export const reportsDueSchema = z.object({
  area: z.string(),
  date: z.string(),
  periods: z.array(
    z.object({
      period: z.enum(REPORT_PERIODS),
      label: z.string(),
      month: month.meta({ description: 'Month of the report that answers for the period' }),
      dueOn: z.string().meta({ description: 'The last day in time' }),
      daysLeft: z.number().meta({ description: 'Below 0: late' }),
      rule: reportDeadlineSchema,
      own: z.object({ state: reportState.nullable(), taskState }),
      parts: z.number(),
      submitted: z.number(),
      missing: z.array(partView).meta({ description: 'Parts that have not submitted' }),
      missingLeft: z.number().meta({ description: 'How many more have not' }),
    }),
  ),
})
export type ReportsDueView = z.infer<typeof reportsDueSchema>

export const stateView = (report: ReportRecord | undefined) => ({
  state: report ? latest(report).state : null,
  taskState: taskStateView(report),
})
export const taskStateView = (report: ReportRecord | undefined): z.infer<typeof taskState> =>
  TASK_STATES[taskStateOf(report)]

const who = z.string().trim().min(1).max(100)
const storedVersion = z.number().int().min(0).meta({ description: 'Version that the sender saw; 0: none yet' })
const findingView = z.object({
  rule: z.enum(CHECK_RULE_IDS),
  severity: z.enum(CHECK_SEVERITIES),
  cell: z.string().nullable().meta({ description: 'The cell of the form; null: the institution as a whole' }),
  value: z.number().nullable(),
  limit: z.number().nullable(),
  message: phrase,
  justification: justificationSchema.nullable(),
})
/** `GET /forms/{institution}/{period}`: the forms as they would be reported now. */
export const formsViewSchema = z.object({
  institution: z.string(),
  period: z.string().meta({ description: '2026-03, 2026-Q1 or 2026' }),
  edition: z.enum(EDITIONS),
  tables: z.array(reportTableSchema).meta({
    description: 'NY101, NY201, NY202, NY203; a row of a form is named by its cell, e.g. NY201_110',
  }),
  entries: formEntriesSchema.meta({ description: 'What a person filled in for this very period' }),
  entriesVersion: storedVersion,
  findings: z.array(findingView),
  justifications: z.array(justificationSchema),
  justificationsVersion: storedVersion,
})
export type FormsView = z.output<typeof formsViewSchema>

/** `PUT /forms/{institution}/{period}/entries`: replaces the entries of the period. */
export const entriesBodySchema = formEntriesSchema.extend({ who, version: storedVersion })
/** `PUT /forms/{institution}/{period}/justifications`: replaces those of the period. */
export const justificationsBodySchema = z.object({
  who,
  version: storedVersion,
  justifications: z
    .array(
      z.object({
        rule: z.enum(CHECK_RULE_IDS),
        cell: justificationSchema.shape.cell.meta({ description: 'Absent: all findings of the rule' }),
        text: justificationSchema.shape.text,
      }),
    )
    .max(JUSTIFICATIONS_MAX),
})

const thresholdView = z.object({
  value: z.number(),
  source: z.string(),
  certainty: z.string(),
  standIn: z.boolean(),
})
const thresholdNames = keysOf(CHECK_THRESHOLDS)
/** `GET /settings/report-checks`. */
export const checkSettingsViewSchema = checkSettingsSchema.extend({
  version: storedVersion,
  shipped: z.record(z.enum(thresholdNames), thresholdView).meta({ description: 'Hold where nothing was set' }),
})
/** `PUT /settings/report-checks`: replaces all rows. */
export const checkSettingsBodySchema = checkSettingsSchema.extend({ who, version: storedVersion })

/** `POST /areas/{code}/spot-checks/{year}`. */
export const spotCheckBodySchema = z.object({
  who,
  seed: spotCheckSchema.shape.seed,
  share: spotCheckSchema.shape.share.default(SPOT_CHECK_SHARE_MIN),
})
export const spotCheckViewSchema = spotCheckSchema.extend({
  institutions: z.array(z.object({ id: z.string(), name: z.string() })),
})

/** `GET /reports/{subject}/{month}/explain`: one number of a built report. */
export const cellViewSchema = z.object({
  address: z.string().meta({ description: 'TABLE/ROW/COLUMN' }),
  sheetCell: z.string().meta({ description: 'In the workbook' }),
  table: phrase,
  note: phrase,
  row: z.string(),
  column: phrase,
  unit: z.string(),
  value: cell,
  revision: z.number(),
  trace: z.string().nullable().meta({
    description: 'Path below /api/v1/ that follows the number: status, months, hours, readings and rows, as of now',
  }),
})
export type CellView = z.infer<typeof cellViewSchema>

/** `POST /reports/{subject}/{month}/template`. */
export const templateBodySchema = z.object({
  template: z.base64().meta({ description: 'The XLSX file' }),
  name: z.string().min(1).max(200).default('template.xlsx'),
  mapping: z.string().optional().meta({
    description: 'JSON {"NY201_110": "Sheet1!C5"}, or CSV with a name and a cell in each line; absent: named cells',
  }),
  period: z.string().optional().meta({ description: 'Of the report; absent: the longest' }),
})
