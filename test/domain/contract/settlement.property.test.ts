// Properties of settled money: whatever the days, prices, shares, limits and adjustments are, nothing is lost or made.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dateStartMs, dayOf } from '../../../domain/calendar.ts'
import type { Adjustment } from '../../../domain/contract/adjustment.ts'
import type { ContractBaseline, ContractSeries } from '../../../domain/contract/baseline.ts'
import { latePaymentOf } from '../../../domain/contract/late-payment.ts'
import { settlePeriods } from '../../../domain/contract/settlement.ts'
import { type ContractTerms, termsSchema } from '../../../domain/contract/terms.ts'
import { type DayValues, dayValues } from '../../../domain/savings/day-values.ts'

const FIRST = dayOf(dateStartMs('2025-01-01'))
const END = dayOf(dateStartMs('2026-01-01'))
const NO_DAYS: DayValues = { firstDay: 0, values: new Float64Array(0) }

/** Savings by years need no weather: 365 kWh a day. */
const baseline = {
  ...{ builtMs: 0, method: 'years', disqualified: [], flags: [], station: null, firstDay: FIRST - 365, use: [] },
  ...{ temperature: [], fitted: [], model: null, r2Adj: null, cvRmse: null, nmbe: null, rates: [] },
  ...{ amountPerYear: 365 * 365, measuredPerYear: null, intensity: null },
} as const satisfies Record<keyof ContractBaseline, unknown> as unknown as ContractBaseline

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const yuan = fc.double({ min: 0, max: 5000, noNaN: true })
const terms = fc
  .record({
    contractorPct: fc.integer({ min: 0, max: 1000 }).map((tenths) => tenths / 10),
    price: fc.double({ min: 0, max: 3, noNaN: true }),
    guarantee: maybe(
      fc.record({ amountPerYear: fc.double({ min: 1, max: 50_000, noNaN: true }), feeYuanPerYear: yuan }),
    ),
    fee: maybe(fc.record({ baselineYuan: yuan, coefficient: fc.double({ min: 0.5, max: 1, noNaN: true }) })),
    limits: fc.record({ periodCapYuan: maybe(yuan), yearCapYuan: maybe(yuan) }),
    carryLosses: fc.boolean(),
    treatment: fc.constantFrom('notCounted', 'meanOfPeriod'),
    everyMonths: fc.constantFrom(1, 3, 6, 12),
  })
  .map(({ contractorPct, price, guarantee, fee, limits, treatment, ...rest }): ContractTerms => {
    const given = {
      ...{ id: 'C', name: 'C', institution: 'A', medium: 'electricity', boundary: [{ meter: 'M' }], limits },
      kind: 'sharedSavings',
      parties: { owner: { name: 'O' }, contractor: { name: 'C' } },
      baseline: { from: '2024-01-01', to: '2025-01-01', method: { kind: 'years', rule: 'jst301', totals: [1, 1, 1] } },
      reporting: { from: '2025-01-01', to: '2026-01-01', everyMonths: rest.everyMonths },
      ...{ price: { kind: 'fixed', yuanPerUnit: price }, carryLosses: rest.carryLosses },
      shares: [{ year: 1, ownerPct: Math.round((100 - contractorPct) * 10) / 10, contractorPct }],
      ...{ guarantee, fee, masked: { treatment, daysMax: 400 } },
    }
    return termsSchema.parse(given)
  })
const use = fc
  .array(fc.option(fc.double({ min: 0, max: 900, noNaN: true }), { nil: Number.NaN, freq: 8 }), {
    minLength: END - FIRST,
    maxLength: END - FIRST,
  })
  .map((values) => values.map((value, index): [number, number] => [FIRST + index, value]))
