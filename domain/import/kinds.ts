// Defines the kinds of imported records in one table, used by the parser of files, the body of the API, the merge with
// stored records, and the check for duplicates. Chinese words for values are in words.ts, checks between records in
// check.ts.

import * as z from 'zod'
import { billId, billSchema } from '../energy/bill.ts'
import { tariffId, tariffSchema } from '../energy/tariff.ts'
import { targetId } from '../judge/target-plan.ts'
import { areaSchema, gatewaySchema, institutionSchema, meterRecordSchema } from '../registry/records.ts'
import { TABLES, type Table, type TableKind, type TableRow, tableRowId } from '../standards/tables.ts'
import { calendarDaySchema } from '../standards/working-days.ts'
import { keysOf } from '../table.ts'
import { COLUMNS, type Column } from './columns.ts'
import {
  AREA_ROWS,
  COEFFICIENT_ROWS,
  INSTITUTION_ROWS,
  JOINED_FIELDS,
  type JoinedRows,
  METER_ROWS,
  TARIFF_ROWS,
} from './joined.ts'
import { type Merged, type MergeLeave, mergeArea, mergeInstitution, mergeMeter, withStated } from './merge-rows.ts'
import { PLANNED_FIELDS, plannedTargetSchema } from './plan-target.ts'
import type { RegistryKind, RegistryRecords } from './registry.ts'

export interface RegistryKindRow<T> {
  schema: z.ZodType<T>
  columns: readonly Column[]
  /** The schema of each field; a field that may not be absent has a required column. */
  fields: Readonly<Record<string, z.ZodType>>
  /** The rule that joins several rows to one record; absent: each row is one record. */
  joined?: JoinedRows<T, unknown, unknown>
  /** Identifies a record: a later record with the same identity replaces it. */
  idOf(record: T): string
  /** The id field; for kinds without an id, the field named when a duplicate is refused. */
  idField: string
  /** True when `idField` alone is the identity, so that a file may give each value only once. */
  idIsField?: true
  /** Merges an imported record into the stored one with the same identity; absent: the stored one is replaced. */
  merge?(old: T | undefined, fresh: T, leave: MergeLeave): Merged<T>
}

const gatewayRecordSchema = gatewaySchema.extend({ password: z.string().min(1).optional() })

/** Merges fields alone: a kind without dated rows. */
const merge = <T extends object>(old: T | undefined, fresh: T, leave: MergeLeave): Merged<T> => ({
  record: old ? withStated(old, fresh, leave) : fresh,
  warnings: [],
  problems: [],
})

/** A row of the same key and first day is replaced; a new edition begins on another day. */
function tableRow<T extends TableRow>(kind: TableKind, { schema }: Table<T>): RegistryKindRow<T> {
  return {
    schema,
    columns: COLUMNS[kind],
    fields: schema.shape,
    idOf: (row) => tableRowId(kind, row),
    idField: 'validFrom',
  }
}

/** In the order of references: a record refers only to earlier kinds or its own. */
export const RECORD_KINDS: { readonly [K in RegistryKind]: RegistryKindRow<RegistryRecords[K]> } = {
  areas: {
    schema: areaSchema,
    columns: COLUMNS.areas,
    fields: JOINED_FIELDS.areas,
    joined: AREA_ROWS,
    idOf: ({ code }) => code,
    idField: 'code',
    merge: mergeArea,
  },
  institutions: {
    schema: institutionSchema,
    columns: COLUMNS.institutions,
    fields: JOINED_FIELDS.institutions,
    joined: INSTITUTION_ROWS,
    idOf: ({ id }) => id,
    idField: 'id',
    merge: mergeInstitution,
  },
  gateways: {
    schema: gatewayRecordSchema,
    columns: COLUMNS.gateways,
    fields: gatewayRecordSchema.shape,
    idOf: ({ id }) => id,
    idField: 'id',
    idIsField: true,
    merge,
  },
  meters: {
    schema: meterRecordSchema,
    columns: COLUMNS.meters,
    fields: JOINED_FIELDS.meters,
    joined: METER_ROWS,
    idOf: ({ id }) => id,
    idField: 'id',
    merge: mergeMeter,
  },
  targets: {
    schema: plannedTargetSchema,
    columns: COLUMNS.targets,
    fields: PLANNED_FIELDS,
    idOf: targetId,
    idField: 'subject',
  },
  quotas: tableRow('quotas', TABLES.quotas),
  tariffs: {
    schema: tariffSchema,
    columns: COLUMNS.tariffs,
    fields: JOINED_FIELDS.tariffs,
    joined: TARIFF_ROWS,
    idOf: tariffId,
    idField: 'validFrom',
  },
  bills: {
    schema: billSchema,
    columns: COLUMNS.bills,
    fields: billSchema.shape,
    idOf: billId,
    idField: 'month',
  },
  calendar: {
    schema: calendarDaySchema,
    columns: COLUMNS.calendar,
    fields: calendarDaySchema.shape,
    idOf: ({ date }) => date,
    idField: 'date',
    idIsField: true,
  },
  coefficients: {
    ...tableRow('coefficients', TABLES.coefficients),
    fields: JOINED_FIELDS.coefficients,
    joined: COEFFICIENT_ROWS,
  },
  co2Factors: tableRow('co2Factors', TABLES.co2Factors),
  fuelFactors: tableRow('fuelFactors', TABLES.fuelFactors),
  adoptions: tableRow('adoptions', TABLES.adoptions),
  pueGrades: tableRow('pueGrades', TABLES.pueGrades),
  eueQuotas: tableRow('eueQuotas', TABLES.eueQuotas),
  demonstrationLadders: tableRow('demonstrationLadders', TABLES.demonstrationLadders),
  keyEnergyUsers: tableRow('keyEnergyUsers', TABLES.keyEnergyUsers),
  rankingRules: tableRow('rankingRules', TABLES.rankingRules),
  reportDeadlines: tableRow('reportDeadlines', TABLES.reportDeadlines),
}
export const REGISTRY_KINDS = keysOf(RECORD_KINDS)

/** The body of an import request: lists of records by kind. */
export const registryPartSchema = z.object(
  Object.fromEntries(REGISTRY_KINDS.map((kind) => [kind, z.array(RECORD_KINDS[kind].schema).optional()])) as {
    [K in RegistryKind]: z.ZodOptional<z.ZodArray<z.ZodType<RegistryRecords[K]>>>
  },
)

/** What an import states, and whether it may change closed months. */
export const importLeaveSchema = z.object({
  rewritePast: z.boolean().optional().meta({
    description: 'True: closed months change too, as revisions. Else an undated change holds from the present month on',
  }),
  stated: z
    .partialRecord(z.enum(REGISTRY_KINDS), z.array(z.string()))
    .optional()
    .meta({ description: 'By kind, the fields that the records state; other fields stay. Absent: all fields' }),
})

/** Identifies a record of any kind, as its row of the table does. */
export const recordIdOf =
  (kind: RegistryKind) =>
  (record: unknown): string =>
    (RECORD_KINDS[kind] as unknown as RegistryKindRow<unknown>).idOf(record)
