// `kilowatch backup`, `restore` and the backup part of `verify` (docs/operations.md#backup): through the running host,
// or of a folder that nobody has open.

import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { resolve } from 'node:path'
import type { BackupView } from '../../domain/view/backup.ts'
import { api } from '../../functions/api.ts'
import { restoreBackup, type VerifiedBackup, verifyBackup } from '../backup.ts'
import { runningHost } from '../host-address.ts'
import { openPlatform } from '../platform.ts'
import { ApiError, callerOf } from './client.ts'

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
  const host = runningHost(data)
  const made = host ? await askHost(host, body) : await ofFolder(data, body)
  if (json) process.stdout.write(`${JSON.stringify(made)}\n`)
  else process.stdout.write(`${backupText(made)}\n`)
}

/** Takes as long as it takes: `fetch` gives up after five minutes. */
function askHost({ httpUrl, adminToken }: { httpUrl: string; adminToken: string }, body: unknown): Promise<BackupView> {
  return new Promise((done, failed) => {
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
    const asked = request(`${httpUrl}/api/v1/backups`, { method: 'POST', headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', failed)
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const status = answer.statusCode ?? 500
        if (status < 400) done(JSON.parse(text) as BackupView)
        else failed(new ApiError(status, JSON.parse(text) as ApiError['problem']))
      })
    })
    asked.on('error', failed)
    asked.end(JSON.stringify(body))
  })
}

async function ofFolder(data: string, body: unknown): Promise<BackupView> {
  if (!existsSync(data)) throw new Error(`there is no data folder "${data}"`)
  const platform = await openPlatform(data)
  try {
    return await callerOf(api(platform))<BackupView>('POST', 'backups', body)
  } finally {
    await platform.close()
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

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
