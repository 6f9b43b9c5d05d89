// The life of a contract and of its settlements: who signs, disputes, resolves and pays, and what refuses a step
// (docs/rules/contracts.md#life). Pure: a step makes a new record and leaves the old one as it was.

import * as z from 'zod'
import { DAY_MS } from '../calendar.ts'
import { type Phrase, phraseOf } from '../phrase.ts'
import { asMonth } from '../schema.ts'
import { adjustmentSchema } from './adjustment.ts'
import { contractBaselineSchema } from './baseline.ts'
import { type PeriodSettlement, periodSettlementSchema } from './settlement-view.ts'
import { termsSchema } from './terms.ts'
import { CONTRACT_PARTIES, type ContractParty, otherParty, PARTY_WORDS } from './words.ts'

const partySchema = z.enum(CONTRACT_PARTIES)
const signatureSchema = z.object({ who: z.string(), atMs: z.number() })
const signaturesSchema = z.object({ owner: signatureSchema.nullable(), contractor: signatureSchema.nullable() })
export type Signatures = z.infer<typeof signaturesSchema>
export const UNSIGNED: Signatures = { owner: null, contractor: null }

export const contractRecordSchema = z.object({
  terms: termsSchema,
  baseline: contractBaselineSchema.nullable(),
  signatures: signaturesSchema,
  adjustments: z.array(adjustmentSchema),
  /** The last number of an adjustment under terms that others replaced; absent: there was none. */
  adjustmentsBefore: z.number().int().optional(),
  /** Why no further period can be settled; null: nothing is in the way. */
  blocked: z
    .object({
      ...{ field: z.string(), reason: z.string(), fromPeriod: z.string() },
      /** The reason in Chinese; absent: of a version that had it in English alone. */
      reasonZh: z.string().optional(),
    })
    .nullable(),
})
export type ContractRecord = z.infer<typeof contractRecordSchema>

export const OUTCOMES = ['withdrawn', 'upheld'] as const
const disputeSchema = z.object({
  ...{ party: partySchema, who: z.string(), reason: z.string(), atMs: z.number() },
  resolved: z
    .object({ party: partySchema, who: z.string(), outcome: z.enum(OUTCOMES), note: z.string(), atMs: z.number() })
    .nullable(),
})

/** Why a revision was made. */
const REVISION_CAUSES = ['first', 'lateData', 'adjustment'] as const

export const settlementRevisionSchema = z.object({
  number: z.number().int(),
  atMs: z.number(),
  cause: z.enum(REVISION_CAUSES),
  /** SHA-256 of the settlement. */
  digest: z.string(),
  /** Numbers of the adjustments that counted. */
  adjustments: z.array(z.number()),
  settlement: periodSettlementSchema,
  signatures: signaturesSchema,
  disputes: z.array(disputeSchema),
})
export type SettlementRevision = z.infer<typeof settlementRevisionSchema>

export const settlementRecordSchema = z.object({
  contract: z.string(),
  period: asMonth(z.string()),
  revisions: z.array(settlementRevisionSchema),
  payments: z.array(z.object({ paidOn: z.string(), fen: z.number().int(), who: z.string(), atMs: z.number() })),
})
export type SettlementRecord = z.infer<typeof settlementRecordSchema>

export const SETTLEMENT_STATES = ['issued', 'disputed', 'signed'] as const
export type SettlementState = (typeof SETTLEMENT_STATES)[number]

export const isSignedByBoth = ({ owner, contractor }: Signatures): boolean => owner !== null && contractor !== null
export const openDispute = ({ disputes }: SettlementRevision) => disputes.find(({ resolved }) => resolved === null)

export function stateOf(revision: SettlementRevision): SettlementState {
  if (isSignedByBoth(revision.signatures)) return 'signed'
  return openDispute(revision) ? 'disputed' : 'issued'
}

export function lastRevision({ revisions }: SettlementRecord): SettlementRevision {
  const last = revisions.at(-1)
  if (!last) throw new RangeError('a settlement has a revision')
  return last
}

/** The number of the latest adjustment of a contract, under whatever terms: none is given twice. 0: there was none. */
export const lastAdjustment = ({ adjustments, adjustmentsBefore = 0 }: ContractRecord): number =>
  Math.max(adjustmentsBefore, ...adjustments.map(({ number }) => number))

/** The latest revision that both parties signed: it is what is owed. */
export const owedRevision = ({ revisions }: SettlementRecord): SettlementRevision | undefined =>
  revisions.findLast(({ signatures }) => isSignedByBoth(signatures))

