// Defines the types of an import: the record of each kind, and the whole registry.

import type { Bill } from '../energy/bill.ts'
import type { Tariff } from '../energy/tariff.ts'
import type { Area, Gateway, Institution, Meter, Target } from '../registry/records.ts'
import type { Quota } from '../standards/quota.ts'
import type { StandardTables, TableKind } from '../standards/tables.ts'
import type { CalendarDay } from '../standards/working-days.ts'

/** A gateway as imported. Only a hash of the password may be stored, never the password. */
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
  calendar: CalendarDay
}
type TableRecords = { [K in TableKind]: StandardTables[K][number] }
export type RegistryKind = keyof RegistryRecords

/** The whole registry as one value; domain/import/check.ts checks it across records. */
export interface Registry extends Partial<StandardTables> {
  areas: readonly Area[]
  institutions: readonly Institution[]
  gateways: readonly Gateway[]
  meters: readonly Meter[]
  targets: readonly Target[]
  /** The imported rows of this table, as of the other tables of domain/standards; see `tablesInForce`. */
  quotas: readonly Quota[]
  /** Absent: none. */
  tariffs?: readonly Tariff[]
  /** Only some bills, e.g. those of an import: bills are stored by institution and year, never read all at once. */
  bills?: readonly Bill[]
  /** The imported days (domain/standards/working-days.ts). Absent: none. */
  calendar?: readonly CalendarDay[]
}
