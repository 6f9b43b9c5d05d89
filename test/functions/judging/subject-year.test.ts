// Years of months are read as they were written, by this version or by 0.1.0, whose data folders are kept.

import { expect, test } from 'vitest'
import { sumSubjects } from '../../../domain/energy/subject-month.ts'
import { subjectMonthDocs, subjectMonths } from '../../../functions/judging/judgement.ts'
import { readYear, subjectYearKey } from '../../../functions/judging/subject-year.ts'
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
