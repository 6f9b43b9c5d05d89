// Defines a table that a reader saves as a file: columns with their units, figures that are not rounded, and rows that
// may have to be loaded first. Every card that shows a table or a series has one.

import type { Language } from '../../../domain/phrase.ts'
import type { ReportCell, ReportColumn, ReportTable } from '../../../domain/report/document.ts'
import type { useLanguage } from '../words/language.tsx'

/** The words and names of the reader's language. */
export type Speech = ReturnType<typeof useLanguage>

interface SavedColumn<T> {
  title: string
  /** Empty for text. */
  unit: string
  format: ReportColumn['format']
  value: (row: T) => ReportCell | undefined
}
export interface SavedTable {
  title: string
  /** The period of the figures; absent: the month of the page. */
  period?: string | undefined
  /** The table in the form of a report's; rows that are not on the page yet are loaded. */
  load: (language: Language) => Promise<Pick<ReportTable, 'columns' | 'rows'>>
}

/** Makers of columns for rows of one type. */
export const columnsOf = <T>() => ({
  words: (title: string, value: (row: T) => string | null | undefined): SavedColumn<T> => ({
    ...{ title, unit: '', format: 'text', value },
  }),
  /** `unit`: empty when the row itself names it. */
  figure: (title: string, unit: string, value: (row: T) => number | null | undefined): SavedColumn<T> => ({
    ...{ title, unit, format: 'decimal2', value },
  }),
  count: (title: string, value: (row: T) => number | null | undefined): SavedColumn<T> => ({
    ...{ title, unit: '', format: 'integer', value },
  }),
  /** 0 to 1. */
  share: (title: string, value: (row: T) => number | null | undefined): SavedColumn<T> => ({
    ...{ title, unit: '', format: 'percent', value },
  }),
  /** Epoch milliseconds. */
  time: (title: string, value: (row: T) => number | null | undefined): SavedColumn<T> => ({
    ...{ title, unit: '', format: 'instant', value },
  }),
})

interface Asked<T> {
  title: string
  period?: string | undefined
  columns: readonly SavedColumn<T>[]
  rows: readonly T[] | (() => Promise<readonly T[]>)
}

export const savedTable = <T>({ title, period, columns, rows }: Asked<T>): SavedTable => ({
  title,
  period,
  async load(language) {
    const loaded = typeof rows === 'function' ? await rows() : rows
    return {
      columns: columns.map((column, place) => columnOf(column, place, language)),
      rows: loaded.map((row, index) => ({
        id: String(index),
        cells: columns.map(({ value }) => knownCell(value(row))),
      })),
    }
  },
})

/** What is no number is unknown: a file has no NaN. */
const knownCell = (cell: ReportCell | undefined): ReportCell =>
  cell === undefined || (typeof cell === 'number' && !Number.isFinite(cell)) ? null : cell

/** The file is in the reader's language, so both languages of the title are that one. */
function columnOf(
  { title, unit, format }: Pick<SavedColumn<never>, 'title' | 'unit' | 'format'>,
  place: number,
  language: Language,
): ReportColumn {
  const head = unit === '' ? title : language === 'zh' ? `${title}（${unit}）` : `${title} (${unit})`
  return { id: String(place), title: { zh: head, en: head }, unit: '', format }
}
