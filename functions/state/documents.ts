// The list of all documents of the state store. Rebuild and the partitions of DynamoDB follow from it. The builders of
// the keys stand beside the code that writes the documents; a test finds every builder that has no row here.

export interface DocumentRow {
  /** First name of the path; two names where a part of a collection differs from the rest. */
  prefix: string
  kind: DocumentKind
  /** DynamoDB spreads the collection over several partitions, by subject. Otherwise the collection is one partition. */
  spread: boolean
  /** Number of leading names that identify the subject: 2 for `summary/130102`, 3 for `registry/shard/130102`. */
  subjectNames: number
  /** Place of the name that is the subject, where it does not lead the path: 2 for `rejection/TIME/GATEWAY/MESSAGE`. */
  subjectAt?: number
  /** DynamoDB's partition where few functions may read it (document-rights.ts); absent: named after the collection. */
  partition?: string
  /** DynamoDB deletes a document so many days after it was written. */
  daysMax?: number
  /** How long a document is kept. */
  kept: string
}

/**
 * - `derived`: settling and judging make it from readings, registry, reviews and bills. A rebuild deletes it.
 * - `progress`: how far a step has come, or what waits for the next step. A rebuild keeps it.
 * - `history`: what happened and what people decided. Nothing can make it again.
 * - `registry`: what was imported.
 * - `setting`: what users set.
 * - `host`: what the host knows of itself and of its gateways.
 */
export type DocumentKind = 'derived' | 'progress' | 'history' | 'registry' | 'setting' | 'host'

const FOREVER = 'forever'
const REBUILD = 'until a rebuild'
const INSTITUTION = 'until the institution leaves the shard'
const SHARD = 'one document a shard, replaced'
const AREA = 'one document an area, emptied when judged'
const ALERT = 'alertDays of setting/retention after the alert is cleared'
const NOTIFICATION = 'notificationDays of setting/retention after it is done'
const IMPORT = 'until an import replaces it'
const UNSET = 'until a user replaces it'

/** A quarter: the errors behind one quarter's statistics stay visible while these are checked. */
export const REJECTION_DAYS_MAX = 90
/** Sorted by time, but spread by gateway: a fault of many gateways at one moment is no load of one partition. */
const REJECTIONS: DocumentRow = {
  ...{ prefix: 'rejection', kind: 'history', spread: true, subjectNames: 3, subjectAt: 2 },
  ...{ daysMax: REJECTION_DAYS_MAX, kept: 'limits of prune.ts' },
}

/** As long as China's Cybersecurity Law wants logs kept. */
export const DENIAL_DAYS_MAX = 184
const DENIALS: DocumentRow = {
  ...{ prefix: 'denial', kind: 'history', spread: false, subjectNames: 1 },
  ...{ daysMax: DENIAL_DAYS_MAX, kept: 'half a year' },
}

/** Addresses with keys in them, secrets of webhooks and of the SMS gateway, the mail server's password. */
const SECRETS: Omit<DocumentRow, 'prefix'> = {
  ...{ kind: 'setting', spread: false, subjectNames: 1, partition: 'secret', kept: UNSET },
}

