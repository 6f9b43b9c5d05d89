// `kilowatch backup`, `restore` and the backup part of `verify` (docs/operations.md#backup): through the running host,
// or of a folder that nobody has open.

import { resolve } from 'node:path'
import type { BackupView } from '../../domain/view/backup.ts'
import { restoreBackup, type VerifiedBackup, verifyBackup } from '../backup.ts'
import { runningHost } from '../host-address.ts'
import { askMachine } from './machine.ts'

export interface BackupOptions {
  data: string
  keep?: string
  json?: boolean
}

export async function backUpFolder(target: string, { data, keep, json }: BackupOptions): Promise<void> {
  const kept = keep === undefined ? undefined : Number(keep)
  if (kept !== undefined && !(Number.isInteger(kept) && kept >= 1))
    throw new Error(`--keep ${keep}: a whole number from 1 on`)
  const body = { folder: resolve(target), ...(kept !== undefined && { keep: kept }) }
  const made = await askMachine<BackupView>(data, 'backups', body)
  if (json) process.stdout.write(`${JSON.stringify(made)}\n`)
  else process.stdout.write(`${backupText(made)}\n`)
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

function backupText({ folder, rows, files, bytes, linked, removed }: BackupView): string {
  const shared = linked > 0 ? `, ${linked} files shared with the one before` : ''
  const gone = removed.length > 0 ? `\nremoved ${removed.join(', ')}` : ''
  return `${folder}: ${rows} readings, ${files} files, ${megabytes(bytes)}${shared}${gone}`
}

export async function restoreFolder(backup: string, { data, json }: { data: string; json?: boolean }): Promise<void> {
  const host = runningHost(data)
  if (host) throw new Error(`kilowatch runs on "${data}" (process ${host.pid}); restore into another folder`)
  const restored = await restoreBackup(backup, data)
  process.stdout.write(
    json ? `${JSON.stringify(restored)}\n` : `"${data}" holds ${verifiedText(restored)}; start with --data ${data}\n`,
  )
}

/** Exits with 1 when a file is not as it was written. */
export async function verifyBackupFolder(backup: string, json: boolean): Promise<void> {
  const verified = await verifyBackup(backup)
  if (json) process.stdout.write(`${JSON.stringify(verified)}\n`)
  else process.stdout.write(`${[verifiedText(verified), ...verified.damage].join('\n')}\n`)
  if (verified.damage.length > 0) process.exitCode = 1
}

function verifiedText({ atMs, rows, files, damage }: VerifiedBackup): string {
  const state = damage.length === 0 ? '' : `, ${damage.length} of them damaged`
  return `what stood at ${new Date(atMs).toISOString()}: ${rows} readings, ${files} files${state}`
}
