// `kilowatch contract`: lists the contracts of a running kilowatch, settles what has ended, shows a contract or one of
// its settlements, and writes the settlement sheet or the plan of measurement and verification to a file
// (docs/rules/contracts.md#command-line).

import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type * as z from 'zod'
import type {
  ContractView,
  contractsPageSchema,
  SettledRow,
  SettlementView,
  settledNowSchema,
} from '../../domain/contract/view.ts'
import { MONEY_LINE_WORDS, SETTLEMENT_VERDICT_WORDS } from '../../domain/contract/words.ts'
import { chosenHost, clientOf, type HostClient } from './client.ts'

interface ContractOptions {
  data: string
  api?: string
  token?: string
  json?: boolean
}
type ContractsPage = z.output<typeof contractsPageSchema>

export async function listContracts(options: ContractOptions & { institution?: string }): Promise<void> {
  const client = hostOf(options)
  const items: ContractsPage['items'] = []
  for (let next: string | null = ''; next !== null; ) {
    const query = new URLSearchParams({ limit: '500' })
    if (next !== '') query.set('cursor', next)
    if (options.institution !== undefined) query.set('institution', options.institution)
    const page: ContractsPage = await client.get<ContractsPage>(`contracts?${query}`)
    items.push(...page.items)
    next = page.next
  }
  const lines = items.map((one) => [one.id, one.institution, one.kind, `${one.from} – ${one.to}`, one.state, one.name])
  say(options, { items }, lines.map((line) => line.join('\t')).join('\n') || 'there is no contract')
}

/** Settles every period that has ended; says which got a revision. Exits with 1 when something blocks the contract. */
export async function settleNow(id: string, { who, ...options }: ContractOptions & { who?: string }): Promise<void> {
  const body = who === undefined ? {} : { who }
  const answer = await hostOf(options).post<z.output<typeof settledNowSchema>>(`${pathOf(id)}/settle`, body)
  const { settled, blocked } = answer
  const lines = settled.map(({ period, revision }) => `${period}: revision ${revision}`)
  if (settled.length === 0) lines.push('nothing changed')
  if (blocked) lines.push(`no settlement from ${blocked.fromPeriod} on: ${blocked.field}: ${blocked.reason}`)
  say(options, answer, lines.join('\n'))
  if (blocked) process.exitCode = 1
}

interface ShownOptions extends ContractOptions {
  period?: string
  revision?: string
}

/** A contract with its periods, or with `period` one settlement. */
export async function showContract(id: string, { period, revision, ...options }: ShownOptions): Promise<void> {
  const client = hostOf(options)
  if (period === undefined) {
    const view = await client.get<ContractView>(pathOf(id))
    return say(options, view, describedContract(view))
  }
  const view = await client.get<SettlementView>(`${pathOf(id)}/settlements/${encodeURIComponent(period)}`)
  const chosen =
    revision === undefined ? view.revisions.at(-1) : view.revisions.find(({ number }) => String(number) === revision)
  if (!chosen) throw new Error(`the period ${period} of "${id}" has no revision ${revision}`)
  say(options, revision === undefined ? view : { ...view, revisions: [chosen] }, describedSettlement(view, chosen))
}

interface ExportOptions extends ShownOptions {
  out: string
  language: 'zh' | 'en'
}

/** The settlement sheet of a period, or the plan without one; the format by the ending of the file's name. */
export async function exportContract(id: string, { period, revision, out, language, ...options }: ExportOptions) {
  const [, format] = /\.(xlsx|html)$/.exec(out) ?? []
  if (format === undefined) throw new Error(`--out ${out}: the name of the file ends with .xlsx or .html`)
  if (existsSync(out)) throw new Error(`"${out}" is there already; say another file with --out`)
  const query = revision === undefined ? '' : `?revision=${encodeURIComponent(revision)}`
  const path =
    period === undefined
      ? `${pathOf(id)}/plan/plan-${language}.${format}`
      : `${pathOf(id)}/settlements/${encodeURIComponent(period)}/files/settlement-${language}.${format}${query}`
  const bytes = await hostOf(options).file(path)
  await writeFile(out, bytes, { flag: 'wx' })
  say(options, { out, bytes: bytes.length }, `${bytes.length} bytes in "${out}"`)
}

