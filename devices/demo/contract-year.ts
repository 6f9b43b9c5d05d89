// Takes the demo's contract through its year over the HTTP API, as the two parties would: signatures on terms and
// baseline, a settlement a month, one dispute with the non-routine adjustment that ends it, payments of which one is
// late, and a shortfall at the end. Each act looks first whether it was done, so a walk that was cut off goes on.

import { DAY_MS, dayLabel, dayStartMs, HOUR_MS } from '../../domain/calendar.ts'
import type { ContractView, SettlementView } from '../../domain/contract/view.ts'
import { CONTRACT_PARTIES, type ContractParty } from '../../domain/contract/words.ts'
import { must } from '../../domain/must.ts'
import { contractTerms, type DemoContract, demoStation, stationTemperatures } from './contract.ts'

/** One request to the API, at an instant of the demo's past. `path` below /api/v1/. Throws when it is refused. */
export type CallAt = <T>(atMs: number, method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown) => Promise<T>

const WHO: Record<ContractParty, string> = { owner: '王院长（演示）', contractor: '李经理（演示）' }
/** Days after the end of a period: settled, signed, paid; and paid late. */
const AFTER = { settled: 4, agreed: 5, signed: 6, paid: 16, paidLate: 40 } as const
const LATE_PERIOD = 2

export async function walkContractYear(
  contract: DemoContract,
  { temperatureC, startMs, call }: { temperatureC: (day: number) => number; startMs: number; call: CallAt },
): Promise<void> {
  const terms = contractTerms(contract)
  const path = `contracts/${terms.id}`
  /** Morning of a day, and never after the demo's start. */
  const at = (day: number): number => Math.min(dayStartMs(day) + 10 * HOUR_MS, startMs)
  const signedMs = at(contract.reportingFromDay)
  await call(signedMs, 'PUT', 'weather/stations', { stations: [demoStation] })
  const rows = stationTemperatures(contract, temperatureC)
  await call(signedMs, 'PUT', `weather/stations/${demoStation.id}/temperatures`, { unit: 'C', rows })
  await agreeTerms({ path, terms, call, atMs: signedMs })
  const view = (): Promise<ContractView> => call(startMs, 'GET', path)
  const { settlements, position } = await view()
  for (let index = 0; index < position.periods; index++) {
    if (settlements[index]?.state === 'signed') continue
    const settleMs = at(monthEndDay(contract, index) + AFTER.settled)
    await call(settleMs, 'POST', `${path}/settle`, { who: '演示' })
    const { period } = must((await view()).settlements[index])
    const own = { path, period, call, atMs: at(monthEndDay(contract, index) + AFTER.agreed) }
    if (wardBegins(contract, index)) await disputeWard(contract, own)
    await signPeriod({ ...own, atMs: at(monthEndDay(contract, index) + AFTER.signed) })
    const paidDay = monthEndDay(contract, index) + (index === LATE_PERIOD ? AFTER.paidLate : AFTER.paid)
    await payPeriod({ ...own, paidDay, atMs: at(paidDay) })
  }
}

interface OfPeriod {
  /** Of the contract. */
  path: string
  period: string
  call: CallAt
  atMs: number
}

/** The day after the last one of a month of the contract. */
function monthEndDay({ reportingFromDay }: DemoContract, index: number): number {
  const first = new Date(dayLabel(reportingFromDay))
  return Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + index + 1) / DAY_MS
}
const wardBegins = (contract: DemoContract, index: number): boolean =>
  monthEndDay(contract, index - 1) === contract.wardDay

async function agreeTerms({
  path,
  terms,
  call,
  atMs,
}: Pick<OfPeriod, 'path' | 'call' | 'atMs'> & { terms: ReturnType<typeof contractTerms> }): Promise<void> {
  const { items } = await call<{ items: { id: string; state: string }[] }>(
    atMs,
    'GET',
    `contracts?institution=${terms.institution}`,
  )
  if (items.some(({ id, state }) => id === terms.id && state === 'running')) return
  await call(atMs, 'PUT', path, { who: WHO.contractor, terms })
  await call(atMs, 'POST', `${path}/baseline`, { who: WHO.contractor })
  for (const party of CONTRACT_PARTIES) {
    const { version } = await call<ContractView>(atMs, 'GET', path)
    await call(atMs, 'POST', `${path}/sign`, { party, who: WHO[party], version })
  }
}

/** The contractor disputes the month in which the ward opened, and proposes to add its use; the owner agrees. */
async function disputeWard({ wardDay, wardKwhPerDay, ...days }: DemoContract, of: OfPeriod): Promise<void> {
  const { path, period, call, atMs } = of
  const settlement = `${path}/settlements/${period}`
  const lastOf = async () => must((await call<SettlementView>(atMs, 'GET', settlement)).revisions.at(-1))
  const reason = '新增病区用电未计入基准'
  const first = await lastOf()
  if (first.number > 1) return
  if (first.disputes.length === 0)
    await call(atMs, 'POST', `${settlement}/dispute`, {
      ...{ party: 'contractor', who: WHO.contractor, revision: first.number, reason },
    })
  const change = {
    ...{ kind: 'perDay', from: dayLabel(wardDay), to: dayLabel(days.reportingEndDay), amountPerDay: wardKwhPerDay },
  }
  const adjustments = async () => (await call<ContractView>(atMs, 'GET', path)).adjustments
  if ((await adjustments()).length === 0)
    await call(atMs, 'POST', `${path}/adjustments`, {
      ...{ party: 'contractor', who: WHO.contractor, reason: '新增病区，按分项计量', change },
    })
  if (must((await adjustments())[0]).answered === null)
    await call(atMs, 'POST', `${path}/adjustments/1/accept`, { party: 'owner', who: WHO.owner })
  if (must((await lastOf()).disputes[0]).resolved === null)
    await call(atMs, 'POST', `${settlement}/resolve`, {
      ...{ party: 'owner', who: WHO.owner, revision: first.number, outcome: 'upheld', note: '同意，见非常规调整 1' },
    })
  await call(atMs, 'POST', `${path}/settle`, { who: '演示' })
}

async function signPeriod({ path, period, call, atMs }: OfPeriod): Promise<void> {
  const settlement = `${path}/settlements/${period}`
  for (const party of CONTRACT_PARTIES) {
    const { number, signatures } = must((await call<SettlementView>(atMs, 'GET', settlement)).revisions.at(-1))
    if (signatures[party] === null)
      await call(atMs, 'POST', `${settlement}/sign`, { party, who: WHO[party], revision: number })
  }
}

/** Nothing is noted of a period whose day of payment has not come; the money of a shortfall goes the other way. */
async function payPeriod({ path, period, call, atMs, paidDay }: OfPeriod & { paidDay: number }): Promise<void> {
  if (atMs < dayStartMs(paidDay)) return
  const settlement = `${path}/settlements/${period}`
  const { payments, revisions } = await call<SettlementView>(atMs, 'GET', settlement)
  if (payments.length > 0) return
  const fen = Math.abs(must(revisions.at(-1)).settlement.money.payableFen)
  await call(atMs, 'POST', `${settlement}/pay`, { who: WHO.owner, paidOn: dayLabel(paidDay), fen })
}
