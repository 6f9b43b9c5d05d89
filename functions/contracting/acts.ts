// What the parties do to a contract and its settlements: each act is checked, written and entered in the audit log in
// one put (docs/rules/contracts.md#life).

import { canonicalJson } from '../../domain/canonical.ts'
import type { Adjustment, AdjustmentAnswer, AdjustmentChange } from '../../domain/contract/adjustment.ts'
import { baselineLacks } from '../../domain/contract/baseline.ts'
import {
  type ActRefusal,
  type ContractRecord,
  disputed,
  hasSigned,
  isSignedByBoth,
  lastAdjustment,
  lastRevision,
  type OUTCOMES,
  resolved,
  type SettlementAct,
  type SettlementRecord,
  signed,
  UNSIGNED,
  withLast,
} from '../../domain/contract/life.ts'
import type { ContractTerms } from '../../domain/contract/terms.ts'
import { otherParty, PARTY_WORDS } from '../../domain/contract/words.ts'
import { phraseOf } from '../../domain/phrase.ts'
import type { Doc, StateStore } from '../platform.ts'
import { sha256 } from '../state/audit.ts'
import type { ContractSources } from './series.ts'
import { contractKeys, putAct } from './store.ts'
import { baselineNow } from './work.ts'

export type Done<T> = { doc: Doc<T> } | { refused: ActRefusal & { status?: 409 } }

interface Who {
  who: string
  atMs: number
}

/** Stores terms that nobody has signed both sides of; a baseline and signatures of other terms are void. */
export async function putTerms(
  state: StateStore,
  stored: Doc<ContractRecord> | undefined,
  terms: ContractTerms,
  { who, atMs }: Who,
): Promise<Done<ContractRecord>> {
  if (stored && isSignedByBoth(stored.value.signatures))
    return {
      refused: {
        field: 'id',
        reason: phraseOf(
          '双方已签认合同：只能经非常规调整变更',
          'both parties have signed the contract: it changes by adjustments',
        ),
        status: 409,
      },
    }
  const adjustmentsBefore = stored ? lastAdjustment(stored.value) : 0
  const value: ContractRecord = {
    ...{ terms, baseline: null, signatures: UNSIGNED, adjustments: [], blocked: null },
    ...(adjustmentsBefore > 0 && { adjustmentsBefore }),
  }
  const doc = { key: contractKeys.contract(terms.id), value, version: stored?.version ?? 0 }
  const detail = { terms, ...(adjustmentsBefore > 0 && { adjustmentsBefore }) }
  return { doc: await putAct(state, doc, { what: 'contract.put', about: terms.id, who, atMs, detail }) }
}

/** Fits the baseline anew from the data of now; signatures of another one are void. */
export async function putBaseline(
  on: ContractSources,
  { key, value, version }: Doc<ContractRecord>,
  { who, atMs }: Who,
): Promise<Done<ContractRecord>> {
  if (isSignedByBoth(value.signatures))
    return {
      refused: {
        field: 'baseline',
        reason: phraseOf('双方已签认基准', 'both parties have signed the baseline'),
        status: 409,
      },
    }
  const baseline = await baselineNow(on, value.terms)
  const doc = { key, value: { ...value, baseline, signatures: UNSIGNED }, version }
  const { model, disqualified, cvRmse, nmbe, amountPerYear } = baseline
  const digest = sha256(canonicalJson(baseline))
  const detail = { method: baseline.method, model, disqualified, cvRmse, nmbe, amountPerYear, digest }
  const about = value.terms.id
  return { doc: await putAct(on.platform.state, doc, { what: 'contract.baseline', about, who, atMs, detail }) }
}

export async function signContract(
  state: StateStore,
  { key, value, version }: Doc<ContractRecord>,
  { party, who, atMs }: SettlementAct,
): Promise<Done<ContractRecord>> {
  const { baseline, signatures, terms } = value
  if (!baseline) {
    const reason = phraseOf('合同尚无基准：请先建立基准', 'the contract has no baseline yet: build it first')
    return { refused: { field: 'baseline', reason } }
  }
  if (baseline.disqualified.length > 0) return { refused: { field: 'baseline', reason: baselineLacks(baseline) } }
  if (signatures[party]) return { refused: { ...hasSigned(party), status: 409 } }
  const doc = { key, value: { ...value, signatures: { ...signatures, [party]: { who, atMs } } }, version }
  const detail = { party, version }
  return { doc: await putAct(state, doc, { what: 'contract.sign', about: terms.id, who, atMs, detail }) }
}

