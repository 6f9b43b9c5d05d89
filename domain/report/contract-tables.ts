// The tables of a settlement sheet (结算单) and of the plan of measurement and verification (测量与验证方案), in both
// languages (docs/rules/contracts.md#reports).

import { formatInstant } from '../calendar.ts'
import type { ContractRecord, SettlementRevision } from '../contract/life.ts'
import { monthlyFit } from '../contract/measuring.ts'
import { CONTRACT_KIND_WORDS, MONEY_LINE_WORDS, SETTLEMENT_VERDICT_WORDS } from '../contract/words.ts'
import type { Phrase } from '../phrase.ts'
import { ASHRAE_14_LIMITS, isWithinAshrae14 } from '../savings/fit-statistics.ts'
import { amountUnit } from '../unit.ts'
import {
  adjustmentWords,
  COMPARED_WORDS,
  DAYS_WORDS,
  disputeWords,
  flagWords,
  lastDateBefore,
  lateWords,
  listedWords,
  MASK_REASON_WORDS,
  METHOD_WORDS,
  MODEL_WORDS,
  numberedName,
  type ReportLanguage,
  TARIFF_WORDS,
  TREATMENT_WORDS,
  YES_NO,
  YUAN_WORDS,
} from './contract-phrases.ts'
import type { ReportCell, ReportColumn, ReportRow, ReportTable } from './document.ts'

const words = (zh: string, en: string): Phrase => ({ zh, en })

/** Which cells of a settlement are texts of the trade. */
interface Language {
  language: ReportLanguage
}

type Line = readonly [id: string, label: Phrase, value: ReportCell | Phrase, unit?: string | Phrase]

function column(id: string, title: Phrase, format: ReportColumn['format'], unit = ''): ReportColumn {
  return { id, title, format, unit }
}

function saidIn(value: ReportCell | Phrase, language: ReportLanguage): ReportCell {
  if (typeof value === 'number') return shownNumber(value)
  return typeof value === 'object' && value !== null ? value[language] : value
}

/** Amounts by hundredths, small numbers by ten thousandths: a sheet shows no digits of the arithmetic. */
const shownNumber = (value: number): number => {
  const digits = Math.abs(value) >= 100 ? 100 : 10_000
  return Math.round(value * digits) / digits || 0
}

/** A table of labels and values. */
function listTable(
  {
    id,
    title,
    note,
    format = 'general',
  }: { id: string; title: Phrase; note?: Phrase; format?: ReportColumn['format'] },
  lines: readonly Line[],
  { language }: Language,
): ReportTable {
  const rows = lines.map(([row, label, value, unit = '']): ReportRow => {
    return { id: row, cells: [label[language], saidIn(value, language), saidIn(unit, language)] }
  })
  const columns = [
    column('item', words('项目', 'Item'), 'text'),
    column('value', words('数值', 'Value'), format),
    column('unit', words('单位', 'Unit'), 'text'),
  ]
  return { id, title, note: note ?? words('', ''), columns, rows }
}

const yuan = (fen: number): number => fen / 100

