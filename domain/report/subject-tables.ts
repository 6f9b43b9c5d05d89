// The tables of the figures of the report's subject and the areas below it: the first page, areas, types, energy by
// carrier and by month, renewable electricity, the carbon ledger.

import { addMonths, type Month, monthsThrough } from '../calendar.ts'
import type { CarbonLedger } from '../energy/carbon-ledger.ts'
import { generationOf } from '../energy/generation.ts'
import type { SubjectMonth } from '../energy/subject-month.ts'
import { DUAL_CONTROL, INDICATOR_NAMES, INDICATORS, type Indicator, isTotal } from '../indicator.ts'
import type { DualControl, IndicatorStatus } from '../judge/result.ts'
import { CARRIERS, ENERGY_MEDIA, FUEL_CARRIERS } from '../medium.ts'
import type { Phrase } from '../phrase.ts'
import { keysOf } from '../table.ts'
import {
  CODE,
  changeOf,
  count,
  dividedBy,
  KNOWN,
  NAME,
  number,
  type ReportUnits,
  STATUS,
  share,
  text,
} from './column.ts'
import type { ReportColumn, ReportRow, ReportTable } from './document.ts'
import { AMOUNTS, amountIn, comparedOf, type Periods } from './figures.ts'
import { indicatorUnit } from './institution-tables.ts'
import { REASON_WORDS, STATUS_WORDS, VERDICT_WORDS } from './words.ts'

/** A subject as judged: the one of the report, or an area below it. */
export interface ReportedSubject {
  id: string
  type: 'institution' | 'area'
  name: string
  periods: Periods
  months: ReadonlyMap<Month, SubjectMonth>
  dualControl: DualControl | null
  /** A year before, to the same date. */
  dualControlBefore: DualControl | null
}

/** The rank of a subject among its peers by an indicator; null where its value is not known. */
export interface Rank {
  rank: number
  of: number
}

const TOTAL_UNITS = { energy: 'energy', water: 'water', co2: 'co2' } as const
const TOTAL_AMOUNTS = { energy: AMOUNTS.energyKgce, water: AMOUNTS.waterM3, co2: AMOUNTS.co2Kg } as const

/** Divisor, unit and format of an indicator's value; values of totals are in tce, m³ and t. */
function shownAs(indicator: Indicator, units: ReportUnits): { unit: string; per: number } {
  if (!isTotal(indicator)) return { unit: indicatorUnit(indicator), per: 1 }
  const { unit, per } = units[TOTAL_UNITS[indicator]]
  return { unit, per: per / DUAL_CONTROL[indicator].per }
}

const traceOf = ({ type, id }: Pick<ReportedSubject, 'type' | 'id'>, month: Month, indicator: Indicator): string =>
  `${type === 'area' ? 'areas' : 'institutions'}/${id}/explain?table=dualControl&indicator=${indicator}&month=${month}`

const firstPageColumns: ReportColumn[] = [
  text('indicator', { zh: '指标', en: 'Indicator' }),
  text('unit', { zh: '单位', en: 'Unit' }),
  number('month', { zh: '本月', en: 'Month' }, { unit: '', format: 'decimal4' }),
  share('onMonth', { zh: '环比', en: 'On the month before' }),
  number(
    'value',
    { zh: '累计（总量）或近12个月（强度）', en: 'Year to date, or 12 months' },
    { unit: '', format: 'decimal4' },
  ),
  share('onYear', { zh: '同比', en: 'On the year before' }),
  text('rank', { zh: '排名', en: 'Rank' }),
  number('target', { zh: '全年目标', en: 'Target of the year' }, { unit: '', format: 'decimal4' }),
  share('used', { zh: '已用目标比例', en: 'Share of the target used' }),
  number('forecast', { zh: '全年预计', en: 'Forecast of the year' }, { unit: '', format: 'decimal4' }),
  share('forecastOfTarget', { zh: '预计占目标', en: 'Forecast of target' }),
  STATUS,
  KNOWN,
  text('reason', { zh: '说明', en: 'Remark' }),
]

