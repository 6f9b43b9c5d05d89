// Makes the demo province: Hebei's real areas, with institutions, meters, targets and faults made up from a seed.
// Scaled so that its averages are those Hebei published for 2020 (docs/rules/facts.md#hebei-2020-and-2025): 15.76
// kgce/m², 257.42 kgce a person and 16.12 m³ a person, in the statistics' coefficients. No institution in it exists.

import { addMonths, dayLabel, dayOf, HOUR_MS, monthOf, yearOf, yearRange } from '../../domain/calendar.ts'
import type { Bill } from '../../domain/energy/bill.ts'
import { type Co2Factors, co2KgOf, kgceOf, type StandardsInForce, standardsOn } from '../../domain/energy/conversion.ts'
import { factorMonthOf } from '../../domain/energy/factor-change.ts'
import type { Tariff } from '../../domain/energy/tariff.ts'
import type { Registry } from '../../domain/import/registry.ts'
import { must } from '../../domain/must.ts'
import type { Area, InstitutionSize, ReadMeter } from '../../domain/registry/records.ts'
import { QUOTAS_HEBEI } from '../../domain/standards/quotas-hebei.ts'
import { QUOTAS_SHANDONG } from '../../domain/standards/quotas-shandong.ts'
import { createRandom, hash32 } from '../random.ts'
import { demoAreas, PROVINCE_CODE } from './areas.ts'
import { type DemoContract, demoContract } from './contract.ts'
import { chooseFaults, type DemoFault } from './faults.ts'
import { draftInstitutions, type InstitutionDraft } from './institutions.ts'
import { type Climate, createClimate, SHAPES } from './load-profile.ts'
import { electricityKwh, gasM3, type MeterLoad, metersOf, type YearlyUse } from './meters.ts'
import { demoBills, demoTariffs } from './money.ts'
import { SimulatedMeter } from './simulated-meter.ts'
import { demoBaseYear, demoTargets, type TargetSubject, type YearlyResult } from './targets.ts'

export interface DemoOptions {
  /** The same seed and start give the same province, byte for byte. */
  seed: string | number
  /** First start of the demo, epoch ms; keep it to continue the same demo later. */
  startMs: number
}

/** The simulated registry: every meter is read. */
export interface DemoRegistry extends Registry {
  meters: readonly ReadMeter[]
  tariffs: readonly Tariff[]
  bills: readonly Bill[]
}

export interface DemoProvince {
  seed: string | number
  startMs: number
  /** Start of metering: 1 January of the year that began at least 13 months before the start. */
  originMs: number
  registry: DemoRegistry
  climate: Climate
  loads: ReadonlyMap<string, MeterLoad>
  faults: readonly DemoFault[]
  /** An energy performance contract of one year, which has ended. */
  contract: DemoContract
}

/** Hebei's averages of 2020 (docs/rules/facts.md#hebei-2020-and-2025), in the statistics' coefficients. */
export const CALIBRATION = { kgcePerM2: 15.76, kgcePerUser: 257.42, waterM3PerUser: 16.12 } as const

/** The registry of demoProvince only. */
export const demoRegistry = (options: DemoOptions): Registry => demoProvince(options).registry

/** The faults of demoProvince only. */
export const demoFaults = (options: DemoOptions): readonly DemoFault[] => demoProvince(options).faults

export function demoProvince({ seed, startMs }: DemoOptions): DemoProvince {
  const start = Math.floor(startMs / HOUR_MS) * HOUR_MS
  const originMs = yearRange(yearOf(monthAgo(start, 14))).fromMs
  const climate = createClimate(seed, dayOf(originMs))
  const areas = demoAreas()
  const standards = standardsOn(dayLabel(dayOf(start)), [PROVINCE_CODE], { retroactive: true })
  const drafts = calibrate(draftInstitutions(areas, seed, start), standards)
  const gateways = drafts.flatMap((draft) => draft.gateways)
  const loads = new Map<string, MeterLoad>()
  for (const { institution, gateways: own, kind, year } of drafts) {
    const random = createRandom(`${seed}/${institution.id}/meters`)
    const site = { institution: institution.id, gateways: own, metering: kind.metering, year, random }
    for (const load of metersOf(site)) loads.set(load.meter.id, load)
  }
  const meters = [...loads.values()].map((load) => load.meter)
  const faults = chooseFaults(meters, { seed, startMs: start })
  for (const fault of faults) applyFault(fault, loads, climate)
  const contract = demoContract(
    drafts.map((draft) => draft.institution),
    { loads, faults, startMs: start },
  )
  const registry: DemoRegistry = {
    areas,
    institutions: drafts.map((draft) => draft.institution),
    gateways,
    meters: [...loads.values()].map((load) => load.meter),
    targets: demoTargets(targetSubjects(areas, drafts, { ...standards, co2: targetFactors(start) }), start),
    // Hebei's own quotas are not public (docs/rules/quota.md#hebei-quota); Shandong's replace them, marked as
    // stand-ins.
    quotas: [...QUOTAS_HEBEI, ...QUOTAS_SHANDONG],
    tariffs: demoTariffs(PROVINCE_CODE, dayLabel(dayOf(originMs))),
    bills: demoBills(
      drafts.map((draft) => draft.institution),
      seed,
      start,
    ),
  }
  return { seed, startMs: start, originMs, registry, climate, loads, faults, contract }
}

/** Targets of CO2 are on the factors of their base year (docs/rules/dual-control.md#factors-of-a-target). */
const targetFactors = (startMs: number): Co2Factors =>
  standardsOn(`${factorMonthOf({ baseYear: demoBaseYear(startMs) })}-01`, [PROVINCE_CODE], { retroactive: true }).co2

