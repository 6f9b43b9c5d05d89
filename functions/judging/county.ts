// Input of assess for a county: its institutions, meters and tables, all of one registry revision.

import type { Tariff } from '../../domain/energy/tariff.ts'
import { areaPathOf } from '../../domain/registry/area.ts'
import { metersByInstitution } from '../../domain/registry/dated.ts'
import type { Area, Meter } from '../../domain/registry/records.ts'
import type { StandardTables } from '../../domain/standards/tables.ts'
import { parentOf, type RegistryReader, type Shard } from '../registry/reader.ts'

export interface County extends Shard {
  shard: string
  /** The area above; none at the top. */
  parent: string | undefined
  /** Its own code and those of the areas above, nearest first. */
  path: readonly string[]
  /** By institution. */
  metersOf: ReadonlyMap<string, readonly Meter[]>
  areas: readonly Area[]
  tariffs: readonly Tariff[]
  tables: StandardTables
}

export async function countyOf(registry: RegistryReader, shard: string): Promise<County> {
  const { institutions, meters } = await registry.shard(shard)
  const areas = await registry.areas()
  return {
    shard,
    parent: parentOf(shard, areas),
    path: areaPathOf(shard, new Map(areas.map((area) => [area.code, area]))),
    institutions,
    meters,
    metersOf: metersByInstitution(meters),
    areas,
    tariffs: await registry.tariffs(),
    tables: await registry.tables(),
  }
}
