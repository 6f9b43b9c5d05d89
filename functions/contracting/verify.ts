// Holds what is stored of contracts against the audit log (docs/rules/contracts.md#revisions): each document is one
// that the API writes, each act that it shows was logged, each that was logged is still shown, and a settlement has the
// content that was logged. verifyAudit shows before that the log itself holds.

import type * as z from 'zod'
import type { AuditEntry } from '../../domain/audit.ts'
import { canonicalJson } from '../../domain/canonical.ts'
import {
  type ContractRecord,
  contractRecordSchema,
  type SettlementRecord,
  type SettlementRevision,
  type Signatures,
  settlementRecordSchema,
} from '../../domain/contract/life.ts'
import { CONTRACT_PARTIES, type ContractParty } from '../../domain/contract/words.ts'
import { type Doc, docKey, type Key, type StateStore } from '../platform.ts'
import { auditKeys, readable, sha256, UNREADABLE } from '../state/audit.ts'
import { ANSWER_ACTS } from './acts.ts'
import { contractKeys } from './store.ts'

export interface AlteredAct {
  /** As the log names it: `settlement.sign EPC-1/2026-04/1`; of a document without acts: `document contract/EPC-1`. */
  act: string
  /** Number of the entry; null: the log has none. */
  entry: number | null
  detail: string
}

/** What a document shows of an act; `detail`: the part of the logged detail that it has. */
interface ShownAct {
  what: string
  about: string
  who?: string
  atMs?: number
  detail: Record<string, unknown>
}

const ACTS = /^(contract|settlement)\./

/** The first act by the number of its entry that does not agree; null: all do. */
export async function alteredContract(state: Pick<StateStore, 'get' | 'query'>): Promise<AlteredAct | null> {
  const entries = (await state.query(auditKeys.entry()))
    .map(({ value }) => (JSON.parse(value) as { entry: AuditEntry }).entry)
    .filter(({ what }) => ACTS.test(what))
  const log = countingActs(entries)
  const found: AlteredAct[] = []
  const shown: ShownAct[] = []
  for (const { key, value } of await documentsOf(state, entries)) {
    const acts = actsOf(key, value)
    if (typeof acts === 'string') found.push({ act: `document ${key}`, entry: null, detail: acts })
    else shown.push(...acts)
  }
  const seen = new Set<number>()
  for (const act of shown) {
    const entry = log.find((one) => !seen.has(one.number) && isSame(act, one))
    if (entry) seen.add(entry.number)
    else found.push(differing(act, log))
  }
  for (const { number, what, about } of log)
    if (!seen.has(number) && !found.some(({ entry }) => entry === number))
      found.push({ act: `${what} ${about}`, entry: number, detail: 'it was logged, and is not stored any more' })
  return found.toSorted((a, b) => (a.entry ?? 0) - (b.entry ?? 0))[0] ?? null
}

const CONTRACTS = contractKeys.contract()
const SETTLEMENTS = docKey<SettlementRecord>('settlement/')

/** All documents of contracts, those without their contract too; UNREADABLE: the store cannot read the value. */
async function documentsOf(
  state: Pick<StateStore, 'get' | 'query'>,
  entries: readonly AuditEntry[],
): Promise<{ key: string; value: unknown }[]> {
  const logged = new Set(
    entries.map(({ what, about }) => {
      const [contract = '', period = ''] = about.split('/')
      const isOfPeriod = what === 'contract.settle' || what.startsWith('settlement.')
      return isOfPeriod ? `${SETTLEMENTS}${contract}/${period}` : `${CONTRACTS}${contract}`
    }),
  )
  const read = async <T>(prefix: Key<T>): Promise<{ key: string; value: unknown }[]> => {
    const docs = await readable<Doc[]>(() => state.query(prefix))
    if (docs !== UNREADABLE) return docs
    // One of them is no JSON: those that the log knows are read one by one.
    const found = []
    for (const key of [...logged].filter((one) => one.startsWith(prefix)).sort()) {
      const doc = await readable<Doc | undefined>(() => state.get(docKey(key)))
      if (doc) found.push({ key, value: doc === UNREADABLE ? UNREADABLE : doc.value })
    }
    return found.some(({ value }) => value === UNREADABLE) ? found : [...found, { key: prefix, value: UNREADABLE }]
  }
  return [...(await read(CONTRACTS)), ...(await read(SETTLEMENTS))]
}

/** The acts that a document shows, or why it is none that the API wrote. */
function actsOf(key: string, value: unknown): ShownAct[] | string {
  if (value === UNREADABLE) return 'it cannot be read'
  const isContract = key.startsWith(CONTRACTS)
  const contract = isContract && writtenAs(contractRecordSchema, value)
  const settlement = !isContract && writtenAs(settlementRecordSchema, value)
  if (contract)
    return key === contractKeys.contract(contract.terms.id)
      ? contractActs(contract)
      : `it is the contract "${contract.terms.id}"`
  if (!settlement) return 'it is not as it was written'
  if (key !== contractKeys.settlement(settlement.contract, settlement.period))
    return `it is the period ${settlement.period} of "${settlement.contract}"`
  return orderProblem(settlement) ?? settlementActs(settlement)
}

/** The value, when a record of the schema has just its fields. */
function writtenAs<T extends z.ZodType>(schema: T, value: unknown): z.output<T> | undefined {
  const { data, success } = schema.safeParse(value)
  return success && canonicalJson(data) === canonicalJson(value) ? data : undefined
}

