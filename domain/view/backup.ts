// The answer of the route that backs up a host.

import * as z from 'zod'

export const backupViewSchema = z
  .object({
    folder: z.string().meta({ description: 'The new backup' }),
    atMs: z.number().meta({ description: 'When the state was read' }),
    rows: z.number().meta({ description: 'Readings in it' }),
    receivedMs: z.number().meta({ description: 'When the last of them was received' }),
    turn: z.number().meta({ description: 'Durable transactions of the state' }),
    files: z.number(),
    bytes: z.number(),
    linked: z.number().meta({ description: 'Files that the backup before it had already' }),
    removed: z.array(z.string()).meta({ description: 'Older backups that were removed' }),
  })
  .meta({ id: 'Backup' })

export type BackupView = z.output<typeof backupViewSchema>
