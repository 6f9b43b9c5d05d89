// Imports records for the API and the command line: stores them, gives gateways their credentials, and has the counties
// settled and judged again. Warnings include those that need judged amounts.

import { isDeepStrictEqual } from 'node:util'
import type { AuditFact } from '../../domain/audit.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import type { RegistryProblem } from '../../domain/import/check.ts'
import { REGISTRY_KINDS, recordIdOf } from '../../domain/import/kinds.ts'
import type { GatewayRecord, RegistryKind } from '../../domain/import/registry.ts'
import type { Cause } from '../../domain/judge/revision-cause.ts'
import { everAbove } from '../../domain/registry/area.ts'
import type { Area } from '../../domain/registry/records.ts'
import { keysOf } from '../../domain/table.ts'
import type { Platform, StateStore } from '../platform.ts'
import { type ImportCounts, type ImportLeave, importRegistry, type RegistryPart } from '../registry/import.ts'
import { registryReader } from '../registry/reader.ts'
import { appendAudit } from '../state/audit.ts'
import { addDirtyMonths } from '../state/dirty.ts'
import { billWarnings } from './bill-warnings.ts'
import { allYears } from './subject-year.ts'

/** Records as given: a gateway may carry its password, which is stored only as a hash. */
export type GivenRecords = Omit<RegistryPart, 'gateways'> & { gateways?: readonly GatewayRecord[] }

export interface Imported {
  institutions: number
  meters: number
  created: ImportCounts
  /** Gaps that results will have; `index` is the record's place in its list. */
  warnings: RegistryProblem[]
  /** Secrets of gateways that had none and came without a password; returned this once. */
  secrets: { id: string; secret: string }[]
}

/**
 * Imports records, gives gateways their credentials, and has changed registrations settled and judged. Resolves to the
 * problems when there are any: then nothing was written. Closed months change only with `rewritePast`, which the audit
 * log keeps with `who`. Throws
 * VersionConflict as `importRegistry` does.
 */
export async function importInto(
  platform: Pick<Platform, 'state' | 'consumption' | 'devices' | 'fanOut' | 'now'>,
  records: GivenRecords,
  { rewritePast, stated, who = 'admin' }: Pick<ImportLeave, 'rewritePast' | 'stated'> & { who?: string } = {},
): Promise<Imported | { problems: RegistryProblem[] }> {
  const { gateways, bills = [] } = records
  const part = { ...records, gateways: gateways?.map(({ password: _, ...gateway }) => gateway) }
  const areasBefore = await storedAreas(platform.state)
  const { problems, warnings, created, head } = await importRegistry(platform.state, part, platform.now(), {
    rewritePast,
    stated,
    monthsOf: (institutions) => judgedMonths(platform.state, institutions),
  })
  if (problems.length > 0) return { problems }
  // The records went before it: they are too many for one put with their entry.
  if (rewritePast)
    await appendAudit(platform.state, rewriteFact(part, { revision: head.revision, who, atMs: platform.now() }))
  const parents = await markMovedAreas(platform.state, areasBefore)
  const secrets = await platform.devices.provision(gateways ?? [])
  // Counties whose registration did not change find nothing to do.
  await platform.fanOut.send('settle', head.shards)
  await platform.fanOut.send('assess', head.shards)
  if (parents.length > 0) await platform.fanOut.send('rollup', parents)
  return {
    institutions: head.institutions,
    meters: head.meters,
    created,
    secrets,
    warnings: [...warnings, ...(await billWarnings(platform, bills))],
  }
}

const storedAreas = async (state: StateStore): Promise<readonly Area[]> => {
  const registry = registryReader(state)
  await registry.refresh()
  return registry.areas()
}

/** Marks the months of areas that came under other ones, at the areas above then and now; returns these. */
async function markMovedAreas(state: StateStore, before: readonly Area[]): Promise<string[]> {
  const after = new Map((await storedAreas(state)).map((area) => [area.code, area]))
  const marked = new Set<string>()
  for (const old of before) {
    const now = after.get(old.code)
    if (!now || isDeepStrictEqual([old.parent, old.rows], [now.parent, now.rows])) continue
    const months = (await allYears(state, old.code)).flatMap((year) => keysOf(year))
    const [left, joined] = [everAbove(old), everAbove(now)]
    for (const parent of new Set([...left, ...joined])) {
      const change = joined.includes(parent) ? 'joined' : 'left'
      const cause: Cause = { kind: 'area', area: old.code, change }
      await addDirtyMonths(state, parent, new Map([[old.code, months]]), { [old.code]: [{ cause, months }] })
      marked.add(parent)
    }
  }
  return [...marked]
}

/** Ids of each kind that the audit log keeps. */
const IDS_LOGGED_MAX = 50

function rewriteFact(
  part: RegistryPart,
  { revision, who, atMs }: { revision: number; who: string; atMs: number },
): AuditFact {
  const detail = Object.fromEntries(
    REGISTRY_KINDS.flatMap((kind) => {
      const ids = idsOf(kind, part)
      return ids.length > 0 ? [[kind, { records: ids.length, ids: ids.slice(0, IDS_LOGGED_MAX) }]] : []
    }),
  )
  return { what: 'registry.rewritePast', about: `registry/${revision}`, who, atMs, detail }
}

const idsOf = <K extends RegistryKind>(kind: K, part: RegistryPart): string[] => {
  const idOf = recordIdOf(kind)
  return ((part[kind] ?? []) as readonly unknown[]).map(idOf)
}

/** The stored months of institutions that have some, in order. */
export async function judgedMonths(
  state: StateStore,
  institutions: readonly string[],
): Promise<ReadonlyMap<string, SubjectMonth[]>> {
  const found = new Map<string, SubjectMonth[]>()
  for (const institution of institutions) {
    const months = (await allYears(state, institution)).flatMap((year) => Object.values(year))
    if (months.length > 0) found.set(institution, months)
  }
  return found
}
