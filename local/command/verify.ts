// `kilowatch verify`: walks the audit log of a data folder and names the first broken link
// (docs/rules/report.md#audit-log). It only reads, also beside a running host.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type VerifiedAudit, verifyAudit } from '../../functions/state/audit.ts'
import { openDatabase } from '../sqlite.ts'
import { openStateStore } from '../state-store.ts'

export interface VerifyOptions {
  data: string
  hash?: string
  json?: boolean
}

/** Exits with 1 when a link is broken, or when no entry has the hash that was given. */
export async function verifyFolder({ data, hash, json }: VerifyOptions): Promise<void> {
  const path = join(data, 'state.sqlite')
  if (!existsSync(path)) throw new Error(`there is no data folder "${data}"`)
  const db = openDatabase(path)
  try {
    const verified = await verifyAudit(openStateStore(db), hash)
    process.stdout.write(json ? `${JSON.stringify(verified)}\n` : `${described(verified)}\n`)
    if (verified.broken || verified.found === false) process.exitCode = 1
  } finally {
    db.close()
  }
}

function described({ entries, hash, broken, found }: VerifiedAudit): string {
  const holds = `${entries} entries hold, the last with the hash ${hash}`
  if (broken) return `audit log broken at entry ${broken.number}: ${broken.what}; ${broken.detail}\n${holds}`
  const known = { true: ', and the hash given is one of theirs', false: ', and none has the hash given', null: '' }
  return `audit log: ${holds}${known[`${found}`]}`
}