/** Sheet, money, signatures and days of a revision. */
export function settlementTables(
  { terms }: Pick<ContractRecord, 'terms'>,
  { settlement, ...revision }: SettlementRevision,
  chosen: Language,
): ReportTable[] {
  const unit = amountUnit(terms.medium)
  const { savings, halfWidth, confidence, cumulative, masked } = settlement
  const percent = `${Math.round(confidence * 100)}%`
  const sheet: Line[] = [
    ...headLines({ terms }),
    ['period', words('结算期', 'Period'), `${settlement.from} – ${lastDateBefore(settlement.to)}`],
    ['revision', words('版本', 'Revision'), revision.number],
    ['baseline', words('基准用量', 'Baseline'), settlement.baseline, unit],
    ...settlement.adjustments.map(
      (one): Line => [
        `adjustment-${one.number}`,
        words(`非常规调整 ${one.number}：${one.reason}`, `Non-routine adjustment ${one.number}: ${one.reason}`),
        ...([one.amount, unit] as const),
      ],
    ),
    ['adjustedBaseline', words('调整后基准', 'Adjusted baseline'), settlement.adjustedBaseline, unit],
    ['actual', words('实际用量', 'Actual use'), settlement.actual, unit],
    ['savings', words('节能量', 'Savings'), savings, unit],
    ['halfWidth', words(`不确定度（±，置信度 ${percent}）`, `Uncertainty (±, ${percent} confidence)`), halfWidth, unit],
    ['verdict', words('结论', 'Verdict'), SETTLEMENT_VERDICT_WORDS[settlement.verdict]],
    ['countedDays', words('计入天数', 'Days that count'), settlement.countedDays],
    ['masked', words('剔除天数', 'Masked days'), masked.length],
    ['cumulativeSavings', words('累计节能量', 'Cumulative savings'), cumulative.savings, unit],
    ['cumulativeHalfWidth', words('累计不确定度（±）', 'Cumulative uncertainty (±)'), cumulative.halfWidth, unit],
  ]
  return [
    listTable({ id: 'settlement', title: words('结算单', 'Settlement sheet') }, sheet, chosen),
    listTable(
      { id: 'money', title: words('费用', 'Money'), note: MONEY_NOTE, format: 'decimal2' },
      moneyLines(settlement, unit),
      chosen,
    ),
    listTable({ id: 'signatures', title: words('签认', 'Signatures') }, signLines(terms, revision), chosen),
    daysTable(settlement, unit, chosen),
  ]
}

const MONEY_NOTE = words(
  '金额以分计算，各项之和等于应付；双方之和等于节能效益。',
  'In whole fen: the lines sum to what is paid.',
)

const headLines = ({ terms }: Pick<ContractRecord, 'terms'>): Line[] => [
  ['contract', words('合同', 'Contract'), numberedName(terms)],
  ['owner', words('用能单位', 'Owner'), terms.parties.owner.name],
  ['contractor', words('节能服务公司', 'Contractor'), terms.parties.contractor.name],
  ['boundary', words('边界表计', 'Boundary meters'), listedWords(terms.boundary.map(({ meter }) => meter))],
  ...(terms.excluded.length > 0
    ? [
        [
          'excluded',
          words('除外表计', 'Excluded meters'),
          listedWords(terms.excluded.map(({ meter, why }) => `${meter}: ${why}`)),
        ] as const,
      ]
    : []),
]

/** `unit`: of the amounts. */
function moneyLines({ money, prices, cumulative, guarantee }: SettlementRevision['settlement'], unit: string): Line[] {
  const [price] = prices.length === 1 ? prices : []
  return [
    // A text: a price has as many decimals as was agreed, an amount of money two.
    ['price', words('单价', 'Price'), ...pricedBy(price?.yuanPerUnit ?? null, unit)],
    ['total', words('节能效益', 'Value of the savings'), yuan(money.totalFen), YUAN_WORDS],
    ...money.lines.map(({ code, fen }): Line => [code, MONEY_LINE_WORDS[code], yuan(fen), YUAN_WORDS]),
    ['payable', words('用能单位应付', 'Payable by the owner'), yuan(money.payableFen), YUAN_WORDS],
    ...(money.energyFen === 0
      ? []
      : [
          [
            'energy',
            words('服务公司承担能源费', 'Energy paid by the contractor'),
            yuan(money.energyFen),
            YUAN_WORDS,
          ] as const,
        ]),
    ['ownerPart', words('用能单位所得', 'Part of the owner'), yuan(money.ownerFen), YUAN_WORDS],
    ['contractorPart', words('服务公司所得', 'Part of the contractor'), yuan(money.contractorFen), YUAN_WORDS],
    ...(guarantee
      ? [['guarantee', words('与年保证量之差', 'Difference to the guarantee'), guarantee.difference, unit] as const]
      : []),
    ['cumulativePayable', words('累计应付', 'Payable so far'), yuan(cumulative.payableFen), YUAN_WORDS],
  ]
}