function hostOf(options: ContractOptions): HostClient {
  const host = chosenHost(options)
  if (!host) throw new Error('no kilowatch runs on that data folder; start one, or name it with --api')
  return clientOf(host)
}
const pathOf = (id: string): string => `contracts/${encodeURIComponent(id)}`
const say = ({ json }: ContractOptions, value: object, text: string): void =>
  void process.stdout.write(`${json ? JSON.stringify(value) : text}\n`)

const yuan = (fen: number): string => (fen / 100).toFixed(2)
const withBand = (amount: number, halfWidth: number | null): string =>
  `${amount.toFixed(1)}${halfWidth === null ? '' : ` ± ${halfWidth.toFixed(1)}`}`

function describedContract({ terms, unit, state, baseline, settlements, position, blocked }: ContractView): string {
  const { savings, halfWidth, payableFen, paidFen, penaltyFen, signed, settled, periods } = position
  return [
    `${terms.id}  ${terms.name}  ${terms.kind}  ${state}`,
    `${terms.parties.owner.name} – ${terms.parties.contractor.name}`,
    `baseline: ${baseline ? (baseline.model?.kind ?? baseline.method) : 'not built'}`,
    ...(blocked ? [`blocked from ${blocked.fromPeriod} on: ${blocked.reason}`] : []),
    ...settlements.map((row) => periodLine(row, unit)),
    `${settled} of ${periods} periods settled, ${signed} signed: ${withBand(savings, halfWidth)} ${unit}, ` +
      `payable ${yuan(payableFen)} yuan, paid ${yuan(paidFen)}, penalty ${yuan(penaltyFen)}`,
  ].join('\n')
}

const periodLine = (row: SettledRow, unit: string): string =>
  [
    ...[row.period, `r${row.revision}`, row.state, row.verdict],
    ...[`${withBand(row.savings, row.halfWidth)} ${unit}`, `${yuan(row.payableFen)} yuan`],
  ].join('\t')

function describedSettlement({ contract, unit, late }: SettlementView, shown: SettlementView['revisions'][number]) {
  const { settlement, signatures, disputes, number, cause, digest } = shown
  const { money } = settlement
  return [
    `${contract}  ${settlement.period}  revision ${number} (${cause})`,
    `baseline ${settlement.baseline.toFixed(1)}, adjusted ${settlement.adjustedBaseline.toFixed(1)}, actual ${settlement.actual.toFixed(1)} ${unit}`,
    `savings ${withBand(settlement.savings, settlement.halfWidth)} ${unit}: ${SETTLEMENT_VERDICT_WORDS[settlement.verdict].en}`,
    ...settlement.masked.map(({ date, reason }) => `masked ${date}: ${reason}`),
    `value ${yuan(money.totalFen)} yuan`,
    ...money.lines.map(({ code, fen }) => `  ${MONEY_LINE_WORDS[code].en} ${yuan(fen)}`),
    `payable ${yuan(money.payableFen)} yuan; owner ${yuan(money.ownerFen)}, contractor ${yuan(money.contractorFen)}`,
    ...disputes.map(
      ({ party, reason, resolved }) => `disputed by the ${party}: ${reason}${resolved ? `; ${resolved.outcome}` : ''}`,
    ),
    ...(['owner', 'contractor'] as const).map((party) => `${party}: ${signatures[party]?.who ?? 'not signed'}`),
    ...(late ? [`due ${late.dueOn}, open ${yuan(late.openFen)} yuan, penalty ${yuan(late.penaltyFen)}`] : []),
    `SHA-256 ${digest}`,
  ].join('\n')
}