export function firstPage(
  subject: ReportedSubject,
  { month, units, ranks }: { month: Month; units: ReportUnits; ranks: ReadonlyMap<Indicator, Rank> },
): ReportTable {
  const statusOf = (of: DualControl | null, indicator: Indicator): IndicatorStatus | undefined =>
    of?.indicators.find((one) => one.indicator === indicator)
  const rows = INDICATORS.map((indicator): ReportRow => {
    const { unit, per } = shownAs(indicator, units)
    const own = statusOf(subject.dualControl, indicator)
    const before = statusOf(subject.dualControlBefore, indicator)
    const compared = isTotal(indicator) ? comparedOf(subject.periods, TOTAL_AMOUNTS[indicator]) : null
    const rank = ranks.get(indicator)
    const actual = own?.actual ?? null
    const target = own?.target ?? null
    return {
      id: indicator,
      trace: traceOf(subject, month, indicator),
      cells: [
        INDICATOR_NAMES[indicator].zh,
        unit,
        compared && isTotal(indicator) ? dividedBy(compared.month, units[TOTAL_UNITS[indicator]]) : null,
        compared?.onMonth ?? null,
        dividedBy(actual, { per }),
        changeOf(actual, before?.actual ?? null),
        rank ? `${rank.rank}/${rank.of}` : null,
        dividedBy(target, { per }),
        isTotal(indicator) && actual !== null && target ? actual / target : null,
        dividedBy(own?.forecast ?? null, { per }),
        own?.ratio ?? null,
        own?.status ? STATUS_WORDS[own.status] : null,
        own?.knownShare ?? null,
        remarkOf(own),
      ],
    }
  })
  return {
    id: 'firstPage',
    title: { zh: '首页', en: 'First page' },
    note: {
      zh: '总量为本年累计并预计全年；强度为近 12 个月。空白表示未知或目标未下达，不是零。',
      en: 'Totals are of the year to date with a forecast; intensities of 12 months. Blank: unknown, or no target.',
    },
    columns: firstPageColumns,
    rows,
  }
}

function remarkOf(own: IndicatorStatus | undefined): string | null {
  if (!own) return REASON_WORDS.noData
  if (own.reason !== null) return REASON_WORDS[own.reason]
  const words = [
    ...(own.provisional ? ['数据不全，暂定'] : []),
    ...(own.target === null ? ['目标未下达'] : own.targetStandIn ? ['目标为替代值，非正式下达'] : []),
    ...(own.lowerBound ? ['有燃料无系数，为下限'] : []),
  ]
  return words.length > 0 ? words.join('；') : null
}

/** The verdict in one sentence, with the indicator that decides. */
export function headlineOf(
  { name, dualControl }: ReportedSubject,
  { month, overQuota }: { month: Month; overQuota: number },
): Phrase {
  const when = `${Number(month.slice(0, 4))}年${Number(month.slice(5))}月`
  const quota = {
    zh: overQuota > 0 ? `${overQuota} 家机构超过定额约束值` : '没有机构超过定额约束值',
    en: `${overQuota} institutions are over their quota's constraint`,
  }
  const over = dualControl?.indicators.filter(({ status }) => status === 'over') ?? []
  const named = (language: 'zh' | 'en') =>
    over.map(({ indicator }) => INDICATOR_NAMES[indicator][language]).join(language === 'zh' ? '、' : ', ')
  if (!dualControl || dualControl.verdict === null) {
    const known = dualControl?.coverage == null ? '' : `（数据完整率 ${(100 * dualControl.coverage).toFixed(1)} %）`
    return {
      zh: `${name}${when}：双控目标未全部下达或数据不足，不作总体结论${known}；${quota.zh}。`,
      en: `${name}, ${month}: no verdict, as targets or data are missing; ${quota.en}.`,
    }
  }
  const mark = dualControl.provisional ? { zh: '（数据不全，暂定）', en: ' (provisional)' } : { zh: '', en: '' }
  return {
    zh: `${name}${when}：${VERDICT_WORDS[dualControl.verdict]}${over.length > 0 ? `（${named('zh')}）` : ''}${mark.zh}；${quota.zh}。`,
    en: `${name}, ${month}: ${dualControl.verdict}${over.length > 0 ? ` (${named('en')})` : ''}${mark.en}; ${quota.en}.`,
  }
}

