// Writes records into the registry: merges them with the stored ones and checks across all records, all or nothing. An
// institution's dated sizes are added; a new value never rewrites the past (docs/rules/data.md#dated-attributes). Bills
// are stored beside the registry, and their months are judged again.

import { isDeepStrictEqual } from 'node:util'
import { monthRange } from '../../domain/calendar.ts'
import { type Bill, billId } from '../../domain/energy/bill.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import { tariffId } from '../../domain/energy/tariff.ts'
import { checkRegistry, type RegistryProblem, shardOf } from '../../domain/import/check.ts'
import { RECORD_KINDS, REGISTRY_KINDS, type RegistryKindRow, recordIdOf } from '../../domain/import/kinds.ts'
import { isClosedMonth, type MergeFinding, type MergeLeave } from '../../domain/import/merge-rows.ts'
import type { Registry, RegistryKind, RegistryRecords } from '../../domain/import/registry.ts'
import { warnRegistry } from '../../domain/import/warning.ts'
import type { Trail } from '../../domain/judge/revision-cause.ts'
import { rootsOf, withParents } from '../../domain/registry/area.ts'
import { everIn, gatewaysOf, institutionsOf, unitsOf } from '../../domain/registry/dated.ts'
import { type Area, type Gateway, isRead, type Meter } from '../../domain/registry/records.ts'
import { TABLE_KINDS } from '../../domain/standards/tables.ts'
import type { DocWrite, StateStore } from '../platform.ts'
import { addDirtyMonths } from '../state/dirty.ts'
import { billDocs, billedMonths } from './bills.ts'
import { type GatewayEntry, gatewayEntries, type RegistryHead, readRegistry, registryKeys } from './reader.ts'

export type RegistryPart = Partial<Registry>
/** What an import states, and what it may change. */
export interface ImportLeave {
  /** The fields that the records of a kind state, when not all: what is not stated stays as it was. */
  stated?: Partial<Record<RegistryKind, readonly string[]>> | undefined
  /** Closed months may change; otherwise undated changes are taken from the present month on. */
  rewritePast?: boolean | undefined
  /** The judged months of institutions and areas; absent: no closed months are known, and everything may change. */
  monthsOf?(institutions: readonly string[]): Promise<ReadonlyMap<string, readonly SubjectMonth[]>>
}
export type ImportCounts = Partial<Record<RegistryKind, number>>
export interface RegistryImport {
  /** Problems of the new records; when there are any, nothing was written. */
  problems: RegistryProblem[]
  /** Gaps that results will have, e.g. a missing size; they do not prevent the import. */
  warnings: RegistryProblem[]
  /** Records of each kind that were not there before; bills, which are stored beside the registry, are not counted. */
  created: ImportCounts
  head: RegistryHead
}

/**
 * Throws VersionConflict when another import ran at the same time. A bill of a month that begins after `nowMs` is
 * refused.
 */
export async function importRegistry(
  state: StateStore,
  part: RegistryPart,
  nowMs = Number.POSITIVE_INFINITY,
  leave: ImportLeave = {},
): Promise<RegistryImport> {
  const stored = await state.get(registryKeys.head)
  await state.delete(stored?.value.moved ?? [])
  const entries = await gatewayEntries(state)
  const before = await readRegistry(state, entries)
  const { after, linked, problems, warnings } = await plannedImport(before, part, { ...leave, nowMs })
  const head = headOf(linked, stored?.value)
  if (problems.length > 0) return { problems, warnings, created: {}, head: stored?.value ?? head }
  head.moved = movedKeys(before, after)
  await markBilled(state, after)
  // The head goes last and carries the version check: without it, nothing of the import is visible.
  const docs = [...changedDocs({ before, after, part, entries }), ...(await billDocs(state, after.bills ?? []))]
  await state.put([...docs, { key: registryKeys.head, value: head, ifVersion: stored?.version ?? 0 }])
  await state.delete(head.moved)
  await markBilled(state, after)
  return { problems, warnings, created: createdOf(before, part), head }
}

export interface PlannedImport {
  after: Registry
  /** `after` with the parents that follow from codes. */
  linked: Registry
  problems: RegistryProblem[]
  warnings: RegistryProblem[]
}

