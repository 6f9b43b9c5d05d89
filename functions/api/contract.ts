// Routes of contracts: terms, baseline, signatures, adjustments, settlements with their disputes and payments.

import * as z from 'zod'
import { type Grant, grantsFor } from '../../domain/access/permission.ts'
import { dayOf, formatInstant } from '../../domain/calendar.ts'
import { type AdjustmentAnswer, adjustmentBodySchema } from '../../domain/contract/adjustment.ts'
import { type ContractRecord, lastRevision, OUTCOMES, stateOf } from '../../domain/contract/life.ts'
import { measuringViewSchema } from '../../domain/contract/measuring.ts'
import { contractPeriods } from '../../domain/contract/periods.ts'
import { termsSchema } from '../../domain/contract/terms.ts'
import {
  baselineView,
  type ContractView,
  contractRow,
  contractsPageSchema,
  contractViewSchema,
  lateView,
  positionOf,
  settledNowSchema,
  settledRow,
  settlementsViewSchema,
  settlementViewSchema,
} from '../../domain/contract/view.ts'
import { CONTRACT_PARTIES, type ContractParty, PARTY_WORDS } from '../../domain/contract/words.ts'
import { must } from '../../domain/must.ts'
import { type Phrase, phraseOf } from '../../domain/phrase.ts'
import { localDate } from '../../domain/registry/records.ts'
import { month } from '../../domain/schema.ts'
import { amountUnit } from '../../domain/unit.ts'
import { signer } from '../access/principal.ts'
import {
  answerAdjustment,
  type Done,
  notePayment,
  proposeAdjustment,
  putBaseline,
  putTerms,
  type SettlementStep,
  signContract,
  takeSettlementStep,
} from '../contracting/acts.ts'
import { termsProblems } from '../contracting/checks.ts'
import { type ContractFileName, contractFileName, measuringPlanFile, settlementFile } from '../contracting/files.ts'
import { contractMeasuring, plannedSeries, settledSeries } from '../contracting/measuring.ts'
import { contractKeys, inTurn, settlementsOf } from '../contracting/store.ts'
import { type SettledNow, settleContract } from '../contracting/work.ts'
import type { Doc, Platform } from '../platform.ts'
import { localDateOf } from '../reporting/due.ts'
import { contentTypeOf } from '../reporting/store.ts'
import { paged, pageQuery } from './query.ts'
import { ApiProblem, FILE_ANSWER, notFound, type RouteContext, route } from './route.ts'

/** Only the machine's own credential says a name for somebody. */
const who = z.string().min(1).optional()
const partyBody = z.object({ party: z.enum(CONTRACT_PARTIES), who })
const revisionBody = partyBody.extend({ revision: z.number().int().min(1) })
const ANSWER_SUMMARIES: Record<AdjustmentAnswer, string> = {
  accepted: 'The other party accepts an adjustment; settled periods that it changes get another revision',
  rejected: 'The other party rejects an adjustment',
  withdrawn: 'The party that proposed an adjustment withdraws it, while the other has not answered',
}

/** More money than any contract moves. */
const FEN_MAX = 1e12

