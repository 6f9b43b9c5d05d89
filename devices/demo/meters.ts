// The meters of one demo institution and the loads behind them. Electricity is the sum of its end uses, so that
// sub-meters explain their main meter up to a loss of a few per cent, and every meter remains a function of time alone.

import { HEATING } from '../../domain/energy/deductions.ts'
import { must } from '../../domain/must.ts'
import type { Gateway, ReadMeter } from '../../domain/registry/records.ts'
import { factorToAmount } from '../../domain/unit.ts'
import { hash32, type Random } from '../random.ts'
import type { Metering } from './kinds.ts'
import { type LoadPart, type LoadShape, SHAPES, type Use } from './load-profile.ts'

/** One meter with the load through it. */
export interface MeterLoad {
  meter: ReadMeter
  parts: readonly LoadPart[]
  /** What the register shows on the first day with loads (`Climate.originDay`), in steps of its resolution. */
  startSteps: number
}

/** Yearly amounts of one institution, in kWh, GJ and m³. Zero: not used. */
export interface YearlyUse {
  use: Use
  /** Without data centre and without electric heating. */
  regularKwh: number
  electricHeatingKwh: number
  itKwh: number
  /** Power usage effectiveness of the data centre, ≥ 1. */
  pue: number
  heatGj: number
  cookingGasM3: number
  heatingGasM3: number
  waterM3: number
  /** Generated on the roof and used on site; reduces the purchased electricity. */
  pvKwh: number
}

export const dataCentreKwh = (year: YearlyUse): number => year.itKwh * year.pue
/** Purchased electricity: the use less the institution's own generation. */
export const electricityKwh = (year: YearlyUse): number =>
  year.regularKwh + year.electricHeatingKwh + dataCentreKwh(year) - year.pvKwh
export const gasM3 = (year: YearlyUse): number => year.cookingGasM3 + year.heatingGasM3

/** Shares of regular electricity per sub-item: lighting and sockets, air conditioning, power, special. */
const SPLIT: Record<Use, { lighting: number; cooling: number; power: number; special: number }> = {
  office: { lighting: 0.46, cooling: 0.32, power: 0.14, special: 0.08 },
  clinic: { lighting: 0.33, cooling: 0.34, power: 0.13, special: 0.2 },
  school: { lighting: 0.5, cooling: 0.2, power: 0.13, special: 0.17 },
  venue: { lighting: 0.42, cooling: 0.38, power: 0.14, special: 0.06 },
}
const HOURS_PER_YEAR = 365.25 * 24

interface Site {
  institution: string
  gateways: readonly Gateway[]
  metering: Metering
  year: YearlyUse
  random: Random
}

export function metersOf(site: Site): MeterLoad[] {
  return [...electricityMeters(site), ...pipeMeters(site), ...generationMeters(site)]
}

/** PV generation on an institution's roof; its main meter has the same load with the opposite sign. */
const generationOf = ({ institution, year }: Site): LoadPart[] =>
  year.pvKwh > 0
    ? [{ shape: SHAPES.photovoltaic, perHour: year.pvKwh / HOURS_PER_YEAR, salt: hash32(`${institution}/pv`) }]
    : []

function generationMeters(site: Site): MeterLoad[] {
  const { institution, gateways, random } = site
  const parts = generationOf(site)
  if (parts.length === 0) return []
  const { id: gateway } = must(gateways[0])
  const draft = { id: `${institution}-P1`, institution, gateway, parent: `${institution}-E1`, random, parts }
  return [meterLoad({ ...draft, medium: 'electricity', role: 'generation', name: '屋顶光伏发电' })]
}

function electricityMeters(site: Site): MeterLoad[] {
  const { institution, gateways, metering, year, random } = site
  const loss = random.between(0.015, 0.04)
  const net = 1 - loss
  const shapes = SHAPES[year.use]
  const split = SPLIT[year.use]
  const part = (name: string, shape: LoadShape, yearly: number): LoadPart[] =>
    yearly > 0 ? [{ shape, perHour: yearly / HOURS_PER_YEAR, salt: hash32(`${institution}/${name}`) }] : []

  const lighting = part('lighting', shapes.lighting, year.regularKwh * split.lighting * net)
  const cooling = part('cooling', shapes.cooling, year.regularKwh * split.cooling * net)
  const heating = part('heating', SHAPES.heat, year.electricHeatingKwh * net)
  const power = part('power', shapes.power, year.regularKwh * split.power * net)
  const it = part('it', SHAPES.itEquipment, year.itKwh * net)
  const itCooling = part('itCooling', SHAPES.itCooling, (dataCentreKwh(year) - year.itKwh) * net)
  const special = part('special', shapes.special, year.regularKwh * split.special * net)
  const whole = [...lighting, ...cooling, ...heating, ...power, ...special, ...it, ...itCooling].map((one) => ({
    ...one,
    perHour: one.perHour / net,
  }))

  const main = `${institution}-E1`
  const gateway = must(gateways[0]).id
  const base = { institution, gateway, medium: 'electricity', random } as const
  const sub = (serial: number, purpose: string, name: string, parent: string, parts: LoadPart[]) =>
    meterLoad({ ...base, id: `${institution}-E${serial}`, role: 'sub', parent, purpose, name, parts })

  const own = generationOf(site).map((one) => ({ ...one, perHour: -one.perHour }))
  const bought = [...whole, ...own]
  const loads = [meterLoad({ ...base, id: main, role: 'main', purpose: '01000', name: '总用电', parts: bought })]
  // Heating by air conditioning has its own meter: without it, heating cannot be separated from the rest.
  const heatingSub = (parent: string): MeterLoad[] =>
    year.electricHeatingKwh > 0 ? [sub(8, HEATING, '空调采暖用电', parent, heating)] : []
  if (metering === 'whole') return [...loads, ...heatingSub(main)]
  loads.push(
    sub(2, '01A00', '照明插座用电', main, lighting),
    sub(3, '01B00', '空调用电', main, [...cooling, ...heating]),
    ...heatingSub(`${institution}-E3`),
  )
  if (metering === 'endUses') return loads
  loads.push(
    sub(4, '01C00', '动力用电', main, power),
    sub(5, '01D00', '特殊用电', main, [...special, ...it, ...itCooling]),
  )
  if (year.itKwh > 0)
    loads.push(
      sub(6, '01D10', '信息中心用电', `${institution}-E5`, [...it, ...itCooling]),
      sub(7, '01D1A', '信息设备用电', `${institution}-E6`, it),
    )
  return loads
}

