// The answer of the route that makes the package of a day for an upper centre.

import * as z from 'zod'

export const uploadViewSchema = z
  .object({
    name: z.string().meta({ description: 'Of the folder in the packed file: id of the centre and YYYYMMDD' }),
    files: z.array(z.string()),
    buildings: z.number(),
    hours: z.number().meta({ description: 'Hours of items that are in the package' }),
    hoursUnknown: z.number().meta({ description: 'Hours of items that are not known, and in no file' }),
    zip: z.base64().meta({ description: 'The package, a ZIP' }),
  })
  .meta({ id: 'UploadPackage' })
export type UploadView = z.output<typeof uploadViewSchema>
