// Makes the institutions of the demo province from a seed: kind, place, size and efficiency of each. The names follow
// the usual pattern and mean no real institution.

import { dayLabel, dayOf, yearOf } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import type { Area, Gateway, Institution, InstitutionSize } from '../../domain/registry/records.ts'
import { createRandom, type Random } from '../random.ts'
import {
  cityPlan,
  INSTITUTION_KINDS,
  type InstitutionKind,
  type KindName,
  PROVINCIAL_KINDS,
  SMALL_AREA_KINDS,
} from './kinds.ts'
import type { YearlyUse } from './meters.ts'

/** An institution with its yearly consumption, before or after calibration. */
export interface InstitutionDraft {
  institution: Institution
  kind: InstitutionKind
  gateways: Gateway[]
  /** Code of the city-level area in whose sums it counts. */
  city: string
  year: YearlyUse
}

/** Factors from thrifty to wasteful on the kind's yearly use; each five institutions of a kind draw all five. */
const EFFICIENCIES = [0.48, 0.72, 0.94, 1.16, 1.55]
/** PV generation as a share of a usual year's electricity. */
const PV_SHARE = 0.05
const PUES = [1.32, 1.45, 1.58, 1.72, 1.88]
const HEATINGS = [
  ...(['districtHeatMetered', 'districtHeatMetered', 'districtHeatMetered', 'districtHeatMetered'] as const),
  ...(['districtHeatMetered', 'districtHeatMetered', 'districtHeatMetered', 'airConditioning', 'gasOrOil'] as const),
]

/** All institutions, by area; kinds and sizes from tables, efficiency and heating assigned by seed. */
export function draftInstitutions(areas: readonly Area[], seed: string | number, startMs: number): InstitutionDraft[] {
  const random = createRandom(`${seed}/institutions`)
  const efficiencyOf = deal(EFFICIENCIES, random)
  const pueOf = deal(PUES, random)
  const heatingOf = deal(HEATINGS, random)
  const serials = new Map<string, number>()

  return sites(areas, random).map(({ name: kindName, area, city, place }, position) => {
    const kind: InstitutionKind = INSTITUTION_KINDS[kindName]
    const serial = (serials.get(area.code) ?? 0) + 1
    serials.set(area.code, serial)
    const id = `${area.code}-${String(serial).padStart(4, '0')}`
    const heatingKind = heatingOf('all')
    const size = random.between(0.75, 1.3)
    const floorAreaM2 = Math.round((kind.floorAreaM2 * size) / 10) * 10
    const heatedAreaM2 = Math.round((floorAreaM2 * random.between(0.86, 0.98)) / 10) * 10
    const energyUsers = (floorAreaM2 / kind.floorAreaPerUserM2) * random.between(0.92, 1.08)
    const efficiency = efficiencyOf(kindName) * random.between(0.96, 1.04)
    // Heat differs less between buildings than electricity does.
    const heatGj = heatedAreaM2 * kind.heatGjPerM2 * (0.5 + 0.5 * efficiency)
    const institution: Institution = {
      id,
      name: kind.name.replace('{}', place.name),
      nameEn: kind.nameEn.replace('{}', place.nameEn ?? place.name),
      area: area.code,
      type: kind.type,
      ...(kind.venueKind ? { venueKind: kind.venueKind } : {}),
      ...(kind.level ? { level: kind.level } : {}),
      // Zone B, inland, of the Shandong stand-in tables (docs/rules/quota.md#shandong-stand-in): Hebei's own zones
      // are not public.
      climateZone: 'B',
      heatingKind,
      sizes: sizesOf({ floorAreaM2, heatedAreaM2, energyUsers }, position, startMs),
    }
    const year: YearlyUse = {
      use: kind.use,
      regularKwh: floorAreaM2 * kind.electricityKwhPerM2 * efficiency,
      // A heat pump yields 2.6 times its electricity; 1 GJ = 277.8 kWh.
      electricHeatingKwh: heatingKind === 'airConditioning' ? (heatGj * 277.8) / 2.6 : 0,
      itKwh: (kind.itKw ?? 0) * size * 8766,
      pue: kind.itKw ? pueOf('all') : 1,
      heatGj: heatingKind === 'districtHeatMetered' ? heatGj : 0,
      cookingGasM3: floorAreaM2 * kind.gasM3PerM2 * (0.5 + 0.5 * efficiency),
      // A boiler of 92 % on gas of 0.038931 GJ/m³ (docs/rules/facts.md#co2-of-heat-and-fuels).
      heatingGasM3: heatingKind === 'gasOrOil' ? heatGj / (0.92 * 0.038931) : 0,
      waterM3: energyUsers * kind.waterM3PerUser * (0.35 + 0.65 * efficiency) * random.between(0.85, 1.15),
      // Small compared with the load, so that nothing is fed into the grid.
      pvKwh: kind.metering === 'subItems' ? floorAreaM2 * kind.electricityKwhPerM2 * PV_SHARE : 0,
    }
    return { institution, kind, city, year, gateways: gatewaysOf(id, kind) }
  })
}