export const contractRoutes = {
  ...route('GET /api/v1/contracts', {
    access: { action: 'figures', at: { list: ['institution'] } },
    summary: 'Energy performance contracts and water contracts, by id; `institution`: only its own',
    query: pageQuery.extend({ institution: z.string().optional() }),
    response: contractsPageSchema,
    async handle({ platform, scope }, { query: { institution, ...page } }) {
      const docs = await platform.state.query(contractKeys.contract())
      const rows = []
      for (const { value } of docs) {
        const row = contractRow(value)
        if (institution !== undefined && row.institution !== institution) continue
        if (await scope.coversSubject('contract', row.id)) rows.push(row)
      }
      return paged(rows, ({ id }) => id, page)
    },
  }),
  ...route('GET /api/v1/contracts/{id}', {
    access: { action: 'figures', at: { contract: 'id' } },
    summary: 'A contract: terms, baseline, signatures, adjustments, settled periods and the position so far',
    response: contractViewSchema,
    handle: async (context) => contractView(context, await contractOf(context)),
  }),
  ...route('PUT /api/v1/contracts/{id}', {
    access: { action: 'contracts', at: 'nowhere' },
    summary: 'Stores the terms of a contract that is not signed by both parties; its baseline has to be built again',
    body: z.object({ who, terms: termsSchema }),
    response: contractViewSchema,
    async handle(context, { body: { who, terms } }) {
      const { platform, registry, path, scope } = context
      if (terms.id !== path.id)
        throw new ApiProblem(
          400,
          'Bad request',
          phraseOf(`terms.id：路径中为“${path.id}”`, `terms.id: the path says "${path.id}"`),
          { field: 'terms.id' },
        )
      const problems = await termsProblems(registry, terms)
      if (problems.length > 0) {
        const { field, reason } = must(problems[0])
        const told = problems.map((one) => ({ field: one.field, reason: one.reason.en, said: one.reason }))
        throw new ApiProblem(422, 'Refused', atField(`terms.${field}`, reason), {
          ...{ field: `terms.${field}`, problems: told },
        })
      }
      return acted(context, async () => {
        const stored = await platform.state.get(contractKeys.contract(path.id))
        for (const { institution } of [terms, ...(stored ? [stored.value.terms] : [])])
          if (!(await scope.coversSubject('institution', institution)))
            throw new ApiProblem(
              403,
              'Forbidden',
              phraseOf(`您无权代表机构“${institution}”`, `you do not act for "${institution}"`),
              { field: 'terms.institution' },
            )
        return putTerms(platform.state, stored, terms, actOf(context, { who }))
      })
    },
  }),
  ...route('POST /api/v1/contracts/{id}/baseline', {
    access: { action: 'contracts', at: { contract: 'id' } },
    summary: 'Builds the baseline from the data of now; both parties sign it with the terms',
    body: z.object({ who }),
    response: contractViewSchema,
    async handle(context, { body: { who } }) {
      const { platform, registry } = context
      return acted(context, async () =>
        putBaseline({ platform, registry }, await contractOf(context), actOf(context, { who })),
      )
    },
  }),
  ...route('POST /api/v1/contracts/{id}/sign', {
    access: { action: 'agreeContracts', at: { contract: 'id' } },
    summary: 'A party signs terms and baseline in the version that it saw',
    body: partyBody.extend({ version: z.number().int() }),
    response: contractViewSchema,
    async handle(context, { body: { version, ...act } }) {
      const { state } = context.platform
      return acted(context, async () => {
        const doc = await contractOf(context)
        if (doc.version !== version)
          throw new ApiProblem(
            409,
            'Conflict',
            phraseOf(`现行为第 ${doc.version} 版本，请刷新后重签`, `version ${doc.version} stands now`),
            { version: doc.version },
          )
        return signContract(state, doc, partyAct(context, act))
      })
    },
  }),
  ...route('POST /api/v1/contracts/{id}/adjustments', {
    access: { action: 'agreeContracts', at: { contract: 'id' } },
    summary: 'A party proposes a non-routine adjustment; it counts once the other accepts it',
    body: adjustmentBodySchema,
    response: contractViewSchema,
    async handle(context, { body }) {
      const { state } = context.platform
      return acted(context, async () => proposeAdjustment(state, await contractOf(context), partyAct(context, body)))
    },
  }),
  ...route('POST /api/v1/contracts/{id}/adjustments/{number}/accept', answered('accepted')),
  ...route('POST /api/v1/contracts/{id}/adjustments/{number}/reject', answered('rejected')),
  ...route('POST /api/v1/contracts/{id}/adjustments/{number}/withdraw', answered('withdrawn')),
  ...route('POST /api/v1/contracts/{id}/settle', {
    access: { action: 'contracts', at: { contract: 'id' } },
    summary: 'Settles every period that has ended; one that changed gets another revision',
    body: z.object({ who }),
    response: settledNowSchema,
    async handle(context, { body: { who } }) {
      const { platform, registry } = context
      const asked = { who: signer(context.principal, who), untilDay: dayOf(platform.now()) }
      const settled: SettledNow['settled'] = []
      return inTurn(async () =>
        settleContract({ platform, registry }, await contractOf(context), { ...asked, settled }),
      )
    },
  }),
  ...route('GET /api/v1/contracts/{id}/measuring', {
    access: { action: 'figures', at: { contract: 'id' } },
    summary: 'Days of baseline and settled periods beside the model, and mean days by the hour: what the charts show',
    response: measuringViewSchema,
    async handle(context) {
      const { platform, registry } = context
      const { value } = await contractOf(context)
      const records = (await settlementsOf(platform.state, value.terms.id)).map((doc) => doc.value)
      return contractMeasuring({ platform, registry }, value, records)
    },
  }),
  ...route('GET /api/v1/contracts/{id}/settlements', {
    access: { action: 'figures', at: { contract: 'id' } },
    summary: 'The settled periods of a contract, the earliest first',
    response: settlementsViewSchema,
    async handle(context) {
      const { terms, settlements } = await contractView(context, await contractOf(context))
      return { contract: terms.id, items: settlements }
    },
  }),
  ...route('GET /api/v1/contracts/{id}/settlements/{period}', {
    access: { action: 'figures', at: { contract: 'id' } },
    summary: 'A settled period: all its revisions with signatures and disputes, payments, and what is late',
    response: settlementViewSchema,
    async handle(context) {
      return settlementView(context, await contractOf(context), await settlementOf(context))
    },
  }),
  ...route('GET /api/v1/contracts/{id}/settlements/{period}/files/{name}', {
    access: { action: 'figures', at: { contract: 'id' } },
    summary:
      'The settlement sheet: settlement-zh.xlsx, settlement-en.xlsx, settlement-zh.html or settlement-en.html; `revision`: the last',
    query: z.object({ revision: z.coerce.number().int().min(1).optional() }),
    response: FILE_ANSWER,
    file: true,
    async handle(context, { query }) {
      const asked = fileAsked(context.path.name, 'settlement')
      const { value: contract } = await contractOf(context)
      const { value } = await settlementOf(context)
      const number = query.revision ?? lastRevision(value).number
      const revision = value.revisions.find((one) => one.number === number)
      if (!revision)
        throw new ApiProblem(404, 'Not found', phraseOf(`没有第 ${number} 版`, `there is no revision ${number}`), {
          field: 'revision',
        })
      const settlements = (await settlementsOf(context.platform.state, contract.terms.id)).map((doc) => doc.value)
      const series = await settledSeries(context, contract, revision.settlement)
      return fileAnswer(context.path.name, settlementFile(contract, { revision, settlements, series }, asked))
    },
  }),
  ...route('GET /api/v1/contracts/{id}/plan/{name}', {
    access: { action: 'figures', at: { contract: 'id' } },
    summary: 'The plan of measurement and verification: plan-zh.xlsx, plan-en.xlsx, plan-zh.html or plan-en.html',
    response: FILE_ANSWER,
    file: true,
    async handle(context) {
      const asked = fileAsked(context.path.name, 'plan')
      const { value: contract } = await contractOf(context)
      const series = await plannedSeries(context, contract)
      return fileAnswer(context.path.name, measuringPlanFile(contract, series, asked))
    },
  }),
  ...route('POST /api/v1/contracts/{id}/settlements/{period}/sign', {
    summary: 'A party signs the revision that it saw',
    ...stepOf(revisionBody, () => ({ step: 'sign' })),
  }),
  ...route('POST /api/v1/contracts/{id}/settlements/{period}/dispute', {
    summary: 'A party disputes a revision within the window of the contract; nobody can sign it then',
    ...stepOf(revisionBody.extend({ reason: z.string().min(1) }), ({ reason }, { terms: { disputeDays } }) => ({
      ...{ step: 'dispute', reason, disputeDays },
    })),
  }),
  ...route('POST /api/v1/contracts/{id}/settlements/{period}/resolve', {
    summary: 'Ends a dispute: the party that disputes withdraws it, or the other upholds it',
    ...stepOf(
      revisionBody.extend({ outcome: z.enum(OUTCOMES), note: z.string().default('') }),
      ({ outcome, note }) => ({ step: 'resolve', outcome, note }),
    ),
  }),
  ...route('POST /api/v1/contracts/{id}/settlements/{period}/pay', {
    access: { action: 'contracts', at: { contract: 'id' } },
    summary: 'Notes a payment of a period, in fen',
    body: z.object({ who, paidOn: localDate, fen: z.number().int().min(-FEN_MAX).max(FEN_MAX) }),
    response: settlementViewSchema,
    async handle(context, { body }) {
      const today = formatInstant(context.platform.now()).slice(0, 10)
      if (body.paidOn > today)
        throw new ApiProblem(
          422,
          'Refused',
          phraseOf(`paidOn 晚于今日（${today}）`, `paidOn lies ahead: today is ${today}`),
          { field: 'paidOn' },
        )
      const paid = await inTurn(async () =>
        notePayment(context.platform.state, await settlementOf(context), actOf(context, body)),
      )
      return settlementView(context, await contractOf(context), done(paid))
    },
  }),
}

