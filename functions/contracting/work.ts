// Builds the baseline of a contract, and settles its periods: a period whose result differs from its last revision gets
// one more (docs/rules/contracts.md#revisions). Done again, it changes nothing.

import { dayOf } from '../../domain/calendar.ts'
import { canonicalJson } from '../../domain/canonical.ts'
import { acceptedOf } from '../../domain/contract/adjustment.ts'
import { baselineRange, buildBaseline, type ContractBaseline } from '../../domain/contract/baseline.ts'
import { type ContractRecord, isSignedByBoth, lastRevision, revised } from '../../domain/contract/life.ts'
import { type ContractPeriod, contractPeriods } from '../../domain/contract/periods.ts'
import { settlePeriods } from '../../domain/contract/settlement.ts'
import type { PeriodSettlement } from '../../domain/contract/settlement-view.ts'
import type { ContractTerms } from '../../domain/contract/terms.ts'
import type { Institution } from '../../domain/registry/records.ts'
import type { Doc } from '../platform.ts'
import { sha256 } from '../state/audit.ts'
import { replacementsOf } from './checks.ts'
import { intensityBefore } from './intensity.ts'
import { type ContractSources, contractSeries, stationOfContract } from './series.ts'
import { contractKeys, putAct } from './store.ts'

/** The baseline as the data of now make it; nothing is stored. */
export async function baselineNow(on: ContractSources, terms: ContractTerms): Promise<ContractBaseline> {
  const institution = await institutionOfContract(on, terms)
  const station = await stationOfContract(on, terms, institution)
  const range = baselineRange(terms)
  // A year before the baseline shows a fault that is older (docs/rules/savings.md#verdicts).
  const longer = { ...range, firstDay: range.firstDay - (range.endDay - range.firstDay) }
  const series = await contractSeries(on, { terms, institution, station: station?.id ?? null }, longer)
  const built = buildBaseline(terms, series)
  const made = { builtMs: on.platform.now(), station, intensity: await intensityBefore(on.platform.state, terms) }
  if (terms.baseline.method.kind === 'weather' && !station) {
    const detail = 'no weather station has enough data, or neither the area nor one above it has coordinates'
    const detailZh = '没有气象站数据足够，或本地区及其上级地区均无经纬度'
    return { ...built, ...made, model: null, disqualified: [{ code: 'noStation', detail, detailZh }] }
  }
  return { ...built, ...made }
}

export async function institutionOfContract(
  { registry }: Pick<ContractSources, 'registry'>,
  { institution }: Pick<ContractTerms, 'institution'>,
): Promise<Institution> {
  const found = await registry.institution(institution)
  if (!found) throw new Error(`the institution "${institution}" of a contract is no longer registered`)
  return found.institution
}

/** Scheduled settling waits so many days after a period, so that late readings are in. */
const SETTLE_AFTER_DAYS = 3

export interface SettledNow {
  settled: { period: string; revision: number }[]
  blocked: ContractRecord['blocked']
}

/**
 * Settles the periods of a contract that have ended by `untilDay`. `who`: as the audit log names it. `settled`: those
 * of an earlier attempt. Throws VersionConflict when the contract changes meanwhile; what was settled before stays.
 */
export async function settleContract(
  on: ContractSources,
  doc: Doc<ContractRecord>,
  { who, untilDay, settled = [] }: { who: string; untilDay: number; settled?: SettledNow['settled'] },
): Promise<SettledNow> {
  const { terms, adjustments, baseline, signatures } = doc.value
  if (!isSignedByBoth(signatures) || !baseline) return { settled, blocked: null }
  const [replaced] = await replacementsOf(on.registry, terms, adjustments)
  const periods = contractPeriods(terms.reporting)
  const halted = replaced && periods.find(({ endDay }) => endDay > replaced.day)
  const until = Math.min(untilDay, halted ? halted.firstDay : Number.POSITIVE_INFINITY)
  const blocked =
    halted && replaced
      ? { field: replaced.field, reason: replaced.reason.en, reasonZh: replaced.reason.zh, fromPeriod: halted.id }
      : null
  let current = await noteBlocked(on, doc, { blocked, who })
  const computed = await settlementsNow(on, doc.value, until, periods)
  for (const settlement of computed) {
    const put = await putRevision(on, current, { settlement, who })
    if (!put) continue
    current = put.contract
    settled.push({ period: settlement.period, revision: put.number })
  }
  return { settled, blocked }
}

async function settlementsNow(
  on: ContractSources,
  { terms, adjustments, baseline }: ContractRecord,
  untilDay: number,
  periods: readonly ContractPeriod[],
): Promise<PeriodSettlement[]> {
  const ended = periods.filter(({ endDay }) => endDay <= untilDay)
  const [first, last] = [ended[0], ended.at(-1)]
  if (!first || !last || !baseline) return []
  const institution = await institutionOfContract(on, terms)
  const range = { firstDay: first.firstDay, endDay: last.endDay }
  const series = await contractSeries(on, { terms, institution, station: baseline.station?.id ?? null }, range)
  return settlePeriods({ terms, baseline, adjustments, series }, last.endDay)
}

async function noteBlocked(
  { platform }: ContractSources,
  doc: Doc<ContractRecord>,
  { blocked, who }: { blocked: ContractRecord['blocked']; who: string },
): Promise<Doc<ContractRecord>> {
  const { key, value, version } = doc
  if (JSON.stringify(value.blocked) === JSON.stringify(blocked)) return doc
  const act = { what: 'contract.block', about: value.terms.id, who, atMs: platform.now(), detail: { blocked } }
  return putAct(platform.state, { key, value: { ...value, blocked }, version }, act)
}

/**
 * The number of the revision that was added, and the contract after it; undefined when the last one says the same. The
 * contract is written with it on condition: what was computed before an act of a party, or beside another run, is
 * never the last revision. Throws VersionConflict then.
 */
async function putRevision(
  { platform }: ContractSources,
  contract: Doc<ContractRecord>,
  { settlement, who }: { settlement: PeriodSettlement; who: string },
): Promise<{ number: number; contract: Doc<ContractRecord> } | undefined> {
  const { terms, adjustments } = contract.value
  const key = contractKeys.settlement(terms.id, settlement.period)
  const stored = await platform.state.get(key)
  const digest = sha256(canonicalJson(settlement))
  if (stored && lastRevision(stored.value).digest === digest) return undefined
  const atMs = platform.now()
  const counted = acceptedOf(adjustments).map((one) => one.number)
  const made = { contract: terms.id, settlement, digest, adjustments: counted, atMs }
  const value = revised(stored?.value, made)
  const { number, cause } = lastRevision(value)
  const { money, savings, halfWidth, verdict } = settlement
  await putAct(
    platform.state,
    { key, value, version: stored?.version ?? 0 },
    {
      ...{ what: 'contract.settle', about: `${terms.id}/${settlement.period}/${number}`, who, atMs },
      detail: { cause, digest, savings, halfWidth, verdict, adjustments: counted, payableFen: money.payableFen },
    },
    contract,
  )
  return { number, contract: { ...contract, version: contract.version + 1 } }
}

/** The last day whose periods a schedule settles now. */
export const scheduledUntil = (nowMs: number): number => dayOf(nowMs) - SETTLE_AFTER_DAYS
