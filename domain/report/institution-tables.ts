// The tables with a row an institution: dual control, ranking, quota, data centres, operating cost and data quality. An
// institution's rows are made while it is at hand, so that a province's months need not be held at once.

import { COSTS } from '../energy/cost.ts'
import type { SubjectMonth } from '../energy/subject-month.ts'
import { DUAL_CONTROL, INDICATOR_NAMES, INDICATORS, QUOTA, QUOTA_INDICATORS } from '../indicator.ts'
import { type KnownShareLimits, knownShareOf } from '../judge/known-share.ts'
import type { DualControl, QuotaStatus } from '../judge/result.ts'
import { must } from '../must.ts'
import { keysOf } from '../table.ts'
import {
  CODE,
  changeOf,
  count,
  dividedBy,
  KNOWN,
  NAME,
  number,
  STATUS,
  share,
  TYPE,
  text,
  INSTITUTION_UNITS as UNITS,
} from './column.ts'
import type { ReportColumn, ReportRow, ReportTable } from './document.ts'
import { AMOUNTS, amountIn, COST_AMOUNTS, comparedOf, type Periods } from './figures.ts'
import { RATING_WORDS, REASON_WORDS, STATUS_WORDS, TYPE_WORDS, VERDICT_WORDS } from './words.ts'

/** One institution as judged for the month of the report. */
export interface ReportedInstitution {
  id: string
  name: string
  areaName: string
  type: keyof typeof TYPE_WORDS
  periods: Periods
  dualControl: DualControl | null
  quota: readonly QuotaStatus[]
  metering: MeteringFigures
}

/** How the meters are read. */
export interface MeteringFigures {
  /** Read meters. */
  meters: number
  /** Those that say nothing as of the report. */
  silent: number
  /** Register events that wait for a review. */
  events: number
  /** Of the known hours of the month; null: not computed, or nothing is known. */
  estimatedShare: number | null
}

const AREA = text('area', { zh: '所属地区', en: 'Area' })
const WHO = [CODE, NAME, AREA, TYPE]
const whoOf = ({ id, name, areaName, type }: ReportedInstitution) => [id, name, areaName, TYPE_WORDS[type]]

const dualControlColumns: ReportColumn[] = [
  ...WHO,
  number('monthEnergy', { zh: '本月能耗', en: 'Energy of the month' }, UNITS.energy),
  share('monthOnMonth', { zh: '环比', en: 'On the month before' }),
  share('monthOnYear', { zh: '同比', en: 'On the year before' }),
  ...INDICATORS.map((indicator) =>
    number(indicator, { zh: INDICATOR_NAMES[indicator].zh, en: DUAL_CONTROL[indicator].title }, unitOf(indicator)),
  ),
  share('energyOfTarget', { zh: '能耗占目标', en: 'Forecast of target, energy' }),
  STATUS,
  text('verdict', { zh: '双控结论', en: 'Verdict' }),
  KNOWN,
  text('reason', { zh: '不予判定的原因', en: 'Why not judged' }),
]

function unitOf(indicator: (typeof INDICATORS)[number]): Pick<ReportColumn, 'unit' | 'format'> {
  const units: Record<string, string> = {
    tce: '吨标准煤',
    'm³': '立方米',
    t: '吨',
    'kgce/m²': '千克标准煤/平方米',
    'kgce/person': '千克标准煤/人',
    'm³/person': '立方米/人',
    'kg/m²': '千克/平方米',
  }
  return { unit: units[DUAL_CONTROL[indicator].unit] ?? DUAL_CONTROL[indicator].unit, format: 'decimal2' }
}
/** Units of indicators in Chinese, as a report writes them. */
export const indicatorUnit = (indicator: (typeof INDICATORS)[number]): string => unitOf(indicator).unit

function dualControlRow(one: ReportedInstitution): ReportRow {
  const { periods, dualControl } = one
  const energy = comparedOf(periods, AMOUNTS.energyKgce)
  const indicators = dualControl?.indicators ?? []
  const reasons = new Set(indicators.flatMap(({ reason }) => (reason === null ? [] : [REASON_WORDS[reason]])))
  return {
    id: one.id,
    trace: traceOf(one, 'energy'),
    cells: [
      ...whoOf(one),
      dividedBy(energy.month, UNITS.energy),
      energy.onMonth,
      energy.onYear,
      ...INDICATORS.map((name) => indicators.find(({ indicator }) => indicator === name)?.actual ?? null),
      indicators.find(({ indicator }) => indicator === 'energy')?.ratio ?? null,
      dualControl?.status ? STATUS_WORDS[dualControl.status] : null,
      dualControl?.verdict ? VERDICT_WORDS[dualControl.verdict] : null,
      dualControl?.coverage ?? null,
      reasons.size > 0 ? [...reasons].join('；') : null,
    ],
  }
}

