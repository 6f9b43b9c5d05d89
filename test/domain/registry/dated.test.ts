// Holds dated records to one row in force at each instant.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, dateStartMs, dayLabel } from '../../../domain/calendar.ts'
import {
  areasOf,
  changesWithin,
  institutionOn,
  isInService,
  metersByInstitution,
  metersOn,
} from '../../../domain/registry/dated.ts'
import { type Institution, institutionSchema, type Meter, meterSchema } from '../../../domain/registry/records.ts'

const plain = { institution: 'A', gateway: 'G', unit: 'kWh' }
const meter = (of: object): Meter => meterSchema.parse({ id: 'M', medium: 'electricity', ...plain, ...of })
const institution = (of: object = {}): Institution =>
  institutionSchema.parse({
    id: 'A',
    name: 'A',
    area: 'K2',
    type: 'government',
    sizes: [{ validFrom: '2020-01-01', floorAreaM2: 1000 }],
    ...of,
  })
const july = dateStartMs('2026-07-01')
const moved = institution({
  rows: [
    { area: 'K1', type: 'government', level: 'county' },
    { area: 'K2', type: 'government', validFrom: '2026-07-01', validTo: '2027-01-01' },
  ],
})

describe('meters in force', () => {
  it('are the given ones when none is dated', () => {
    const meters = [meter({}), meter({ id: 'N' })]
    expect(metersOn(meters, july)).toBe(meters)
  })

  it('have the fields of the row in force, and no others', () => {
    const dated = meter({
      role: 'sub',
      parent: 'X',
      multiplier: 20,
      rows: [
        { ...plain, multiplier: 10, digits: 6 },
        { ...plain, role: 'sub', parent: 'X', multiplier: 20, validFrom: '2026-07-01', validTo: '2027-01-01' },
      ],
    })
    const on = (ms: number) => metersOn([dated], ms)
    expect(on(july - 1)).toEqual([meter({ multiplier: 10, digits: 6 })])
    expect(on(july)).toEqual([meter({ role: 'sub', parent: 'X', multiplier: 20 })])
    expect(on(dateStartMs('2027-01-01'))).toEqual([])
    expect(on(july)[0]).toBe(on(july + DAY_MS)[0])
  })

  it('are at one institution after the other', () => {
    const rows = [plain, { ...plain, institution: 'B', validFrom: '2026-07-01' }]
    const byInstitution = metersByInstitution([meter({ institution: 'B', rows }), meter({ id: 'N' })])
    const at = (id: string, ms: number) => metersOn(byInstitution.get(id) ?? [], ms).map((one) => one.id)
    expect([at('A', july - 1), at('B', july - 1)]).toEqual([['M', 'N'], []])
    expect([at('A', july), at('B', july)]).toEqual([['N'], ['M']])
  })
})

describe('an institution in force', () => {
  it('is the record itself when it is not dated', () => {
    const one = institution()
    expect(institutionOn(one, 0)).toBe(one)
    expect(areasOf(one)).toEqual([{ area: 'K2', fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }])
  })

  it('has the row in force, and is none from its closing on', () => {
    expect(institutionOn(moved, july - 1)).toEqual(institution({ area: 'K1', level: 'county' }))
    expect(institutionOn(moved, july)).toEqual(institution())
    expect(institutionOn(moved, dateStartMs('2027-01-01'))).toBeNull()
    expect(areasOf(moved).map(({ area, fromMs }) => [area, fromMs])).toEqual([
      ['K1', Number.NEGATIVE_INFINITY],
      ['K2', july],
    ])
  })

  it('is not open before its opening', () => {
    const opened = institution({ openedOn: '2026-07-01' })
    expect([isInService(opened, july - 1), isInService(opened, july)]).toEqual([false, true])
  })
})

describe('changes', () => {
  it('are the instants within a span at which a row begins or ends', () => {
    const ended = meter({ rows: [{ ...plain, validTo: '2026-07-15' }] })
    const within = (from: string, to: string) =>
      changesWithin({ institution: moved, meters: [ended] }, dateStartMs(from), dateStartMs(to))
    expect(within('2026-06-01', '2026-08-01')).toEqual([july, dateStartMs('2026-07-15')])
    expect(within('2026-07-01', '2026-07-15')).toEqual([])
  })

  it('leave nothing to change between them', () => {
    const day = fc.integer({ min: 20_000, max: 20_100 })
    const rows = fc.uniqueArray(
      fc.record({ from: day, lasts: fc.option(fc.integer({ min: 1, max: 40 })), times: day }),
      {
        selector: ({ from }) => from,
        minLength: 1,
        maxLength: 6,
      },
    )
    fc.assert(
      fc.property(rows, day, fc.integer({ min: 0, max: 60 }), (drawn, first, days) => {
        const dated = meter({
          rows: drawn
            .toSorted((a, b) => a.from - b.from)
            .map(({ from, lasts, times }) => ({
              ...plain,
              multiplier: times,
              validFrom: dayLabel(from),
              ...(lasts === null ? {} : { validTo: dayLabel(from + lasts) }),
            })),
        })
        const [fromMs, toMs] = [dateStartMs(dayLabel(first)), dateStartMs(dayLabel(first + days))]
        const cuts = [fromMs, ...changesWithin({ institution: institution(), meters: [dated] }, fromMs, toMs)]
        for (let ms = fromMs; ms < toMs; ms += DAY_MS) {
          const cut = cuts.findLast((one) => one <= ms) ?? fromMs
          expect(metersOn([dated], ms)).toEqual(metersOn([dated], cut))
        }
      }),
      { numRuns: 1000 },
    )
  })
})
