// The demo province is complete, refers only to itself, repeats exactly, and has the averages that Hebei published.

import { describe, expect, test } from 'vitest'
import {
  CALIBRATION,
  type DemoProvince,
  demoFaults,
  demoProvince,
  demoRegistry,
} from '../../../devices/demo/province.ts'
import { Simulator } from '../../../devices/demo/simulator.ts'
import { DAY_MS, dayLabel, dayOf } from '../../../domain/calendar.ts'
import { billSchema } from '../../../domain/energy/bill.ts'
import { kgceOf, standardsOn } from '../../../domain/energy/conversion.ts'
import { tariffSchema } from '../../../domain/energy/tariff.ts'
import { checkRegistry } from '../../../domain/import/check.ts'
import type { Registry } from '../../../domain/import/registry.ts'
import { isTotal } from '../../../domain/indicator.ts'
import { checkDecomposition } from '../../../domain/judge/target-plan.ts'
import {
  areaSchema,
  gatewaySchema,
  institutionSchema,
  meterSchema,
  targetSchema,
} from '../../../domain/registry/records.ts'

const START_MS = Date.parse('2026-11-23T10:20:00+08:00')
const demo = demoProvince({ seed: 'kilowatch', startMs: START_MS })
const { registry, faults } = demo

describe('areas', () => {
  const cities = registry.areas.filter((area) => area.level === 'city')

  test('are the province, its 14 city-level areas and 165 counties', () => {
    expect(registry.areas.filter((area) => area.level === 'province')).toHaveLength(1)
    expect(cities.map((area) => area.name)).toEqual([
      ...['石家庄市', '唐山市', '秦皇岛市', '邯郸市', '邢台市', '保定市', '张家口市', '承德市', '沧州市'],
      ...['廊坊市', '衡水市', '辛集市', '定州市', '雄安新区'],
    ])
    expect(registry.areas.filter((area) => area.level === 'county')).toHaveLength(165)
  })

  test('take 雄安, 定州 and 辛集 out of their prefectures', () => {
    const under = (parent: string) => registry.areas.filter((area) => area.parent === parent).map((area) => area.name)
    expect(under('133100')).toEqual(['容城县', '安新县', '雄县'])
    expect(under('130682')).toEqual([])
    expect(under('130181')).toEqual([])
    expect(under('130600')).not.toContain('雄县')
    expect(under('130600')).not.toContain('定州市')
  })

  test('all have English names', () => {
    expect(registry.areas.filter((area) => !area.nameEn)).toEqual([])
  })

  test('each city-level area has institutions of several types', () => {
    for (const city of cities) {
      const types = new Set(institutionsIn(registry, city.code).map(({ type }) => type))
      expect(types.size, city.name).toBeGreaterThanOrEqual(4)
    }
  })
})

describe('the registry', () => {
  test('has at least 160 institutions of at least 5 types and 850 meters', () => {
    expect(registry.institutions.length).toBeGreaterThanOrEqual(160)
    expect(new Set(registry.institutions.map(({ type }) => type)).size).toBeGreaterThanOrEqual(5)
    expect(registry.meters.length).toBeGreaterThanOrEqual(850)
  })

  test('meters electricity, water, heat, gas, and data centres in total and IT', () => {
    expect(new Set(registry.meters.map(({ medium }) => medium))).toEqual(
      new Set(['electricity', 'water', 'heat', 'gas']),
    )
    const purposes = new Set(registry.meters.map(({ purpose }) => purpose))
    for (const code of ['01000', '01A00', '01B00', '01C00', '01D00', '01D10', '01D1A', '02000', '03A00', '04000'])
      expect(purposes).toContain(code)
  })

  test('has registers in several units, with multipliers, digits and interval values', () => {
    const { meters } = registry
    expect(new Set(meters.map(({ unit }) => unit))).toEqual(new Set(['kWh', 'MWh', 'm³', 'GJ']))
    expect(meters.some(({ multiplier }) => multiplier > 1)).toBe(true)
    expect(meters.some(({ kind }) => kind === 'interval')).toBe(true)
  })

  test('gives each institution one or two gateways', () => {
    const counts = new Map<string, number>()
    for (const { institution } of registry.gateways) counts.set(institution, (counts.get(institution) ?? 0) + 1)
    expect(counts.size).toBe(registry.institutions.length)
    expect(new Set(counts.values())).toEqual(new Set([1, 2]))
  })

  test('has institutions whose floor area changed on a date', () => {
    const changed = registry.institutions.filter(({ sizes }) => sizes.length > 1)
    expect(changed.length).toBeGreaterThanOrEqual(1)
  })

  test('says of every target that it is a demo figure', () => {
    expect(registry.targets.length).toBeGreaterThan(15 * 7)
    for (const target of registry.targets) {
      expect(target.standIn).toBe(true)
      expect(target.source).toContain('demo figure')
    }
  })

  test.each(['2026-11-23T10:20:00+08:00', '2028-02-29T10:20:00+08:00', '2025-06-01T00:00:00+08:00'])(
    'lets the caps of the cities sum to those of the province, started %s',
    (start) => {
      const { areas, targets } = demoRegistry({ seed: 'kilowatch', startMs: Date.parse(start) })
      const parent = targets.filter(({ subject }) => subject === '130000')
      const children = areas.filter(({ level }) => level === 'city').map(({ code }) => code)
      const check = checkDecomposition({ parent, children, targets, sizeOf: () => null })
      expect(check.problems).toEqual([])
      const totals = check.years.filter(({ indicator }) => isTotal(indicator))
      expect(totals).toHaveLength(3 * 5)
      for (const { parent: cap, children: sum, without } of totals) {
        expect(without).toEqual([])
        expect(Math.abs((sum ?? 0) / cap - 1)).toBeLessThan(1e-12)
      }
    },
  )

  test('fits the schemas and refers only to itself', () => {
    const rows = [
      [areaSchema, registry.areas],
      [institutionSchema, registry.institutions],
      [gatewaySchema, registry.gateways],
      [meterSchema, registry.meters],
      [targetSchema, registry.targets],
    ] as const
    for (const [schema, records] of rows) for (const record of records) expect(schema.parse(record)).toEqual(record)
    expect(checkRegistry(registry)).toEqual([])
  })

  test('has prices and bills that say whose figures they are, and roofs that generate', () => {
    expect(new Set(registry.tariffs.map(({ medium }) => medium))).toEqual(
      new Set(['electricity', 'water', 'heat', 'gas']),
    )
    for (const tariff of registry.tariffs) {
      expect(tariffSchema.parse(tariff)).toEqual(tariff)
      expect(tariff).toMatchObject({ standIn: true, source: expect.stringContaining('demo figure') })
    }
    expect(registry.bills.length).toBeGreaterThan(100)
    for (const bill of registry.bills) expect(billSchema.parse(bill)).toEqual(bill)
    expect(registry.meters.filter(({ role }) => role === 'generation').length).toBeGreaterThan(10)
  })
})

