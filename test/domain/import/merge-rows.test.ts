// Holds the merge of dated rows to its promises: rows are corrected or added, what is not stated stays, and closed
// months change only when told to.

import { describe, expect, it } from 'vitest'
import { dateStartMs } from '../../../domain/calendar.ts'
import type { SubjectMonth } from '../../../domain/energy/subject-month.ts'
import { type MergeLeave, mergeInstitution, mergeMeter } from '../../../domain/import/merge-rows.ts'
import { type Institution, institutionSchema, type Meter, meterSchema } from '../../../domain/registry/records.ts'

const plain = { institution: 'A', gateway: 'G', unit: 'kWh' }
const meter = (of: object = {}): Meter => meterSchema.parse({ id: 'M', medium: 'electricity', ...plain, ...of })
const institution = (of: object = {}): Institution =>
  institutionSchema.parse({
    id: 'A',
    name: 'A',
    area: 'K1',
    type: 'government',
    level: 'county',
    sizes: [{ validFrom: '2020-01-01', floorAreaM2: 1000, energyUsers: 50 }],
    ...of,
  })
const months = ['2026-04', '2026-05', '2026-06'].map(
  (month) => ({ month, electricityKwh: 744, energyKgce: 91.4 }) as unknown as SubjectMonth,
)
/** 15 July 2026: June and before are closed. */
const leave = (of: Partial<MergeLeave> = {}): MergeLeave => ({
  nowMs: dateStartMs('2026-07-15'),
  rewritePast: false,
  closedMonths: () => months,
  ...of,
})
const rowsOf = ({ rows = [] }: Meter) =>
  rows.map(({ validFrom, validTo, multiplier, role }) => [validFrom, validTo, multiplier, role])

describe('a meter', () => {
  it('without dates stays as it is, without a new field', () => {
    const { record, warnings } = mergeMeter(meter(), meter(), leave())
    expect(record).toStrictEqual(meter())
    expect(warnings).toEqual([])
  })

  it('takes a change without a day from the present month on, and names the closed months with their amounts', () => {
    const { record, warnings, problems } = mergeMeter(meter({ multiplier: 10 }), meter({ multiplier: 20 }), leave())
    expect(record.multiplier).toBe(20)
    expect(rowsOf(record)).toEqual([
      [undefined, undefined, 10, 'main'],
      ['2026-07-01', undefined, 20, 'main'],
    ])
    expect(problems).toEqual([])
    expect(warnings).toMatchObject([{ field: 'multiplier' }])
    expect(warnings[0].reason).toContain('of A: 2026-04 744 kWh, 2026-05 744 kWh, 2026-06 744 kWh')
  })

  it('changes the past when told to, or where no closed month was judged', () => {
    for (const of of [{ rewritePast: true }, { closedMonths: () => [] }])
      expect(mergeMeter(meter(), meter({ multiplier: 20 }), leave(of))).toMatchObject({
        record: meter({ multiplier: 20 }),
        warnings: [],
      })
  })

  it('is not changed by the old file, imported again after a dated row', () => {
    const dated = meter({
      multiplier: 20,
      rows: [
        { ...plain, multiplier: 10 },
        { ...plain, multiplier: 20, validFrom: '2026-03-01' },
      ],
    })
    const { record, warnings } = mergeMeter(dated, meter({ multiplier: 10 }), leave())
    expect(record).toStrictEqual(dated)
    expect(warnings).toEqual([])
  })

  it('corrects the row of a day that stands, and adds one of a day that does not', () => {
    const old = meter({ rows: [plain, { ...plain, multiplier: 2, validFrom: '2026-07-05' }] })
    const fresh = meter({
      rows: [
        { ...plain, multiplier: 3, validFrom: '2026-07-05' },
        { ...plain, multiplier: 4, validFrom: '2026-07-20' },
      ],
    })
    expect(rowsOf(mergeMeter(old, fresh, leave()).record).map(([day, , times]) => [day, times])).toEqual([
      [undefined, 1],
      ['2026-07-05', 3],
      ['2026-07-20', 4],
    ])
  })

  it('is refused a day within closed months, to begin or to end', () => {
    const begins = meter({ rows: [{ ...plain, multiplier: 2, validFrom: '2026-05-01' }] })
    const ends = meter({ rows: [{ ...plain, validTo: '2026-05-01' }] })
    for (const fresh of [begins, ends]) {
      const { record, problems } = mergeMeter(meter(), fresh, leave())
      expect(record).toStrictEqual(meter())
      expect(problems[0].reason).toMatch(/2026-05-01.*2026-05 744 kWh, 2026-06 744 kWh/)
    }
  })

  it('that is new begins in the present month; a check meter has always been there', () => {
    expect(mergeMeter(undefined, meter(), leave()).record.rows).toMatchObject([{ validFrom: '2026-07-01' }])
    expect(mergeMeter(undefined, meter({ role: 'check' }), leave()).record.rows).toBeUndefined()
  })

  it('keeps what a file has no column for', () => {
    const old = meter({ multiplier: 10, digits: 6, name: 'Main' })
    const stated = ['id', 'institution', 'gateway', 'medium', 'unit']
    expect(mergeMeter(old, meter(), leave({ stated })).record).toStrictEqual(old)
    const dated = meter({ rows: [{ ...plain, validFrom: '2026-07-01' }] })
    expect(mergeMeter(old, dated, leave({ stated: [...stated, 'validFrom'] })).record.rows).toMatchObject([
      { multiplier: 10, digits: 6 },
      { multiplier: 10, digits: 6, validFrom: '2026-07-01' },
    ])
  })

  it('keeps its end when a file says nothing of ends, and loses it by an empty cell', () => {
    const old = meter({ rows: [{ ...plain, validTo: '2026-07-10' }] })
    const stated = ['id', 'institution', 'gateway', 'medium', 'unit', 'multiplier']
    expect(rowsOf(mergeMeter(old, meter(), leave({ stated })).record)).toEqual([[undefined, '2026-07-10', 1, 'main']])
    expect(mergeMeter(old, meter(), leave({ stated: [...stated, 'validTo'] })).record.rows).toBeUndefined()
  })
})