const adjustments = fc.array(
  fc.record({ month: fc.integer({ min: 1, max: 11 }), amountPerDay: fc.double({ min: -99, max: 99, noNaN: true }) }),
  { maxLength: 3 },
)
const accepted = (given: readonly { month: number; amountPerDay: number }[]): Adjustment[] =>
  given.map(({ month, amountPerDay }, index) => {
    const at = { party: 'owner' as const, who: 'x', atMs: 0 }
    const date = (one: number): string => `2025-${String(one).padStart(2, '0')}-01`
    const change = { kind: 'perDay' as const, from: date(month), to: date(month + 1), amountPerDay }
    return { number: index + 1, reason: 'r', change, proposed: at, answered: { ...at, answer: 'accepted' as const } }
  })
const seriesOf = (days: readonly [number, number][], price: ContractTerms['price']): ContractSeries => ({
  ...{ use: dayValues(new Map(days)), temperature: NO_DAYS, people: () => 1, dayType: () => 'working' },
  priceOn: () => (price.kind === 'fixed' ? price.yuanPerUnit : null),
})
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

test('lines sum to what is paid, parts to the value, periods to the position', () => {
  fc.assert(
    fc.property(terms, use, adjustments, (given, days, changes) => {
      const input = { terms: given, baseline, adjustments: accepted(changes), series: seriesOf(days, given.price) }
      const periods = settlePeriods(input, END)
      expect(periods).toHaveLength(12 / given.reporting.everyMonths)
      for (const { money, countedDays, masked, from, to } of periods) {
        const { totalFen, ownerFen, contractorFen, payableFen, energyFen, lines } = money
        expect([totalFen, ownerFen, contractorFen, payableFen, energyFen].every(Number.isSafeInteger)).toBe(true)
        expect(ownerFen + contractorFen).toBe(totalFen)
        expect(sum(lines.map(({ fen }) => fen))).toBe(payableFen)
        expect(contractorFen).toBe(payableFen - energyFen)
        expect(countedDays + masked.length).toBe(dayOf(dateStartMs(to)) - dayOf(dateStartMs(from)))
      }
      const last = periods.at(-1)?.cumulative
      for (const part of ['totalFen', 'ownerFen', 'contractorFen', 'payableFen'] as const)
        expect(last?.[part]).toBe(sum(periods.map(({ money }) => money[part])))
      const line = (code: string) =>
        sum(periods.flatMap(({ money }) => money.lines.filter((one) => one.code === code).map(({ fen }) => fen)))
      if (given.fee) expect(line('fee')).toBe(Math.round(given.fee.baselineYuan * given.fee.coefficient * 100))
      if (given.guarantee) expect(line('serviceFee')).toBe(Math.round(given.guarantee.feeYuanPerYear * 100))
    }),
    { numRuns: 60 },
  )
})

test('the same days in any order, in one run or month by month, settle the same', () => {
  fc.assert(
    fc.property(terms, use, adjustments, fc.integer({ min: 1, max: 11 }), (given, days, changes, month) => {
      const all = accepted(changes)
      const input = { terms: given, baseline, adjustments: all, series: seriesOf(days, given.price) }
      const whole = settlePeriods(input, END)
      const turned = { ...input, adjustments: all.toReversed(), series: seriesOf(days.toReversed(), given.price) }
      expect(settlePeriods(turned, END)).toEqual(whole)
      // What comes later changes no period before it.
      const until = dayOf(dateStartMs(`2025-${String(month).padStart(2, '0')}-01`))
      const early = {
        ...input,
        series: seriesOf(
          days.filter(([day]) => day < until),
          given.price,
        ),
      }
      expect(settlePeriods(early, until)).toEqual(whole.slice(0, settlePeriods(early, until).length))
    }),
    { numRuns: 40 },
  )
})

