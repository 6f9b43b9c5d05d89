// Defines small zod schemas that several answers of the API share.

import * as z from 'zod'
import type { Month } from './calendar.ts'

/** A text that is checked to be a month, or comes from one. */
export const asMonth = (text: z.ZodString): z.ZodType<Month, Month> => text as unknown as z.ZodType<Month, Month>
export const month = asMonth(z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/))

export const amount = z.number().nullable()