/** What an import would make of the registry; writes nothing. */
export async function plannedImport(
  before: Registry,
  part: RegistryPart,
  leave: ImportLeave & { nowMs: number },
): Promise<PlannedImport> {
  const merged = await mergedRegistry(before, part, leave)
  const { after } = merged
  const linked = { ...after, areas: withParents(after.areas) }
  return {
    ...{ after, linked },
    problems: [...merged.problems, ...checkRegistry(linked), ...futureBills(after.bills ?? [], leave.nowMs)],
    warnings: [...merged.warnings, ...warnRegistry(linked).filter((warning) => isTouched(part, warning))],
  }
}

function createdOf(before: Registry, part: RegistryPart): ImportCounts {
  const counts: ImportCounts = {}
  for (const kind of REGISTRY_KINDS) {
    const given = part[kind] as readonly unknown[] | undefined
    if (kind === 'bills' || !given || given.length === 0) continue
    const idOf = recordIdOf(kind)
    const known = new Set(((before[kind] ?? []) as readonly unknown[]).map(idOf))
    counts[kind] = new Set(given.map(idOf).filter((id) => !known.has(id))).size
  }
  return counts
}

const futureBills = (bills: readonly Bill[], nowMs: number): RegistryProblem[] =>
  bills.flatMap((bill, index) =>
    monthRange(bill.month).fromMs > nowMs
      ? [{ kind: 'bills', id: billId(bill), index, field: 'month', reason: `${bill.month} has not begun` }]
      : [],
  )

/** Whether the warning is of a new record; the others got theirs earlier. A new area may change the path of any. */
const isTouched = (
  { areas = [], institutions = [], meters = [], tariffs = [] }: RegistryPart,
  { kind, id, field }: RegistryProblem,
): boolean => {
  if (areas.length > 0 && (kind === 'areas' || field === 'area')) return true
  if (kind === 'tariffs') return tariffs.some((tariff) => tariffId(tariff) === id)
  return institutions.some((one) => one.id === id) || meters.some(({ institution }) => institution === id)
}

/**
 * Called before the bills are written, so that a kill forgets no month, and again after it, in case assess cleared a
 * mark without seeing them.
 */
async function markBilled(state: StateStore, { institutions, bills = [] }: Registry): Promise<void> {
  const months = billedMonths(bills)
  const billsOfMonth = Map.groupBy(bills, ({ institution, month }) => `${institution} ${month}`)
  const billed = institutions.filter(({ id }) => months.has(id))
  const places = billed.flatMap((institution) => everIn(institution).map((shard) => ({ shard, id: institution.id })))
  for (const [shard, own] of Map.groupBy(places, (place) => place.shard)) {
    const trail: Trail = {}
    for (const { id } of own) {
      trail[id] = (months.get(id) ?? []).map((month) => {
        const carriers = new Set(billsOfMonth.get(`${id} ${month}`)?.map(({ carrier }) => carrier))
        return { cause: { kind: 'bill', carriers: [...carriers] }, months: [month] }
      })
    }
    await addDirtyMonths(state, shard, new Map(own.map(({ id }) => [id, months.get(id) ?? []])), trail)
  }
}

interface MergedRegistry {
  after: Registry
  warnings: RegistryProblem[]
  problems: RegistryProblem[]
}
type MergeInput = ImportLeave & { nowMs: number }

/** Merges twice: the first time finds the institutions whose closed months a change could reach. */
async function mergedRegistry(before: Registry, part: RegistryPart, leave: MergeInput): Promise<MergedRegistry> {
  if (leave.monthsOf === undefined) return mergedWith(before, part, { ...leave, rewritePast: true }, () => [])
  const asked = new Set<string>()
  const once = mergedWith(before, part, leave, (institution) => {
    asked.add(institution)
    return []
  })
  const known = new Set([...before.institutions.map(({ id }) => id), ...before.areas.map(({ code }) => code)])
  const months = asked.size === 0 ? undefined : await leave.monthsOf([...asked].filter((id) => known.has(id)))
  if (months === undefined || months.size === 0) return once
  const closed = new Map(
    [...months].map(([id, own]) => [id, own.filter(({ month }) => isClosedMonth(month, leave.nowMs))]),
  )
  return mergedWith(before, part, leave, (institution) => closed.get(institution) ?? [])
}