test('the same seed and start give the same province, another seed another', () => {
  const again = demoProvince({ seed: 'kilowatch', startMs: START_MS })
  expect(JSON.stringify(again.registry)).toBe(JSON.stringify(registry))
  expect(again.faults).toEqual(faults)
  const other = demoRegistry({ seed: 'other', startMs: START_MS })
  expect(JSON.stringify(other.meters)).not.toBe(JSON.stringify(registry.meters))
})

test('every kind of fault occurs, one to an institution', () => {
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(
    new Set([
      ...['silent', 'gapFilledLate', 'gapNeverFilled', 'reset', 'leak', 'stuck', 'replaced', 'spike', 'rollover'],
    ]),
  )
  expect(new Set(faults.map(({ institution }) => institution)).size).toBe(faults.length)
  expect(demoFaults({ seed: 'kilowatch', startMs: START_MS })).toEqual(faults)
  const replaced = faults.find(({ kind }) => kind === 'replaced')
  const meter = registry.meters.find(({ id }) => id === replaced?.meter)
  expect(meter?.replacements).toMatchObject([{ atMs: replaced?.fromMs, startValue: 0 }])
})

describe('the averages of the last 12 months lie within 5 % of those published', () => {
  test.each([
    { seed: 'kilowatch', start: '2026-11-23T10:20:00+08:00' },
    { seed: 'kilowatch', start: '2027-03-01T00:00:00+08:00' },
    { seed: 'another', start: '2026-07-10T18:45:00+08:00' },
    { seed: 7, start: '2028-01-01T08:00:00+08:00' },
  ])('seed $seed, started $start', ({ seed, start }) => {
    const averages = averagesOf(demoProvince({ seed, startMs: Date.parse(start) }))
    for (const [name, published] of Object.entries(CALIBRATION)) {
      const share = averages[name as keyof typeof CALIBRATION] / published
      expect(share, name).toBeGreaterThan(0.95)
      expect(share, name).toBeLessThan(1.05)
    }
  })
})

function institutionsIn({ areas, institutions }: Registry, city: string) {
  const codes = new Set(areas.filter((area) => area.code === city || area.parent === city).map((area) => area.code))
  return institutions.filter(({ area }) => codes.has(area))
}

/** Of main meters over 365 days, by what really flowed; sizes as they stand at the start. */
function averagesOf(province: DemoProvince): Record<keyof typeof CALIBRATION, number> {
  const simulator = new Simulator(province)
  const toMs = province.startMs
  const fromMs = toMs - 365 * DAY_MS
  const { statistics } = standardsOn(dayLabel(dayOf(toMs)), ['130000'], { retroactive: true })
  let kgce = 0
  let waterM3 = 0
  for (const { id } of province.registry.gateways)
    for (const simulated of simulator.metersOf(id)) {
      if (simulated.meter.role !== 'main') continue
      const amount = simulated.amountAt(toMs) - simulated.amountAt(fromMs)
      if (simulated.meter.medium === 'water') waterM3 += amount
      else kgce += kgceOf(simulated.meter.medium, amount, statistics)
    }
  const sizes = province.registry.institutions.map(({ sizes }) => sizes[sizes.length - 1])
  const floorAreaM2 = sizes.reduce((sum, size) => sum + size.floorAreaM2, 0)
  const users = sizes.reduce((sum, size) => sum + (size.energyUsers ?? 0), 0)
  return { kgcePerM2: kgce / floorAreaM2, kgcePerUser: kgce / users, waterM3PerUser: waterM3 / users }
}