function pipeMeters({ institution, gateways, year, random }: Site): MeterLoad[] {
  const gateway = must(gateways.at(-1)).id
  const shapes = SHAPES[year.use]
  const part = (name: string, shape: LoadShape, yearly: number): LoadPart[] =>
    yearly > 0 ? [{ shape, perHour: yearly / HOURS_PER_YEAR, salt: hash32(`${institution}/${name}`) }] : []
  const rows = [
    {
      serial: 'W1',
      medium: 'water',
      purpose: '02000',
      name: '总用水',
      parts: part('water', shapes.water, year.waterM3),
    },
    { serial: 'H1', medium: 'heat', purpose: '04000', name: '集中供热', parts: part('heat', SHAPES.heat, year.heatGj) },
    {
      serial: 'G1',
      medium: 'gas',
      purpose: '03A00',
      name: '厨房燃气',
      parts: part('gas', shapes.cooking, year.cookingGasM3),
    },
    {
      serial: 'G2',
      medium: 'gas',
      purpose: HEATING,
      name: '锅炉燃气',
      parts: part('boiler', SHAPES.heat, year.heatingGasM3),
    },
  ] as const
  return rows
    .filter((row) => row.parts.length > 0)
    .map(({ serial, ...row }) =>
      meterLoad({ ...row, id: `${institution}-${serial}`, institution, gateway, role: 'main', random }),
    )
}

type MeterDraft = Pick<
  ReadMeter,
  'id' | 'institution' | 'gateway' | 'medium' | 'role' | 'parent' | 'purpose' | 'name'
> & {
  parts: readonly LoadPart[]
  random: Random
}

function meterLoad({ parts, random, ...draft }: MeterDraft): MeterLoad {
  const yearly = parts.reduce((sum, part) => sum + part.perHour, 0) * HOURS_PER_YEAR
  const register = registerFor(draft, yearly, random)
  const meter: ReadMeter = { ...draft, ...register, intervalMinutes: 60, stamp: 'end', replacements: [] }
  // Far enough from 10^digits that no register rolls over by chance within the next years.
  const span = meter.digits === undefined ? 1e5 : 10 ** meter.digits
  return { meter, parts, startSteps: Math.floor((random.between(0.05, 0.4) * span) / meter.resolution) }
}

type Register = Pick<ReadMeter, 'kind' | 'unit' | 'resolution' | 'digits' | 'multiplier'>

/** A usual register for the load: wide enough for five years. */
function registerFor(
  { medium, role }: MeterDraft | Omit<MeterDraft, 'parts' | 'random'>,
  yearly: number,
  random: Random,
): Register {
  const draw = random.next()
  const register = ((): Register => {
    switch (medium) {
      case 'electricity':
        // One main meter in twelve reports hourly amounts, one in ten counts in MWh.
        if (role === 'main' && draw < 0.08) return { kind: 'interval', unit: 'kWh', resolution: 0.01, multiplier: 1 }
        if (role === 'main' && draw < 0.18)
          return { kind: 'register', unit: 'MWh', resolution: 0.001, digits: 6, multiplier: 1 }
        return { kind: 'register', unit: 'kWh', resolution: 0.01, digits: 6, multiplier: transformerRatio(yearly) }
      case 'heat':
        return draw < 0.2
          ? { kind: 'register', unit: 'MWh', resolution: 0.001, digits: 6, multiplier: 1 }
          : { kind: 'register', unit: 'GJ', resolution: 0.01, digits: 6, multiplier: 1 }
      case 'water':
        return { kind: 'register', unit: 'm³', resolution: draw < 0.3 ? 0.1 : 0.01, digits: 6, multiplier: 1 }
      // Gas: the demo has no other medium.
      default:
        return { kind: 'register', unit: 'm³', resolution: 0.01, digits: 7, multiplier: 1 }
    }
  })()
  const amountPerUnit = (factorToAmount(register.unit, medium) ?? 1) * register.multiplier
  let digits = register.digits
  while (digits !== undefined && (5 * yearly) / amountPerUnit > 0.5 * 10 ** digits) digits++
  return { ...register, digits }
}

/** Usual ratios of current transformers (secondary 5 A), so that a six-digit register lasts for years. */
function transformerRatio(yearlyKwh: number): number {
  for (const [limitKwh, ratio] of [
    [30_000, 1],
    [200_000, 20],
    [600_000, 40],
    [1_500_000, 80],
    [4_000_000, 160],
  ] as const)
    if (yearlyKwh <= limitKwh) return ratio
  return 400
}