const monthOf = ({ dualControl, periods }: ReportedInstitution): string =>
  dualControl?.month ?? periods.month?.month ?? ''
const traceOf = (one: ReportedInstitution, indicator: string, table = 'dualControl'): string =>
  `institutions/${one.id}/explain?table=${table}&indicator=${indicator}&month=${monthOf(one)}`

const quotaColumns: ReportColumn[] = [
  ...WHO,
  text('indicator', { zh: '指标', en: 'Indicator' }),
  text('unit', { zh: '单位', en: 'Unit' }),
  number('actual', { zh: '近12个月', en: 'Last 12 months' }, { unit: '', format: 'decimal2' }),
  number('constraint', { zh: '约束值', en: 'Constraint' }, { unit: '', format: 'decimal2' }),
  number('benchmark', { zh: '基准值', en: 'Benchmark' }, { unit: '', format: 'decimal2' }),
  number('guide', { zh: '引导值', en: 'Guide' }, { unit: '', format: 'decimal2' }),
  text('rating', { zh: '等级', en: 'Rating' }),
  number('overBy', { zh: '超约束值', en: 'Over the constraint by' }, { unit: '', format: 'decimal2' }),
  share('overShare', { zh: '超约束值比例', en: 'Over the constraint by, share' }),
  KNOWN,
  text('reason', { zh: '不予评定的原因', en: 'Why not rated' }),
  text('standard', { zh: '定额依据', en: 'Standard' }),
]

/** Positive: worse than the constraint. */
const overBy = ({ actual, constraint }: QuotaStatus): number | null =>
  actual === null || constraint === null || actual <= constraint ? null : actual - constraint

const quotaRows = (one: ReportedInstitution): ReportRow[] =>
  QUOTA_INDICATORS.flatMap((name) => {
    const status = one.quota.find(({ indicator }) => indicator === name)
    if (!status) return []
    const over = overBy(status)
    return {
      id: `${one.id} ${name}`,
      trace: traceOf(one, name, 'quota'),
      cells: [
        ...whoOf(one),
        QUOTA[name].name.zh,
        status.unit,
        status.actual,
        status.constraint,
        status.benchmark,
        status.guide,
        status.rating ? RATING_WORDS[status.rating] : null,
        over,
        over === null ? null : changeOf(status.actual, status.constraint),
        status.knownShare,
        status.reason ? REASON_WORDS[status.reason] : null,
        status.standard === null ? null : `${status.standard}${status.standIn ? '（替代值，非正式下达）' : ''}`,
      ],
    }
  })

const costColumns: ReportColumn[] = [
  ...WHO,
  number('month', { zh: '本月能源费用', en: 'Energy cost of the month' }, UNITS.money),
  number('toDate', { zh: '本年累计', en: 'Year to date' }, UNITS.money),
  share('toDateOnYear', { zh: '累计同比', en: 'Year to date on last year' }),
  ...keysOf(COSTS).map((cost) => {
    const { zh, en } = COSTS[cost].name
    return number(cost, { zh: `累计${zh}`, en: `${en}, year to date` }, UNITS.money)
  }),
  number('perArea', { zh: '累计单位面积', en: 'Year to date per m²' }, { unit: '元/平方米', format: 'decimal2' }),
  number('perPerson', { zh: '累计人均', en: 'Year to date per person' }, { unit: '元/人', format: 'decimal2' }),
]

function costRow(one: ReportedInstitution): ReportRow {
  const { month, toDate, toDateOnYear } = comparedOf(one.periods, AMOUNTS.costYuan)
  const year = one.periods.toDate
  const per = (size: number | null | undefined) => (toDate === null || !size ? null : toDate / size)
  const parts = keysOf(COSTS).map((cost) => amountIn(year, COST_AMOUNTS[cost], one.periods.limits))
  const sizes = [per(year?.floorAreaM2), per(year?.energyUsers)]
  const cells = [...whoOf(one), month, toDate, toDateOnYear, ...parts, ...sizes]
  return { id: one.id, cells, trace: `institutions/${one.id}/cost?month=${monthOf(one)}` }
}

const centreColumns: ReportColumn[] = [
  ...WHO,
  number('monthKwh', { zh: '本月机房用电', en: 'Data centre, month' }, UNITS.electricity),
  number('monthItKwh', { zh: '本月IT设备用电', en: 'IT equipment, month' }, UNITS.electricity),
  number('monthPue', { zh: '本月PUE', en: 'PUE of the month' }, { unit: '', format: 'decimal2' }),
  number('yearKwh', { zh: '累计机房用电', en: 'Data centre, year to date' }, UNITS.electricity),
  number('yearItKwh', { zh: '累计IT设备用电', en: 'IT equipment, year to date' }, UNITS.electricity),
  number('yearPue', { zh: '累计PUE', en: 'PUE of the year to date' }, { unit: '', format: 'decimal2' }),
]

