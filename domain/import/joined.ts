// Defines the records that a file writes over several rows: an institution's dated sizes, a tariff's periods, the
// coefficients of a set.

import type { z } from 'zod'
import { type Tariff, tariffPeriodSchema, tariffSchema } from '../energy/tariff.ts'
import { type Institution, institutionSchema, institutionSizeSchema } from '../registry/records.ts'
import { type CoefficientSet, coefficientHeadSchema, coefficientRowSchema } from '../standards/coefficients.ts'

const identitySchema = institutionSchema.omit({ sizes: true })
const tariffHeadSchema = tariffSchema.omit({ periods: true })

/** The rule that joins several rows to one record: the first row gives the head, each row adds a part. */
export interface JoinedRows<T, Head, Part> {
  /** The key that the rows of one record share; undefined when a cell of it is missing. */
  keyOf(values: Readonly<Record<string, unknown>>): string | undefined
  head: z.ZodType<Head> & { shape: Record<string, z.ZodType> }
  part: z.ZodType<Part>
  /** A field whose value must differ between parts. */
  distinct?: string
  record(head: Head, parts: Part[]): T
  /** The rule for later rows, for the message. */
  rule: string
}

export const INSTITUTION_ROWS: JoinedRows<
  Institution,
  z.infer<typeof identitySchema>,
  z.infer<typeof institutionSizeSchema>
> = {
  keyOf: ({ id }) => (id === undefined ? undefined : String(id)),
  head: identitySchema,
  part: institutionSizeSchema,
  distinct: 'validFrom',
  record: (head, sizes) => ({ ...head, sizes: sizes.sort((a, b) => (a.validFrom < b.validFrom ? -1 : 1)) }),
  rule: 'of the same institution; only sizes are dated',
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
  institutions: { ...identitySchema.shape, ...institutionSizeSchema.shape },
  tariffs: { ...tariffHeadSchema.shape, ...tariffPeriodSchema.shape },
  coefficients: { ...coefficientHeadSchema.shape, ...coefficientRowSchema.shape },
} as const
