// Reads the registry. Every handler reads these documents, the import writes them. Institutions and meters are stored
// under their shard (county), so that a shard is one query; each gateway has its own document with everything that
// `ingest` needs.

import { type Tariff, withHolidays } from '../../domain/energy/tariff.ts'
import type { Registry } from '../../domain/import/registry.ts'
import { areaPathOf, withParents } from '../../domain/registry/area.ts'
import { metersAt } from '../../domain/registry/dated.ts'
import type { Area, Gateway, Institution, Meter, Target } from '../../domain/registry/records.ts'
import type { Quota } from '../../domain/standards/quota.ts'
import { type StandardTables, TABLE_KINDS, type TableKind, tablesInForce } from '../../domain/standards/tables.ts'
import { type CalendarDay, daysInForce, type WorkingDays, workingDays } from '../../domain/standards/working-days.ts'
import type { MeterEntry } from '../../domain/wire/reading.ts'
import { type Doc, docKey, type Key, type StateStore } from '../platform.ts'

export interface RegistryHead {
  /** Changes with each import; readers drop their caches. */
  revision: number
  institutions: number
  meters: number
  /** Counties, or childless areas, that have or had institutions; sums of the emptied ones must become zero. */
  shards: string[]
  /** Area without a parent; of several, the first by code. */
  rootArea: string | null
  /** Old keys of records that the last import moved to another shard; deleted, unless that import was cut off. */
  moved?: string[]
}

/** A gateway with its meters, as `ingest` needs them. */
export interface GatewayEntry {
  gateway: Gateway
  shard: string
  meters: Record<string, MeterEntry>
}
export interface Shard {
  institutions: Institution[]
  meters: Meter[]
  /** Records that lie in another shard now, and were or will be in this one by date. */
  former: { institutions: Institution[]; meters: Meter[] }
}

export const registryKeys = {
  head: docKey<RegistryHead>('registry/head'),
  areas: docKey<Area[]>('registry/areas'),
  /** Imported rows of a table of domain/standards. */
  table: (kind: TableKind) => docKey<never[]>(`registry/${kind}`),
  tariffs: docKey<Tariff[]>('registry/tariffs'),
  /** Imported days. */
  calendar: docKey<CalendarDay[]>('registry/calendar'),
  targets: (subject: string) => docKey<Target[]>(`registry/target/${subject}`),
  gateway: (id: string) => docKey<GatewayEntry>(`registry/gateway/${id}`),
  institutions: (shard: string) => docKey<Institution>(`registry/shard/${shard}/institution/`),
  institution: (shard: string, id: string) => docKey<Institution>(`registry/shard/${shard}/institution/${id}`),
  meters: (shard: string) => docKey<Meter>(`registry/shard/${shard}/meter/`),
  meter: (shard: string, id: string) => docKey<Meter>(`registry/shard/${shard}/meter/${id}`),
  formerInstitutions: (shard: string) => docKey<Institution>(`registry/shard/${shard}/formerInstitution/`),
  formerInstitution: (shard: string, id: string) =>
    docKey<Institution>(`registry/shard/${shard}/formerInstitution/${id}`),
  formerMeters: (shard: string) => docKey<Meter>(`registry/shard/${shard}/formerMeter/`),
  formerMeter: (shard: string, id: string) => docKey<Meter>(`registry/shard/${shard}/formerMeter/${id}`),
  /** Where a record is stored, by its id alone. */
  institutionPlace: (id: string) => docKey<string>(`registry/place/institution/${id}`),
  meterPlace: (id: string) => docKey<string>(`registry/place/meter/${id}`),
} as const

export interface RegistryReader {
  /** Call it at the start of each invocation: one small read that drops the caches when the registry has changed. */
  refresh(): Promise<RegistryHead>
  /** With the parents that follow from codes (`withParents`). */
  areas(): Promise<Area[]>
  areasByCode(): Promise<ReadonlyMap<string, Area>>
  /** The area's code and its parents', lowest first (`areaPathOf`). */
  path(area: string): Promise<string[]>
  /** The tables for judging: imported rows over shipped ones. */
  tables(): Promise<StandardTables>
  quotas(): Promise<readonly Quota[]>
  /** With the holidays that their periods need. */
  tariffs(): Promise<Tariff[]>
  /** The imported days; `workingDays` has the shipped ones as well. */
  calendar(): Promise<CalendarDay[]>
  workingDays(): Promise<WorkingDays>
  targets(subject: string): Promise<Target[]>
  gateway(id: string): Promise<GatewayEntry | undefined>
  shard(code: string): Promise<Shard>
  /** The institution and its shard. */
  institution(id: string): Promise<{ institution: Institution; shard: string } | undefined>
  meter(id: string): Promise<{ meter: Meter; shard: string } | undefined>
}

const NO_HEAD: RegistryHead = { revision: 0, institutions: 0, meters: 0, shards: [], rootArea: null }

