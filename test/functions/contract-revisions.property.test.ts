// Properties of settling while data come late, in any order and in any number of runs: a revision is added when and
// only when the result differs, none that stands is ever changed, and in the end stands what one run would give.

import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { dateStartMs, dayOf } from '../../domain/calendar.ts'
import { canonicalJson } from '../../domain/canonical.ts'
import type { ContractRecord, SettlementRecord } from '../../domain/contract/life.ts'
import { termsSchema } from '../../domain/contract/terms.ts'
import { contractKeys, settlementsOf } from '../../functions/contracting/store.ts'
import { baselineNow, settleContract } from '../../functions/contracting/work.ts'
import type { ConsumptionDay } from '../../functions/platform.ts'
import { registryReader } from '../../functions/registry/reader.ts'
import { verifyAudit } from '../../functions/state/audit.ts'
import { meter, oneInstitution, openTestPlatform, register, type TestPlatform } from './province.ts'

const FIRST = dayOf(dateStartMs('2025-01-01'))
const END = dayOf(dateStartMs('2025-07-01'))
const SIGNED = { who: 'x', atMs: 0 }

let platform: TestPlatform
let remove: () => Promise<void>
beforeAll(async () => {
  platform = await openTestPlatform(undefined, (end) => {
    remove = end
  })
  await register(platform, oneInstitution([meter('A-E', 'A')]))
  return () => remove()
})

const termsOf = (id: string) =>
  termsSchema.parse({
    ...{ id, name: id, kind: 'mixed', institution: 'A', medium: 'electricity', boundary: [{ meter: 'A-E' }] },
    parties: { owner: { name: 'O' }, contractor: { name: 'C' } },
    baseline: {
      ...{ from: '2024-01-01', to: '2025-01-01' },
      method: { kind: 'years', rule: 'jst301', totals: [36_500, 36_500, 36_500] },
    },
    reporting: { from: '2025-01-01', to: '2025-07-01', everyMonths: 1 },
    price: { kind: 'fixed', yuanPerUnit: 0.617 },
    shares: [{ year: 1, ownerPct: 33.3, contractorPct: 66.7 }],
    guarantee: { amountPerYear: 9000, compensationPct: 50, feeYuanPerYear: 1000 },
    ...{ limits: { yearCapYuan: 900 }, carryLosses: true, masked: { treatment: 'meanOfPeriod', daysMax: 400 } },
  })

/** A host with the days that have arrived. */
function hostWith(use: ReadonlyMap<number, number>) {
  const rows = (firstDay: number, endDay: number): ConsumptionDay[] =>
    [...use].flatMap(([day, amount]) =>
      day < firstDay || day >= endDay
        ? []
        : [
            {
              ...{ meter: 'A-E', day, events: [], flags: new Uint8Array(24) },
              amounts: new Float64Array(24).fill(amount / 24),
            },
          ],
    )
  const consumption = { ...platform.consumption, get: async (_: unknown, from: number, to: number) => rows(from, to) }
  return { platform: { ...platform, consumption }, registry: registryReader(platform.state) }
}

async function settled(id: string, use: ReadonlyMap<number, number>) {
  const doc = await platform.state.get(contractKeys.contract(id))
  if (!doc) throw new Error(`there is no contract ${id}`)
  const run = await settleContract(hostWith(use), doc, { who: 'test', untilDay: END })
  const records = (await settlementsOf(platform.state, id)).map(({ value }) => value)
  return { added: run.settled, records }
}

async function newContract(id: string): Promise<void> {
  const terms = termsOf(id)
  const baseline = await baselineNow(hostWith(new Map()), terms)
  const signatures = { owner: SIGNED, contractor: SIGNED }
  const value: ContractRecord = { terms, baseline, signatures, adjustments: [], blocked: null }
  await platform.state.put([{ key: contractKeys.contract(id), value }])
}

const lastOf = (records: readonly SettlementRecord[]): string[] =>
  records.map(({ revisions }) => canonicalJson(revisions.at(-1)?.settlement))
const arrivals = fc.array(
  fc.array(
    fc.tuple(
      fc.integer({ min: FIRST, max: END - 1 }),
      fc.integer({ min: 0, max: 300_000 }).map((wh) => wh / 1000),
    ),
    { minLength: 0, maxLength: 60 },
  ),
  { minLength: 1, maxLength: 4 },
)

let contracts = 0
test('late data add revisions and change none', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(arrivals, async (given) => {
      const id = `C-${++contracts}`
      await newContract(id)
      const use = new Map<number, number>()
      let before: SettlementRecord[] = []
      for (const arrived of given) {
        for (const [day, amount] of arrived) use.set(day, amount)
        const { added, records } = await settled(id, use)
        for (const [index, old] of before.entries()) {
          const now = records[index]
          expect(now?.revisions.slice(0, old.revisions.length)).toEqual(old.revisions)
          const isNew = lastOf([old])[0] !== (now && lastOf([now])[0])
          expect(now?.revisions.length).toBe(old.revisions.length + (isNew ? 1 : 0))
          expect(added.some(({ period }) => period === old.period)).toBe(isNew)
        }
        // Without change no revision.
        expect(await settled(id, use)).toEqual({ added: [], records })
        before = records
      }
      for (const { revisions } of before)
        for (const { settlement } of revisions) {
          const { totalFen, ownerFen, contractorFen, payableFen, lines } = settlement.money
          expect([totalFen, ownerFen, contractorFen, payableFen].every(Number.isSafeInteger)).toBe(true)
          expect(ownerFen + contractorFen).toBe(totalFen)
          expect(lines.reduce((sum, { fen }) => sum + fen, 0)).toBe(payableFen)
        }
      // The same days at once, in another order.
      await newContract(`${id}-once`)
      const once = await settled(`${id}-once`, new Map([...use].toReversed()))
      expect(lastOf(once.records)).toEqual(lastOf(before))
    }),
    { numRuns: 25 },
  )
  expect(await verifyAudit(platform.state)).toMatchObject({ broken: null })
})