/** Names listed in one line of the first page. */
const NAMES_MAX = 5

/** Who is over and by how much, and who is not judged, each in one line with the first names. */
export function highlightsOf(
  areas: readonly ReportedSubject[],
  { over, quality }: { over: ReportTable; quality: ReportTable },
): Phrase[] {
  const cellOf = (table: ReportTable, row: ReportRow, id: string) =>
    row.cells[table.columns.findIndex((column) => column.id === id)] ?? null
  const listed = (names: readonly string[]): Phrase => ({
    zh: `${names.slice(0, NAMES_MAX).join('、')}${names.length > NAMES_MAX ? ` 等 ${names.length} 个` : ''}`,
    en: `${names.slice(0, NAMES_MAX).join(', ')}${names.length > NAMES_MAX ? ` and ${names.length - NAMES_MAX} more` : ''}`,
  })
  const line = (zh: string, en: string, names: readonly string[]): Phrase[] =>
    names.length === 0 ? [] : [{ zh: `${zh}：${listed(names).zh}。`, en: `${en}: ${listed(names).en}.` }]
  const overAreas = areas.flatMap(({ name, dualControl }) => {
    const own = dualControl?.indicators.filter(({ status }) => status === 'over') ?? []
    return own.length > 0 ? [`${name}（${own.map(({ indicator }) => INDICATOR_NAMES[indicator].zh).join('、')}）`] : []
  })
  // The rows are sorted by how much, so an institution is named with its worst indicator.
  const worst = new Map(over.rows.toReversed().map((row) => [cellOf(over, row, 'code'), row]))
  const overQuota = over.rows.flatMap((row) => {
    if (worst.get(cellOf(over, row, 'code')) !== row) return []
    const more = Number(cellOf(over, row, 'overShare') ?? 0)
    return [`${cellOf(over, row, 'name')}（${cellOf(over, row, 'indicator')}超 ${(100 * more).toFixed(1)} %）`]
  })
  const unknown = quality.rows.flatMap((row) =>
    cellOf(quality, row, 'finding') === null ? [] : [String(cellOf(quality, row, 'name'))],
  )
  return [
    ...line('双控超标的地区', 'Areas over their targets', overAreas),
    ...line('超约束值最多的机构', 'Institutions most over their quota', overQuota),
    ...line('本月数据不全的机构', 'Institutions whose data of the month are not whole', unknown),
  ]
}