test.each([
  ['nothing late on the due day', '2026-03-01', [], { daysLate: 0, penaltyFen: 0, openFen: 100_000 }],
  ['0.05 % of 1,000 yuan for ten days', '2026-03-11', [], { daysLate: 10, penaltyFen: 500 }],
  ['half of it paid after four days', '2026-03-11', [['2026-03-06', 50_000]], { daysLate: 10, penaltyFen: 350 }],
  ['paid in time', '2026-03-11', [['2026-02-20', 100_000]], { daysLate: 0, penaltyFen: 0, openFen: 0 }],
  ['at most the cap', '2027-03-11', [], { penaltyFen: 5000 }],
] as const)('late payment: %s', (_, asOf, paid, want) => {
  const latePayment = { perTenThousandPerDay: 5, dueDays: 30, capPct: 5 }
  const payments = paid.map(([paidOn, fen]) => ({ paidOn, fen }))
  const found = latePaymentOf(
    { latePayment },
    { owed: [{ payableFen: 100_000, signedOn: '2026-01-30' }], payments, asOf },
  )
  expect(found).toMatchObject({ dueOn: '2026-03-01', ...want })
})

// 1,000 yuan signed on 30 January are due on 1 March; 0.05 % a day.
test.each([
  ['the same amount again takes nothing back', 100_000, '2026-05-01', '2026-03-11', { daysLate: 10, penaltyFen: 500 }],
  ['nor does it after its signature', 100_000, '2026-03-11', '2026-03-21', { daysLate: 20, penaltyFen: 1000 }],
  ['more is owed from its own due day on', 200_000, '2026-03-01', '2026-04-10', { daysLate: 40, penaltyFen: 2500 }],
  ['less is owed at once', 40_000, '2026-03-06', '2026-03-11', { daysLate: 10, penaltyFen: 320, openFen: 40_000 }],
] as const)('late payment of a revision: %s', (_, payableFen, signedOn, asOf, want) => {
  const latePayment = { perTenThousandPerDay: 5, dueDays: 30 }
  const owed = [
    { payableFen: 100_000, signedOn: '2026-01-30' },
    { payableFen, signedOn },
  ]
  expect(latePaymentOf({ latePayment }, { owed, payments: [], asOf })).toMatchObject({ dueOn: '2026-03-01', ...want })
})

test.each([
  ['the last month', 12, [], 11],
  ['a month within the year', 5, [], 11],
  ['none', 0, [], 12],
] as const)(
  'a year whose month without readings is %s: what is guaranteed is for the others',
  (_, month, __, months) => {
    const given = termsSchema.parse({
      ...{ id: 'C', name: 'C', institution: 'A', medium: 'electricity', boundary: [{ meter: 'M' }], kind: 'mixed' },
      parties: { owner: { name: 'O' }, contractor: { name: 'C' } },
      baseline: { from: '2024-01-01', to: '2025-01-01', method: { kind: 'years', rule: 'jst301', totals: [1, 1, 1] } },
      reporting: { from: '2025-01-01', to: '2026-01-01', everyMonths: 1 },
      ...{ price: { kind: 'fixed', yuanPerUnit: 1 }, shares: [{ year: 1, ownerPct: 50, contractorPct: 50 }] },
      ...{
        guarantee: { amountPerYear: 36_500, compensationPct: 100 },
        masked: { treatment: 'notCounted', daysMax: 5 },
      },
    })
    // 365 a day before, 300 now: 65 a day are saved, where the year guarantees 100.
    const days = Array.from({ length: END - FIRST }, (_, index): [number, number] => [FIRST + index, 300]).filter(
      ([day]) => new Date(day * 86_400_000).getUTCMonth() + 1 !== month,
    )
    const periods = settlePeriods({ terms: given, baseline, adjustments: [], series: seriesOf(days, given.price) }, END)
    const last = periods.at(-1)
    expect(last?.guarantee?.guaranteed).toBeCloseTo((36_500 * months) / 12, 4)
    const difference = 65 * days.length - (36_500 * months) / 12
    expect(last?.guarantee?.difference).toBeCloseTo(difference, 4)
    expect(last?.money.lines.find(({ code }) => code === 'shortfall')?.fen).toBe(Math.round(difference * 100))
  },
)
