// Fills the basic forms of one institution and period from its months, its bills and its registered facts. Fields that
// the registry has nothing for stay blank for a person to fill (docs/rules/report.md#forms).

import type { Bill } from '../../energy/bill.ts'
import { hasDataCentre } from '../../energy/data-centre-boundary.ts'
import { institutionOn } from '../../registry/dated.ts'
import { sizeOn } from '../../registry/size.ts'
import {
  areaBilledM2,
  billedMedium,
  billsOfPeriod,
  costYuan,
  fieldAmount,
  fuelKg,
  fuelLitres,
  generationAmount,
  mediumAmount,
  type PeriodFacts,
} from './amounts.ts'
import { categoryOf } from './category.ts'
import { type Edition, editionOf } from './edition.ts'
import { completed } from './identities.ts'
import {
  type FormEntries,
  type FormValues,
  type InstitutionForms,
  type RoomValues,
  roomCellName,
  withEntries,
} from './values.ts'

export interface FormInput extends PeriodFacts {
  edition?: Edition
  entries?: FormEntries
}

/** Null when the institution is not in service at the period's end: then it is in no form. */
export function fillForms(input: FormInput): InstitutionForms | null {
  const { period, entries = {}, edition = editionOf(period) } = input
  const institution = institutionOn(input.institution, period.toMs - 1)
  if (!institution) return null
  const facts = { ...input, institution: { ...institution, id: input.institution.id } }
  const laid = (form: 'NY101' | 'NY201' | 'NY203', values: FormValues) => {
    const own = withEntries(form, edition, { values, entries: entries.values })
    return { ...own, values: completed(form, own.values) }
  }
  const rooms = roomsOf(input, edition)
  const energy = laid('NY201', energyValues(input))
  const heating = laid('NY203', heatingValues(facts))
  const own = laid('NY101', institutionValues(facts, rooms.length))
  return {
    edition,
    NY101: own.values,
    NY201: energy.values,
    NY202: rooms.map(({ entered: _, ...room }) => room),
    NY203: heating.values,
    entered: [...own.entered, ...energy.entered, ...rooms.flatMap(({ entered }) => entered), ...heating.entered],
  }
}

/** 10⁴, as 万. */
const WAN = 1e4
const KG_PER_T = 1000
const per = (value: number | null, size: number): number | null => (value === null ? null : value / size)

const isTransport = ({ purpose }: Bill): boolean => purpose === 'transport'
const isNoTransport = (bill: Bill): boolean => !isTransport(bill)
const isHeating = ({ purpose }: Bill): boolean => purpose === 'heating'

function energyValues(facts: FormInput): FormValues {
  const { institution, period } = facts
  const size = sizeOn(institution.sizes, period.toMs - 1)
  return {
    floorArea: size.floorAreaM2,
    energyUsers: size.energyUsers,
    lpg: fuelKg(facts, 'lpg'),
    lpgCost: costYuan(facts, 'lpg'),
    electricity: per(mediumAmount(facts, 'electricity'), WAN),
    electricityCost: costYuan(facts, 'electricity'),
    water: mediumAmount(facts, 'water'),
    waterCost: costYuan(facts, 'water'),
    coal: per(fuelKg(facts, 'rawCoal'), KG_PER_T),
    coalCost: costYuan(facts, 'rawCoal'),
    gas: per(mediumAmount(facts, 'gas'), WAN),
    gasCost: costYuan(facts, 'gas'),
    ...liquidValues(facts, 'petrol'),
    ...liquidValues(facts, 'diesel'),
    heat: mediumAmount(facts, 'heat'),
    heatCost: costYuan(facts, 'heat'),
    otherEnergy: otherTce(facts),
    otherEnergyCost: costYuan(facts, 'kerosene'),
    pvGeneration: per(generationAmount(facts), WAN),
  }
}

const liquidValues = (facts: FormInput, carrier: 'petrol' | 'diesel'): FormValues => ({
  [carrier]: fuelLitres(facts, carrier),
  [`${carrier}Cost`]: costYuan(facts, carrier),
  [`${carrier}Transport`]: fuelLitres(facts, carrier, isTransport),
  [`${carrier}TransportCost`]: costYuan(facts, carrier, isTransport),
  [`${carrier}Other`]: fuelLitres(facts, carrier, isNoTransport),
  [`${carrier}OtherCost`]: costYuan(facts, carrier, isNoTransport),
})

/** Kinds without a row of their own, in tce by the statistics set: kerosene. */
function otherTce(facts: FormInput): number | null {
  const row = facts.set.rows.find(({ carrier }) => carrier === 'kerosene')
  const kg = fuelKg(facts, 'kerosene')
  return kg === null || row === undefined ? null : (kg * row.value) / KG_PER_T
}

