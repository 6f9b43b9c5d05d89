// Defines a report: the tables of a package, in the order of the workbook. Files (XLSX, CSV, JSON, HTML) are written
// from this document alone, so that they cannot differ; JSON Schema: docs/report.schema.json.

import * as z from 'zod'
import type { Language } from '../phrase.ts'
import { asMonth } from '../schema.ts'

const phrase = z.object({ zh: z.string(), en: z.string() })

/** How a column's numbers are written; `general`: as they are; `percent`: of a share, 0 to 1. */
export const CELL_FORMATS = [
  'general',
  'text',
  'integer',
  'decimal1',
  'decimal2',
  'decimal4',
  'percent',
  'instant',
] as const

export const reportColumnSchema = z.object({
  /** Unique in its table; the column's name in JSON and in differences. */
  id: z.string(),
  title: phrase,
  /** Unit of the trade, in Chinese, e.g. 万吨标准煤; empty for text. */
  unit: z.string(),
  format: z.enum(CELL_FORMATS),
})
export type ReportColumn = z.infer<typeof reportColumnSchema>

/** Characters that a spreadsheet program takes for the name of a sheet. */
const SHEET_NAME_MAX = 31

/** Null: not known, or not judged. */
const cell = z.union([z.number(), z.string(), z.null()])
export type ReportCell = z.infer<typeof cell>

export const reportRowSchema = z.object({
  /** Unique in its table: a subject, or a subject and what the row is about. */
  id: z.string(),
  cells: z.array(cell),
  /** Path below /api/v1/ that explains the row's numbers; absent: the one of its table. */
  trace: z.string().optional(),
})
export type ReportRow = z.infer<typeof reportRowSchema>

/** Lines that one chart bears: three kinds of days before and after. */
const CHART_SERIES_MAX = 6

const chartSchema = z.object({
  title: phrase,
  /** Column along the axis: names or dates, or numbers by their size. */
  category: z.string(),
  /** Columns of numbers of one unit. */
  series: z.array(z.string()).min(1).max(CHART_SERIES_MAX),
  /** `points`: a dot a row. Columns when absent. */
  kind: z.literal('points').optional(),
  /** Those of `series` that are lines among the points. */
  lines: z.array(z.string()).optional(),
})

export const reportTableSchema = z.object({
  /** Unique in the report; the name of its CSV file. */
  id: z.string(),
  title: phrase,
  /** Name of its sheet, where the title is too long for one. */
  sheet: z.string().max(SHEET_NAME_MAX).optional(),
  /** One sentence on what the figures are and where they come from; empty when the titles say all. */
  note: phrase,
  columns: z.array(reportColumnSchema),
  /** What the workbook draws over the rows. */
  chart: chartSchema.optional(),
  /** Path below /api/v1/ that explains the rows without one of their own. */
  trace: z.string().optional(),
  /** True: says how things stood at the build, so that a later change of it makes no other report. */
  asOfBuild: z.literal(true).optional(),
  rows: z.array(reportRowSchema),
})
/** `language`: of what workbook and page add by themselves; Chinese when absent. A report's tables have none. */
export type ReportTable = z.infer<typeof reportTableSchema> & { language?: Language }

export const reportDocumentSchema = z.object({
  version: z.literal(1),
  /** An institution, or an area. */
  subject: z.object({ type: z.enum(['institution', 'area']), id: z.string(), name: z.string() }),
  month: asMonth(z.string()),
  /** Data before this instant count. */
  asOfMs: z.number(),
  /** The verdict in one sentence, as the first page says it. */
  headline: phrase,
  /** What stands below the figures of the first page: who is over and why, and what is not judged. */
  highlights: z.array(phrase),
  tables: z.array(reportTableSchema),
})
export type ReportDocument = z.infer<typeof reportDocumentSchema>
