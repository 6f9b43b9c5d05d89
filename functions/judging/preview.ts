// What an import would change, before anybody says that it shall: records that are new, fields of records that stand,
// and the closed months that it could reach (docs/rules/data.md#closed-months). Writes nothing.

import { isDeepStrictEqual } from 'node:util'
import type { RegistryProblem } from '../../domain/import/check.ts'
import { REGISTRY_KINDS, recordIdOf } from '../../domain/import/kinds.ts'
import type { Registry, RegistryKind } from '../../domain/import/registry.ts'
import type { ImportPreview } from '../../domain/view/registry.ts'
import type { Platform } from '../platform.ts'
import { type ImportLeave, plannedImport } from '../registry/import.ts'
import { gatewayEntries, readRegistry } from '../registry/reader.ts'
import { type GivenRecords, judgedMonths } from './import-records.ts'

/** Records whose changes are listed, and characters of a value that are shown. */
const CHANGES_MAX = 200
const VALUE_CHARS_MAX = 200
/** Findings of one kind in an answer. */
const FINDINGS_MAX = 500

export async function previewImport(
  { state, now }: Pick<Platform, 'state' | 'now'>,
  records: GivenRecords,
  { rewritePast, stated }: Pick<ImportLeave, 'rewritePast' | 'stated'>,
): Promise<ImportPreview> {
  const part = { ...records, gateways: records.gateways?.map(({ password: _, ...gateway }) => gateway) }
  const before = await readRegistry(state, await gatewayEntries(state))
  const leave = { nowMs: now(), stated, monthsOf: (ids: readonly string[]) => judgedMonths(state, ids) }
  const careful = await plannedImport(before, part, leave)
  const planned = rewritePast ? await plannedImport(before, part, { ...leave, rewritePast }) : careful
  const compared = REGISTRY_KINDS.flatMap((kind) => {
    const given = part[kind] as readonly object[] | undefined
    return given && given.length > 0 ? [comparedKind(kind, given, { before, after: planned.after })] : []
  })
  return {
    kinds: compared.map(({ row }) => row),
    changes: compared.flatMap(({ changes }) => changes).slice(0, CHANGES_MAX),
    closed: [...careful.problems, ...careful.warnings].filter(reachesClosed).slice(0, FINDINGS_MAX),
    warnings: planned.warnings.slice(0, FINDINGS_MAX),
    problems: planned.problems.slice(0, FINDINGS_MAX),
  }
}

const reachesClosed = ({ months }: RegistryProblem): boolean => months !== undefined

function comparedKind(
  kind: RegistryKind,
  given: readonly object[],
  { before, after }: { before: Registry; after: Registry },
): { row: ImportPreview['kinds'][number]; changes: ImportPreview['changes'] } {
  // Bills are stored beside the registry, so there is nothing here to compare them with.
  if (kind === 'bills') return { row: { kind, given: given.length, created: null, changed: null }, changes: [] }
  const idOf = recordIdOf(kind)
  const byId = (registry: Registry): Map<string, object> =>
    new Map(((registry[kind] ?? []) as readonly object[]).map((record) => [idOf(record), record]))
  const [standing, planned] = [byId(before), byId(after)]
  const ids = [...new Set(given.map(idOf))]
  const changes = ids.flatMap((id) => {
    const [old, fresh] = [standing.get(id), planned.get(id)]
    const fields = old && fresh ? changedFields(old, fresh) : []
    return fields.length > 0 ? [{ kind, id, fields }] : []
  })
  const created = ids.filter((id) => !standing.has(id)).length
  return { row: { kind, given: given.length, created, changed: changes.length }, changes }
}

/** Fields with other values; one that is absent is as one that is empty. */
function changedFields(old: object, fresh: object): ImportPreview['changes'][number]['fields'] {
  const [was, is] = [plain(old), plain(fresh)]
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((field) => !isDeepStrictEqual(was[field], is[field]))
    .map((field) => ({ field, before: shownValue(was[field]), after: shownValue(is[field]) }))
}

const plain = (record: object): Record<string, unknown> => JSON.parse(JSON.stringify(record))

function shownValue(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}…` : text
}
