// Input of assess for a county: its institutions, meters and tables, all of one registry revision.

import type { Tariff } from '../../domain/energy/tariff.ts'
import { areaPathOf, everAbove } from '../../domain/registry/area.ts'
import { everIn, metersByInstitution, metersOfPart, partIn, wholeId } from '../../domain/registry/dated.ts'
import type { Area, Institution, Meter } from '../../domain/registry/records.ts'
import type { StandardTables } from '../../domain/standards/tables.ts'
import type { RegistryReader, Shard } from '../registry/reader.ts'

export interface County extends Shard {
  shard: string
  /** The areas directly above, ever; none at the top. */
  parents: readonly string[]
  /** Its own code and those of the areas above, nearest first. */
  path: readonly string[]
  /** The parts of institutions that were, are or will be here and elsewhere by date. */
  parts: readonly Institution[]
  /** By institution and by part. */
  metersOf: ReadonlyMap<string, readonly Meter[]>
  areas: readonly Area[]
  tariffs: readonly Tariff[]
  tables: StandardTables
}

export async function countyOf(registry: RegistryReader, shard: string): Promise<County> {
  const { institutions, meters, former } = await registry.shard(shard)
  const areas = await registry.areas()
  const moved = [...institutions, ...former.institutions].filter((institution) => everIn(institution).length > 1)
  const parts = moved.map((institution) => partIn(institution, shard))
  const metersOf = metersByInstitution(former.meters.length > 0 ? [...meters, ...former.meters] : meters)
  for (const { id } of parts) metersOf.set(id, metersOfPart(metersOf.get(wholeId(id)) ?? [], id))
  return {
    shard,
    parents: areas.flatMap((area) => (area.code === shard ? everAbove(area) : [])),
    path: areaPathOf(shard, new Map(areas.map((area) => [area.code, area]))),
    institutions,
    meters,
    former,
    parts,
    metersOf,
    areas,
    tariffs: await registry.tariffs(),
    tables: await registry.tables(),
  }
}

/**
 * The children of a county, by the institution's id: of an institution that is not here all the time, its part. The
 * order stays when one moves, so that sums stay to the last bit.
 */
export function childRecordsOf({
  institutions,
  parts,
}: Pick<County, 'institutions' | 'parts'>): readonly Institution[] {
  const partly = new Set(parts.map(({ id }) => wholeId(id)))
  if (parts.length === 0) return institutions
  return [...institutions.filter(({ id }) => !partly.has(id)), ...parts].sort((a, b) =>
    wholeId(a.id) < wholeId(b.id) ? -1 : 1,
  )
}
