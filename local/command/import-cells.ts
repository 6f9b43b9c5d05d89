// What the imports of registry and weather share: options, and the cells of a CSV file or workbook.

import { parse } from 'csv-parse/sync'
import { delimiterOf } from '../../domain/import/gather.ts'
import { decodeText } from '../../domain/wire/text.ts'
import { sheetCells } from './sheet.ts'

export interface ImportOptions {
  json?: boolean
  refused?: string
  data: string
  api?: string
  token?: string
  /** Closed months may change. */
  rewritePast?: boolean
}

/** The cells of a CSV file or of a workbook's first sheet. Throws an Error naming the file. */
export const cellsOf = async (file: string, bytes: Uint8Array): Promise<string[][]> =>
  isZip(bytes) ? sheetCells(file, bytes) : csvCells(file, bytes)

/** A workbook is a ZIP, whatever its file is called. */
const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b

/** Throws an Error naming the file when it is not CSV in UTF-8. Excel's plain "CSV" uses the system's code page. */
function csvCells(file: string, bytes: Uint8Array): string[][] {
  const decoded = decodeText(bytes)
  if ('encoding' in decoded) throw new Error(`${file} is not UTF-8 but ${decoded.encoding}; save it as "CSV UTF-8"`)
  try {
    const delimiter = delimiterOf(decoded.text)
    return parse(decoded.text, { delimiter, columns: false, relax_column_count: true, skip_empty_lines: false })
  } catch (cause) {
    throw new Error(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