function centreRows(one: ReportedInstitution): ReportRow[] {
  const { month, toDate, limits } = one.periods
  const isCentre = [month, toDate].some((part) => part !== null && part.dataCentreKwh + part.dataCentreItKwh > 0)
  if (!isCentre) return []
  const sides = (part: SubjectMonth | null): (number | null)[] => {
    const of = (field: 'dataCentreKwh' | 'dataCentreItKwh') =>
      amountIn(part, { of: (own) => own[field], row: DUAL_CONTROL.energy }, limits)
    const [total, it] = [of('dataCentreKwh'), of('dataCentreItKwh')]
    return [total, it, total !== null && it !== null && it > 0 && total >= it ? total / it : null]
  }
  const trace = `institutions/${one.id}/data-centre?month=${monthOf(one)}`
  return [{ id: one.id, cells: [...whoOf(one), ...sides(month), ...sides(toDate)], trace }]
}

const qualityColumns: ReportColumn[] = [
  ...WHO,
  share('monthEnergy', { zh: '本月能源完整率', en: 'Energy of the month, known' }),
  share('monthWater', { zh: '本月用水完整率', en: 'Water of the month, known' }),
  share('toDateEnergy', { zh: '累计能源完整率', en: 'Energy of the year to date, known' }),
  share('toDateWater', { zh: '累计用水完整率', en: 'Water of the year to date, known' }),
  number('hoursExpected', { zh: '应采集表时', en: 'Meter-hours expected' }, { unit: '表时', format: 'integer' }),
  number('hoursKnown', { zh: '已采集表时', en: 'Meter-hours known' }, { unit: '表时', format: 'integer' }),
  share('estimated', { zh: '估计占已知', en: 'Estimated, of the known hours' }),
  count('meters', { zh: '在读表计', en: 'Read meters' }, '块'),
  count('silent', { zh: '失联表计', en: 'Silent meters' }, '块'),
  count('events', { zh: '待核事件', en: 'Events to review' }, '件'),
  text('finding', { zh: '说明', en: 'Finding' }),
]

function qualityRow(one: ReportedInstitution): ReportRow {
  const { month, toDate, limits } = one.periods
  const sharesOf = (part: SubjectMonth | null) => ({
    energy: part && knownShareOf(part, DUAL_CONTROL.energy),
    water: part && knownShareOf(part, DUAL_CONTROL.water),
  })
  const [own, year] = [sharesOf(month), sharesOf(toDate)]
  const findings = [findingOf('能源', own.energy, limits), findingOf('用水', own.water, limits)]
  const named =
    own.energy === null && own.water === null
      ? '名录内机构，本月没有应采集的表计或账单'
      : findings.filter((finding) => finding !== null).join('；') || null
  const hours = [month?.hoursExpected ?? null, month?.hoursKnown ?? null]
  const { estimatedShare, meters, silent, events } = one.metering
  const shares = [own.energy, own.water, year.energy, year.water]
  return {
    id: one.id,
    cells: [...whoOf(one), ...shares, ...hours, estimatedShare, meters, silent, events, named],
    trace: `institutions/${one.id}/tree?month=${monthOf(one)}`,
  }
}

function findingOf(resource: string, known: number | null, { judgedFrom, sureFrom }: KnownShareLimits): string | null {
  if (known === null || known >= sureFrom) return null
  if (known === 0) return `${resource}没有任何数据`
  return known < judgedFrom ? `${resource}未知过多，不予判定` : `${resource}数据不全，结果暂定`
}

const INSTITUTION_TABLES = {
  institutions: {
    title: { zh: '机构双控', en: 'Dual control by institution' },
    note: {
      zh: '能耗、水、碳为本年累计；强度为近 12 个月。空白表示未知或不予判定，不是零。',
      en: 'Totals are of the year to date, intensities of 12 months. Blank: unknown or not judged, never zero.',
    },
    columns: dualControlColumns,
    rowsOf: (one: ReportedInstitution) => [dualControlRow(one)],
  },
  quota: {
    title: { zh: '定额评定', en: 'Quota ratings' },
    note: {
      zh: '按近 12 个月与定额比较；等于约束值为达标。',
      en: 'The last 12 months against the quota; equal to the constraint meets it.',
    },
    columns: quotaColumns,
    rowsOf: quotaRows,
  },
  dataCentres: {
    title: { zh: '数据中心', en: 'Data centres' },
    note: { zh: 'PUE＝机房总用电÷IT设备用电。', en: 'PUE = total / IT electricity.' },
    columns: centreColumns,
    rowsOf: centreRows,
  },
  cost: {
    title: { zh: '运行成本', en: 'Operating cost of energy' },
    note: {
      zh: '按电价等价格与账单计算的能源资源费用，以及其中各项；没有价格的不计，空白表示没有费用数据。',
      en: 'By tariffs and bills, in all and by what is paid for; what has no price is left out, blank: no cost is known.',
    },
    columns: costColumns,
    rowsOf: (one: ReportedInstitution) => [costRow(one)],
  },
  quality: {
    title: { zh: '数据质量', en: 'Data quality' },
    note: {
      zh: '完整率＝已知用量÷（已知＋估计缺失），空白表示没有应采集的。估计占已知只在县级和机构报告中计算。失联与待核截至报告时点。',
      en: 'Known share: known over known and probably missing; blank: nothing is expected. Estimated: of a county or institution alone.',
    },
    columns: qualityColumns,
    rowsOf: (one: ReportedInstitution) => [qualityRow(one)],
  },
} as const
export type InstitutionTable = keyof typeof INSTITUTION_TABLES