describe('an institution', () => {
  const july = [{ validFrom: '2026-07-01', floorAreaM2: 1200 }]

  it('moves on the day of its row; the row of an older day begins in the present month', () => {
    const dated = mergeInstitution(institution(), institution({ area: 'K2', sizes: july }), leave())
    const undated = mergeInstitution(institution(), institution({ area: 'K2' }), leave())
    for (const { record } of [dated, undated]) {
      expect(record.area).toBe('K2')
      expect(record.rows?.map(({ area, validFrom }) => [area, validFrom])).toEqual([
        ['K1', undefined],
        ['K2', '2026-07-01'],
      ])
    }
    expect([dated.warnings.length, undated.warnings.length]).toEqual([0, 1])
    expect(undated.warnings[0].reason).toContain('2026-04 0.0914 tce')
  })

  it('has no rows while only its sizes differ', () => {
    const { record } = mergeInstitution(institution(), institution({ sizes: july }), leave())
    expect(record).toStrictEqual(institution({ sizes: [...institution().sizes, ...july] }))
  })

  it('keeps what a file has no column for', () => {
    const stated = ['id', 'name', 'area', 'type', 'validFrom', 'floorAreaM2']
    const fresh = institution({ level: undefined, sizes: [{ validFrom: '2020-01-01', floorAreaM2: 900 }] })
    expect(mergeInstitution(institution(), fresh, leave({ stated })).record).toStrictEqual(
      institution({ sizes: [{ validFrom: '2020-01-01', floorAreaM2: 900, energyUsers: 50 }] }),
    )
  })

  it('closes on the end of its last row', () => {
    const rows = [{ area: 'K1', type: 'government', level: 'county', validTo: '2026-07-01' }]
    const { record, problems } = mergeInstitution(institution(), institution({ rows }), leave())
    expect(problems).toEqual([])
    expect(record.rows).toEqual(rows)
  })
})
