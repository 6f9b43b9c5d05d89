// Gathers what the upload package of an upper centre holds (docs/rules/devices.md#upload-to-an-upper-centre): the
// settled hours of one day, by item of a building, and what the registry knows of the building.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { dayLabel, dayStartMs } from '../../domain/calendar.ts'
import { coefficientOf, coefficientSetOn } from '../../domain/energy/conversion.ts'
import type { EnergyCarrier, Medium } from '../../domain/medium.ts'
import { inServiceOn } from '../../domain/registry/dated.ts'
import { outermost } from '../../domain/registry/meter-tree.ts'
import type { Institution, Meter } from '../../domain/registry/records.ts'
import { sizeOn } from '../../domain/registry/size.ts'
import { SUB_ITEM } from '../../domain/report/upload-layout.ts'
import {
  mediumCodes,
  type UploadBuilding,
  type UploadItem,
  type UploadSettings,
} from '../../domain/report/upload-xml.ts'
import type { Platform } from '../platform.ts'
import { metersOfInstitution, type RegistryReader } from '../registry/reader.ts'

const HOURS = 24

/** Throws an Error that names an institution which is unknown or was not in service on that day. */
export async function uploadBuildings(
  { platform, registry }: { platform: Pick<Platform, 'consumption'>; registry: RegistryReader },
  settings: UploadSettings,
  day: number,
): Promise<UploadBuilding[]> {
  const tables = await registry.tables()
  const buildings: UploadBuilding[] = []
  for (const { code, institution: id } of settings.buildings) {
    const found = await registry.institution(id)
    if (!found) throw new Error(`institution "${id}" of building ${code} is not in the registry`)
    const all = metersOfInstitution(await registry.shard(found.shard), id)
    const { institutions, meters } = inServiceOn({ institutions: [found.institution], meters: all }, dayStartMs(day))
    const [institution] = institutions
    if (!institution) throw new Error(`institution "${id}" of building ${code} is not in service on ${dayLabel(day)}`)
    const statistics = coefficientSetOn('statistics', dayLabel(day), { tables }, await registry.path(institution.area))
    const kgcePerUnit = (medium: Medium): number =>
      medium === 'water' ? 0 : coefficientOf(medium satisfies EnergyCarrier, statistics).value
    const parts = itemParts(meters, mediumCodes(settings))
    const ids = [...new Set(parts.flatMap(({ adds, subtracts }) => [...adds, ...subtracts]))]
    const hours = new Map(
      (await platform.consumption.get(ids, day, day + 1)).map(({ meter, amounts }) => [meter, amounts]),
    )
    const items = parts.map(
      ({ code: item, medium, adds, subtracts }): UploadItem => ({
        code: item,
        amounts: summedHours(adds, subtracts, hours),
        kgcePerUnit: kgcePerUnit(medium),
      }),
    )
    buildings.push({ code, known: knownFields(institution, day), items })
    await nextTurn()
  }
  return buildings
}

function knownFields(institution: Institution, day: number): UploadBuilding['known'] {
  const size = sizeOn(institution.sizes, dayStartMs(day))
  return {
    F_BuildName: institution.name,
    ...(/^\d{6}$/.test(institution.area) ? { F_DistrictCode: institution.area } : {}),
    F_TotalArea: size.floorAreaM2 ?? undefined,
    F_HeatArea: size.heatedAreaM2 ?? undefined,
  }
}

interface ItemPart {
  code: string
  medium: Medium
  adds: string[]
  subtracts: string[]
}

/**
 * All that the institution used of each medium: main meters less those let to others. Then the sub-items of electricity
 * that meters count, and their four groups, each by its outermost meters.
 */
function itemParts(meters: readonly Meter[], codes: ReadonlyMap<Medium, string>): ItemPart[] {
  const parts: ItemPart[] = []
  for (const [medium, code] of codes) {
    const own = meters.filter((meter) => meter.medium === medium && meter.kind !== 'offline')
    const ids = (role: Meter['role']): string[] => own.filter((meter) => meter.role === role).map(({ id }) => id)
    if (ids('main').length > 0) parts.push({ code, medium, adds: ids('main'), subtracts: ids('exclude') })
    if (medium !== 'electricity') continue
    const counted = own.filter(
      ({ role, purpose = '' }) => (role === 'main' || role === 'sub') && SUB_ITEM.test(purpose),
    )
    const purposes = counted.map(({ purpose = '' }) => purpose)
    for (const item of [...new Set(purposes.flatMap((purpose) => [groupOf(purpose), purpose]))].sort()) {
      const inItem = outermost(own, (meter) => counted.includes(meter) && isPartOf(meter.purpose ?? '', item))
      parts.push({ code: item, medium, adds: inItem.map(({ id }) => id), subtracts: [] })
    }
  }
  return parts
}

/** 01B1A belongs to 01B00, and to 01B10. */
const groupOf = (code: string): string => `${code.slice(0, 3)}00`
const isPartOf = (purpose: string, item: string): boolean => purpose.startsWith(item.replace(/0+$/, ''))

/** An hour is known when it is of every meter. */
function summedHours(
  adds: readonly string[],
  subtracts: readonly string[],
  hours: ReadonlyMap<string, ArrayLike<number>>,
): Float64Array {
  const sum = new Float64Array(HOURS)
  for (let hour = 0; hour < HOURS; hour++) {
    for (const id of adds) sum[hour] = (sum[hour] ?? 0) + (hours.get(id)?.[hour] ?? Number.NaN)
    for (const id of subtracts) sum[hour] = (sum[hour] ?? 0) - (hours.get(id)?.[hour] ?? Number.NaN)
  }
  return sum
}