export type InstitutionRows = Record<InstitutionTable, ReportRow[]>
export const noInstitutionRows = (): InstitutionRows => ({
  institutions: [],
  quota: [],
  dataCentres: [],
  cost: [],
  quality: [],
})

/** Adds an institution's rows. */
export function addInstitution(rows: InstitutionRows, one: ReportedInstitution): void {
  for (const table of keysOf(INSTITUTION_TABLES)) rows[table].push(...INSTITUTION_TABLES[table].rowsOf(one))
}

export function institutionTables(rows: InstitutionRows): ReportTable[] {
  const tables = keysOf(INSTITUTION_TABLES).map((id): ReportTable => {
    const { title, note, columns } = INSTITUTION_TABLES[id]
    return { id, title, note, columns: [...columns], rows: rows[id] }
  })
  return [...tables, rankingTable(rows.institutions), overTable(rows.quota)]
}

const cellAt = (columns: readonly ReportColumn[], id: string) => columns.findIndex((column) => column.id === id)
const AT = {
  type: cellAt(dualControlColumns, 'type'),
  perArea: cellAt(dualControlColumns, 'energyPerArea'),
  perPerson: cellAt(dualControlColumns, 'energyPerCapita'),
  overBy: cellAt(quotaColumns, 'overBy'),
  overShare: cellAt(quotaColumns, 'overShare'),
}

/** Within each type by energy per floor area, the best first; institutions without a value have no rank. */
function rankingTable(institutions: readonly ReportRow[]): ReportTable {
  const perAreaOf = ({ cells }: ReportRow): number => {
    const value = cells[AT.perArea]
    return typeof value === 'number' ? value : Number.POSITIVE_INFINITY
  }
  const rows = [...Map.groupBy(institutions, ({ cells }) => cells[AT.type])].flatMap(([, members]) => {
    const sorted = members.toSorted((a, b) => perAreaOf(a) - perAreaOf(b) || (a.id < b.id ? -1 : 1))
    let first = 0
    return sorted.map((row, place): ReportRow => {
      const value = row.cells[AT.perArea] ?? null
      // Equal values share a rank.
      if (place > 0 && perAreaOf(row) > perAreaOf(must(sorted[place - 1]))) first = place
      const rank = value === null ? null : first + 1
      const cells = [...row.cells.slice(0, WHO.length), rank, members.length, value, row.cells[AT.perPerson] ?? null]
      return { id: row.id, cells, ...(row.trace && { trace: row.trace }) }
    })
  })
  return {
    id: 'ranking',
    title: { zh: '能效排名', en: 'Ranking' },
    note: {
      zh: '同类型机构按近 12 个月单位建筑面积能耗由低到高；数值未知的不排名。',
      en: 'Within each type by energy per floor area of 12 months, lowest first; unknown values have no rank.',
    },
    columns: [
      ...WHO,
      number('rank', { zh: '名次', en: 'Rank' }, { unit: '', format: 'integer' }),
      number('of', { zh: '同类机构数', en: 'Institutions of the type' }, { unit: '家', format: 'integer' }),
      number('energyPerArea', INDICATOR_NAMES.energyPerArea, unitOf('energyPerArea')),
      number('energyPerCapita', INDICATOR_NAMES.energyPerCapita, unitOf('energyPerCapita')),
    ],
    rows,
  }
}

/** Every indicator over its constraint, the worst first. */
function overTable(quota: readonly ReportRow[]): ReportTable {
  const shareOf = ({ cells }: ReportRow): number => Number(cells[AT.overShare] ?? 0)
  return {
    id: 'overQuota',
    title: { zh: '超约束值机构', en: 'Over the constraint' },
    note: { zh: '按超出比例由高到低。', en: 'By how much, the most first.' },
    columns: quotaColumns,
    rows: quota
      .filter(({ cells }) => cells[AT.overBy] !== null)
      .toSorted((a, b) => shareOf(b) - shareOf(a) || (a.id < b.id ? -1 : 1)),
  }
}