/** A row an area below the subject; none for a county and an institution. */
export function areasTable(areas: readonly ReportedSubject[], month: Month, units: ReportUnits): ReportTable {
  const columns: ReportColumn[] = [
    CODE,
    NAME,
    ...INDICATORS.map((indicator) => {
      const { unit } = shownAs(indicator, units)
      return number(indicator, INDICATOR_NAMES[indicator], {
        unit,
        format: isTotal(indicator) ? 'decimal4' : 'decimal2',
      })
    }),
    share('energyOfTarget', { zh: '能耗预计占目标', en: 'Forecast of target, energy' }),
    STATUS,
    text('verdict', { zh: '双控结论', en: 'Verdict' }),
    KNOWN,
  ]
  const rows = areas.map((area): ReportRow => {
    const { dualControl } = area
    const of = (indicator: Indicator) => dualControl?.indicators.find((one) => one.indicator === indicator)
    return {
      id: area.id,
      trace: traceOf(area, month, 'energy'),
      cells: [
        area.id,
        area.name,
        ...INDICATORS.map((indicator) => dividedBy(of(indicator)?.actual ?? null, shownAs(indicator, units))),
        of('energy')?.ratio ?? null,
        dualControl?.status ? STATUS_WORDS[dualControl.status] : null,
        dualControl?.verdict ? VERDICT_WORDS[dualControl.verdict] : null,
        dualControl?.coverage ?? null,
      ],
    }
  })
  return {
    id: 'areas',
    title: { zh: '各地区双控', en: 'Dual control by area' },
    note: { zh: '总量为本年累计，强度为近 12 个月。', en: 'Totals of the year to date, intensities of 12 months.' },
    columns,
    chart: {
      title: { zh: '各地区近 12 个月单位建筑面积能耗', en: 'Energy per floor area of 12 months by area' },
      category: 'name',
      series: ['energyPerArea'],
    },
    rows,
  }
}

/** What is summed over the institutions of a type. */
export interface TypeSum {
  institutions: number
  /** Institutions whose year to date is known. */
  known: number
  energyKgce: number
  waterM3: number
  co2Kg: number
  /** Of 12 months, over the institutions for which both are known. */
  rollingKgce: number
  floorAreaM2: number
}
export const noTypeSum = (): TypeSum => ({
  institutions: 0,
  known: 0,
  energyKgce: 0,
  waterM3: 0,
  co2Kg: 0,
  rollingKgce: 0,
  floorAreaM2: 0,
})

/** Adds the sums of other institutions, in place. */
export function mergeTypeSum(whole: TypeSum, part: TypeSum): void {
  for (const key of keysOf(whole)) whole[key] += part[key]
}

export function typesTable(sums: ReadonlyMap<string, TypeSum>, units: ReportUnits): ReportTable {
  return {
    id: 'types',
    title: { zh: '分类型', en: 'By type of institution' },
    note: {
      zh: '本年累计，只含数据完整率达到判定要求的机构；强度为近 12 个月能耗合计÷面积合计。',
      en: 'Year to date of the institutions known well enough; intensity: all energy over all area of 12 months.',
    },
    columns: [
      text('type', { zh: '类型', en: 'Type' }),
      count('institutions', { zh: '机构数', en: 'Institutions' }),
      count('known', { zh: '数据完整的机构', en: 'Known well enough' }),
      number('energy', { zh: '累计能耗', en: 'Energy' }, units.energy),
      number('water', { zh: '累计用水', en: 'Water' }, units.water),
      number('co2', { zh: '累计碳排放', en: 'CO2' }, units.co2),
      number('energyPerArea', INDICATOR_NAMES.energyPerArea, {
        unit: indicatorUnit('energyPerArea'),
        format: 'decimal2',
      }),
    ],
    rows: [...sums].map(([type, sum]) => ({
      id: type,
      cells: [
        type,
        sum.institutions,
        sum.known,
        sum.known > 0 ? sum.energyKgce / units.energy.per : null,
        sum.known > 0 ? sum.waterM3 / units.water.per : null,
        sum.known > 0 ? sum.co2Kg / units.co2.per : null,
        sum.floorAreaM2 > 0 ? sum.rollingKgce / sum.floorAreaM2 : null,
      ],
    })),
  }
}

