// Writes settlement sheets and plans of measurement and verification as files: a workbook, and a page to print with its
// charts (docs/rules/contracts.md#reports).

import {
  type ContractRecord,
  lastRevision,
  type SettlementRecord,
  type SettlementRevision,
} from '../../domain/contract/life.ts'
import type { MeasuredSeries } from '../../domain/contract/measuring.ts'
import { cumulativeChart, measuredCharts } from '../../domain/report/contract-charts.ts'
import type { ReportLanguage } from '../../domain/report/contract-phrases.ts'
import { cumulativeTable, seriesTables } from '../../domain/report/contract-series.ts'
import { inLanguage, planTables, settlementTables } from '../../domain/report/contract-tables.ts'
import type { ReportTable } from '../../domain/report/document.ts'
import { escapeXml } from '../../domain/report/escape.ts'
import { tablesWorkbook } from '../../domain/report/workbook.ts'
import { amountUnit } from '../../domain/unit.ts'
import { printedTables } from '../reporting/printable.ts'
import { zippedParts } from '../reporting/zipped-workbook.ts'

/** `zh.xlsx`, `en.html`: what a file of a contract may be called after its own word and a dash. */
const FILE_NAME = /^(settlement|plan)-(zh|en)\.(xlsx|html)$/

export interface ContractFileName {
  what: 'settlement' | 'plan'
  language: ReportLanguage
  format: 'xlsx' | 'html'
}

export function contractFileName(name: string): ContractFileName | undefined {
  const [, what, language, format] = FILE_NAME.exec(name) ?? []
  return what === undefined ? undefined : ({ what, language, format } as ContractFileName)
}

export function settlementFile(
  contract: ContractRecord,
  { revision, settlements, series }: SettlementShown,
  { language, format }: ContractFileName,
): Uint8Array {
  const unit = amountUnit(contract.terms.medium)
  const earlier = settlements.filter(({ period }) => period < revision.settlement.period)
  const settled = [...earlier.map((record) => lastRevision(record).settlement), revision.settlement]
  const [sheet, money, signatures, days] = settlementTables(contract, revision, { language })
  const before = [sheet, money, signatures].filter((table) => table !== undefined)
  const after = [days, cumulativeTable(settled, unit)].filter((table) => table !== undefined)
  const drawn = seriesTables(series, unit, { language })
  const charts = [...measuredCharts(series, unit, language), cumulativeChart(settled, unit, language)]
  const title = `${contract.terms.name} ${revision.settlement.period}`
  return written({ title, before, charts, after, drawn, language, format })
}

interface SettlementShown {
  revision: SettlementRevision
  /** The settled periods of the contract. */
  settlements: readonly SettlementRecord[]
  series: MeasuredSeries
}

export function measuringPlanFile(
  contract: ContractRecord,
  series: MeasuredSeries,
  { language, format }: ContractFileName,
): Uint8Array {
  const unit = amountUnit(contract.terms.medium)
  const charts = measuredCharts(series, unit, language)
  const [days, ...drawn] = seriesTables(series, unit, { language })
  const after = days ? [days] : []
  const before = planTables(contract, { language })
  return written({ title: contract.terms.name, before, charts, after, drawn, language, format })
}

interface Written {
  title: string
  /** Before the charts of the page: what is signed. */
  before: readonly ReportTable[]
  charts: readonly string[]
  after: readonly ReportTable[]
  /** Behind the charts: of the workbook alone, whose charts show their cells. */
  drawn: readonly ReportTable[]
  language: ReportLanguage
  format: 'xlsx' | 'html'
}

function written({ title, before, charts, after, drawn, language, format }: Written): Uint8Array {
  const own = (tables: readonly ReportTable[]): ReportTable[] => inLanguage(tables, language)
  if (format === 'xlsx') return Buffer.concat([...zippedParts(tablesWorkbook(own([...before, ...after, ...drawn])))])
  const figures = charts.filter((svg) => svg !== '').map((svg) => `<figure>${svg}</figure>`)
  const lang = language === 'zh' ? 'zh-CN' : 'en'
  const body = [`<h1>${escapeXml(title)}</h1>`, ...printedTables(own(before)), ...figures, ...printedTables(own(after))]
  const head = `<meta charset="utf-8"><title>${escapeXml(title)}</title><style>${STYLE}</style>`
  return new TextEncoder().encode(
    `<!doctype html>\n<html lang="${lang}"><head>${head}</head><body>\n${body.join('\n')}\n</body></html>\n`,
  )
}

const STYLE = `
@page { size: A4; margin: 14mm 12mm; }
body { font: 10pt/1.5 "Noto Serif CJK SC", SimSun, serif; max-width: 186mm; margin: 0 auto; }
h1 { font-size: 16pt; text-align: center; }
h2 { break-after: avoid; }
table { border-collapse: collapse; width: 100%; font-size: 8.5pt; margin-bottom: 4mm; }
thead { display: table-header-group; }
tr, figure { break-inside: avoid; }
th, td { border: 0.3pt solid #888; padding: 1mm 1.2mm; }
th { background: #e7eef7; }
td.number { text-align: right; white-space: nowrap; }
figure { margin: 4mm 0; }
.note { color: #555; font-size: 8pt; }
`