/** Acts name a revision by its number, and the last one counts: their order is content, and so is the digest beside. */
function orderProblem({ revisions }: SettlementRecord): string | undefined {
  if (revisions.length === 0) return 'it has no revision'
  for (const [index, { number, digest, settlement }] of revisions.entries()) {
    if (number !== index + 1) return `revision ${number} stands in place ${index + 1}`
    if (digest !== sha256(canonicalJson(settlement))) return `revision ${number} has another digest than its content`
  }
  return undefined
}

/**
 * Acts that still count: those on terms or a baseline that others replaced are void, as are signatures before a dispute
 * that was upheld, and of what halts a contract only the last word counts.
 */
function countingActs(entries: readonly AuditEntry[]): AuditEntry[] {
  const counts = new Map<string, AuditEntry[]>()
  for (const entry of entries) {
    const contract = entry.about.split('/')[0] ?? ''
    const own = counts.get(contract) ?? []
    // What both parties signed cannot be replaced: such terms came after the contract was taken out of the store.
    const isSigned = CONTRACT_PARTIES.every((party) => own.some((one) => isSignatureOf(one, party)))
    const kept = isSigned && REPLACING.includes(entry.what) ? own : own.filter((one) => !isVoidAfter(one, entry))
    counts.set(contract, [...kept, entry])
  }
  return [...counts.values()].flat().filter((one) => one.what !== 'contract.block' || loggedOf(one, 'blocked') !== null)
}

const REPLACING = ['contract.put', 'contract.baseline']
const isSignatureOf = (entry: AuditEntry, party: ContractParty): boolean =>
  entry.what === 'contract.sign' && loggedOf(entry, 'party') === party

function isVoidAfter({ what, about }: AuditEntry, next: AuditEntry): boolean {
  // New terms begin anew; a new baseline leaves the terms, and voids what was signed.
  if (next.what === 'contract.put') return true
  if (next.what === 'contract.baseline') return what === next.what || what === 'contract.sign'
  if (next.what === 'contract.block') return what === next.what
  const isUpheld = next.what === 'settlement.resolve' && loggedOf(next, 'outcome') === 'upheld'
  return isUpheld && what === 'settlement.sign' && about === next.about
}

const isSame = ({ what, about, who, atMs, detail }: ShownAct, entry: AuditEntry): boolean =>
  what === entry.what &&
  about === entry.about &&
  (who === undefined || who === entry.who) &&
  (atMs === undefined || atMs === entry.atMs) &&
  Object.entries(detail).every(([name, value]) => canonicalJson(value) === canonicalJson(loggedOf(entry, name)))
const loggedOf = ({ detail }: AuditEntry, name: string): unknown => (detail as Record<string, unknown>)[name] ?? null

function differing({ what, about }: ShownAct, log: readonly AuditEntry[]): AlteredAct {
  const entry = log.find((one) => one.what === what && one.about === about)?.number ?? null
  const detail = entry === null ? 'it is stored, and was not logged' : 'what is stored is not what was logged'
  return { act: `${what} ${about}`, entry, detail }
}

function contractActs({ terms, baseline, signatures, adjustments, blocked, ...record }: ContractRecord): ShownAct[] {
  const about = terms.id
  const { adjustmentsBefore = null } = record
  return [
    { what: 'contract.put', about, detail: { terms, adjustmentsBefore } },
    ...(blocked ? [{ what: 'contract.block', about, detail: { blocked } }] : []),
    ...(baseline ? [{ what: 'contract.baseline', about, detail: { digest: sha256(canonicalJson(baseline)) } }] : []),
    ...signed('contract.sign', about, signatures),
    ...adjustments.flatMap(({ number, reason, change, proposed, answered }): ShownAct[] => {
      const { party, who, atMs } = proposed
      const own = `${about}/${number}`
      const proposal = { what: 'contract.propose', about: own, who, atMs, detail: { party, reason, change } }
      if (!answered) return [proposal]
      const what = ANSWER_ACTS[answered.answer]
      const { who: by, atMs: at } = answered
      return [proposal, { what, about: own, who: by, atMs: at, detail: { party: answered.party } }]
    }),
  ]
}

const signed = (what: string, about: string, signatures: Signatures, detail = {}): ShownAct[] =>
  CONTRACT_PARTIES.flatMap((party) => {
    const own = signatures[party]
    return own ? [{ what, about, ...own, detail: { party, ...detail } }] : []
  })

const settlementActs = ({ contract, period, revisions, payments }: SettlementRecord): ShownAct[] => [
  ...revisions.flatMap((revision) => revisionActs(`${contract}/${period}/${revision.number}`, revision)),
  ...payments.map(({ who, atMs, paidOn, fen }) => ({
    ...{ what: 'settlement.pay', about: `${contract}/${period}`, who, atMs, detail: { paidOn, fen } },
  })),
]

function revisionActs(about: string, revision: SettlementRevision): ShownAct[] {
  const { atMs, cause, adjustments, signatures, disputes } = revision
  const digest = sha256(canonicalJson(revision.settlement))
  return [
    { what: 'contract.settle', about, atMs, detail: { digest, cause, adjustments } },
    ...signed('settlement.sign', about, signatures, { digest }),
    ...disputes.flatMap(({ party, who, reason, atMs: at, resolved }): ShownAct[] => [
      { what: 'settlement.dispute', about, who, atMs: at, detail: { party, reason } },
      ...(resolved
        ? [
            {
              ...{ what: 'settlement.resolve', about, who: resolved.who, atMs: resolved.atMs },
              detail: { party: resolved.party, outcome: resolved.outcome, note: resolved.note },
            },
          ]
        : []),
    ]),
  ]
}
