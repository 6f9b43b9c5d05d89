// The contract year of the demo province over the HTTP API: from the baseline to signed settlements, with a
// non-routine event, a dispute and a shortfall, on the readings that the demo's gateways send.

import { expect, test } from 'vitest'
import { contractHistory } from '../../devices/demo/contract-history.ts'
import { walkContractYear } from '../../devices/demo/contract-year.ts'
import { type DemoProvince, demoProvince } from '../../devices/demo/province.ts'
import { Simulator } from '../../devices/demo/simulator.ts'
import { addMonths, monthOf, monthRange } from '../../domain/calendar.ts'
import { measuringViewSchema } from '../../domain/contract/measuring.ts'
import { type ContractView, contractViewSchema, settlementViewSchema } from '../../domain/contract/view.ts'
import { contract } from '../../functions/contract.ts'
import { alteredContract } from '../../functions/contracting/verify.ts'
import { ingest } from '../../functions/ingest.ts'
import { settle } from '../../functions/settle.ts'
import { auditKeys, verifyAudit } from '../../functions/state/audit.ts'
import { apiCall } from './api-call.ts'
import { openTestPlatform, register, type TestPlatform } from './province.ts'

const PATH = 'contracts/DEMO-EPC-1'
const HISTORY_MONTHS = 13

/** The hospital of the contract alone, with all that its gateways sent until the demo started. */
async function hospital(demo: DemoProvince): Promise<TestPlatform> {
  const platform = await openTestPlatform()
  platform.clock.nowMs = demo.startMs
  const { areas, gateways, meters } = demo.registry
  const { id } = demo.contract.institution
  const own = <T extends { institution: string }>(all: readonly T[]) => all.filter((one) => one.institution === id)
  await register(platform, {
    ...{ areas, institutions: [demo.contract.institution], gateways: own(gateways), meters: own(meters) },
  })
  const simulator = new Simulator(demo)
  const fromMs = monthRange(addMonths(monthOf(demo.startMs), -HISTORY_MONTHS)).fromMs
  const window = { fromMs, toMs: demo.startMs, dailyFromMs: demo.originMs }
  const sent = [contractHistory(demo), ...own(gateways).map((one) => simulator.historyOf(one.id, window))]
  for (const messages of sent)
    for (const { gateway, payload } of messages) {
      const message = { id: payload.slice(0, 80), gateway, payload, receivedMs: demo.startMs }
      expect(await ingest(platform)({ messages: [message] })).toMatchObject({ rejected: 0, failed: [] })
    }
  expect(await settle(platform)({ shards: [] })).toEqual({ failed: [] })
  return platform
}

async function walk(platform: TestPlatform, { contract: given, climate, startMs }: DemoProvince): Promise<number> {
  let calls = 0
  await walkContractYear(given, {
    ...{ temperatureC: climate.temperatureC, startMs },
    call: async <T>(atMs: number, method: string, path: string, body?: unknown) => {
      platform.clock.nowMs = atMs
      const answer = await apiCall(platform, method, path, body)
      expect([path, answer.status, answer.body.detail]).toEqual([path, 200, undefined])
      if (method !== 'GET') calls += 1
      return answer.body as T
    },
  })
  platform.clock.nowMs = startMs
  return calls
}

test.each(['2026-11-30T10:20:00+08:00', '2027-03-02T00:10:00+08:00'])(
  'the contract of a demo that starts at %s goes from its baseline to signed settlements',
  { timeout: 60_000 },
  async (start) => {
    const demo = demoProvince({ seed: 'kilowatch', startMs: Date.parse(start) })
    const platform = await hospital(demo)
    await walk(platform, demo)
    const view: ContractView = contractViewSchema.parse((await apiCall(platform, 'GET', PATH)).body)
    expect(view).toMatchObject({ state: 'running', baseline: { station: { id: 'demo-130100' }, disqualified: [] } })
    expect(view.settlements.map(({ state, maskedDays }) => [state, maskedDays])).toEqual(
      Array.from({ length: 12 }, () => ['signed', 0]),
    )
    // The truth lies in the loads: without the ward's use, which the adjustment takes out again.
    const { savings, halfWidth } = view.position
    expect(Math.abs(savings / demo.contract.savedKwhPerYear - 1)).toBeLessThan(0.15)
    expect(halfWidth).toBeLessThan(savings)

    const [disputed] = view.settlements.filter(({ revision }) => revision > 1)
    const record = settlementViewSchema.parse(
      (await apiCall(platform, 'GET', `${PATH}/settlements/${disputed?.period}`)).body,
    )
    expect(record.revisions.map(({ cause }) => cause)).toEqual(['first', 'adjustment'])
    expect(record.revisions[0]?.disputes).toMatchObject([{ party: 'contractor', resolved: { outcome: 'upheld' } }])
    const [first, second] = record.revisions.map(({ settlement }) => settlement.savings)
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(0)
    expect(view.adjustments).toMatchObject([{ change: { kind: 'perDay' }, answered: { answer: 'accepted' } }])

    const last = (await apiCall(platform, 'GET', `${PATH}/settlements/${view.settlements.at(-1)?.period}`)).body
    const { guarantee, money } = settlementViewSchema.parse(last).revisions[0]?.settlement ?? {}
    expect(guarantee?.difference).toBeLessThan(0)
    expect(money?.lines.map(({ code }) => code)).toContain('shortfall')
    const sum = (part: 'totalFen' | 'payableFen') => view.settlements.reduce((total, row) => total + row[part], 0)
    expect([view.position.totalFen, view.position.payableFen]).toEqual([sum('totalFen'), sum('payableFen')])
    expect(view.position.penaltyFen).toBeGreaterThan(0)
    // In a last month the contractor pays back; all but what is not due yet is paid.
    const due = view.settlements.slice(0, -1).reduce((total, row) => total + row.payableFen, 0)
    expect([due, view.position.payableFen]).toContain(view.position.paidFen)

    const charts = measuringViewSchema.parse((await apiCall(platform, 'GET', `${PATH}/measuring`)).body)
    expect([charts.baseline.length, charts.reporting.length]).toEqual([365, 365])
    expect(charts.profiles.map(({ of, dayType }) => `${of} ${dayType}`)).toContain('reporting working')
    for (const { hours } of charts.profiles) expect(hours).toHaveLength(24)

    // Again, and by the schedule: nothing is done twice.
    const entries = (await platform.state.query(auditKeys.entry())).length
    expect(await walk(platform, demo)).toBe(2)
    expect(await contract(platform)({ shards: [] })).toEqual({ failed: [] })
    expect(await verifyAudit(platform.state)).toMatchObject({ broken: null, entries })
    expect(await alteredContract(platform.state)).toBeNull()
  },
)