export const DOCUMENTS: readonly DocumentRow[] = [
  // A rebuild deletes in this order. The marks of settling go first: without them all is settled again.
  { prefix: 'settledTo', kind: 'derived', spread: true, subjectNames: 2, kept: REBUILD },
  { prefix: 'virtual', kind: 'derived', spread: true, subjectNames: 2, kept: REBUILD },
  { prefix: 'assessed', kind: 'derived', spread: true, subjectNames: 2, kept: REBUILD },
  { prefix: 'summarized', kind: 'derived', spread: true, subjectNames: 2, kept: REBUILD },
  { prefix: 'subject', kind: 'derived', spread: true, subjectNames: 2, kept: REBUILD },
  { prefix: 'subject-days', kind: 'derived', spread: true, subjectNames: 2, kept: REBUILD },
  { prefix: 'season', kind: 'derived', spread: true, subjectNames: 2, kept: REBUILD },
  { prefix: 'summary', kind: 'derived', spread: true, subjectNames: 2, kept: INSTITUTION },
  { prefix: 'standing', kind: 'derived', spread: true, subjectNames: 2, kept: INSTITUTION },
  { prefix: 'access', kind: 'derived', spread: true, subjectNames: 2, kept: REBUILD },
  { prefix: 'peers', kind: 'derived', spread: true, subjectNames: 2, kept: REBUILD },

  { prefix: 'waiting', kind: 'progress', spread: true, subjectNames: 2, kept: 'until each meter had a reading' },
  { prefix: 'dirty', kind: 'progress', spread: true, subjectNames: 2, kept: AREA },
  { prefix: 'trail', kind: 'progress', spread: true, subjectNames: 2, kept: AREA },
  { prefix: 'revised', kind: 'progress', spread: true, subjectNames: 2, kept: AREA },
  { prefix: 'rebuilt', kind: 'progress', spread: true, subjectNames: 2, kept: 'until the rebuild ends' },
  { prefix: 'reopened', kind: 'progress', spread: false, subjectNames: 1, kept: 'emptied when the meter is settled' },
  { prefix: 'upgraded', kind: 'progress', spread: false, subjectNames: 1, kept: 'until the upgrade is told' },
  { prefix: 'present', kind: 'progress', spread: true, subjectNames: 2, kept: SHARD },
  { prefix: 'clock-look', kind: 'progress', spread: true, subjectNames: 2, kept: SHARD },
  { prefix: 'alert-judged', kind: 'progress', spread: true, subjectNames: 2, kept: 'until a threshold changes' },
  { prefix: 'alert-recent', kind: 'progress', spread: true, subjectNames: 2, kept: 'while the alert may come back' },
  { prefix: 'alert-event', kind: 'progress', spread: false, subjectNames: 1, kept: 'until it is told' },
  { prefix: 'notification-pending', kind: 'progress', spread: false, subjectNames: 1, kept: 'until it is sent' },
  { prefix: 'notification-held', kind: 'progress', spread: false, subjectNames: 1, kept: 'until it is due' },
  { prefix: 'notification-storms', kind: 'progress', spread: true, subjectNames: 1, kept: 'one document, replaced' },
  {
    prefix: 'report-asked',
    kind: 'progress',
    spread: true,
    subjectNames: 2,
    kept: 'until it is taken, or another is asked for',
  },
  { prefix: 'report-part', kind: 'progress', spread: true, subjectNames: 2, kept: 'until the reports above stand' },
  { prefix: 'contract-looked', kind: 'progress', spread: true, subjectNames: 1, kept: 'one document, replaced' },
  { prefix: 'report-reminded', kind: 'progress', spread: true, subjectNames: 1, kept: 'one document, replaced' },
  { prefix: 'control-told', kind: 'progress', spread: true, subjectNames: 1, kept: 'one document, replaced' },
  { prefix: 'control-watch', kind: 'progress', spread: true, subjectNames: 2, kept: 'as long as the rule' },

  { prefix: 'review', kind: 'history', spread: true, subjectNames: 2, kept: FOREVER },
  { prefix: 'override', kind: 'history', spread: false, subjectNames: 1, kept: FOREVER },
  { prefix: 'repair', kind: 'history', spread: false, subjectNames: 1, kept: FOREVER },
  { prefix: 'clock-jump', kind: 'history', spread: false, subjectNames: 1, kept: FOREVER },
  { prefix: 'closed', kind: 'history', spread: true, subjectNames: 2, kept: FOREVER },
  { prefix: 'report', kind: 'history', spread: true, subjectNames: 2, kept: FOREVER },
  { prefix: 'form-entry', kind: 'history', spread: true, subjectNames: 2, kept: FOREVER },
  { prefix: 'justification', kind: 'history', spread: true, subjectNames: 2, kept: FOREVER },
  { prefix: 'contract', kind: 'history', spread: false, subjectNames: 1, kept: FOREVER },
  { prefix: 'settlement', kind: 'history', spread: true, subjectNames: 2, kept: FOREVER },
  { prefix: 'spot-check', kind: 'history', spread: true, subjectNames: 2, kept: FOREVER },
  { prefix: 'audit', kind: 'history', spread: false, subjectNames: 1, kept: FOREVER },
  { prefix: 'control-orders', kind: 'history', spread: true, subjectNames: 2, kept: 'the latest 50 of each rule' },
  { prefix: 'revision', kind: 'history', spread: true, subjectNames: 2, kept: FOREVER },
  { prefix: 'alert-open', kind: 'history', spread: true, subjectNames: 2, kept: 'until the alert is cleared' },
  { prefix: 'alert-closed', kind: 'history', spread: true, subjectNames: 2, kept: ALERT },
  { prefix: 'alert-place', kind: 'history', spread: true, subjectNames: 2, kept: ALERT },
  { prefix: 'alert-done', kind: 'history', spread: false, subjectNames: 1, kept: ALERT },
  { prefix: 'notification', kind: 'history', spread: true, subjectNames: 2, kept: NOTIFICATION },
  { prefix: 'notification-done', kind: 'history', spread: false, subjectNames: 1, kept: NOTIFICATION },
  REJECTIONS,
  DENIALS,
  { prefix: 'rejectionCount', kind: 'history', spread: true, subjectNames: 2, kept: FOREVER },

  { prefix: 'registry', kind: 'registry', spread: true, subjectNames: 3, kept: IMPORT },
  { prefix: 'registry/place', kind: 'registry', spread: true, subjectNames: 4, kept: IMPORT },
  { prefix: 'bill', kind: 'registry', spread: true, subjectNames: 2, kept: IMPORT },
  { prefix: 'weather-station', kind: 'registry', spread: false, subjectNames: 1, kept: IMPORT },
  { prefix: 'weather-hours', kind: 'registry', spread: true, subjectNames: 2, kept: IMPORT },

  { prefix: 'control-rule', kind: 'setting', spread: false, subjectNames: 1, kept: 'until a person removes it' },
  { prefix: 'setting', kind: 'setting', spread: false, subjectNames: 1, kept: UNSET },
  { ...SECRETS, prefix: 'setting/notify' },
  { ...SECRETS, prefix: 'setting/recipient' },

  { prefix: 'link-secret', kind: 'host', spread: false, subjectNames: 1, kept: 'for ever; without it no link is good' },
  { prefix: 'credential', kind: 'host', spread: true, subjectNames: 2, kept: 'until it is revoked' },
  { prefix: 'account', kind: 'host', spread: false, subjectNames: 1, kept: 'until it is removed' },
  { prefix: 'sign-in', kind: 'host', spread: false, subjectNames: 1, kept: 'as long as the account' },
  { prefix: 'invitation', kind: 'host', spread: false, subjectNames: 1, kept: 'until it is used or another is made' },
  { prefix: 'session', kind: 'host', spread: false, subjectNames: 1, kept: 'until it ends' },
  { prefix: 'api-token', kind: 'host', spread: false, subjectNames: 1, kept: 'until it is ended, or the account' },
  { prefix: 'gateway-seen', kind: 'host', spread: true, subjectNames: 2, kept: 'one document a gateway, replaced' },
  { prefix: 'gateway-commands', kind: 'host', spread: true, subjectNames: 2, kept: 'the latest 20 of each gateway' },
  { prefix: 'enrolment', kind: 'host', spread: true, subjectNames: 2, kept: 'one document a gateway, replaced' },
  { prefix: 'gateway-listening', kind: 'host', spread: true, subjectNames: 1, kept: 'until the next start' },
  { prefix: 'host', kind: 'host', spread: true, subjectNames: 2, kept: 'as long as the data folder' },
]

const rows = new Map(DOCUMENTS.map((row) => [row.prefix, row]))

/** The row of a document's path, or of all documents below it. Undefined when no row names the collection. */
export const documentOf = ([collection = '', part]: readonly string[]): DocumentRow | undefined =>
  rows.get(`${collection}/${part}`) ?? rows.get(collection)

/** The name under which rights to a document are given: of its partition, or of its collection. */
export function collectionOf(key: string): string {
  const names = key.split('/')
  return documentOf(names)?.partition ?? names[0] ?? ''
}