function fileAsked(name: string, what: ContractFileName['what']): ContractFileName {
  const asked = contractFileName(name)
  if (asked?.what === what) return asked
  throw new ApiProblem(
    404,
    'Not found',
    phraseOf(
      `没有文件“${name}”；可用 ${what}-zh 与 ${what}-en，格式 .xlsx 或 .html`,
      `no file "${name}"; there are ${what}-zh and ${what}-en, as .xlsx and .html`,
    ),
  )
}
const fileAnswer = (name: string, bytes: Uint8Array) => ({ name, contentType: contentTypeOf(name), bytes })

type ContractContext = RouteContext<'id'>
type SettlementContext = RouteContext<'id' | 'period'>

/** Does an act on the contract that stands, anew when someone else was first. */
const acted = async (
  context: Pick<RouteContext, 'platform'>,
  act: () => Promise<Done<ContractRecord>>,
): Promise<ContractView> => contractView(context, done(await inTurn(act)))

function answered(answer: AdjustmentAnswer) {
  return {
    summary: ANSWER_SUMMARIES[answer],
    access: { action: 'agreeContracts' as const, at: { contract: 'id' as const } },
    body: partyBody,
    response: contractViewSchema,
    async handle(context: RouteContext<'id' | 'number'>, { body }: { body: z.output<typeof partyBody> }) {
      const { state } = context.platform
      const act = { ...partyAct(context, body), number: Number(context.path.number), answer }
      return acted(context, async () => answerAdjustment(state, await contractOf(context), act))
    },
  }
}

