// Holds bills to their units, to their meters, and to counting once.

import { describe, expect, it } from 'vitest'
import { accountBills, type Bill, billedAmount, billId, billSchema } from '../../../domain/energy/bill.ts'
import { type Meter, meterSchema } from '../../../domain/registry/records.ts'
import { STATISTICS_2015 } from '../../../domain/standards/coefficients.ts'

const bill = (of: Partial<Bill>): Bill =>
  billSchema.parse({ institution: 'i', carrier: 'diesel', month: '2026-03', quantity: 1, unit: 'kg', ...of })
const meter = (id: string, of: Partial<Meter> = {}): Meter =>
  meterSchema.parse({ id, institution: 'i', medium: 'gas', unit: 'm³', kind: 'offline', ...of })

describe('the amount of a bill', () => {
  it.each([
    { carrier: 'electricity', quantity: 1.5, unit: 'MWh', amount: 1500 },
    { carrier: 'heat', quantity: 1000, unit: 'MJ', amount: 1 },
    { carrier: 'gas', quantity: 2, unit: 'm3', amount: 2 },
    { carrier: 'water', quantity: 7, unit: 't', amount: 7 },
    { carrier: 'rawCoal', quantity: 2.5, unit: 't', amount: 2500 },
    { carrier: 'lpg', quantity: 15, unit: 'kg', amount: 15 },
    { carrier: 'heatByArea', quantity: 800, unit: 'm²', amount: 800 },
    { carrier: 'petrol', quantity: 40, unit: 'L', amount: undefined },
    { carrier: 'gas', quantity: 1, unit: 'GJ', amount: undefined },
    { carrier: 'heat', quantity: 800, unit: 'm²', amount: undefined },
  ] as const)('of $quantity $unit of $carrier is $amount', ({ amount, ...of }) => {
    expect(billedAmount(of)).toBe(amount)
  })

  it.each([
    { field: 'month', of: { month: '2026-3' } },
    { field: 'quantity', of: { quantity: -1 } },
    { field: 'carrier', of: { carrier: 'peat' } },
  ])('is refused for its $field', ({ field, of }) => {
    expect(billSchema.safeParse({ ...bill({}), ...of }).error?.issues[0].path).toEqual([field])
  })
})

describe('the bills of a month', () => {
  const meters = [meter('G'), meter('R', { kind: 'register', gateway: 'g' }), meter('X', { institution: 'other' })]
  const account = (...bills: Bill[]) => accountBills(bills, { institution: 'i', month: '2026-03', meters })

  it('go to their meter or stand alone, whatever their order, and others are passed over', () => {
    const gas = bill({ meter: 'G', carrier: 'gas', quantity: 30, unit: 'm³', costYuan: 90 })
    const fuel = bill({ quantity: 2, unit: 't' })
    const others = [bill({ month: '2026-04' }), bill({ institution: 'other' })]
    const want = {
      ofMeter: new Map([['G', { bill: gas, amount: 30, costYuan: 90 }]]),
      loose: [{ bill: fuel, amount: 2000, costYuan: null }],
      litresWithoutDensity: 0,
      problems: [],
    }
    expect(account(gas, fuel, ...others)).toEqual(want)
    expect(account(...others, fuel, gas)).toEqual(want)
  })

  it.each([
    { name: 'a unit of something else', of: { unit: 'L' }, field: 'unit', reason: '"L" is not a unit of diesel' },
    { name: 'an unknown meter', of: { meter: 'Z', carrier: 'gas', unit: 'm³' }, field: 'meter', reason: '"Z"' },
    { name: "another's meter", of: { meter: 'X', carrier: 'gas', unit: 'm³' }, field: 'meter', reason: '"X"' },
    { name: 'a meter that is read', of: { meter: 'R', carrier: 'gas', unit: 'm³' }, field: 'meter', reason: 'twice' },
    {
      name: 'another medium',
      of: { meter: 'G', carrier: 'water', unit: 'm³' },
      field: 'carrier',
      reason: 'counts gas, the bill is of water',
    },
    {
      name: 'a purpose beside that of the meter',
      of: { meter: 'G', carrier: 'gas', unit: 'm³', purpose: 'heating' },
      field: 'purpose',
      reason: 'that of meter "G"',
    },
  ] as const)('name $name and leave the rest standing', ({ of, field, reason }) => {
    const bad = bill(of)
    const { ofMeter, loose, problems } = account(bad, bill({ carrier: 'lpg' }))
    expect(problems).toEqual([{ record: billId(bad), field, reason: expect.stringContaining(reason) }])
    expect([ofMeter.size, loose.length]).toEqual([0, 1])
  })

  it('weigh litres by the density of the set, and keep apart litres that nothing weighs', () => {
    const own = bill({ quantity: 100, unit: 'L' })
    const weighed = accountBills([own], { institution: 'i', month: '2026-03', meters, set: STATISTICS_2015 })
    expect(weighed).toMatchObject({ loose: [{ amount: 86 }], litresWithoutDensity: 0, problems: [] })
    const kerosene = bill({ carrier: 'kerosene', quantity: 7, unit: 'L' })
    const set = STATISTICS_2015
    expect(accountBills([kerosene], { institution: 'i', month: '2026-03', meters, set })).toMatchObject({
      loose: [],
      litresWithoutDensity: 7,
      problems: [{ field: 'unit', reason: expect.stringContaining(`${set.name} has no density`) }],
    })
  })

  it('count a bill once that is given twice', () => {
    const { loose, problems } = account(bill({ quantity: 5 }), bill({ quantity: 6 }))
    expect(loose).toHaveLength(1)
    expect(problems).toMatchObject([{ record: 'i/2026-03/diesel//', field: 'month' }])
  })

  it('tell fuel of vehicles from other fuel of the same kind', () => {
    const { loose, problems } = account(bill({}), bill({ purpose: 'transport' }))
    expect([loose.length, problems.length]).toEqual([2, 0])
  })
})
