// What is imported: the record of each kind, and all records of a registry together.

import type { Bill } from '../energy/bill.ts'
import type { Tariff } from '../energy/tariff.ts'
import type { Area, Gateway, Institution, Meter, Target } from '../registry/records.ts'
import type { Quota } from '../standards/quota.ts'
import type { StandardTables, TableKind } from '../standards/tables.ts'

/** A gateway as imported. Whoever stores it keeps a hash of the password, never the password. */
export type GatewayRecord = Gateway & { password?: string | undefined }

/** The record of each kind. */
export interface RegistryRecords extends TableRecords {
  areas: Area
  institutions: Institution
  gateways: GatewayRecord
  meters: Meter
  targets: Target
  tariffs: Tariff
  bills: Bill
}
type TableRecords = { [K in TableKind]: StandardTables[K][number] }
export type RegistryKind = keyof RegistryRecords

/** All that is registered, as one value; `domain/import/check.ts` checks it across records. */
export interface Registry extends Partial<StandardTables> {
  areas: readonly Area[]
  institutions: readonly Institution[]
  gateways: readonly Gateway[]
  meters: readonly Meter[]
  targets: readonly Target[]
  /** This and the other tables of domain/standards: what was imported; `tablesInForce` says what holds. */
  quotas: readonly Quota[]
  /** Absent: none. */
  tariffs?: readonly Tariff[]
  /** Those at hand, e.g. the new ones of an import: bills are kept by institution and year, never read all at once. */
  bills?: readonly Bill[]
}
