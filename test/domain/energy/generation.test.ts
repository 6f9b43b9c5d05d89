// Holds the renewable share to its definition: generation used on site over all electricity.

import { expect, it } from 'vitest'
import { generationOf } from '../../../domain/energy/generation.ts'
import { type SubjectMonth, sumSubjects } from '../../../domain/energy/subject-month.ts'

const part = (of: Partial<SubjectMonth>): SubjectMonth => ({
  ...sumSubjects('2026-03', []),
  electricityKwh: 900,
  generationKwh: 300,
  generationHoursExpected: 744,
  generationHoursKnown: 372,
  ...of,
})

it.each([
  { name: 'all counts as used without an export meter', of: {}, selfUsedKwh: 300, total: 1200, share: 0.25 },
  { name: 'less what was exported', of: { exportedKwh: 200 }, selfUsedKwh: 100, total: 1000, share: 0.1 },
  {
    name: 'unknown when more left than was made',
    of: { exportedKwh: 400 },
    selfUsedKwh: null,
    total: null,
    share: null,
  },
  {
    name: 'unknown when nothing of it is known',
    of: { generationHoursKnown: 0 },
    selfUsedKwh: 300,
    total: 1200,
    share: null,
  },
])('the share is $share: $name', ({ of, selfUsedKwh, total, share }) => {
  expect(generationOf(part(of))).toMatchObject({ selfUsedKwh, totalElectricityKwh: total, share, purchasedKwh: 900 })
})

it('is known for the part of the hours that is known, and is nobody without generation', () => {
  expect(generationOf(part({})).coverage).toBe(0.5)
  const none = { generationKwh: 0, generationHoursExpected: 0, generationHoursKnown: 0 }
  expect(generationOf(part(none))).toMatchObject({ share: null, coverage: null, totalElectricityKwh: 900 })
})

it('of an area is that of its sum', () => {
  const area = sumSubjects('2026-03', [part({}), part({ generationKwh: 0, electricityKwh: 1800 })])
  expect(generationOf(area).share).toBe(0.1)
})
