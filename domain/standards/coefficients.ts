// Holds the coefficients that convert energy to standard coal (折标准煤系数). National statistics take electricity at its
// calorific value (当量值, 0.1229), the quota standards at its primary value (等价值, 0.31), so every coefficient belongs
// to the set of a standard (docs/rules/energy-and-carbon.md#coefficient-sets). Water is in no set.
// domain/energy/conversion.ts applies them.

import * as z from 'zod'
import { CARRIERS, ENERGY_CARRIERS, type EnergyCarrier } from '../medium.ts'
import { areaCode } from '../registry/records.ts'
import { type Certainty, datedRow } from './validity.ts'

/**
 * The only unit for each carrier's coefficient. Heat in kgce/GJ: 34.12 is right, 0.03412 is tce/GJ
 * (docs/rules/energy-and-carbon.md#coefficient-sets).
 */
export const coefficientUnit = (carrier: EnergyCarrier) => `kgce/${CARRIERS[carrier].amountUnit}` as const

/**
 * Wide bounds that still detect a coefficient in another unit, e.g. heat as 0.03412 instead of 34.12
 * (docs/rules/energy-and-carbon.md#coefficient-sets).
 */
export const PLAUSIBLE: Readonly<Record<EnergyCarrier, readonly [low: number, high: number]>> = {
  electricity: [0.1, 0.45],
  heat: [30, 40],
  gas: [1.1, 1.33],
  rawCoal: [0.5, 1],
  petrol: [1.4, 1.6],
  kerosene: [1.4, 1.6],
  diesel: [1.4, 1.6],
  lpg: [1.6, 1.8],
}

/** kg/L of liquid fuels; wide bounds that still detect kg/m³ (docs/rules/energy-and-carbon.md#litres). */
export const PLAUSIBLE_KG_PER_LITRE = [0.65, 1] as const
export const isLiquid = (carrier: string): boolean => LIQUIDS.some((liquid) => liquid === carrier)
const LIQUIDS: readonly EnergyCarrier[] = ['petrol', 'kerosene', 'diesel']

const { source, certainty, ...dated } = datedRow
/** One coefficient of a set. */
export const coefficientRowSchema = z.object({
  carrier: z.enum(ENERGY_CARRIERS),
  value: z.number().positive(),
  unit: z.enum([...new Set(ENERGY_CARRIERS.map(coefficientUnit))]),
  /** Density of a liquid fuel, by which its bills may be in litres; absent: the set knows none. */
  kgPerLitre: z.number().positive().optional(),
  source,
  certainty,
})
export type Coefficient = z.infer<typeof coefficientRowSchema>

/** `statistics`: 当量值, for dual control and the ledger. `quota`: 等价值, for the quota. */
export const SET_PURPOSES = ['statistics', 'quota'] as const
export type SetPurpose = (typeof SET_PURPOSES)[number]
/** A set without its coefficients. `name`: label of results that used the set. */
export const coefficientHeadSchema = z.object({
  purpose: z.enum(SET_PURPOSES),
  /** The set holds in this area and below; absent: in the whole country. */
  area: areaCode.optional(),
  name: z.string().min(1),
  standard: z.string().min(1),
  ...dated,
  remark: z.string().optional(),
})
export const coefficientSetSchema = coefficientHeadSchema.extend({ rows: z.array(coefficientRowSchema).min(1) })
export type CoefficientSet = z.infer<typeof coefficientSetSchema>

const COPY_2589 = 'public code repositories that cite GB/T 2589-2020'
const ANNEX_B = 'DB37/T annex B, in ma1138569845/dechnicAuditor-agent'
const MEMORY_2008 = 'GB/T 2589-2008 from memory; equal to the edition of 2020'

