// Defines the kinds of energy and water in one table: units, names, words of import files, ledger scope and the field
// of a month's record. `metered` kinds are media: meters count them. Fuels, and heat billed by area, are known from
// bills alone (docs/rules/energy-and-carbon.md#energy-kinds). Coefficients are in domain/standards/coefficients.ts, CO2
// factors in domain/standards/co2-factors.ts.

import type { Language, Phrase } from './phrase.ts'
import { columnOf, keysOf } from './table.ts'

/** The scope of a kind in the carbon ledger. */
export const LEDGER_SCOPES = ['direct', 'purchasedElectricity', 'purchasedHeat'] as const
export type LedgerScope = (typeof LEDGER_SCOPES)[number]

interface CarrierRow {
  kind: 'metered' | 'fuel' | 'area'
  /** Unit in which amounts are stored and shown. */
  amountUnit: string
  /** Units of registers and readings; `m3` is `m³` written in ASCII. */
  registerUnits?: readonly string[]
  billUnits: readonly string[]
  /** Field of a month's record (domain/energy/subject-month.ts). */
  field: string
  /** Media: whether months without any use are usual, so that a month without a bill may be complete. */
  seasonal?: boolean
  /** Null for a kind without energy and CO2. */
  scope: LedgerScope | null
  /** Names on the page: of the kind, and the short name of a medium. */
  name: Phrase
  mediumName?: Phrase
  /** Names in Chinese import files; the first also names the medium. */
  words: readonly string[]
}

const POWER_UNITS = ['Wh', 'kWh', 'MWh'] as const
const HEAT_UNITS = ['GJ', 'MJ', 'kWh', 'MWh'] as const
const VOLUME_UNITS = ['m³', 'm3', 'L'] as const
/** Litres only where a coefficient set knows the density (docs/rules/energy-and-carbon.md#litres). */
const FUEL = { kind: 'fuel', amountUnit: 'kg', billUnits: ['kg', 't'], scope: 'direct' } as const

/** In display order of the media. */
export const CARRIERS = {
  electricity: {
    kind: 'metered',
    amountUnit: 'kWh',
    registerUnits: POWER_UNITS,
    billUnits: POWER_UNITS,
    field: 'electricityKwh',
    seasonal: false,
    scope: 'purchasedElectricity',
    name: { zh: '电力', en: 'Electricity' },
    mediumName: { zh: '电', en: 'Electricity' },
    words: ['电'],
  },
  water: {
    kind: 'metered',
    amountUnit: 'm³',
    registerUnits: VOLUME_UNITS,
    // 吨 on a water bill means m³.
    billUnits: [...VOLUME_UNITS, 't'],
    field: 'waterM3',
    seasonal: false,
    scope: null,
    name: { zh: '水', en: 'Water' },
    mediumName: { zh: '水', en: 'Water' },
    words: ['水'],
  },
  heat: {
    kind: 'metered',
    amountUnit: 'GJ',
    registerUnits: HEAT_UNITS,
    billUnits: HEAT_UNITS,
    field: 'heatGj',
    seasonal: true,
    scope: 'purchasedHeat',
    name: { zh: '热力', en: 'Heat' },
    mediumName: { zh: '热', en: 'Heat' },
    words: ['热力', '热力（按热量收费）'],
  },
  gas: {
    kind: 'metered',
    amountUnit: 'm³',
    registerUnits: VOLUME_UNITS,
    billUnits: VOLUME_UNITS,
    field: 'gasM3',
    seasonal: true,
    scope: 'direct',
    name: { zh: '天然气', en: 'Natural gas' },
    mediumName: { zh: '燃气', en: 'Gas' },
    words: ['天然气'],
  },
  rawCoal: { ...FUEL, field: 'rawCoalKg', name: { zh: '原煤', en: 'Raw coal' }, words: ['原煤', '煤', '煤炭'] },
  petrol: { ...FUEL, field: 'petrolKg', name: { zh: '汽油', en: 'Petrol' }, words: ['汽油'] },
  kerosene: { ...FUEL, field: 'keroseneKg', name: { zh: '煤油', en: 'Kerosene' }, words: ['煤油'] },
  diesel: { ...FUEL, field: 'dieselKg', name: { zh: '柴油', en: 'Diesel' }, words: ['柴油'] },
  lpg: { ...FUEL, field: 'lpgKg', name: { zh: '液化石油气', en: 'LPG' }, words: ['液化石油气'] },
  /** Not a quantity of heat, never energy (docs/rules/energy-and-carbon.md#heat-billed-by-area). */
  heatByArea: {
    kind: 'area',
    amountUnit: 'm²',
    billUnits: ['m²', 'm2'],
    field: 'areaBilledHeatM2',
    scope: 'purchasedHeat',
    name: { zh: '按面积计费的供热', en: 'Heat billed by area' },
    words: ['热力（按面积收费）'],
  },
} as const satisfies Record<string, CarrierRow>

type Rows = typeof CARRIERS
export type Carrier = keyof Rows
type Of<Wanted> = { [C in Carrier]: Rows[C] extends Wanted ? C : never }[Carrier]

/** The kinds that meters measure. */
export type Medium = Of<{ kind: 'metered' }>
export type FuelCarrier = Of<{ kind: 'fuel' }>
/** Kinds that a coefficient converts to standard coal. */
export type EnergyCarrier = Of<{ kind: 'metered' | 'fuel'; scope: LedgerScope }>
/** Rows of the carbon ledger. */
export type LedgerSource = Of<{ scope: LedgerScope }>
/** Media except water, which has neither energy nor CO2 here. */
export type EnergyMedium = Medium & EnergyCarrier

const isMetered = (carrier: Carrier): boolean => CARRIERS[carrier].kind === 'metered'
const CARRIER_NAMES = keysOf(CARRIERS)

export const MEDIA = CARRIER_NAMES.filter((carrier): carrier is Medium => isMetered(carrier))
export const FUEL_CARRIERS = CARRIER_NAMES.filter(
  (carrier): carrier is FuelCarrier => CARRIERS[carrier].kind === 'fuel',
)
export const ENERGY_MEDIA = MEDIA.filter((medium): medium is EnergyMedium => CARRIERS[medium].scope !== null)
export const ENERGY_CARRIERS: readonly EnergyCarrier[] = [...ENERGY_MEDIA, ...FUEL_CARRIERS]
/** 能源资源种类 of the statistics, in display order of bills. */
export const BILL_CARRIERS: readonly Carrier[] = [
  ...ENERGY_CARRIERS,
  ...CARRIER_NAMES.filter((carrier) => !ENERGY_CARRIERS.some((energy) => energy === carrier)),
]
export const LEDGER_SOURCES = BILL_CARRIERS.filter(
  (carrier): carrier is LedgerSource => CARRIERS[carrier].scope !== null,
)

export const carrierNames = (language: Language): Record<Carrier, string> =>
  columnOf(CARRIERS, ({ name }) => name[language])
export const mediumNames = (language: Language): Record<Medium, string> =>
  Object.fromEntries(MEDIA.map((medium) => [medium, CARRIERS[medium].mediumName[language]])) as Record<Medium, string>