const pricedBy = (price: number | null, unit: string): [value: ReportCell | Phrase, unit: Phrase | string] =>
  price === null
    ? [words('见逐日明细', 'by the day'), '']
    : [String(price), words(`${YUAN_WORDS.zh}/${unit}`, `${YUAN_WORDS.en}/${unit}`)]

function daysTable(settlement: SettlementRevision['settlement'], unit: string, { language }: Language): ReportTable {
  const reasons = new Map(settlement.masked.map(({ date, reason }) => [date, MASK_REASON_WORDS[reason][language]]))
  const note = words('被剔除的日子列出原因，不计入任何一方。', 'A masked day says why, and counts on neither side.')
  return {
    ...{ id: 'days', title: words('逐日明细', 'Days'), note },
    columns: [
      column('date', words('日期', 'Date'), 'text'),
      column('temperature', words('平均气温', 'Temperature'), 'decimal1', '℃'),
      column('baseline', words('基准', 'Baseline'), 'decimal2', unit),
      column('actual', words('实际', 'Actual'), 'decimal2', unit),
      column('masked', words('剔除原因', 'Masked'), 'text'),
    ],
    chart: { title: words('基准与实际', 'Baseline and actual'), category: 'date', series: ['baseline', 'actual'] },
    rows: settlement.days.map(({ date, temperature, baseline, actual }) => ({
      ...{ id: date, cells: [date, temperature, baseline, actual, reasons.get(date) ?? ''] },
    })),
  }
}

/** A line to sign on. */
const UNSIGNED_WORDS = words('＿＿＿＿＿＿＿＿', '________________')

function signLines(
  { parties }: ContractRecord['terms'],
  { signatures, digest, disputes }: Pick<SettlementRevision, 'signatures' | 'digest' | 'disputes'>,
): Line[] {
  const signedBy = (one: SettlementRevision['signatures']['owner']): ReportCell | Phrase =>
    one ? `${one.who} ${formatInstant(one.atMs).slice(0, 16).replace('T', ' ')}` : UNSIGNED_WORDS
  return [
    ['owner', words(`用能单位：${parties.owner.name}`, `Owner: ${parties.owner.name}`), signedBy(signatures.owner)],
    [
      'contractor',
      words(`节能服务公司：${parties.contractor.name}`, `Contractor: ${parties.contractor.name}`),
      signedBy(signatures.contractor),
    ],
    ...disputes.map(
      ({ reason, resolved }, index): Line => [
        `dispute-${index}`,
        words('异议', 'Dispute'),
        disputeWords(reason, resolved),
      ],
    ),
    ['digest', words('内容摘要 SHA-256', 'SHA-256 of the content'), digest],
  ]
}

/** The plan of measurement and verification: terms, and baseline with its statistics. */
export function planTables({ terms, baseline, adjustments }: ContractRecord, chosen: Language): ReportTable[] {
  const unit = amountUnit(terms.medium)
  const plan: Line[] = [
    ...headLines({ terms }),
    ['kind', words('合同类型', 'Kind'), CONTRACT_KIND_WORDS[terms.kind]],
    ['baseline', words('基准期', 'Baseline'), `${terms.baseline.from} – ${lastDateBefore(terms.baseline.to)}`],
    [
      'reporting',
      words('报告期', 'Reporting period'),
      `${terms.reporting.from} – ${lastDateBefore(terms.reporting.to)}`,
    ],
    ...priceLines(terms, unit),
    ...partLines(terms, unit),
    ['confidence', words('置信度', 'Confidence'), terms.confidence],
    ['masked', words('剔除日处理', 'Masked days'), TREATMENT_WORDS[terms.masked.treatment]],
    ['dispute', words('异议期', 'Dispute window'), terms.disputeDays, DAYS_WORDS],
    ['late', words('逾期违约金', 'Late payment'), lateWords(terms.latePayment.perTenThousandPerDay)],
    ...(baseline ? baselineLines(baseline, unit) : []),
    ...adjustments.map(
      (one): Line => [
        `adjustment-${one.number}`,
        words(`非常规调整 ${one.number}`, `Non-routine adjustment ${one.number}`),
        adjustmentWords(one, unit),
      ],
    ),
  ]
  return [listTable({ id: 'plan', title: words('测量与验证方案', 'M&V plan') }, plan, chosen)]
}