/** Bills are stored beside the registry, so `bills` holds only the new ones. */
function mergedWith(
  before: Registry,
  part: RegistryPart,
  { nowMs, rewritePast = false, stated = {} }: MergeInput,
  closedMonths: MergeLeave['closedMonths'],
): MergedRegistry {
  const found: Omit<MergedRegistry, 'after'> = { warnings: [], problems: [] }
  const lists = REGISTRY_KINDS.map((kind) => {
    const leave: MergeLeave = { nowMs, rewritePast, closedMonths, stated: stated[kind] }
    return [kind, mergedKind(kind, { before, part, leave, found })]
  })
  return { after: { ...Object.fromEntries(lists), bills: part.bills ?? [] }, ...found }
}

function mergedKind<K extends RegistryKind>(
  kind: K,
  {
    before,
    part,
    leave,
    found,
  }: {
    before: Registry
    part: RegistryPart
    leave: MergeLeave
    found: Omit<MergedRegistry, 'after'>
  },
): RegistryRecords[K][] {
  const { idOf, merge }: RegistryKindRow<RegistryRecords[K]> = RECORD_KINDS[kind]
  const [stored, added] = [before[kind] ?? [], part[kind] ?? []] as unknown as RegistryRecords[K][][]
  const places = new Map<string, number>()
  const join = (old: RegistryRecords[K] | undefined, fresh: RegistryRecords[K]): RegistryRecords[K] => {
    if (!merge) return fresh
    const made = merge(old, fresh, leave)
    const named = (one: MergeFinding): RegistryProblem => {
      const id = idOf(fresh)
      if (places.size === 0) for (const [place, record] of added?.entries() ?? []) places.set(idOf(record), place)
      return { kind, id, index: places.get(id) ?? 0, ...one }
    }
    found.warnings.push(...made.warnings.map(named))
    found.problems.push(...made.problems.map(named))
    return made.record
  }
  return merged(stored ?? [], added ?? [], idOf, join)
}

/**
 * Merges records by identity: stored ones in their order, replaced where a new one has the same identity, then new
 * ones.
 */
function merged<T>(
  stored: readonly T[],
  added: readonly T[],
  identity: (record: T) => string,
  join: (old: T | undefined, fresh: T) => T,
): T[] {
  const byId = new Map(stored.map((record) => [identity(record), record]))
  const seen = new Set<string>()
  const repeated: T[] = []
  for (const record of added) {
    const id = identity(record)
    if (seen.has(id)) repeated.push(record)
    else byId.set(id, join(byId.get(id), record))
    seen.add(id)
  }
  // A record given twice stays in the list, for the check to name.
  return [...byId.values(), ...repeated]
}

function headOf({ areas, institutions, meters }: Registry, before: RegistryHead | undefined): RegistryHead {
  return {
    revision: (before?.revision ?? 0) + 1,
    institutions: institutions.length,
    meters: meters.length,
    shards: [...new Set([...(before?.shards ?? []), ...institutions.flatMap(everIn)])].sort(),
    rootArea: rootsOf(areas).at(0)?.code ?? null,
  }
}

interface Change {
  before: Registry
  after: Registry
  /** The imported records. */
  part: RegistryPart
  /** The gateways' stored documents. */
  entries: readonly GatewayEntry[]
}

/**
 * The documents that an import must write: a province has half a million, and one county's import shall write only its
 * own. Writes all documents of institutions that have records in the import, changed or not, so that repeating a
 * cut-off import completes it. Writes a gateway's document only when it changes.
 */