/** Electricity, water, heat, gas and fuels in their own units, and all of them as energy, CO2 and cost. */
export function energyTable(subject: ReportedSubject, month: Month): ReportTable {
  const carriers = [...ENERGY_MEDIA, 'water' as const, ...FUEL_CARRIERS]
  const rows = carriers.map((carrier) => {
    const { field, name, amountUnit } = CARRIERS[carrier]
    const row = carrier === 'water' ? DUAL_CONTROL.water : DUAL_CONTROL.energy
    return { id: carrier, name: name.zh, unit: amountUnit, amount: { of: (part: SubjectMonth) => part[field], row } }
  })
  const sums = [
    { id: 'energy', name: '能源消费总量（当量）', unit: 'kgce', amount: AMOUNTS.energyKgce },
    { id: 'co2', name: '二氧化碳排放', unit: 'kg', amount: AMOUNTS.co2Kg },
    { id: 'cost', name: '能源费用', unit: '元', amount: AMOUNTS.costYuan },
  ]
  return {
    id: 'energy',
    title: { zh: '能源资源消费', en: 'Energy and water' },
    note: {
      zh: '实物量；环比与上月比，同比与去年同期比。未知为空白。',
      en: 'In own units; against the month before and the same month of last year. Unknown is blank.',
    },
    columns: [
      text('carrier', { zh: '品种', en: 'Carrier' }),
      text('unit', { zh: '单位', en: 'Unit' }),
      number('month', { zh: '本月', en: 'Month' }, { unit: '', format: 'decimal2' }),
      share('onMonth', { zh: '环比', en: 'On the month before' }),
      share('onYear', { zh: '同比', en: 'On the year before' }),
      number('toDate', { zh: '本年累计', en: 'Year to date' }, { unit: '', format: 'decimal2' }),
      share('toDateOnYear', { zh: '累计同比', en: 'Year to date on last year' }),
    ],
    rows: [...rows, ...sums].map(({ id, name, unit, amount }) => {
      const compared = comparedOf(subject.periods, amount)
      return {
        id,
        trace: traceOf(subject, month, id === 'water' ? 'water' : id === 'co2' ? 'co2' : 'energy'),
        cells: [name, unit, compared.month, compared.onMonth, compared.onYear, compared.toDate, compared.toDateOnYear],
      }
    }),
  }
}

/** January to the month, each against the same month of last year. */
export function monthlyTable(subject: ReportedSubject, month: Month, units: ReportUnits): ReportTable {
  const { months, periods } = subject
  const rows = monthsThrough(`${month.slice(0, 4)}-01` as Month, month).map((one): ReportRow => {
    const last = one === month ? periods.lastYear : (months.get(addMonths(one, -12)) ?? null)
    const of = (part: SubjectMonth | null, { amount, unit }: (typeof MONTHLY)[number]) =>
      dividedBy(amountIn(part, amount, periods.limits), units[unit])
    const cells = MONTHLY.flatMap((row) => {
      const [now, before] = [of(months.get(one) ?? null, row), of(last, row)]
      return [now, before, changeOf(now, before)]
    })
    return { id: one, trace: traceOf(subject, one, 'energy'), cells: [`${Number(one.slice(5))}月`, ...cells] }
  })
  return {
    id: 'monthly',
    title: { zh: '分月能耗', en: 'By month' },
    note: { zh: '本年各月与去年同月。未知为空白。', en: 'Each month of the year and of last year. Unknown is blank.' },
    columns: [
      text('month', { zh: '月份', en: 'Month' }),
      ...MONTHLY.flatMap(({ id, name, unit }) => [
        number(id, { zh: `本年${name.zh}`, en: `${name.en}, this year` }, units[unit]),
        number(`${id}LastYear`, { zh: `去年${name.zh}`, en: `${name.en}, last year` }, units[unit]),
        share(`${id}OnYear`, { zh: '同比', en: 'On the year before' }),
      ]),
    ],
    chart: {
      title: { zh: '各月能耗与去年同月', en: 'Energy by month, and of last year' },
      category: 'month',
      series: ['energy', 'energyLastYear'],
    },
    rows,
  }
}
const MONTHLY = [
  { id: 'energy', name: { zh: '能耗', en: 'Energy' }, amount: AMOUNTS.energyKgce, unit: 'energy' },
  { id: 'electricity', name: { zh: '用电', en: 'Electricity' }, amount: AMOUNTS.electricityKwh, unit: 'electricity' },
  { id: 'water', name: { zh: '用水', en: 'Water' }, amount: AMOUNTS.waterM3, unit: 'water' },
  { id: 'co2', name: { zh: '碳排放', en: 'CO2' }, amount: AMOUNTS.co2Kg, unit: 'co2' },
] as const

