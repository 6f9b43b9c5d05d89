// Years of months are read as they were written, by this version or by 0.1.0, whose data folders are kept.

import { describe, expect, test } from 'vitest'
import { DAY_MS, type Month, monthRange } from '../../../domain/calendar.ts'
import { daysInMonth, emptyDays, packDays } from '../../../domain/energy/day-amounts.ts'
import { cutMonth, type SubjectMonth, sumSubjects } from '../../../domain/energy/subject-month.ts'
import { must } from '../../../domain/must.ts'
import { subjectMonthDocs, subjectMonths } from '../../../functions/judging/judgement.ts'
import { daysToCut, NO_DAYS, readYear, subjectYearKey } from '../../../functions/judging/subject-year.ts'
import { docKey } from '../../../functions/platform.ts'
import { openTestPlatform } from '../province.ts'

test('a year that 0.1.0 kept by month is read, and kept as rows once a month of it is judged anew', async () => {
  const { state } = await openTestPlatform()
  const [january, february] = (['2026-01', '2026-02'] as const).map((month) => ({
    ...sumSubjects(month, []),
    waterM3: 7,
  }))
  const key = subjectYearKey('A', 2026)
  await state.put([{ key, value: { '2026-01': january } }])
  expect(await subjectMonths(state, 'A', '2026-02')).toEqual([january])
  await state.put(await subjectMonthDocs(state, 'A', [february]))
  expect(await readYear(state, key)).toEqual({ '2026-01': january, '2026-02': february })
  expect((await state.get(key))?.value).toMatchObject({ fields: expect.arrayContaining(['waterM3']) })
})

describe('the days of a month', () => {
  const days = (kgce: number): string => {
    const series = emptyDays(daysInMonth('2026-01'))
    series.energyKgce.fill(kgce)
    return packDays(series) ?? ''
  }
  const month = (name: Month, byDay: SubjectMonth['byDay']): SubjectMonth => ({
    ...sumSubjects(name, []),
    energyKgce: 31,
    byDay,
  })

  test('are kept apart, and read where they are asked for', async () => {
    const { state } = await openTestPlatform()
    const months = [month('2025-01', days(1)), month('2025-02', days(2)), month('2026-01', days(3))]
    await state.put(await subjectMonthDocs(state, 'A', months))
    expect(await subjectMonths(state, 'A', '2026-01')).toEqual(months)
    const some = await subjectMonths(state, 'A', '2026-01', daysToCut('2026-01'))
    expect(some.map(({ byDay }) => byDay)).toEqual([days(1), true, days(3)])
  })

  test('that were not read stop a sum and a cut, which would be of other figures without them', async () => {
    const { state } = await openTestPlatform()
    await state.put(await subjectMonthDocs(state, 'A', [month('2026-01', days(1))]))
    const [unread] = await subjectMonths(state, 'A', '2026-01', NO_DAYS)
    expect(() => sumSubjects('2026-01', [must(unread)])).toThrow('the days of 2026-01 are needed, and were not read')
    const middle = { fromMs: monthRange('2026-01').fromMs + DAY_MS }
    expect(() => cutMonth(must(unread), middle)).toThrow('the days of 2026-01 are needed, and were not read')
  })

  test('within a year of an older release are taken out when another month is judged', async () => {
    const { state } = await openTestPlatform()
    const january = month('2026-01', days(1))
    await state.put([{ key: subjectYearKey('A', 2026), value: { '2026-01': january } }])
    const february = month('2026-02', days(2))
    await state.put(await subjectMonthDocs(state, 'A', [february]))
    expect((await readYear(state, subjectYearKey('A', 2026)))?.['2026-01']?.byDay).toBe(true)
    expect(await subjectMonths(state, 'A', '2026-02')).toEqual([january, february])
  })

  test('of a month in which nothing is used any more are gone', async () => {
    const { state } = await openTestPlatform()
    await state.put(await subjectMonthDocs(state, 'A', [month('2026-01', days(1))]))
    const emptied = { ...month('2026-01', null), energyKgce: 0 }
    await state.put(await subjectMonthDocs(state, 'A', [emptied]))
    expect(await subjectMonths(state, 'A', '2026-01')).toEqual([emptied])
    expect((await state.query(docKey<string>('subject-days/'))).map(({ value }) => value)).toEqual([''])
  })
})
