// Holds bills, tariffs and virtual meters to the way through the functions: imported, settled, judged.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { dayOf, HOUR_MS, monthRange } from '../../../domain/calendar.ts'
import { type Bill, billSchema } from '../../../domain/energy/bill.ts'
import type { SubjectMonth } from '../../../domain/energy/subject-month.ts'
import { tariffSchema } from '../../../domain/energy/tariff.ts'
import { NO_HOUR } from '../../../domain/hours.ts'
import type { Registry } from '../../../domain/import/registry.ts'
import { type Meter, meterSchema } from '../../../domain/registry/records.ts'
import { assess } from '../../../functions/assess.ts'
import { billWarnings } from '../../../functions/judging/bill-warnings.ts'
import { readYear, subjectYearKey } from '../../../functions/judging/subject-year.ts'

import { billKey } from '../../../functions/registry/bills.ts'
import { importRegistry } from '../../../functions/registry/import.ts'
import { settle } from '../../../functions/settle.ts'
import { dirtyKey } from '../../../functions/state/dirty.ts'
import { type LocalPlatform, openPlatform } from '../../../local/platform.ts'

const march = monthRange('2026-03')
const DAY = dayOf(march.fromMs)
const meter = (id: string, of: Partial<Meter> = {}): Meter =>
  meterSchema.parse({
    id,
    institution: 'I',
    medium: 'electricity',
    unit: 'kWh',
    resolution: 1,
    ...(of.kind === 'offline' || of.kind === 'virtual' ? {} : { gateway: 'G' }),
    ...of,
  })
const virtual = (id: string, formula: Record<string, number>) =>
  meter(id, {
    kind: 'virtual',
    role: 'sub',
    formula: Object.entries(formula).map(([part, factor]) => ({ meter: part, factor })),
  })
const bill = (of: Partial<Bill>): Bill =>
  billSchema.parse({ institution: 'I', carrier: 'diesel', month: '2026-03', quantity: 100, unit: 'kg', ...of })
const BASE: Registry = {
  areas: [{ code: '130102', name: '长安区', level: 'county' }],
  institutions: [
    {
      id: 'I',
      name: '机构',
      area: '130102',
      type: 'government',
      sizes: [{ validFrom: '2020-01-01', floorAreaM2: 1000, energyUsers: 10 }],
    },
  ],
  gateways: [{ id: 'G', institution: 'I' }],
  meters: [meter('E'), meter('S', { role: 'sub', parent: 'E' })],
  targets: [],
  quotas: [],
}

async function opened(part: Partial<Registry> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-bills-'))
  const platform = await openPlatform(folder, () => march.toMs)
  onTestFinished(async () => {
    await platform.close()
    rmSync(folder, { recursive: true })
  })
  expect((await importRegistry(platform.state, { ...BASE, ...part })).problems).toEqual([])
  return platform
}

/** Registers at full hours from the first of March, one step an hour each. */
async function send(platform: LocalPlatform, id: string, steps: readonly number[], fromHour = 0, start = 0) {
  let value = start
  const batch = [0, ...steps].map((step, index) => {
    value += step
    return { meter: id, atMs: march.fromMs + (fromHour + index) * HOUR_MS, value, quality: 'good' as const }
  })
  await platform.readings.append(batch, march.toMs)
}
const run = async (platform: LocalPlatform, handler: typeof settle | typeof assess) =>
  expect(await handler(platform)({ shards: ['130102'] })).toEqual({ failed: [] })
const monthOf = async ({ state }: LocalPlatform): Promise<SubjectMonth | undefined> =>
  (await readYear(state, subjectYearKey('I', 2026)))?.['2026-03']
const day = async ({ consumption }: LocalPlatform, id: string, of = DAY) =>
  (await consumption.get([id], of, of + 1)).at(0)

test('bills stand by institution and year, a later one of the same id corrects, and their months wait to be judged', async () => {
  const platform = await opened({ bills: [bill({}), bill({ month: '2025-12' })] })
  await importRegistry(platform.state, { bills: [bill({ quantity: 120 }), bill({ carrier: 'lpg' })] })
  const stored = await platform.state.get(billKey('I', '2026'))
  expect(stored?.value.map(({ carrier, quantity }) => [carrier, quantity])).toEqual([
    ['diesel', 120],
    ['lpg', 100],
  ])
  expect((await platform.state.get(billKey('I', '2025')))?.value).toHaveLength(1)
  expect((await platform.state.get(dirtyKey('130102')))?.value).toEqual({ I: ['2025-12', '2026-03'] })
})

