// Computes all derived data again from raw readings, registry, reviews and bills. First marks every month that was ever
// judged, so that a killed rebuild loses none of them: run it again.

import type { Month } from '../domain/calendar.ts'
import { must } from '../domain/must.ts'
import { keysOf } from '../domain/table.ts'
import { assess } from './assess.ts'
import { rebuiltKey } from './judging/revision.ts'
import { monthsOf, SUBJECT_YEARS } from './judging/subject-year.ts'
import { docKey, type Key, type Platform, type ShardResult, type StateStore } from './platform.ts'
import { BILLS, billedMonths } from './registry/bills.ts'
import { readRegistry, registryReader } from './registry/reader.ts'
import { rollup } from './rollup.ts'
import { settle } from './settle.ts'
import { addDirtyMonths } from './state/dirty.ts'
import { DOCUMENTS } from './state/documents.ts'

/** In the order of the list. Reviews, repairs, revisions and alerts are history and stay. */
const DERIVED_PREFIXES = DOCUMENTS.filter(({ kind }) => kind === 'derived').map(({ prefix }) => `${prefix}/`)
const KEYS_PER_DELETE = 10_000

export interface Rebuilt {
  shards: number
  readings: number
  /** Number of documents deleted, and number after the rebuild. */
  documentsBefore: number
  documents: number
  failed: ShardResult['failed']
}

/** `clearConsumption` empties the store of hours. The platform must have no other user meanwhile. */
export async function rebuild(platform: Platform, clearConsumption: () => Promise<void>): Promise<Rebuilt> {
  const { state, readings } = platform
  const registry = registryReader(state)
  const head = await registry.refresh()
  await markJudgedMonths(platform)
  await keepJudgedMonths(state)
  // The marks of settling go first: without them everything is settled again, whatever else a kill leaves.
  let documentsBefore = 0
  for (const prefix of DERIVED_PREFIXES) documentsBefore += await deleteAll(state, docKey(prefix))
  await clearConsumption()
  const failed: ShardResult['failed'] = []
  for (const step of [settle, assess, rollup]) failed.push(...(await step(platform)({ shards: [] })).failed)
  if (failed.length === 0) await deleteAll(state, rebuiltKey())
  let documents = 0
  for (const prefix of DERIVED_PREFIXES) documents += (await state.query(docKey(prefix))).length
  const { meters } = await readRegistry(state)
  const count = await readings.count(meters.map(({ id }) => id))
  return { shards: head.shards.length, readings: count, documentsBefore, documents, failed }
}

async function deleteAll(state: StateStore, prefix: Key<unknown>): Promise<number> {
  const keys = (await state.query(prefix)).map(({ key }) => key)
  for (let first = 0; first < keys.length; first += KEYS_PER_DELETE)
    await state.delete(keys.slice(first, first + KEYS_PER_DELETE))
  return keys.length
}

/**
 * Sets stored months aside: a closed one with another result becomes a revision. A rebuild that was cut off continues.
 */
async function keepJudgedMonths(state: StateStore): Promise<void> {
  const kept = new Set((await state.query(rebuiltKey())).map(({ key }) => key))
  const docs = (await state.query(SUBJECT_YEARS))
    .map(({ key, value }) => ({ key: `${rebuiltKey()}${key.slice(SUBJECT_YEARS.length)}`, value }))
    .filter(({ key }) => !kept.has(key))
  for (let first = 0; first < docs.length; first += KEYS_PER_DELETE)
    await state.put(docs.slice(first, first + KEYS_PER_DELETE))
}

/** Marks every stored month of any subject, and every month that has bills; settling marks months with hours. */
async function markJudgedMonths({ state }: Platform): Promise<void> {
  const { institutions } = await readRegistry(state)
  const registry = registryReader(state)
  await registry.refresh()
  const areas = await registry.areas()
  const months = new Map<string, Set<Month>>()
  const add = (subject: string, some: Iterable<Month>): void => {
    months.set(subject, new Set([...(months.get(subject) ?? []), ...some]))
  }
  for (const { key, value } of await state.query(SUBJECT_YEARS)) add(must(key.split('/')[1]), keysOf(monthsOf(value)))
  const bills = (await state.query(BILLS)).flatMap(({ value }) => value)
  for (const [subject, some] of billedMonths(bills)) add(subject, some)
  const places = new Map<string, Map<string, Set<Month>>>()
  const place = (area: string, subject: string): void => {
    const some = months.get(subject)
    if (!some) return
    const own = places.get(area) ?? new Map<string, Set<Month>>()
    places.set(area, own.set(subject, some))
  }
  for (const { id } of institutions) place((await registry.institution(id))?.shard ?? '', id)
  for (const { code } of areas) place(code, code)
  for (const [area, own] of places) {
    const entries = [...own].map(([id, some]) => [
      id,
      [{ cause: { kind: 'rebuild' as const }, months: [...some].sort() }],
    ])
    if (area !== '') await addDirtyMonths(state, area, own, Object.fromEntries(entries))
  }
}
