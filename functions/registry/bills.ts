// Stores bills, one document an institution and year, so that judging a month reads one and a new bill writes one. They
// are not part of the registry that every import reads whole: a province writes a million bills a year.

import type { Month } from '../../domain/calendar.ts'
import { type Bill, billId } from '../../domain/energy/bill.ts'
import { wholeId } from '../../domain/registry/dated.ts'
import { type DocWrite, docKey, type StateStore } from '../platform.ts'

/** The bills of an institution in a year, by `billId`. */
/** All of them. */
export const BILLS = docKey<Bill[]>('bill/')
export const billKey = (institution: string, year: string) => docKey<Bill[]>(`bill/${institution}/${year}`)

const yearOf = (month: Month): string => month.slice(0, 4)

/**
 * The bills of institutions in the years of the given months, by institution. A part of an institution has the bills of
 * the whole, in its own name: its month takes the days that are its own.
 */
export async function billsOf(
  state: StateStore,
  months: ReadonlyMap<string, Iterable<Month>>,
): Promise<Map<string, Bill[]>> {
  const keys = [...months].flatMap(([institution, own]) =>
    [...new Set([...own].map(yearOf))].map((year) => ({ institution, key: billKey(wholeId(institution), year) })),
  )
  const docs = new Map((await state.getMany(keys.map(({ key }) => key))).map(({ key, value }) => [key, value]))
  const bills = keys.flatMap(({ institution, key }) => (docs.get(key) ?? []).map((bill) => ({ ...bill, institution })))
  return Map.groupBy(bills, ({ institution }) => institution)
}

/** The documents that add bills to the stored ones; a bill with a known id corrects the old one. */
export async function billDocs(state: StateStore, bills: readonly Bill[]): Promise<DocWrite[]> {
  const byKey = Map.groupBy(bills, ({ institution, month }) => billKey(institution, yearOf(month)))
  const stored = await state.getMany([...byKey.keys()])
  const before = new Map(stored.map(({ key, value, version }) => [key, { value, version }]))
  return [...byKey].map(([key, added]) => {
    const merged = new Map([...(before.get(key)?.value ?? []), ...added].map((bill) => [billId(bill), bill]))
    const value = [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, bill]) => bill)
    return { key, value, ifVersion: before.get(key)?.version ?? 0 }
  })
}

/** Billed months by institution. */
export function billedMonths(bills: readonly Bill[]): Map<string, Month[]> {
  const byInstitution = Map.groupBy(bills, ({ institution }) => institution)
  return new Map(
    [...byInstitution].map(([institution, own]) => [institution, [...new Set(own.map(({ month }) => month))].sort()]),
  )
}
