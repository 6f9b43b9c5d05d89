// The version of Kilowatch that made a result: the release, and a hash of the shipped tables and of the rules that
// judge. Two builds of one release that judge alike have the same version.

import { createHash } from 'node:crypto'
import { SHIPPED_TABLES } from '../../domain/standards/tables.ts'
import release from '../../package.json' with { type: 'json' }

export const RELEASE: string = release.version
/** Changes when months of an older build must be judged again. */
const JUDGED_SINCE = 'costs by what is paid for'
const HASH_CHARS = 8

/** `0.1.0+1f3c5a7e`. */
export const VERSION = `${RELEASE}+${hashOf([JUDGED_SINCE, SHIPPED_TABLES])}`
/** Of results that name no version: 0.1.0 is the only release that named none. */
export const UNNAMED_VERSION = '0.1.0'

function hashOf(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, HASH_CHARS)
}
