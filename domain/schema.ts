// Defines small zod schemas that several answers of the API share.

import * as z from 'zod'

export const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/)

export const amount = z.number().nullable()