function priceLines({ price }: ContractRecord['terms'], unit: string): Line[] {
  const each = words(`${YUAN_WORDS.zh}/${unit}`, `${YUAN_WORDS.en}/${unit}`)
  if (price.kind === 'tariff') return [['price', words('单价', 'Price'), TARIFF_WORDS]]
  if (price.kind === 'fixed') return [['price', words('单价', 'Price'), String(price.yuanPerUnit), each]]
  return price.rows.map(
    ({ validFrom, yuanPerUnit }): Line => [
      `price-${validFrom}`,
      words(`单价（自 ${validFrom} 起）`, `Price (from ${validFrom} on)`),
      String(yuanPerUnit),
      each,
    ],
  )
}

/** What the parties get and guarantee. */
function partLines({ shares = [], guarantee, fee, limits }: ContractRecord['terms'], unit: string): Line[] {
  const lines: Line[] = shares.map(
    ({ year, ownerPct, contractorPct }): Line => [
      `share-${year}`,
      words(`第 ${year} 年分成（用能单位 / 服务公司）`, `Shares of year ${year} (owner / contractor)`),
      `${ownerPct} % / ${contractorPct} %`,
    ],
  )
  if (guarantee) lines.push(['guaranteed', words('年保证节能量', 'Guaranteed a year'), guarantee.amountPerYear, unit])
  if (fee)
    lines.push(
      ['feeBase', words('托管费用基数（年）', 'Fee base (a year)'), fee.baselineYuan, YUAN_WORDS],
      ['feeCoefficient', words('系数', 'Coefficient'), fee.coefficient],
    )
  const limitLines = [
    ['periodFloor', words('每期下限', 'Floor of a period'), limits.periodFloorYuan],
    ['periodCap', words('每期上限', 'Cap of a period'), limits.periodCapYuan],
    ['yearCap', words('每年上限', 'Cap of a year'), limits.yearCapYuan],
  ] as const
  for (const [id, label, value] of limitLines) if (value !== undefined) lines.push([id, label, value, YUAN_WORDS])
  return lines
}

/** ASHRAE Guideline 14 asks of monthly sums what it does not ask of days. */
function ashraeLines(baseline: NonNullable<ContractRecord['baseline']>): Line[] {
  const found = monthlyFit(baseline)
  if (!found) return []
  const { cvRmseMax, nmbeMax } = ASHRAE_14_LIMITS.monthly
  const [cvRmse, nmbe] = [found.cvRmse, found.nmbe].map((share) =>
    share === null ? '—' : (Math.round(1000 * share) / 10 || 0).toFixed(1),
  )
  const limits = `≤ ${100 * cvRmseMax} %, ± ${100 * nmbeMax} %`
  const isWithin = isWithinAshrae14(found, 'monthly')
  return [
    [
      'ashrae14',
      words(`ASHRAE 14 月度 CV(RMSE)、NMBE（${limits}）`, `ASHRAE 14, months: CV(RMSE), NMBE (${limits})`),
      words(
        `${cvRmse} %，${nmbe} %：${isWithin ? '符合' : '不符合'}`,
        `${cvRmse} %, ${nmbe} %: ${isWithin ? 'within' : 'not within'}`,
      ),
    ],
  ]
}

