// The answer of the route that exports a host's data.

import * as z from 'zod'

export const EXPORT_FORMATS = ['parquet', 'csv'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export const exportViewSchema = z
  .object({
    folder: z.string().meta({ description: 'The new folder' }),
    format: z.enum(EXPORT_FORMATS),
    months: z.array(z.string()).meta({ description: 'Months that have readings or hours' }),
    meters: z.number(),
    readings: z.number(),
    hours: z.number(),
    files: z.number(),
    bytes: z.number(),
  })
  .meta({ id: 'Export' })

export type ExportView = z.output<typeof exportViewSchema>