export const COEFFICIENT_SETS: readonly CoefficientSet[] = [
  {
    purpose: 'statistics',
    name: 'GB/T 2589-2008 当量值',
    standard: 'GB/T 2589-2008',
    validFrom: '2008-06-01',
    validTo: '2021-04-01',
    standIn: false,
    remark:
      'Kept for base years up to 2020. Both dates are from memory. Published totals of 2015 fold gas at 1.33: ' +
      'see statistics-2015 (docs/rules/energy-and-carbon.md#alternatives).',
    rows: [
      row('electricity', 0.1229, MEMORY_2008, 'recalled'),
      row('heat', 34.12, MEMORY_2008, 'recalled'),
      row('gas', 1.2143, MEMORY_2008, 'recalled'),
    ],
  },
  {
    purpose: 'statistics',
    name: 'GB/T 2589-2020 当量值',
    standard: 'GB/T 2589-2020',
    validFrom: '2021-04-01',
    standIn: false,
    remark:
      'First day of validity from memory. Gas: 气田气; 1.3300 is 油田气, by which published statistics fold it ' +
      '(docs/rules/facts.md#statistics-of-2015).',
    rows: [
      row('electricity', 0.1229, COPY_2589, 'secondary'),
      row('heat', 34.12, COPY_2589, 'secondary'),
      row('gas', 1.2143, COPY_2589, 'secondary'),
      row('rawCoal', 0.7143, COPY_2589, 'secondary'),
      row('petrol', 1.4714, COPY_2589, 'secondary'),
      row('kerosene', 1.4714, COPY_2589, 'secondary'),
      row('diesel', 1.4571, COPY_2589, 'secondary'),
      row('lpg', 1.7143, COPY_2589, 'secondary'),
    ],
  },
  {
    purpose: 'quota',
    name: 'DB37/T annex B 等价值 (stand-in)',
    standard: 'DB37/T 2671, 2672, 2673, 3780-2019 annex B',
    validFrom: '2019-01-01',
    standIn: true,
    remark: 'Which set the Hebei quota uses is not known. Of the first day of validity only the year is known.',
    rows: [
      row('electricity', 0.31, ANNEX_B, 'secondary'),
      row('heat', 34.12, ANNEX_B, 'secondary'),
      row('gas', 1.2143, ANNEX_B, 'secondary'),
      row('petrol', 1.4714, ANNEX_B, 'secondary'),
      row('diesel', 1.4571, ANNEX_B, 'secondary'),
    ],
  },
]

const TOTALS_2015 =
  'published totals of 重庆 2015, http://chongqing.chinagdp.org/fzgh/201809/759.html (docs/rules/facts.md#statistics-of-2015)'

/**
 * The set by which the national statistics of 2015 fold: gas at 1.33, petrol and diesel by litre. Which editions use it
 * is known of one year and one municipality, so it holds where an area adopts it
 * (docs/rules/energy-and-carbon.md#alternatives).
 */
export const STATISTICS_2015: CoefficientSet = {
  purpose: 'statistics',
  name: '统计口径 2015 (天然气 1.33)',
  standard: '公共机构能源资源消费统计调查制度 2015, GB/T 2589-2008',
  validFrom: '2015-01-01',
  standIn: false,
  remark: 'Heat, kerosene and LPG do not occur in the totals; they are those of GB/T 2589-2020.',
  rows: [
    row('electricity', 0.1229, TOTALS_2015, 'derived'),
    row('heat', 34.12, COPY_2589, 'secondary'),
    row('gas', 1.33, TOTALS_2015, 'derived'),
    row('rawCoal', 0.7143, TOTALS_2015, 'derived'),
    { ...row('petrol', 1.4714, TOTALS_2015, 'derived'), kgPerLitre: 0.73 },
    row('kerosene', 1.4714, COPY_2589, 'secondary'),
    { ...row('diesel', 1.4571, TOTALS_2015, 'derived'), kgPerLitre: 0.86 },
    row('lpg', 1.7143, COPY_2589, 'secondary'),
  ],
}

function row(carrier: EnergyCarrier, value: number, source: string, certainty: Certainty): Coefficient {
  return { carrier, value, unit: coefficientUnit(carrier), source, certainty }
}
