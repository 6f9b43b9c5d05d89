// Reads registry files in the browser: CSV in UTF-8, or the first sheet of a workbook. Loaded when files are chosen.

import { parse } from 'csv-parse/browser/esm/sync'
import {
  delimiterOf,
  type GatheredRecords,
  gatherRecords,
  isGuideFile,
  kindOfFile,
  type ReadTable,
  tableOfCells,
} from '../../../domain/import/gather.ts'
import { sheetText } from '../../../domain/import/sheet-text.ts'
import { decodeText } from '../../../domain/wire/text.ts'

/** Throws an Error with a sentence when a file cannot be read at all. */
export async function readRegistryFiles(files: readonly File[]): Promise<GatheredRecords> {
  const tables = files.filter(({ name }) => !isGuideFile(name))
  return gatherRecords(await Promise.all(tables.map(readFile)))
}

async function readFile(file: File): Promise<ReadTable> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b
  const cells = isZip ? await workbookCells(file.name, bytes) : tableCells(file.name, bytes)
  return tableOfCells(file.name, kindOfFile(file.name), cells)
}

function tableCells(name: string, bytes: Uint8Array): string[][] {
  const decoded = decodeText(bytes)
  if ('encoding' in decoded) throw new Error(`${name} is not UTF-8 but ${decoded.encoding}; save it as "CSV UTF-8"`)
  const delimiter = delimiterOf(decoded.text)
  return parse(decoded.text, { delimiter, columns: false, relax_column_count: true, skip_empty_lines: false })
}

async function workbookCells(name: string, bytes: Uint8Array): Promise<string[][]> {
  const { Workbook } = await import('@cj-tech-master/excelts')
  const workbook = new Workbook()
  await workbook.xlsx.load(bytes)
  const [sheet] = workbook.worksheets
  if (!sheet) throw new Error(`${name} has no sheet`)
  const rows: string[][] = []
  sheet.eachRow({ includeEmpty: true }, (row) => {
    const cells = Array.from({ length: sheet.columnCount }, (_, at) => {
      const cell = row.getCell(at + 1)
      const text = sheetText(cell.value)
      if (text === undefined) throw new Error(`${name}: cell ${cell.address} is no text, number or date`)
      return text
    })
    rows.push(cells)
  })
  return rows
}