interface Site {
  name: KindName
  /** The area in which it is registered. */
  area: Area
  city: string
  /** The place in its name. */
  place: Pick<Area, 'name' | 'nameEn'>
}

/** The sites of all institutions. City-level areas without counties hold theirs themselves. */
function sites(areas: readonly Area[], random: Random): Site[] {
  const province = must(areas[0])
  return areas
    .filter((area) => area.level === 'city')
    .flatMap((city, index) => {
      const all = areas.filter((area) => area.parent === city.code)
      const districts = all.filter((area) => area.name.endsWith('区') && !area.name.endsWith('矿区')).slice(0, 3)
      const at = (name: KindName, area: Area, place: Area): Site => ({ name, area, city: city.code, place })
      if (all.length === 0) return SMALL_AREA_KINDS.map((name) => at(name, city, city))
      if (districts.length === 0)
        return SMALL_AREA_KINDS.map((name, turn) => at(name, must(all[turn % all.length]), city))
      const plan = cityPlan(index)
      const counties = random.shuffle(all)
      const provincial = index === 0 ? PROVINCIAL_KINDS : []
      return [
        ...provincial.map((name, turn) => at(name, must(districts[turn % districts.length]), province)),
        ...plan.city.map((name, turn) => at(name, must(districts[turn % districts.length]), city)),
        ...plan.county.map((name, turn) =>
          at(name, must(counties[turn % counties.length]), must(counties[turn % counties.length])),
        ),
      ]
    })
}

/** Deals out all values in random order before any repeats, separately for each text. */
function deal<T>(values: readonly T[], random: Random): (of: string) => T {
  const hands = new Map<string, T[]>()
  return (given) => {
    const hand = hands.get(given) ?? []
    if (hand.length === 0) hand.push(...random.shuffle(values))
    const value = hand.pop()
    hands.set(given, hand)
    if (value === undefined) throw new Error('nothing to deal')
    return value
  }
}

type PlainSize = Required<Omit<InstitutionSize, 'validFrom' | 'specialAreaM2'>>

/** One institution in forty opened a new building in the last year; the size after it is the stated one. */
function sizesOf(size: PlainSize, position: number, startMs: number): InstitutionSize[] {
  const since = `${yearOf(startMs) - 3}-01-01`
  if (position % 40 !== 17) return [{ validFrom: since, ...size }]
  const before = {
    floorAreaM2: Math.round((size.floorAreaM2 * 0.86) / 10) * 10,
    heatedAreaM2: Math.round((size.heatedAreaM2 * 0.86) / 10) * 10,
    energyUsers: size.energyUsers * 0.93,
  }
  return [
    { validFrom: since, ...before },
    { validFrom: dayLabel(dayOf(startMs) - 200), ...size },
  ]
}

/** Sites with a data centre and full sub-metering have a second gateway for water, heat and gas. */
function gatewaysOf(institution: string, { metering }: InstitutionKind): Gateway[] {
  const first = { id: `${institution}-GW1`, institution, name: '配电室网关' }
  return metering === 'subItems' ? [first, { id: `${institution}-GW2`, institution, name: '能源站网关' }] : [first]
}
