// Imports records for the API and for the command line: stores them, gives gateways their credentials, and has the
// counties settled and judged anew. The warnings include those that only judged amounts can show.

import type { RegistryProblem } from '../../domain/import/check.ts'
import type { GatewayRecord } from '../../domain/import/registry.ts'
import type { Platform } from '../platform.ts'
import { importRegistry, type RegistryPart } from '../registry/import.ts'
import { billWarnings } from './bill-warnings.ts'

/** Records as they are given: a gateway may bring its password, which is never stored as it is. */
export type GivenRecords = Omit<RegistryPart, 'gateways'> & { gateways?: readonly GatewayRecord[] }

export interface Imported {
  institutions: number
  meters: number
  /** Results will lack these; `index` is that of the record in its list. */
  warnings: RegistryProblem[]
  /** Secrets of gateways that had none and came without a password; told this once. */
  secrets: { id: string; secret: string }[]
}

/**
 * Imports records and gives gateways their credentials; then settles and judges what is registered otherwise now.
 * Resolves to the problems when there are any: nothing was written then. Throws VersionConflict as `importRegistry`
 * does.
 */
export async function importInto(
  platform: Pick<Platform, 'state' | 'consumption' | 'devices' | 'fanOut' | 'now'>,
  records: GivenRecords,
): Promise<Imported | { problems: RegistryProblem[] }> {
  const { gateways, bills = [] } = records
  const part = { ...records, gateways: gateways?.map(({ password: _, ...gateway }) => gateway) }
  const { problems, warnings, head } = await importRegistry(platform.state, part, platform.now())
  if (problems.length > 0) return { problems }
  const secrets = await platform.devices.provision(gateways ?? [])
  // Of counties that are registered as before nothing is found to do.
  await platform.fanOut.send('settle', head.shards)
  await platform.fanOut.send('assess', head.shards)
  return {
    institutions: head.institutions,
    meters: head.meters,
    secrets,
    warnings: [...warnings, ...(await billWarnings(platform, bills))],
  }
}