test('one bad bill stops its import, is named, and nothing of it is kept', async () => {
  const platform = await opened()
  const { problems } = await importRegistry(platform.state, {
    bills: [bill({}), bill({ carrier: 'petrol', unit: 'L' })],
  })
  expect(problems).toMatchObject([{ kind: 'bills', id: 'I/2026-03/petrol//', index: 1, field: 'unit' }])
  expect(await platform.state.get(billKey('I', '2026'))).toBeUndefined()
  expect(await platform.state.get(dirtyKey('130102'))).toBeUndefined()
})

test('an import says what results will lack', async () => {
  const platform = await opened()
  const { warnings } = await importRegistry(platform.state, { meters: [meter('D', { role: 'sub', purpose: '01D10' })] })
  expect(warnings).toMatchObject([
    { kind: 'institutions', id: 'I', field: 'area' },
    { kind: 'institutions', id: 'I', field: 'specialAreaM2' },
  ])
})

test('a month is judged with its bills and priced by its tariffs, and again when a bill comes late', async () => {
  const tariff = tariffSchema.parse({
    subject: '130102',
    medium: 'electricity',
    validFrom: '2026-01-01',
    periods: [
      { name: 'valley', fromHour: 0, toHour: 8, yuanPerUnit: 0.5 },
      { name: 'peak', fromHour: 8, toHour: 24, yuanPerUnit: 2 },
    ],
  })
  const platform = await opened({ tariffs: [tariff] })
  await send(platform, 'E', Array(10).fill(6))
  await run(platform, settle)
  await run(platform, assess)
  expect(await monthOf(platform)).toMatchObject({ electricityKwh: 60, costYuan: 48, hoursPriced: 10, dieselKg: 0 })
  await importRegistry(platform.state, { bills: [bill({ costYuan: 800 })] })
  await run(platform, assess)
  expect(await monthOf(platform)).toMatchObject({
    electricityKwh: 60,
    costYuan: 848,
    dieselKg: 100,
    co2DirectKg: expect.closeTo(317.1, 9),
  })
})

test('a month has its basic fee, unless a bill states it, and what the bill states beside', async () => {
  const periods = [{ name: 'flat', fromHour: 0, toHour: 24, yuanPerUnit: 1 }]
  const head = { subject: '130102', medium: 'electricity', validFrom: '2026-01-01' }
  const tariff = tariffSchema.parse({ ...head, yuanPerKva: 31, yuanPerKw: 40, periods })
  const platform = await opened({ tariffs: [tariff], meters: [meter('E', { capacityKva: 100 })] })
  await send(platform, 'E', Array(10).fill(6))
  await run(platform, settle)
  await run(platform, assess)
  expect((await monthOf(platform))?.costYuan).toBeCloseTo(60 + 3_100, 6)
  const items = { carrier: 'electricity', unit: 'kWh', quantity: 60 } as const
  await importRegistry(platform.state, { bills: [bill({ ...items, basicYuan: 500, powerFactorYuan: -20 })] })
  await run(platform, assess)
  expect((await monthOf(platform))?.costYuan).toBeCloseTo(60 + 480, 6)
  await importRegistry(platform.state, { bills: [bill({ ...items, costYuan: 700, basicYuan: 500 })] })
  await run(platform, assess)
  expect((await monthOf(platform))?.costYuan).toBeCloseTo(700, 6)
})

test('a basic fee by demand is that of the bill, else that of the meter', async () => {
  const periods = [{ name: 'flat', fromHour: 0, toHour: 24, yuanPerUnit: 1 }]
  const head = { subject: 'I', medium: 'electricity', validFrom: '2026-01-01' }
  const platform = await opened({
    tariffs: [tariffSchema.parse({ ...head, yuanPerKw: 40, periods })],
    meters: [meter('E', { demandKw: 10 })],
  })
  await send(platform, 'E', Array(10).fill(6))
  await run(platform, settle)
  await run(platform, assess)
  expect((await monthOf(platform))?.costYuan).toBeCloseTo(60 + 400, 6)
  const measured = bill({ carrier: 'electricity', unit: 'kWh', quantity: 60, demandKw: 12.5 })
  await importRegistry(platform.state, { bills: [measured] })
  await run(platform, assess)
  expect((await monthOf(platform))?.costYuan).toBeCloseTo(60 + 500, 6)
})

