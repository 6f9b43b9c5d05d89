// The route that backs up a host of one machine to a folder of that machine (docs/operations.md#backup). AWS keeps its
// stores by their own backups.

import * as z from 'zod'
import { backupViewSchema } from '../../domain/view/backup.ts'
import { ApiProblem, route } from './route.ts'

export const backupRoutes = route('POST /api/v1/backups', {
  access: { action: 'operate', at: 'registry' },
  summary: 'Copies all that this host keeps, as of now, to a new backup in a folder of its machine',
  body: z.object({
    folder: z.string().min(1).max(1_000).meta({ description: 'Path on the machine of the host' }),
    keep: z.number().int().min(1).max(10_000).optional().meta({ description: 'Removes older backups than so many' }),
  }),
  response: backupViewSchema,
  async handle({ platform, principal }, { body: { folder, keep } }) {
    // It writes where the sender says: for who owns the machine alone.
    if (principal.role !== 'admin' || principal.name !== undefined)
      throw new ApiProblem(403, 'Forbidden', "only the machine's own admin token backs it up")
    if (!platform.backUp)
      throw new ApiProblem(404, 'Not found', 'this host is backed up by its provider, not by itself')
    try {
      return await platform.backUp(folder, keep)
    } catch (error) {
      throw new ApiProblem(422, 'Not backed up', error instanceof Error ? error.message : String(error), {
        field: 'folder',
      })
    }
  },
})