function changedDocs({ before, after, part, entries }: Change): DocWrite[] {
  const { areas, institutions, gateways, meters, targets, tariffs, calendar = [] } = after
  const given = new Set((part.meters ?? []).map(({ id }) => id))
  const touched = new Set([
    ...(part.institutions ?? []).map(({ id }) => id),
    ...[...(part.meters ?? []), ...before.meters.filter(({ id }) => given.has(id))].map((one) => one.institution),
  ])
  const subjects = new Set((part.targets ?? []).map(({ subject }) => subject))
  const stored = new Map(entries.map((one) => [one.gateway.id, one]))
  const shardOfInstitution = new Map(institutions.map((institution) => [institution.id, shardOf(institution)]))
  const metersOfGateway = Map.groupBy(
    meters.filter(isRead).flatMap((meter) => gatewaysOf(meter).map((id) => ({ id, meter }))),
    ({ id }) => id,
  )
  const shard = (institution: string): string => shardOfInstitution.get(institution) ?? ''
  const entry = (gateway: Gateway): GatewayEntry => ({
    gateway,
    shard: shard(gateway.institution),
    meters: Object.fromEntries(
      (metersOfGateway.get(gateway.id) ?? []).map(({ meter }) => {
        const { id, medium, unit } = meter
        const units = unitsOf(meter)
        return [id, { id, gateway: gateway.id, medium, unit, ...(units && { units }) }]
      }),
    ),
  })
  const sortedAreas: readonly Area[] = areas.toSorted((a, b) => a.code.localeCompare(b.code))
  return [
    { key: registryKeys.areas, value: sortedAreas },
    ...TABLE_KINDS.map((kind) => ({ key: registryKeys.table(kind), value: after[kind] ?? [] })),
    { key: registryKeys.tariffs, value: tariffs },
    { key: registryKeys.calendar, value: calendar },
    ...[...Map.groupBy(targets, ({ subject }) => subject)]
      .filter(([subject]) => subjects.has(subject))
      .map(([subject, own]) => ({ key: registryKeys.targets(subject), value: own })),
    ...institutions
      .filter(({ id }) => touched.has(id))
      .flatMap((institution) => [
        { key: registryKeys.institution(shardOf(institution), institution.id), value: institution },
        { key: registryKeys.institutionPlace(institution.id), value: shardOf(institution) },
      ]),
    ...meters
      .filter(({ institution }) => touched.has(institution))
      .flatMap((meter) => [
        { key: registryKeys.meter(shard(meter.institution), meter.id), value: meter },
        { key: registryKeys.meterPlace(meter.id), value: shard(meter.institution) },
      ]),
    ...formerDocs(after)
      .filter(({ institution }) => touched.has(institution))
      .map(({ doc }) => doc),
    ...gateways
      .map(entry)
      .filter((one) => !isDeepStrictEqual(one, stored.get(one.gateway.id)))
      .map((one) => ({ key: registryKeys.gateway(one.gateway.id), value: one })),
  ]
}

/**
 * Copies of records for the shards that they were in by date, or will be, with the institution that they lie at now. A
 * meter was where its institutions were.
 */
function formerDocs({ institutions, meters }: Registry): { institution: string; doc: DocWrite }[] {
  const moved = institutions.filter((institution) => everIn(institution).length > 1)
  const areas = new Map<string, string[]>(moved.map((institution) => [institution.id, everIn(institution)]))
  const traveled = meters.filter((meter) => institutionsOf(meter).length > 1)
  if (moved.length === 0 && traveled.length === 0) return []
  const home = new Map(institutions.map((institution) => [institution.id, shardOf(institution)]))
  const shardsOf = (meter: Meter): string[] => {
    const ever = institutionsOf(meter).flatMap((id) => areas.get(id) ?? home.get(id) ?? [])
    return [...new Set(ever)].filter((shard) => shard !== home.get(meter.institution))
  }
  return [
    ...moved.flatMap((value) =>
      everIn(value)
        .filter((shard) => shard !== shardOf(value))
        .map((shard) => ({
          institution: value.id,
          doc: { key: registryKeys.formerInstitution(shard, value.id), value },
        })),
    ),
    ...meters
      .filter((meter) => institutionsOf(meter).length > 1 || areas.has(meter.institution))
      .flatMap((value) =>
        shardsOf(value).map((shard) => ({
          institution: value.institution,
          doc: { key: registryKeys.formerMeter(shard, value.id), value },
        })),
      ),
  ]
}

/** Old keys of records that moved to another shard. */
function movedKeys(before: Registry, after: Registry): string[] {
  const place = (registry: Registry): Map<string, string> =>
    new Map(registry.institutions.map((institution) => [institution.id, shardOf(institution)]))
  const [old, now] = [place(before), place(after)]
  const moved = (institution: string): boolean => old.has(institution) && old.get(institution) !== now.get(institution)
  const institutionOf = new Map(after.meters.map((meter: Meter) => [meter.id, meter.institution]))
  const former = new Set<string>(formerDocs(after).map(({ doc }) => doc.key))
  return [
    ...formerDocs(before).flatMap(({ doc }) => (former.has(doc.key) ? [] : [doc.key])),
    ...before.institutions
      .filter(({ id }) => moved(id))
      .map((institution) => registryKeys.institution(shardOf(institution), institution.id)),
    ...before.meters
      .filter(({ id, institution }) => old.get(institution) !== now.get(institutionOf.get(id) ?? institution))
      .map((meter) => registryKeys.meter(old.get(meter.institution) ?? '', meter.id)),
  ]
}