test('a yearly ladder goes on from January, and a late amount prices the months after it anew', async () => {
  const step = (aboveAmount: number, yuanPerUnit: number) => ({
    name: 'flat',
    fromHour: 0,
    toHour: 0,
    aboveAmount,
    yuanPerUnit,
  })
  const head = { subject: 'I', medium: 'electricity', validFrom: '2026-01-01', ladder: 'yearly' }
  const platform = await opened({ tariffs: [tariffSchema.parse({ ...head, periods: [step(0, 1), step(50, 3)] })] })
  await send(platform, 'E', Array(10).fill(6), 0, 40)
  await run(platform, settle)
  await run(platform, assess)
  expect((await monthOf(platform))?.costYuan).toBeCloseTo(50 + 10 * 3, 6)
  await send(platform, 'E', Array(10).fill(4), -200)
  await run(platform, settle)
  await run(platform, assess)
  expect((await monthOf(platform))?.costYuan).toBeCloseTo(10 + 50 * 3, 6)
})

test('a virtual meter has the hours of its parts, and new ones when they change', async () => {
  const platform = await opened({
    meters: [...BASE.meters, virtual('rest', { E: 1, S: -1 }), virtual('all', { rest: 2 })],
  })
  await send(platform, 'E', Array(10).fill(6))
  await send(platform, 'S', Array(8).fill(2))
  await run(platform, settle)
  const rest = await day(platform, 'rest')
  expect([...(rest?.amounts ?? [])].slice(0, 11)).toEqual([...Array(8).fill(4), NaN, NaN, NaN])
  expect([...(rest?.flags ?? [])].slice(6, 11)).toEqual([0, 0, NO_HOUR, NO_HOUR, NO_HOUR])
  expect((await day(platform, 'all'))?.amounts[0]).toBe(8)
  await send(platform, 'S', Array(10).fill(3))
  await run(platform, settle)
  expect([...((await day(platform, 'rest'))?.amounts ?? [])].slice(0, 11)).toEqual([...Array(10).fill(3), NaN])
  expect((await day(platform, 'all'))?.amounts[9]).toBe(6)
})

test('a virtual meter that is registered or described anew has all days at once, without a new reading', async () => {
  const platform = await opened()
  await send(platform, 'E', Array(48).fill(6))
  await run(platform, settle)
  await run(platform, assess)
  await importRegistry(platform.state, { meters: [virtual('double', { E: 2 })] })
  await run(platform, settle)
  expect((await day(platform, 'double'))?.amounts[23]).toBe(12)
  expect((await day(platform, 'double', DAY + 1))?.amounts[23]).toBe(12)
  expect((await platform.state.get(dirtyKey('130102')))?.value).toEqual({ I: ['2026-03'] })
  await importRegistry(platform.state, { meters: [virtual('double', { E: 3 })] })
  await run(platform, settle)
  expect((await day(platform, 'double', DAY + 1))?.amounts[23]).toBe(18)
})

test('settling piece by piece leaves the same virtual days as settling at once', async () => {
  const meters = [...BASE.meters, virtual('rest', { E: 1, S: -0.1 })]
  const [whole, pieces] = [await opened({ meters }), await opened({ meters })]
  const steps = Array.from({ length: 60 }, (_, hour) => (hour * 7) % 11)
  for (const platform of [whole, pieces]) {
    await send(platform, 'E', steps.slice(0, 30))
    if (platform === pieces) await run(platform, settle)
    await send(platform, 'S', steps.slice(0, 50))
    if (platform === pieces) await run(platform, settle)
    await send(platform, 'E', steps)
    await run(platform, settle)
  }
  for (const of of [DAY, DAY + 1, DAY + 2]) expect(await day(pieces, 'rest', of)).toEqual(await day(whole, 'rest', of))
})

test('a file with more bills than are held against meters says where that stopped', async () => {
  const platform = await opened()
  await send(platform, 'E', [1, 1])
  await settle(platform)({ shards: [] })
  const bills = (['2026-01', '2026-02', '2026-03'] as const).map((month) =>
    bill({ carrier: 'electricity', unit: 'kWh', month }),
  )
  await importRegistry(platform.state, { bills: [...bills, bill({})] })
  const told = async (monthsMax?: number) =>
    (await billWarnings(platform, bills, monthsMax)).map(({ index, reason }) => [index, reason.slice(0, 7)])
  // Each of them: a main meter is registered, and a bill counts for what it does not know alone.
  expect(await told()).toEqual([0, 1, 2].map((index) => [index, 'main me']))
  expect((await told(1)).at(-1)).toEqual([1, '2 bills'])
})