const monthAgo = (ms: number, months: number): number =>
  Date.parse(`${addMonths(monthOf(ms), -months)}-01T00:00:00+08:00`)

/** Scales all energy, people and water, so that the averages of the whole are the published ones. */
function calibrate(drafts: readonly InstitutionDraft[], standards: StandardsInForce): InstitutionDraft[] {
  const last = ({ institution }: InstitutionDraft): InstitutionSize => must(institution.sizes.at(-1))
  const sum = (value: (draft: InstitutionDraft) => number): number =>
    drafts.reduce((total, draft) => total + value(draft), 0)
  const floorAreaM2 = sum((draft) => last(draft).floorAreaM2)
  const users = (floorAreaM2 * CALIBRATION.kgcePerM2) / CALIBRATION.kgcePerUser
  const energy = (floorAreaM2 * CALIBRATION.kgcePerM2) / sum(({ year }) => kgceOfYear(year, standards))
  const people = users / sum((draft) => last(draft).energyUsers ?? 0)
  const water = (users * CALIBRATION.waterM3PerUser) / sum(({ year }) => year.waterM3)
  return drafts.map((draft) => ({
    ...draft,
    institution: {
      ...draft.institution,
      sizes: draft.institution.sizes.map((size) => ({
        ...size,
        energyUsers: Math.max(1, Math.round((size.energyUsers ?? 0) * people)),
      })),
    },
    year: {
      ...draft.year,
      regularKwh: draft.year.regularKwh * energy,
      electricHeatingKwh: draft.year.electricHeatingKwh * energy,
      itKwh: draft.year.itKwh * energy,
      heatGj: draft.year.heatGj * energy,
      cookingGasM3: draft.year.cookingGasM3 * energy,
      heatingGasM3: draft.year.heatingGasM3 * energy,
      waterM3: draft.year.waterM3 * water,
      pvKwh: draft.year.pvKwh * energy,
    },
  }))
}

/** In the statistics' coefficients, as Hebei's published averages are. */
const kgceOfYear = (year: YearlyUse, { statistics }: StandardsInForce): number =>
  kgceOf('electricity', electricityKwh(year), statistics) +
  kgceOf('heat', year.heatGj, statistics) +
  kgceOf('gas', gasM3(year), statistics)

const co2KgOfYear = (year: YearlyUse, { co2 }: StandardsInForce): number =>
  co2KgOf('electricity', electricityKwh(year), co2) +
  co2KgOf('heat', year.heatGj, co2) +
  co2KgOf('gas', gasM3(year), co2)

/**
 * Applies faults that change more than readings: a leak adds load, a new register is announced, a rollover becomes due.
 */
function applyFault(fault: DemoFault, loads: Map<string, MeterLoad>, climate: Climate): void {
  const load = loads.get(fault.meter)
  if (!load) throw new Error(`fault "${fault.kind}" is of an unknown meter ${fault.meter}`)
  if (fault.kind === 'leak') {
    const usual = load.parts.reduce((sum, part) => sum + part.perHour, 0)
    const leak = { shape: SHAPES.leak, perHour: usual * 0.9, salt: hash32(fault.meter), fromDay: dayOf(fault.fromMs) }
    loads.set(fault.meter, { ...load, parts: [...load.parts, leak] })
  }
  if (fault.kind === 'replaced') {
    const finalValue = new SimulatedMeter(load, climate).registerAt(fault.fromMs)
    const meter = { ...load.meter, replacements: [{ atMs: fault.fromMs, finalValue, startValue: 0 }] }
    loads.set(fault.meter, { ...load, meter })
  }
  if (fault.kind === 'rollover') {
    const { resolution, digits = 6 } = load.meter
    const used = new SimulatedMeter({ ...load, startSteps: 0 }, climate).stepsAt(fault.fromMs - HOUR_MS / 2)
    loads.set(fault.meter, { ...load, startSteps: Math.round(10 ** digits / resolution) - used })
  }
}

/** Subjects with targets: the province, all cities, and every second institution, so that missing targets occur too. */
function targetSubjects(
  areas: readonly Area[],
  drafts: readonly InstitutionDraft[],
  standards: StandardsInForce,
): TargetSubject[] {
  const subject = (
    id: string,
    kind: TargetSubject['kind'],
    index: number,
    given: readonly InstitutionDraft[],
  ): TargetSubject => ({
    id,
    kind,
    index,
    result: resultOf(given, standards),
  })
  const cities = areas.filter((area) => area.level === 'city')
  return [
    subject(PROVINCE_CODE, 'province', 0, drafts),
    ...cities.map(({ code }, index) =>
      subject(
        code,
        'city',
        index,
        drafts.filter(({ city }) => city === code),
      ),
    ),
    ...drafts
      .filter((_, position) => position % 2 === 0)
      .map((draft, index) => subject(draft.institution.id, 'institution', index, [draft])),
  ]
}

function resultOf(drafts: readonly InstitutionDraft[], standards: StandardsInForce): YearlyResult {
  const total = { kgce: 0, water: 0, co2: 0, area: 0, users: 0 }
  for (const { institution, year } of drafts) {
    const size = must(institution.sizes.at(-1))
    total.kgce += kgceOfYear(year, standards)
    total.co2 += co2KgOfYear(year, standards)
    total.water += year.waterM3
    total.area += size.floorAreaM2
    total.users += size.energyUsers ?? 0
  }
  return {
    energy: total.kgce / 1000,
    water: total.water,
    co2: total.co2 / 1000,
    energyPerArea: total.kgce / total.area,
    energyPerCapita: total.kgce / total.users,
    waterPerCapita: total.water / total.users,
    co2PerArea: total.co2 / total.area,
  }
}
