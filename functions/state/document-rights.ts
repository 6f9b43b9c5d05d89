// Says which documents each function of AWS may write, and which hold secrets that few may read. One machine is one
// process and has no such walls. DynamoDB holds each function to it (infra/store.ts), and the tests' hosts do as well.

import type { triggers } from '../triggers.ts'
import { collectionOf, DOCUMENTS, type DocumentKind } from './documents.ts'

export type Writer = keyof typeof triggers | 'devices' | 'provisioning' | 'canary' | 'lake' | 'rebuild'

/** Ledger of arrived readings (cloud/series/touched-chain.ts), beside the documents. */
const LEDGER = ['touched', 'touched-start']
const ALERTS = ['alert-open', 'alert-closed', 'alert-place', 'alert-done']
const NOTIFICATIONS = ['notification', 'notification-done']
const REJECTIONS = ['rejection', 'rejectionCount']

const WRITTEN: Readonly<Record<Writer, { kinds?: readonly DocumentKind[]; collections?: readonly string[] }>> = {
  ingest: { collections: [...LEDGER, ...REJECTIONS, 'gateway-seen', 'gateway-listening', 'gateway-commands'] },
  settle: { kinds: ['derived', 'progress'], collections: [...LEDGER, ...REJECTIONS] },
  assess: { kinds: ['derived', 'progress'], collections: ['clock-jump', 'closed', 'revision', ...ALERTS] },
  rollup: { kinds: ['derived', 'progress'], collections: ['closed', 'revision'] },
  notify: { kinds: ['progress'], collections: [...NOTIFICATIONS, 'link-secret'] },
  prune: { kinds: ['progress'], collections: [...ALERTS, ...NOTIFICATIONS, ...REJECTIONS, 'denial'] },
  // A draft, as a person would build it.
  reports: { collections: ['report', 'report-asked', 'report-part', 'audit'] },
  contract: { collections: ['contract', 'contract-looked', 'settlement', 'audit'] },
  // What rules of control order; what is sent is an entry of the audit log.
  control: { collections: ['control-orders', 'gateway-commands', 'audit'] },
  // What people state, decide and ask for, and the marks of what is to be judged again.
  api: { kinds: ['registry', 'setting', 'history', 'progress', 'host'], collections: LEDGER },
  // Certificates are IoT Core's. Each command is an entry of the audit log.
  devices: { collections: ['gateway-commands', 'enrolment', 'audit'] },
  provisioning: { collections: ['enrolment'] },
  // It only reads how far its meter is settled.
  canary: {},
  // It takes marks of settling away, and marks months to be judged.
  rebuild: { collections: ['settledTo', 'dirty', 'trail'] },
  // It reads which meters a county has.
  lake: {},
}

/** The collections that a function may write. */
export function writtenBy(writer: Writer): string[] {
  const { kinds = [], collections = [] } = WRITTEN[writer]
  const ofKinds = DOCUMENTS.filter(({ kind }) => kinds.includes(kind)).map(({ prefix }) => collectionOf(prefix))
  return [...new Set([...ofKinds, ...collections])].sort()
}

/** Collections with secrets, and who reads them. A notification holds the channel that it goes to. */
const SECRET: Readonly<Record<string, readonly Writer[]>> = {
  secret: ['api', 'notify'],
  notification: ['api', 'notify'],
  // Signs the links that acknowledge.
  'link-secret': ['api', 'notify'],
  enrolment: ['devices', 'provisioning'],
  // Of hosts where people sign in; empty in AWS.
  account: ['api'],
  session: ['api'],
  invitation: ['api'],
  'api-token': ['api'],
}

/** The collections that a function may not read; it may read all others. */
export const hiddenFrom = (reader: Writer): string[] =>
  Object.entries(SECRET).flatMap(([collection, readers]) => (readers.includes(reader) ? [] : [collection]))
