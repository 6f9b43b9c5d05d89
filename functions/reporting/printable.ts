// Writes the printable document of a report: HTML for A4, Chinese, without scripts. The first page stands alone; long
// tables end with a sentence that says how many rows the workbook has.

import { formatInstant } from '../../domain/calendar.ts'
import type { Phrase } from '../../domain/phrase.ts'
import type { ReportCell, ReportColumn, ReportDocument, ReportTable } from '../../domain/report/document.ts'
import { escapeXml } from '../../domain/report/escape.ts'
import { SIGN_LINES, titleOf } from '../../domain/report/words.ts'

/** Rows of a table on paper. */
const ROWS_MAX = 200

const STYLE = `
@page { size: A4 landscape; margin: 12mm 10mm 14mm; }
body { font: 10pt/1.5 "Noto Serif CJK SC", "Source Han Serif SC", SimSun, "宋体", serif; color: #111; margin: 0 auto; max-width: 277mm; }
h1 { font-size: 18pt; text-align: center; margin: 6mm 0 4mm; }
h2 { font-size: 13pt; margin: 0 0 2mm; }
.headline { font-size: 13pt; text-align: center; margin: 0 0 5mm; font-weight: bold; }
section { break-before: page; }
table { border-collapse: collapse; width: 100%; font-size: 8pt; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { border: 0.3pt solid #888; padding: 1mm 1.2mm; vertical-align: top; overflow-wrap: anywhere; }
th { background: #e7eef7; font-weight: bold; text-align: center; }
td.number { text-align: right; white-space: nowrap; }
.note, .stamp { color: #555; font-size: 8pt; margin: 1.5mm 0; }
.highlight { margin: 1mm 0; }
.sign { margin: 7mm 0 0; white-space: pre-wrap; }
@media screen { body { padding: 8mm; } }
`

export function printableOf(document: ReportDocument): string {
  const [first, ...rest] = document.tables
  return `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>${escapeXml(titleOf(document))}</title><style>${STYLE}</style></head><body>
<h1>${escapeXml(titleOf(document))}</h1>
<p class="headline">${escapeXml(document.headline.zh)}</p>
${first ? tableHtml(first) : ''}
${document.highlights.map(({ zh }) => `<p class="highlight">${escapeXml(zh)}</p>`).join('\n')}
${SIGN_LINES.map((line) => `<p class="sign">${escapeXml(line)}</p>`).join('\n')}
<p class="stamp">数据截至 ${formatInstant(document.asOfMs).slice(0, 16).replace('T', ' ')}；每个数字可按方法与依据、链接追溯。</p>
${printedTables(rest).join('\n')}
</body></html>
`
}

/** Tables one below the other, each with its title. */
export const printedTables = (tables: readonly ReportTable[]): string[] =>
  tables.map((table) => `<section><h2>${escapeXml(table.title.zh)}</h2>\n${tableHtml(table)}</section>`)

const NO_ROWS: Phrase = { zh: '本月没有。', en: 'None.' }
const moreRows = (count: number): Phrase => ({
  zh: `其余 ${count} 行见工作簿。`,
  en: `${count} more rows are in the workbook.`,
})

function tableHtml({ columns, rows, note, language = 'zh' }: ReportTable): string {
  const [open, close] = language === 'zh' ? ['（', '）'] : [' (', ')']
  const head = columns.map(
    ({ title, unit }) => `<th>${escapeXml(unit ? `${title[language]}${open}${unit}${close}` : title[language])}</th>`,
  )
  const shown = rows.slice(0, ROWS_MAX)
  const body = shown.map(
    ({ cells }) => `<tr>${columns.map((column, place) => cellHtml(cells[place] ?? null, column)).join('')}</tr>`,
  )
  const left = rows.length - shown.length
  const none = rows.length === 0 ? `<p class="note">${NO_ROWS[language]}</p>` : ''
  const more = left > 0 ? `<p class="note">${moreRows(left)[language]}</p>` : ''
  return `<table><thead><tr>${head.join('')}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table>${none}${more}<p class="note">${escapeXml(note.zh)}</p>`
}

function cellHtml(cell: ReportCell, column: ReportColumn): string {
  if (cell === null) return '<td></td>'
  if (typeof cell === 'string') return `<td>${escapeXml(cell)}</td>`
  return `<td class="number">${numberText(cell, column.format)}</td>`
}

/** Most digits of a number that is written as it is. */
const GENERAL = new Intl.NumberFormat('zh-CN', { maximumFractionDigits: 4 })
const DIGITS = { integer: 0, decimal1: 1, decimal2: 2, decimal4: 4 } as const
const FORMATTERS = Object.fromEntries(
  Object.entries(DIGITS).map(([format, digits]) => [
    format,
    new Intl.NumberFormat('zh-CN', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  ]),
)

function numberText(value: number, format: ReportColumn['format']): string {
  if (format === 'instant') return formatInstant(value).slice(0, 16).replace('T', ' ')
  if (format === 'percent') return `${(100 * value).toFixed(1)} %`
  return (FORMATTERS[format] ?? GENERAL).format(value)
}