function heatingValues(facts: FormInput): FormValues {
  const { institution, period } = facts
  const { heatedAreaM2 } = sizeOn(institution.sizes, period.toMs - 1)
  const areaBilled = areaBilledM2(facts)
  // The rest of the heated area has the institution's main way of heating.
  const rest = heatedAreaM2 === null ? null : Math.max(0, heatedAreaM2 - (areaBilled ?? 0))
  return {
    heatedArea: heatedAreaM2,
    ownHeatedArea: institution.heatingKind === 'gasOrOil' ? rest : null,
    areaBilledArea: areaBilled,
    heatBilledArea: institution.heatingKind === 'districtHeatMetered' ? rest : null,
    heatingElectricity: per(billedMedium(facts, 'electricity', isHeating), WAN),
    heatingElectricityCost: purposeCost(facts, 'electricity'),
    heatingWater: billedMedium(facts, 'water', isHeating),
    heatingWaterCost: purposeCost(facts, 'water'),
    heatingCoal: per(fuelKg(facts, 'rawCoal', isHeating), KG_PER_T),
    heatingCoalCost: purposeCost(facts, 'rawCoal'),
    heatingGas: per(billedMedium(facts, 'gas', isHeating), WAN),
    heatingGasCost: purposeCost(facts, 'gas'),
    heatingDiesel: fuelLitres(facts, 'diesel', isHeating),
    heatingDieselCost: purposeCost(facts, 'diesel'),
    heatingHeat: mediumAmount(facts, 'heat'),
    heatingHeatCost: costYuan(facts, 'heat'),
    areaBilledCost: costYuan(facts, 'heatByArea'),
  }
}

/** Bills of one purpose need not come every month, and no tariff is of one purpose. */
const purposeCost = (facts: FormInput, carrier: Bill['carrier']): number | null => {
  const bills = billsOfPeriod(facts).filter((bill) => bill.carrier === carrier && isHeating(bill))
  if (bills.length === 0) return null
  const { costYuanOf: _, ...own } = facts
  const months = own.period.months.filter((month) => bills.some((bill) => bill.month === month))
  return costYuan({ ...own, bills, period: { ...own.period, months } }, carrier, isHeating)
}

const YES_NO = { yes: '是', no: '否' } as const
const HEATING_WORDS: Readonly<Record<string, string>> = {
  districtHeatMetered: '市政集中供暖（按热计量）',
  airConditioning: '空调供暖',
  gasOrOil: '燃气（油）供暖',
}
const HOSPITAL_LEVELS: Readonly<Record<string, string>> = { tertiary: '三级', secondary: '二级', primary: '一级' }

function institutionValues({ institution, meters }: FormInput, rooms: number): FormValues {
  const { heatingKind, level } = institution
  return {
    name: institution.name,
    creditCode: institution.creditCode ?? null,
    areaCode: institution.area,
    category: categoryOf(institution),
    hasDataCentre: rooms > 0 || hasDataCentre(institution, meters) ? YES_NO.yes : null,
    dataCentreRooms: rooms > 0 ? rooms : null,
    hasHeating: heatingKind === undefined ? null : heatingKind === 'none' ? YES_NO.no : YES_NO.yes,
    heatingKind: (heatingKind && HEATING_WORDS[heatingKind]) ?? null,
    hospitalLevel: (level && HOSPITAL_LEVELS[level]) ?? null,
  }
}

type FilledRoom = RoomValues & { entered: string[] }

/**
 * The rooms that a person listed, or one room where the registry has a data centre. What is metered is of the data
 * centre as a whole, so it fills the blanks of one room, not of several.
 */
function roomsOf(input: FormInput, edition: Edition): FilledRoom[] {
  const { institution, meters, entries } = input
  const total = per(fieldAmount(input, 'dataCentreKwh'), WAN)
  const metered: FormValues = { roomElectricity: total, itElectricity: per(fieldAmount(input, 'dataCentreItKwh'), WAN) }
  const isOne = entries?.rooms === undefined
  if (isOne && total === null && !hasDataCentre(institution, meters)) return []
  const listed = entries?.rooms ?? [{ id: '1', name: '数据中心机房', values: {} }]
  return listed.map(({ id, name, values }) => {
    const own = withEntries('NY202', edition, {
      values: listed.length === 1 ? metered : {},
      entries: values,
      nameOf: (field) => roomCellName(id, field),
    })
    return { id, name, values: completed('NY202', own.values), entered: own.entered }
  })
}
