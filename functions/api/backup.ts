// The routes that copy what a host of one machine keeps to a folder of that machine: a backup (docs/operations.md#backup),
// and an export for other tools (docs/rules/lake.md#export). AWS keeps its stores by their own backups, and Athena reads.

import * as z from 'zod'
import { month } from '../../domain/schema.ts'
import { backupViewSchema } from '../../domain/view/backup.ts'
import { EXPORT_FORMATS, exportViewSchema } from '../../domain/view/export.ts'
import type { Principal } from '../access/principal.ts'
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
    const backUp = ofThisMachine(principal, platform.backUp, 'backs it up')
    try {
      return await backUp(folder, keep)
    } catch (error) {
      throw notMade('Not backed up', error)
    }
  },
})

export const exportRoutes = route('POST /api/v1/exports', {
  access: { action: 'operate', at: 'registry' },
  summary: 'Writes readings, hours of use and meters to files of Parquet or CSV in a folder of the machine of the host',
  body: z.object({
    folder: z.string().min(1).max(1_000).meta({ description: 'Path on the machine of the host; new or empty' }),
    format: z.enum(EXPORT_FORMATS),
    area: z.string().optional().meta({ description: 'Of this area alone' }),
    from: month.optional().meta({ description: 'First month; the first with readings' }),
    to: month.optional().meta({ description: 'Last month; the last with readings' }),
  }),
  response: exportViewSchema,
  async handle({ platform, principal }, { body }) {
    const exportTo = ofThisMachine(principal, platform.exportTo, 'exports it')
    try {
      return await exportTo(body)
    } catch (error) {
      throw notMade('Not exported', error)
    }
  },
})

/** The port, for who owns the machine alone: it writes where the sender says. Throws otherwise. */
function ofThisMachine<T>(principal: Principal, port: T | undefined, does: string): T {
  if (principal.role !== 'admin' || principal.name !== undefined)
    throw new ApiProblem(403, 'Forbidden', `only the machine's own admin token ${does}`)
  if (!port) throw new ApiProblem(404, 'Not found', 'this host is kept by its provider, who has ways of his own')
  return port
}

const notMade = (title: string, error: unknown): ApiProblem =>
  new ApiProblem(422, title, error instanceof Error ? error.message : String(error), { field: 'folder' })