function stepOf<B extends typeof revisionBody>(
  body: B,
  stepFrom: (body: z.output<B>, contract: ContractRecord) => SettlementStep,
) {
  return {
    access: { action: 'agreeContracts' as const, at: { contract: 'id' as const } },
    body,
    response: settlementViewSchema,
    async handle(context: SettlementContext, given: { body: z.output<B> }) {
      const { state } = context.platform
      const contract = await contractOf(context)
      const { party, who, revision } = given.body
      const act = { ...partyAct(context, { party, who }), revision, ...stepFrom(given.body, contract.value) }
      const taken = await inTurn(async () => takeSettlementStep(state, await settlementOf(context), act))
      return settlementView(context, contract, done(taken))
    },
  }
}

/** An act with its sender and time. */
const actOf = <T extends { who?: string | undefined }>({ principal, platform }: ActContext, body: T) => ({
  ...{ ...body, who: signer(principal, body.who), atMs: platform.now() },
})
type ActContext = Pick<RouteContext, 'principal' | 'platform'>

/** The same for a side of the contract. Throws Problem 403 when the sender acts for the other. */
function partyAct<T extends { who?: string | undefined; party: ContractParty }>(
  context: ActContext & { path: { id: string } },
  body: T,
) {
  const { principal, path } = context
  const isContractor = ({ contract }: Grant): boolean => contract === path.id
  const sides =
    principal.role === 'user'
      ? grantsFor(principal.grants, 'agreeContracts').map((grant) => (isContractor(grant) ? 'contractor' : 'owner'))
      : CONTRACT_PARTIES
  if (!sides.includes(body.party))
    throw new ApiProblem(
      403,
      'Forbidden',
      phraseOf(`您无权代表${PARTY_WORDS[body.party].zh}`, `you do not act for the ${body.party}`),
      { field: 'party' },
    )
  return actOf(context, body)
}

