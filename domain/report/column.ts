// Columns that several tables share, and the units of the trade: 万 for a city and above, plain units below.

import type { Phrase } from '../phrase.ts'
import type { Area } from '../registry/records.ts'
import type { ReportColumn } from './document.ts'

const WAN = 10_000

/** How amounts of a report are shown: divisor and unit for tonnes of coal, m³, tonnes of CO2, kWh and yuan. */
export interface ReportUnits {
  energy: AmountUnit
  water: AmountUnit
  co2: AmountUnit
  electricity: AmountUnit
  money: AmountUnit
}
interface AmountUnit {
  unit: string
  /** The stored unit (kgce, m³, kg, kWh, yuan) is divided by this. */
  per: number
  format: ReportColumn['format']
}

const LARGE: ReportUnits = {
  energy: { unit: '万吨标准煤', per: 1000 * WAN, format: 'decimal4' },
  water: { unit: '万立方米', per: WAN, format: 'decimal2' },
  co2: { unit: '万吨', per: 1000 * WAN, format: 'decimal4' },
  electricity: { unit: '万千瓦时', per: WAN, format: 'decimal2' },
  money: { unit: '万元', per: WAN, format: 'decimal2' },
}
const SMALL: ReportUnits = {
  energy: { unit: '吨标准煤', per: 1000, format: 'decimal2' },
  water: { unit: '立方米', per: 1, format: 'decimal1' },
  co2: { unit: '吨', per: 1000, format: 'decimal2' },
  electricity: { unit: '千瓦时', per: 1, format: 'decimal1' },
  money: { unit: '元', per: 1, format: 'decimal2' },
}
/** `level`: of the reported area; undefined for an institution. */
export const reportUnits = (level: Area['level'] | undefined): ReportUnits =>
  level === 'province' || level === 'city' ? LARGE : SMALL
/** Tables with a row an institution have plain units, whatever is reported. */
export const INSTITUTION_UNITS = SMALL

export const text = (id: string, title: Phrase): ReportColumn => ({ id, title, unit: '', format: 'text' })
export const count = (id: string, title: Phrase, unit = '家'): ReportColumn => ({ id, title, unit, format: 'integer' })
export const share = (id: string, title: Phrase): ReportColumn => ({ id, title, unit: '', format: 'percent' })
export const number = (
  id: string,
  title: Phrase,
  { unit, format }: Pick<ReportColumn, 'unit' | 'format'>,
): ReportColumn => ({ id, title, unit, format })
export const instantColumn = (id: string, title: Phrase): ReportColumn => ({ id, title, unit: '', format: 'instant' })

export const NAME = text('name', { zh: '名称', en: 'Name' })
export const CODE = text('code', { zh: '编码', en: 'Code' })
export const TYPE = text('type', { zh: '类型', en: 'Type' })
export const KNOWN = share('knownShare', { zh: '数据完整率', en: 'Known share' })
export const STATUS = text('status', { zh: '双控状态', en: 'Status' })

/** a / b − 1; null when either is unknown or b is not above zero. */
export const changeOf = (now: number | null, before: number | null): number | null =>
  now === null || before === null || !(before > 0) ? null : now / before - 1

export const dividedBy = (amount: number | null, { per }: { per: number }): number | null =>
  amount === null ? null : amount / per