export function renewableTable({ periods }: ReportedSubject, { electricity }: ReportUnits): ReportTable {
  const row = (id: string, name: string, part: SubjectMonth | null): ReportRow => {
    const found = part && generationOf(part)
    const kwh = (amount: number | null | undefined) => dividedBy(amount ?? null, electricity)
    const isMetered = found !== null && found.coverage !== null
    return {
      id,
      cells: [
        name,
        kwh(isMetered ? found.generationKwh : null),
        kwh(isMetered ? found.exportedKwh : null),
        kwh(isMetered ? found.selfUsedKwh : null),
        kwh(found?.purchasedKwh),
        found?.share ?? null,
        found?.coverage ?? null,
      ],
    }
  }
  return {
    id: 'renewable',
    title: { zh: '可再生能源', en: 'Renewable electricity' },
    note: {
      zh: '自用光伏电量占全部用电的比例；没有发电计量的为空白。',
      en: 'Own PV used on site over all electricity; blank without a generation meter.',
    },
    columns: [
      text('period', { zh: '时段', en: 'Period' }),
      number('generation', { zh: '发电量', en: 'Generated' }, electricity),
      number('exported', { zh: '上网电量', en: 'Exported' }, electricity),
      number('selfUsed', { zh: '自用电量', en: 'Used on site' }, electricity),
      number('purchased', { zh: '外购电量', en: 'Purchased' }, electricity),
      share('share', { zh: '可再生能源电力占比', en: 'Renewable share' }),
      share('coverage', { zh: '发电表完整率', en: 'Known share of generation meters' }),
    ],
    rows: [row('month', '本月', periods.month), row('toDate', '本年累计', periods.toDate)],
  }
}

const SCOPE_WORDS = { direct: '直接排放', purchasedElectricity: '外购电力', purchasedHeat: '外购热力' } as const

/** The ledger of the year up to the month. */
export function carbonTable(ledger: CarbonLedger): ReportTable {
  const factorText = (row: CarbonLedger['rows'][number]): string | null =>
    row.factor ? `${row.factor.value} ${row.factor.unit}（${row.factor.source}）` : null
  return {
    id: 'carbon',
    title: { zh: '碳排放台账', en: 'Carbon ledger' },
    note: { zh: ledger.boundary.map(({ zh }) => zh).join(''), en: ledger.boundary.map(({ en }) => en).join(' ') },
    columns: [
      text('source', { zh: '排放源', en: 'Source' }),
      text('scope', { zh: '范围', en: 'Scope' }),
      number('activity', { zh: '活动数据', en: 'Activity' }, { unit: '', format: 'decimal2' }),
      text('unit', { zh: '单位', en: 'Unit' }),
      text('factor', { zh: '排放因子及来源', en: 'Factor and source' }),
      number('emissions', { zh: '二氧化碳排放', en: 'CO2' }, { unit: '吨', format: 'decimal2' }),
      number('energy', { zh: '折标准煤', en: 'Energy' }, { unit: '千克标准煤', format: 'decimal2' }),
      text('remark', { zh: '说明', en: 'Remark' }),
    ],
    rows: ledger.rows.map((row, index) => ({
      id: `${row.source} ${index}`,
      cells: [
        CARRIERS[row.source].name.zh,
        SCOPE_WORDS[row.scope],
        row.activity,
        row.unit,
        factorText(row),
        row.emissionsT,
        row.energyKgce,
        row.reason === null ? null : row.reason === 'billedByArea' ? '按面积计费，没有热量' : '没有可用因子',
      ],
    })),
  }
}
