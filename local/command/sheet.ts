// The first sheet of a workbook as cells of text, as a person sees them: whole numbers without an exponent, dates as
// YYYY-MM-DD (docs/rules/interfaces.md#registry-files).

import { sheetText } from '../../domain/import/sheet-text.ts'

/** Throws an Error naming the file when it is no workbook, or when a cell is an error or a formula without a result. */
export async function sheetCells(file: string, bytes: Uint8Array): Promise<string[][]> {
  // 400 modules that few commands need.
  const { Workbook } = await import('@cj-tech-master/excelts')
  const workbook = new Workbook()
  try {
    await workbook.xlsx.load(bytes)
  } catch (error) {
    throw new Error(`${file} is no XLSX workbook: ${error instanceof Error ? error.message : String(error)}`)
  }
  const [sheet] = workbook.worksheets
  if (!sheet) throw new Error(`${file} has no sheet`)
  const rows: string[][] = []
  sheet.eachRow({ includeEmpty: true }, (row) => {
    const cells = Array.from({ length: sheet.columnCount }, (_, at) => {
      const cell = row.getCell(at + 1)
      const text = sheetText(cell.value)
      if (text === undefined) throw new Error(`${file}: cell ${cell.address} is no text, number or date`)
      return text
    })
    rows.push(cells)
  })
  return rows
}
