// Holds what is stored of contracts against the audit log (docs/rules/contracts.md#revisions): each act that a contract
// or a settlement shows was logged, each that was logged is still shown, and a settlement has the content that was
// logged. verifyAudit shows before that the log itself holds.

import type { AuditEntry } from '../../domain/audit.ts'
import { canonicalJson } from '../../domain/canonical.ts'
import type { ContractRecord, SettlementRecord, SettlementRevision, Signatures } from '../../domain/contract/life.ts'
import { CONTRACT_PARTIES } from '../../domain/contract/words.ts'
import type { StateStore } from '../platform.ts'
import { auditKeys, sha256 } from '../state/audit.ts'
import { contractKeys } from './store.ts'

export interface AlteredAct {
  /** As the log names it: `settlement.sign EPC-1/2026-04/1`. */
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
const VOIDS = ['contract.put', 'contract.baseline']

/** The first act by the number of its entry that does not agree; null: all do. */
export async function alteredContract(state: Pick<StateStore, 'get' | 'query'>): Promise<AlteredAct | null> {
  const log = await loggedActs(state)
  const contracts = (await state.query(contractKeys.contract())).map(({ value }) => value)
  const shown = contracts.flatMap(contractActs)
  const found: AlteredAct[] = []
  for (const contract of contracts)
    for (const { value } of await state.query(contractKeys.settlement(contract.terms.id)))
      shown.push(...settlementActs(value))
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

/** Acts that still count: those on terms or a baseline that others replaced are void. */
async function loggedActs(state: Pick<StateStore, 'get' | 'query'>): Promise<AuditEntry[]> {
  const entries = (await state.query(auditKeys.entry()))
    .map(({ value }) => (JSON.parse(value) as { entry: AuditEntry }).entry)
    .filter(({ what }) => ACTS.test(what))
  const counts = new Map<string, AuditEntry[]>()
  for (const entry of entries) {
    const contract = entry.about.split('/')[0] ?? ''
    const own = counts.get(contract) ?? []
    // New terms begin anew; a new baseline leaves the terms, and voids what was signed.
    const kept = VOIDS.includes(entry.what)
      ? own.filter(({ what }) => entry.what === 'contract.baseline' && what !== entry.what && what !== 'contract.sign')
      : own
    counts.set(contract, [...kept, entry])
  }
  return [...counts.values()].flat()
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

function contractActs({ terms, baseline, signatures, adjustments }: ContractRecord): ShownAct[] {
  const about = terms.id
  return [
    { what: 'contract.put', about, detail: { terms } },
    ...(baseline ? [{ what: 'contract.baseline', about, detail: { digest: sha256(canonicalJson(baseline)) } }] : []),
    ...signed('contract.sign', about, signatures),
    ...adjustments.flatMap(({ number, reason, change, proposed, answered }): ShownAct[] => {
      const { party, who, atMs } = proposed
      const own = `${about}/${number}`
      const proposal = { what: 'contract.propose', about: own, who, atMs, detail: { party, reason, change } }
      if (!answered) return [proposal]
      const what = answered.answer === 'accepted' ? 'contract.accept' : 'contract.reject'
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
