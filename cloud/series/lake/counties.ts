// What a run over a county of the lake asks the registry: which meters it has, and whether another county still has
// meters of a group.

import type { RegistryReader } from '../../../functions/registry/reader.ts'
import { lakeGroupOf } from './group.ts'
import type { Sealing } from './seal.ts'

/** The registry must be refreshed. */
export async function sealingOf(registry: RegistryReader, county: string): Promise<Sealing> {
  const { meters } = await registry.shard(county)
  return {
    county,
    meters: meters.map(({ id }) => id),
    has: async (other, group) => (await registry.shard(other)).meters.some(({ id }) => lakeGroupOf(id) === group),
  }
}
