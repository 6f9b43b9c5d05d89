// `kilowatch verify`: walks the audit log of a data folder and names the first broken link
// (docs/rules/report.md#audit-log), holds the stored contracts against it, and the files of the lake against their
// list. It only reads, also beside a running host.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type AlteredAct, alteredContract } from '../../functions/contracting/verify.ts'
import { type VerifiedAudit, verifyAudit } from '../../functions/state/audit.ts'
import { type VerifiedLake, verifiedLake } from '../lake/damage.ts'
import { LAKE_FOLDER } from '../lake/format.ts'
import { openDatabase } from '../sqlite.ts'
import { openStateStore } from '../state-store.ts'
import { verifyBackupFolder } from './backup.ts'

export interface VerifyOptions {
  data: string
  hash?: string
  backup?: string
  json?: boolean
}

/**
 * Exits with 1 when a link is broken, a contract is not what was logged, a file of the lake is not what was written, or
 * no entry has the hash that was given.
 */
export async function verifyFolder({ data, hash, backup, json }: VerifyOptions): Promise<void> {
  if (backup !== undefined) return verifyBackupFolder(backup, json === true)
  const path = join(data, 'state.sqlite')
  if (!existsSync(path)) throw new Error(`there is no data folder "${data}"`)
  const db = openDatabase(path)
  try {
    const state = openStateStore(db)
    // One moment of the store: an act beside this would be stored, and missing from a log that was read before.
    db.exec('BEGIN')
    const log = await verifyAudit(state, hash)
    // A log that is broken says nothing of what is stored.
    const lake = await verifiedLake(join(data, LAKE_FOLDER))
    const verified = { ...log, contract: log.broken ? null : await alteredContract(state), lake }
    process.stdout.write(json ? `${JSON.stringify(verified)}\n` : `${described(verified)}\n`)
    if (verified.broken || verified.contract || verified.found === false || lake.damage.length > 0) process.exitCode = 1
  } finally {
    db.close()
  }
}

function described({
  entries,
  hash,
  broken,
  found,
  contract,
  lake,
}: VerifiedAudit & { contract: AlteredAct | null; lake: VerifiedLake }): string {
  const files =
    lake.damage.length > 0 ? lake.damage.join('\n') : `lake: ${lake.files} files hold, with ${lake.readings} readings`
  return `${describedLog({ entries, hash, broken, found, contract })}${lake.files > 0 ? `\n${files}` : ''}`
}

function describedLog({
  entries,
  hash,
  broken,
  found,
  contract,
}: Pick<VerifiedAudit, 'entries' | 'hash' | 'broken' | 'found'> & { contract: AlteredAct | null }): string {
  const holds = `${entries} entries hold, the last with the hash ${hash}`
  if (broken) return `audit log broken at entry ${broken.number}: ${broken.what}; ${broken.detail}\n${holds}`
  if (contract) {
    const { act, entry, detail } = contract
    return `contract altered${entry === null ? '' : ` since entry ${entry}`}: ${act}: ${detail}\n${holds}`
  }
  const known = { true: ', and the hash given is one of theirs', false: ', and none has the hash given', null: '' }
  return `audit log: ${holds}${known[`${found}`]}`
}
