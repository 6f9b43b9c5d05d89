// Holds the CO2 factors (docs/rules/energy-and-carbon.md#co2-factors). A factor of electricity is identified by series,
// data year and area. It holds from the publication of its notice until the next one, not for the year of its data: a
// later factor never rewrites a judged month. Other series (0.5703 for enterprises, regional baselines) are not used.

import * as z from 'zod'
import { ENERGY_MEDIA, type EnergyMedium } from '../medium.ts'
import { must } from '../must.ts'
import { areaCode } from '../registry/records.ts'
import { type Certainty, datedRow, type Validity } from './validity.ts'

/** Area code of rows for the whole country. */
export const NATIONAL = 'CN'

/** Kilograms of CO2 per numerator of the unit; the denominator is the medium's amount unit. */
export const KG_CO2_PER = { 'kgCO2/kWh': 1, 'tCO2/GJ': 1000, 'kgCO2/m³': 1 } as const

/** The only unit for each medium's factor. */
export const CO2_UNITS = { electricity: 'kgCO2/kWh', heat: 'tCO2/GJ', gas: 'kgCO2/m³' } as const satisfies Record<
  EnergyMedium,
  keyof typeof KG_CO2_PER
>

/** The fields shared by factors of media and of fuels. */
export const factorShape = {
  series: z.string().min(1),
  /** Year of the data; null for a factor without one. */
  dataYear: z.number().int().nullable().default(null),
  /** Six-digit division code, or `CN`. */
  area: areaCode,
  areaName: z.string().min(1),
  publisher: z.string().min(1),
  /** Number or date of the notice; null when unknown. */
  notice: z.string().min(1).nullable().default(null),
  value: z.number().positive(),
  ...datedRow,
} as const
export const co2FactorSchema = z.object({
  medium: z.enum(ENERGY_MEDIA),
  ...factorShape,
  unit: z.enum(['kgCO2/kWh', 'tCO2/GJ', 'kgCO2/m³']),
})
export type Co2Factor = z.infer<typeof co2FactorSchema>

const AREA_NAMES: Readonly<Record<string, string>> & { CN: string } = {
  CN: '全国',
  110000: '北京',
  120000: '天津',
  130000: '河北',
  140000: '山西',
  150000: '内蒙古',
  210000: '辽宁',
  370000: '山东',
  410000: '河南',
}

/** First day of the 14th plan: heat and fuel factors state no validity, and the plan's CO2 cap is their first use. */
export const FYP14_START = '2021-01-01'

export const CO2_FACTORS: readonly Co2Factor[] = [
  ...vintage(2021, { validFrom: '2024-04-12', validTo: '2024-12-20', notice: '公告2024年第12号' }, [
    ['CN', 0.5568, 'https://daydaynews.cc/zh-hant/finance/3899452.html', 'secondary'],
    ['130000', 0.7901, 'from memory', 'recalled'],
  ]),
  ...vintage(2022, { validFrom: '2024-12-20', validTo: '2025-12-31', notice: '2024-12-20' }, [
    ['CN', 0.5366, 'https://daydaynews.cc/zh-hant/finance/3899452.html', 'secondary'],
    ['130000', 0.7252, '30-province table in a public code repository', 'secondary'],
  ]),
  ...vintage(
    2023,
    { validFrom: '2025-12-31', notice: '公告2025年第47号' },
    Object.entries({
      CN: 0.5306,
      110000: 0.5554,
      120000: 0.6796,
      130000: 0.6516,
      140000: 0.6634,
      150000: 0.6479,
      210000: 0.4878,
      370000: 0.6191,
      410000: 0.5897,
    }).map(([area, value]) => [
      area,
      value,
      'two identical 30-province tables in public code repositories',
      'secondary',
    ]),
  ),
  {
    medium: 'heat',
    series: '外购热力二氧化碳排放因子',
    dataYear: null,
    area: NATIONAL,
    areaName: AREA_NAMES.CN,
    publisher: 'public code repository; 0.1110 in 国家温室气体排放因子数据库',
    notice: null,
    validFrom: FYP14_START,
    value: 0.11,
    unit: 'tCO2/GJ',
    source: 'public code repository (docs/rules/facts.md#co2-of-heat-and-fuels)',
    certainty: 'secondary',
  },
  {
    medium: 'gas',
    series: '天然气二氧化碳排放因子',
    dataYear: null,
    area: NATIONAL,
    areaName: AREA_NAMES.CN,
    publisher: '国家温室气体排放因子数据库, second edition (2026)',
    notice: null,
    validFrom: FYP14_START,
    // 0.038931 GJ/m³ × 15.242055 tC/TJ × 99 % × 44/12, recomputed in docs/rules/facts.md#co2-of-heat-and-fuels.
    value: 2.154,
    unit: 'kgCO2/m³',
    source: 'public code repository (docs/rules/facts.md#co2-of-heat-and-fuels)',
    certainty: 'secondary',
  },
]

/** JS/T 303-2026 prints gas with full oxidation; the row above has 99 %. It holds where an area adopts it. */
export const JST_303 = {
  series: 'JS/T 303-2026 表A.1',
  dataYear: null,
  area: NATIONAL,
  areaName: AREA_NAMES.CN,
  publisher: 'JS/T 303-2026 公共机构碳排放核算指南',
  notice: null,
  // Of its first day only the year is known.
  validFrom: '2026-01-01',
  source: 'table A.1 in KutenglaoshuLy/gdnhec-carbon-accounting (docs/rules/facts.md#jst-303)',
} as const
export const JST_303_FACTORS: readonly Co2Factor[] = [
  { ...JST_303, medium: 'gas', value: 2.184, unit: 'kgCO2/m³', certainty: 'secondary' },
]

type AreaValue = [area: string, value: number, source: string, certainty: Certainty]

function vintage(dataYear: number, issue: Validity & { notice: string }, values: AreaValue[]): Co2Factor[] {
  return values.map(([area, value, source, certainty]) => ({
    medium: 'electricity',
    series: '电力平均二氧化碳排放因子',
    dataYear,
    area,
    areaName: must(AREA_NAMES[area], area),
    publisher: '生态环境部',
    ...issue,
    value,
    unit: CO2_UNITS.electricity,
    source,
    certainty,
  }))
}