/** When the second party signed. */
export const signedMsOf = ({ signatures: { owner, contractor } }: Pick<SettlementRevision, 'signatures'>): number =>
  Math.max(owner?.atMs ?? 0, contractor?.atMs ?? 0)

/** The record with one more revision; those before it stay as they are. */
export function revised(
  record: SettlementRecord | undefined,
  made: {
    contract: string
    settlement: PeriodSettlement
    digest: string
    adjustments: number[]
    atMs: number
  },
): SettlementRecord {
  const { contract, settlement, digest, adjustments, atMs } = made
  const before = record?.revisions.at(-1)
  const isAdjusted = before !== undefined && String(before.adjustments) !== String(adjustments)
  const revision: SettlementRevision = {
    number: (before?.number ?? 0) + 1,
    cause: before === undefined ? 'first' : isAdjusted ? 'adjustment' : 'lateData',
    ...{ atMs, digest, adjustments, settlement, signatures: UNSIGNED, disputes: [] },
  }
  const { revisions = [], payments = [] } = record ?? {}
  return { contract, period: settlement.period, revisions: [...revisions, revision], payments }
}

export interface SettlementAct {
  party: ContractParty
  who: string
  atMs: number
}

export interface ActRefusal {
  field: string
  reason: Phrase
}

/** A revision changed by an act, or why it is not. */
type ActResult = { revision: SettlementRevision } | { refused: ActRefusal }

export function signed(revision: SettlementRevision, { party, who, atMs }: SettlementAct): ActResult {
  const dispute = openDispute(revision)
  if (dispute)
    return refusal(
      'party',
      `${PARTY_WORDS[dispute.party].zh}对其有异议：${dispute.reason}`,
      `the ${dispute.party} disputes it: ${dispute.reason}`,
    )
  if (revision.signatures[party]) return { refused: hasSigned(party) }
  const { unpricedDays } = revision.settlement
  if (unpricedDays > 0) return refusal('price', `${unpricedDays} 天没有价格`, `${unpricedDays} days have no price`)
  return { revision: { ...revision, signatures: { ...revision.signatures, [party]: { who, atMs } } } }
}

export function disputed(
  revision: SettlementRevision,
  { party, who, atMs, reason, disputeDays }: SettlementAct & { reason: string; disputeDays: number },
): ActResult {
  if (isSignedByBoth(revision.signatures)) return refusal('party', '双方均已签认', 'both parties have signed it')
  if (revision.signatures[party]) return { refused: hasSigned(party) }
  if (openDispute(revision)) return refusal('party', '已有异议待处理', 'it is disputed')
  if (atMs > revision.atMs + disputeDays * DAY_MS)
    return refusal('party', `${disputeDays} 天的异议期已过`, `the window of ${disputeDays} days for disputes is closed`)
  const dispute = { party, who, reason, atMs, resolved: null }
  return { revision: { ...revision, disputes: [...revision.disputes, dispute] } }
}

/**
 * `withdrawn` by the party that disputes, `upheld` by the other: then what either party signed before is void, since
 * both know that the figures are in doubt.
 */
export function resolved(
  revision: SettlementRevision,
  { party, who, atMs, outcome, note }: SettlementAct & { outcome: (typeof OUTCOMES)[number]; note: string },
): ActResult {
  const open = openDispute(revision)
  if (!open) return refusal('party', '没有异议', 'it is not disputed')
  const by = outcome === 'withdrawn' ? open.party : otherParty(open.party)
  if (party !== by)
    return refusal(
      'party',
      `只有${PARTY_WORDS[by].zh}可以${outcome === 'withdrawn' ? '撤回异议' : '认可异议'}`,
      `only the ${by} can have it ${outcome}`,
    )
  const end = { party, who, outcome, note, atMs }
  const disputes = revision.disputes.map((one) => (one === open ? { ...one, resolved: end } : one))
  return { revision: { ...revision, disputes, ...(outcome === 'upheld' && { signatures: UNSIGNED }) } }
}

const refusal = (field: string, zh: string, en: string): ActResult => ({ refused: { field, reason: phraseOf(zh, en) } })

/** Of a contract and of a revision alike. */
export const hasSigned = (party: ContractParty): ActRefusal => ({
  field: 'party',
  reason: phraseOf(`${PARTY_WORDS[party].zh}已签认`, `the ${party} has signed it`),
})

/** The record with its last revision changed. */
export const withLast = (record: SettlementRecord, revision: SettlementRevision): SettlementRecord => ({
  ...record,
  revisions: [...record.revisions.slice(0, -1), revision],
})