export function registryReader(state: StateStore): RegistryReader {
  let revision = -1
  const cache = new Map<string, unknown>()
  /** Caches only hits: an unknown gateway may be registered the next moment. */
  const cached = async <T>(key: string, load: () => Promise<T | undefined>): Promise<T | undefined> => {
    const hit = cache.get(key)
    if (hit !== undefined) return hit as T
    const asked = revision
    const loaded = await load()
    if (loaded !== undefined && asked === revision) cache.set(key, loaded)
    return loaded
  }
  const value = <T>(key: Key<T>) => cached(key, async () => (await state.get(key))?.value)
  const values = async <T>(prefix: Key<T>): Promise<T[]> => (await state.query(prefix)).map((doc) => doc.value)

  const areas = async (): Promise<Area[]> =>
    (await cached('areas', async () => {
      const stored = await state.get(registryKeys.areas)
      return stored && withParents(stored.value)
    })) ?? []
  const areasByCode = async (): Promise<ReadonlyMap<string, Area>> =>
    (await cached('areasByCode', async () => {
      const known = await areas()
      return known.length > 0 ? new Map(known.map((area) => [area.code, area])) : undefined
    })) ?? new Map()
  const tables = async (): Promise<StandardTables> =>
    (await cached('tables', async () => tablesInForce(await importedTables(state)))) ?? tablesInForce()
  const calendar = async (): Promise<CalendarDay[]> => (await value<CalendarDay[]>(registryKeys.calendar)) ?? []

  return {
    async refresh() {
      const head = (await state.get(registryKeys.head))?.value ?? NO_HEAD
      if (head.revision !== revision) cache.clear()
      revision = head.revision
      return head
    },
    areas,
    areasByCode,
    path: async (area) => areaPathOf(area, await areasByCode()),
    tables,
    quotas: async () => (await tables()).quotas,
    tariffs: async () =>
      (await cached('tariffs', async () => {
        const stored = await state.get(registryKeys.tariffs)
        return stored && withHolidays(stored.value, daysInForce(await calendar()))
      })) ?? [],
    calendar,
    workingDays: async () =>
      (await cached('workingDays', async () => workingDays(await calendar()))) ?? workingDays([]),
    // Subjects are those of the registry, so that who has none may be kept, too.
    targets: async (subject) =>
      (await cached(`targets ${subject}`, async () => (await state.get(registryKeys.targets(subject)))?.value ?? [])) ??
      [],
    gateway: (id) => value<GatewayEntry>(registryKeys.gateway(id)),
    async shard(code) {
      const load = async (): Promise<Shard> => ({
        institutions: await values<Institution>(registryKeys.institutions(code)),
        meters: await values<Meter>(registryKeys.meters(code)),
        former: {
          institutions: await values<Institution>(registryKeys.formerInstitutions(code)),
          meters: await values<Meter>(registryKeys.formerMeters(code)),
        },
      })
      const nothing = { institutions: [], meters: [] }
      return (await cached(`shard/${code}`, load)) ?? { ...nothing, former: nothing }
    },
    async institution(id) {
      const shard = await value<string>(registryKeys.institutionPlace(id))
      const institution = shard && (await value<Institution>(registryKeys.institution(shard, id)))
      return shard && institution ? { institution, shard } : undefined
    },
    async meter(id) {
      const shard = await value<string>(registryKeys.meterPlace(id))
      const meter = shard && (await value<Meter>(registryKeys.meter(shard, id)))
      return shard && meter ? { meter, shard } : undefined
    },
  }
}

/** Imported rows of every table. */
export async function importedTables(state: StateStore): Promise<StandardTables> {
  const docs = await state.getMany(TABLE_KINDS.map(registryKeys.table))
  const byKey = new Map(docs.map(({ key, value }) => [key, value]))
  const rows = TABLE_KINDS.map((kind) => [kind, byKey.get(registryKeys.table(kind)) ?? []])
  return Object.fromEntries(rows) as StandardTables
}

export const gatewayEntries = async (state: StateStore): Promise<GatewayEntry[]> =>
  (await state.query(registryKeys.gateway(''))).map(({ value }) => value)

/**
 * The whole registry except bills (bills.ts) as one value, for checks across records. Areas and tariffs are as they
 * were stated.
 */
export async function readRegistry(state: StateStore, entries?: readonly GatewayEntry[]): Promise<Registry> {
  const head = (await state.get(registryKeys.head))?.value ?? NO_HEAD
  const reader = registryReader(state)
  const shards = await Promise.all(head.shards.map((shard) => reader.shard(shard)))
  const valuesOf = <T>(docs: Doc<T>[]): T[] => docs.map((doc) => doc.value)
  return {
    areas: (await state.get(registryKeys.areas))?.value ?? [],
    institutions: shards.flatMap((shard) => shard.institutions),
    gateways: (entries ?? (await gatewayEntries(state))).map(({ gateway }) => gateway),
    meters: shards.flatMap((shard) => shard.meters),
    targets: valuesOf(await state.query(registryKeys.targets(''))).flat(),
    ...(await importedTables(state)),
    tariffs: (await state.get(registryKeys.tariffs))?.value ?? [],
    calendar: await reader.calendar(),
  }
}

/** The meters of a shard's institution, those that were or will be there by date among them. */
export const metersOfInstitution = ({ meters, former }: Shard, institution: string): Meter[] =>
  metersAt([...meters, ...former.meters], institution)

/** The area above, by code; undefined at the top. */
export const parentOf = (code: string, areas: readonly Area[]): string | undefined =>
  areas.find((area) => area.code === code)?.parent

/** The areas above, the nearest first. */
export const ancestors = (code: string, areas: readonly Area[]): string[] => {
  const parent = parentOf(code, areas)
  return parent ? [parent, ...ancestors(parent, areas)] : []
}

/** Counties at or below an area, by code. */
export async function shardsBelow(
  code: string,
  { registry, head }: { registry: RegistryReader; head: RegistryHead },
): Promise<string[]> {
  const areas = await registry.areas()
  return head.shards.filter((shard) => shard === code || ancestors(shard, areas).includes(code))
}