export async function proposeAdjustment(
  state: StateStore,
  { key, value, version }: Doc<ContractRecord>,
  { party, who, atMs, reason, change }: SettlementAct & { reason: string; change: AdjustmentChange },
): Promise<Done<ContractRecord>> {
  const number = lastAdjustment(value) + 1
  const adjustment: Adjustment = { number, reason, change, proposed: { party, who, atMs }, answered: null }
  const doc = { key, value: { ...value, adjustments: [...value.adjustments, adjustment] }, version }
  const about = `${value.terms.id}/${number}`
  const detail = { party, reason, change }
  return { doc: await putAct(state, doc, { what: 'contract.propose', about, who, atMs, detail }) }
}

const ANSWER_ZH = { accepted: '接受', rejected: '拒绝', withdrawn: '撤回' } as const satisfies Record<
  AdjustmentAnswer,
  string
>

/** How the audit log names the end of a proposal. */
export const ANSWER_ACTS = {
  accepted: 'contract.accept',
  rejected: 'contract.reject',
  withdrawn: 'contract.withdraw',
} as const satisfies Record<AdjustmentAnswer, string>

/** The other side accepts or rejects, the side that proposed withdraws: each while nobody has. */
export async function answerAdjustment(
  state: StateStore,
  { key, value, version }: Doc<ContractRecord>,
  { party, who, atMs, number, answer }: SettlementAct & { number: number; answer: AdjustmentAnswer },
): Promise<Done<ContractRecord>> {
  const found = value.adjustments.find((one) => one.number === number)
  if (!found) {
    const reason = phraseOf(`没有第 ${number} 号调整`, `there is no adjustment ${number}`)
    return { refused: { field: 'number', reason } }
  }
  if (found.answered) {
    const { answer: given, who: by } = found.answered
    const reason = phraseOf(`已由 ${by} ${ANSWER_ZH[given]}`, `it was ${given} by ${by}`)
    return { refused: { field: 'number', reason, status: 409 } }
  }
  const by = answer === 'withdrawn' ? found.proposed.party : otherParty(found.proposed.party)
  if (party !== by) {
    const { zh } = PARTY_WORDS[by]
    const reason =
      answer === 'withdrawn'
        ? phraseOf(`只有${zh}可以撤回`, `only the ${by} can withdraw it`)
        : phraseOf(`只有${zh}可以答复`, `only the ${by} can answer it`)
    return { refused: { field: 'party', reason } }
  }
  const answered = { party, who, atMs, answer }
  const adjustments = value.adjustments.map((one) => (one === found ? { ...one, answered } : one))
  const doc = { key, value: { ...value, adjustments }, version }
  const about = `${value.terms.id}/${number}`
  return { doc: await putAct(state, doc, { what: ANSWER_ACTS[answer], about, who, atMs, detail: { party } }) }
}

/** What a party does to the last revision of a settlement. */
export type SettlementStep =
  | { step: 'sign' }
  | { step: 'dispute'; reason: string; disputeDays: number }
  | { step: 'resolve'; outcome: (typeof OUTCOMES)[number]; note: string }

/** `revision`: the one that the party saw. */
export async function takeSettlementStep(
  state: StateStore,
  { key, value, version }: Doc<SettlementRecord>,
  { party, who, atMs, revision, ...taken }: SettlementAct & { revision: number } & SettlementStep,
): Promise<Done<SettlementRecord>> {
  const last = lastRevision(value)
  if (last.number !== revision) {
    const reason = phraseOf(`现行为第 ${last.number} 版`, `revision ${last.number} stands now`)
    return { refused: { field: 'revision', reason, status: 409 } }
  }
  const act = { party, who, atMs }
  const result =
    taken.step === 'sign'
      ? signed(last, act)
      : taken.step === 'dispute'
        ? disputed(last, { ...act, ...taken })
        : resolved(last, { ...act, ...taken })
  if ('refused' in result) return { refused: { ...result.refused, status: 409 } }
  const doc = { key, value: withLast(value, result.revision), version }
  const about = `${value.contract}/${value.period}/${revision}`
  const detail = { party, digest: last.digest, ...taken }
  return { doc: await putAct(state, doc, { what: `settlement.${taken.step}`, about, who, atMs, detail }) }
}

/** Notes a payment, or the return of one below 0. */
export async function notePayment(
  state: StateStore,
  { key, value, version }: Doc<SettlementRecord>,
  payment: { paidOn: string; fen: number; who: string; atMs: number },
): Promise<Done<SettlementRecord>> {
  const doc = { key, value: { ...value, payments: [...value.payments, payment] }, version }
  const { who, atMs, ...detail } = payment
  const about = `${value.contract}/${value.period}`
  return { doc: await putAct(state, doc, { what: 'settlement.pay', about, who, atMs, detail }) }
}