function baselineLines(baseline: NonNullable<ContractRecord['baseline']>, unit: string): Line[] {
  const { model, station } = baseline
  return [
    ['method', words('基准方法', 'Method'), METHOD_WORDS[baseline.method]],
    ['station', words('气象站', 'Weather station'), station ? `${station.id} (${station.distanceKm ?? '?'} km)` : null],
    ['model', words('模型', 'Model'), model ? MODEL_WORDS[model.kind] : null],
    ['intercept', words('截距', 'Intercept'), model?.intercept ?? null, `${unit}/d`],
    ['betaHdd', words('供暖系数', 'Heating slope'), model?.betaHdd ?? null, `${unit}/(℃·d)`],
    ['balanceHdd', words('供暖平衡点', 'Heating balance point'), model?.balanceHdd ?? null, '℃'],
    ['betaCdd', words('制冷系数', 'Cooling slope'), model?.betaCdd ?? null, `${unit}/(℃·d)`],
    ['balanceCdd', words('制冷平衡点', 'Cooling balance point'), model?.balanceCdd ?? null, '℃'],
    ['r2Adj', words('调整后 R²', 'Adjusted R²'), baseline.r2Adj],
    ['cvRmse', words('CV(RMSE)', 'CV(RMSE)'), baseline.cvRmse],
    ['nmbe', words('NMBE', 'NMBE'), baseline.nmbe],
    ...ashraeLines(baseline),
    ...yearLines(baseline, unit),
    ...intensityLines(baseline.intensity),
    ['measured', words('基准期实测合计', 'Measured in the baseline'), baseline.measuredPerYear, unit],
    ...baseline.flags.map(
      ({ code, detail, detailZh = detail }): Line => [`flag-${code}`, flagWords(code), words(detailZh, detail)],
    ),
  ]
}

/** Where heat is billed by area, energy without that for heating per m² is compared; both values are shown. */
function intensityLines(intensity: NonNullable<ContractRecord['baseline']>['intensity']): Line[] {
  if (!intensity) return []
  const { isHeatBilledByArea, nonHeatingKgcePerM2, comprehensiveKgcePerM2, compared } = intensity
  const unit = 'kgce/m²'
  return [
    ['heatBilling', words('供热按面积计费', 'Heat billed by area'), isHeatBilledByArea ? YES_NO.yes : YES_NO.no],
    ['nonHeating', words('单位面积非供暖能耗', 'Non-heating energy per m²'), nonHeatingKgcePerM2, unit],
    ['comprehensive', words('单位面积综合能耗', 'All energy per m²'), comprehensiveKgcePerM2, unit],
    ['compared', words('合同比较口径', 'Compared by the contract'), COMPARED_WORDS[compared]],
  ]
}

/** The domestic rule, where the terms state its totals, and how far it is from what was measured. */
const yearLines = (baseline: NonNullable<ContractRecord['baseline']>, unit: string): Line[] =>
  baseline.amountPerYear === null
    ? []
    : [
        ['perYear', words('三年规则的年基准', 'A year by the rule of three years'), baseline.amountPerYear, unit],
        ['differs', words('两种年基准之差', 'Difference of the two'), differenceOf(baseline)],
      ]

const differenceOf = ({ amountPerYear, measuredPerYear }: NonNullable<ContractRecord['baseline']>): string | null =>
  amountPerYear === null || !measuredPerYear ? null : `${(100 * (amountPerYear / measuredPerYear - 1)).toFixed(1)} %`

/** The tables with their titles in one language: workbooks and pages write the Chinese one. */
export const inLanguage = (tables: readonly ReportTable[], language: ReportLanguage): ReportTable[] => {
  if (language === 'zh') return [...tables]
  const own = (phrase: Phrase): Phrase => ({ ...phrase, zh: phrase.en })
  return tables.map((table) => ({
    ...{ ...table, language },
    ...{ title: own(table.title), note: own(table.note) },
    columns: table.columns.map((one) => ({ ...one, title: own(one.title) })),
    ...(table.chart && { chart: { ...table.chart, title: own(table.chart.title) } }),
  }))
}
