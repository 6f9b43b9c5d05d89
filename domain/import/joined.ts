// Defines the records that a file writes over several rows: the dated rows of an institution or a meter, a tariff's
// periods, the coefficients of a set.

import type { z } from 'zod'
import { type Tariff, tariffSchema } from '../energy/tariff.ts'
import { tariffPeriodSchema } from '../energy/tariff-period.ts'
import { must } from '../must.ts'
import { byFirstDay, type DatedRow } from '../registry/dated.ts'
import {
  type Area,
  areaSchema,
  brokenMeterRules,
  DATED_AREA_FIELDS,
  DATED_INSTITUTION_FIELDS,
  DATED_METER_FIELDS,
  type DatedArea,
  type DatedMeter,
  datedAreaSchema,
  datedInstitutionSchema,
  datedMeterSchema,
  type Institution,
  institutionSchema,
  institutionSizeSchema,
  type Meter,
  meterRecordSchema,
} from '../registry/records.ts'
import { type CoefficientSet, coefficientHeadSchema, coefficientRowSchema } from '../standards/coefficients.ts'
import { keysOf } from '../table.ts'

const { validFrom: _, ...datedInstitutionShape } = datedInstitutionSchema.shape
const institutionPartSchema = institutionSizeSchema.extend(datedInstitutionShape)
const undatedInstitutionSchema = institutionSchema.omit({ sizes: true, rows: true, ...DATED_INSTITUTION_FIELDS })
type InstitutionHead = z.infer<typeof undatedInstitutionSchema>
type InstitutionPart = z.infer<typeof institutionPartSchema>
const undatedAreaSchema = areaSchema.omit({ rows: true, ...DATED_AREA_FIELDS })
const undatedMeterSchema = meterRecordSchema.omit({ rows: true, ...DATED_METER_FIELDS })
type MeterHead = z.infer<typeof undatedMeterSchema>
const tariffHeadSchema = tariffSchema.omit({ periods: true })

/** The rule that joins several rows to one record: the first row gives the head, each row adds a part. */
export interface JoinedRows<T, Head, Part> {
  /** The key that the rows of one record share; undefined when a cell of it is missing. */
  keyOf(values: Readonly<Record<string, unknown>>): string | undefined
  head: z.ZodType<Head> & { shape: Record<string, z.ZodType> }
  part: z.ZodType<Part>
  /** A field whose value must differ between parts; `idField` is named when several parts leave it empty. */
  distinct?: string
  idField?: string
  /** Fields of a part that repeat those of the row before, by `distinct`, where they are empty. */
  repeated?: readonly string[]
  /** Problems of the whole record, by field. */
  findings?(record: T): { field: string; message: string }[]
  record(head: Head, parts: Part[]): T
  /** The rule for later rows, for the message. */
  rule: string
}

/** Rows that differ in a field or have an end are rows of the record; others are not (domain/registry/dated.ts). */
const isDated = (rows: readonly { validFrom?: string | undefined; validTo?: string | undefined }[]): boolean => {
  const facts = rows.map(({ validFrom: _, ...row }) => JSON.stringify(row))
  return rows.some(({ validTo }) => validTo !== undefined) || facts.some((one) => one !== facts[0])
}

export const INSTITUTION_ROWS: JoinedRows<Institution, InstitutionHead, InstitutionPart> = {
  keyOf: ({ id }) => (id === undefined ? undefined : String(id)),
  head: undatedInstitutionSchema,
  part: institutionPartSchema,
  distinct: 'validFrom',
  repeated: keysOf(datedInstitutionSchema.shape).filter((field) => field !== 'validFrom' && field !== 'validTo'),
  record(head, parts) {
    const inOrder = parts.toSorted(byFirstDay)
    const sizes = inOrder.map((part) => institutionSizeSchema.parse(part))
    const rows = inOrder.map((part) => datedInstitutionSchema.parse(part))
    const { validFrom: _, validTo: _to, ...last } = must(rows.at(-1))
    return institutionSchema.parse({ ...head, ...last, sizes, ...(isDated(rows) && { rows }) })
  },
  rule: 'of the same institution; it has no date',
}

export const AREA_ROWS: JoinedRows<Area, z.infer<typeof undatedAreaSchema>, DatedArea> = {
  keyOf: ({ code }) => (code === undefined ? undefined : String(code)),
  head: undatedAreaSchema,
  part: datedAreaSchema,
  distinct: 'validFrom',
  idField: 'code',
  record: (head, parts) => ({ ...head, ...lastOf(parts) }),
  rule: 'of the same area; it has no date',
}

/** The fields of the last row, and all rows where they have days. */
function lastOf<Row extends DatedRow>(parts: readonly Row[]): Omit<Row, 'validFrom' | 'validTo'> & { rows?: Row[] } {
  const rows = parts.toSorted(byFirstDay)
  const { validFrom, validTo, ...last } = must(rows.at(-1))
  const dated = rows.length > 1 || validFrom !== undefined || validTo !== undefined
  return { ...last, ...(dated && { rows }) }
}

export const METER_ROWS: JoinedRows<Meter, MeterHead, DatedMeter> = {
  keyOf: ({ id }) => (id === undefined ? undefined : String(id)),
  head: undatedMeterSchema,
  part: datedMeterSchema,
  distinct: 'validFrom',
  idField: 'id',
  findings: brokenMeterRules,
  record: (head, parts) => meterRecordSchema.parse({ ...head, ...lastOf(parts) }),
  rule: 'of the same meter; it has no date',
}

export const TARIFF_ROWS: JoinedRows<Tariff, z.infer<typeof tariffHeadSchema>, z.infer<typeof tariffPeriodSchema>> = {
  keyOf: ({ subject, medium, validFrom }) =>
    subject && medium && validFrom ? [subject, medium, validFrom].join('/') : undefined,
  head: tariffHeadSchema,
  part: tariffPeriodSchema,
  record: (head, periods) => ({ ...head, periods }),
  rule: 'of the same tariff; only periods differ',
}

export const COEFFICIENT_ROWS: JoinedRows<
  CoefficientSet,
  z.infer<typeof coefficientHeadSchema>,
  z.infer<typeof coefficientRowSchema>
> = {
  keyOf: ({ purpose, area, validFrom }) => (purpose && validFrom ? [purpose, area, validFrom].join('/') : undefined),
  head: coefficientHeadSchema,
  part: coefficientRowSchema,
  distinct: 'carrier',
  record: (head, rows) => ({ ...head, rows }),
  rule: 'of the same set; only its coefficients differ',
}

/** The schema of each column, by file. */
export const JOINED_FIELDS = {
  areas: { ...undatedAreaSchema.shape, ...datedAreaSchema.shape },
  institutions: { ...undatedInstitutionSchema.shape, ...institutionPartSchema.shape },
  meters: { ...undatedMeterSchema.shape, ...datedMeterSchema.shape },
  tariffs: { ...tariffHeadSchema.shape, ...tariffPeriodSchema.shape },
  coefficients: { ...coefficientHeadSchema.shape, ...coefficientRowSchema.shape },
} as const
