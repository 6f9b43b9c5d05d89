// Defines the HTTP answers on the registry: the result of an import, and the rows of a table used by judging.

import * as z from 'zod'
import { TABLE_KINDS } from '../standards/tables.ts'
import { calendarDaySchema } from '../standards/working-days.ts'

/** `PUT /registry`. */
export const importViewSchema = z.object({
  institutions: z.number(),
  meters: z.number(),
  warnings: z
    .array(z.object({ kind: z.string(), id: z.string(), index: z.number(), field: z.string(), reason: z.string() }))
    .meta({
      description:
        'What results will lack, of institutions and bills among the new records; nothing was refused for it',
    }),
  secrets: z
    .array(z.object({ id: z.string(), secret: z.string() }))
    .meta({ description: 'Secrets of gateways that had none and came without a password; shown this once' }),
})

/** `GET /tables/{table}`. */
export const tableViewSchema = z.object({
  table: z.enum(TABLE_KINDS),
  rows: z.array(
    z.looseObject({
      validFrom: z.string(),
      standIn: z.boolean().optional(),
      imported: z.boolean().meta({ description: 'False: the row came with the product' }),
    }),
  ),
})

/** `GET /calendar`. */
export const calendarViewSchema = z.object({
  days: z.array(
    calendarDaySchema.extend({
      imported: z.boolean().meta({ description: 'False: the day came with the product' }),
    }),
  ),
})