/** Throws Problem 422, or 409 where someone was first. */
function done<T>(result: Done<T>): Doc<T> {
  if ('doc' in result) return result.doc
  const { field, reason, status = 422 } = result.refused
  throw new ApiProblem(status, status === 409 ? 'Conflict' : 'Refused', atField(field, reason), { field })
}

const atField = (field: string, reason: Phrase): Phrase => phraseOf(`${field}：${reason.zh}`, `${field}: ${reason.en}`)

async function contractOf({
  platform,
  path,
}: Pick<ContractContext, 'platform' | 'path'>): Promise<Doc<ContractRecord>> {
  const found = await platform.state.get(contractKeys.contract(path.id))
  if (!found) throw notFound('contract', path.id)
  return found
}

async function settlementOf({ platform, path }: Pick<SettlementContext, 'platform' | 'path'>) {
  const period = month.safeParse(path.period)
  if (!period.success)
    throw new ApiProblem(400, 'Bad request', phraseOf('period：格式为 YYYY-MM', 'period: must be YYYY-MM'), {
      field: 'period',
    })
  const found = await platform.state.get(contractKeys.settlement(path.id, period.data))
  if (!found) {
    const said = phraseOf(
      `合同“${path.id}”的结算期 ${period.data} 尚未结算`,
      `the period ${period.data} of "${path.id}" is not settled`,
    )
    throw new ApiProblem(404, 'Not found', said)
  }
  return found
}

const asOfNow = ({ now }: Pick<Platform, 'now'>) => ({ asOf: localDateOf(now()), dateOfMs: localDateOf })

async function contractView(
  { platform }: Pick<RouteContext, 'platform'>,
  { value, version }: Doc<ContractRecord>,
): Promise<ContractView> {
  const { terms, baseline, signatures, adjustments, blocked } = value
  const records = (await settlementsOf(platform.state, terms.id)).map((doc) => doc.value)
  const rows = records.map((record) => settledRow(record, lateView(value, record, asOfNow(platform))))
  return {
    ...{ terms, version, unit: amountUnit(terms.medium), state: contractRow(value).state },
    ...{ baseline: baseline && baselineView(baseline), signatures, adjustments, blocked },
    ...{ settlements: rows, position: positionOf(rows, records, contractPeriods(terms.reporting).length) },
  }
}

function settlementView(
  { platform }: Pick<RouteContext, 'platform'>,
  { value: contract }: Doc<ContractRecord>,
  { value }: Awaited<ReturnType<typeof settlementOf>>,
) {
  const late = lateView(contract, value, asOfNow(platform))
  return { ...value, unit: amountUnit(contract.terms.medium), state: stateOf(lastRevision(value)), late }
}
