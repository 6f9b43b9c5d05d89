// Holds the points of demonstration units to their ladder, and the mean of a kind to what it is made of.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type SubjectMonth, sumSubjects } from '../../../domain/energy/subject-month.ts'
import {
  type DemonstrationYear,
  demonstrationPoints,
  ladderPoints,
  peerMeans,
} from '../../../domain/judge/demonstration.ts'
import { DEMONSTRATION_LADDERS } from '../../../domain/standards/demonstration.ts'

const [ladder] = DEMONSTRATION_LADDERS
const date = '2026-11-23'

const yearOf = (
  id: string,
  {
    energyKgce,
    energyUsers = 100,
    waterM3 = 1000,
    institution = { id, type: 'education' },
    ...more
  }: { energyKgce: number; institution?: DemonstrationYear['institution'] } & Pick<SubjectMonth, 'floorAreaM2'> &
    Partial<SubjectMonth>,
): DemonstrationYear => {
  const year: SubjectMonth = {
    ...sumSubjects('2026-10', []),
    energyKgceWithArea: more.floorAreaM2 === null ? 0 : energyKgce,
    energyKgceWithUsers: energyKgce,
    waterM3WithUsers: waterM3,
    energyUsers,
    waterUsers: energyUsers,
    ...more,
  }
  const known = { year, knownShare: 1, provisional: false }
  return { institution, energy: known, water: known }
}

describe('the ladder', () => {
  it.each([
    { ratio: 0, points: 7 },
    { ratio: 0.9, points: 7 },
    { ratio: (0.9 * 18.48) / 18.48, points: 7 },
    { ratio: 0.9001, points: 6 },
    { ratio: 1, points: 6 },
    { ratio: 1.1, points: 5 },
    { ratio: 1.2, points: 4 },
    { ratio: 1.2001, points: 0 },
    { ratio: 99, points: 0 },
  ])('gives $points points at $ratio of the mean', ({ ratio, points }) => {
    expect(ladderPoints(ratio, ladder)).toBe(points)
  })

  it('never gives more for a higher value', () => {
    const ratio = fc.double({ min: 0, max: 3, noNaN: true })
    fc.assert(
      fc.property(ratio, ratio, (a, b) => {
        expect(ladderPoints(Math.max(a, b), ladder)).toBeLessThanOrEqual(ladderPoints(Math.min(a, b), ladder))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the mean of a kind', () => {
  const large = yearOf('large', { energyKgce: 90_000, floorAreaM2: 9000 })
  const small = yearOf('small', { energyKgce: 2000, floorAreaM2: 100 })

  it('is all energy over all area, as the province publishes its own', () => {
    const mean = peerMeans([large, small]).get('education')?.energyPerArea
    expect(mean).toEqual({ mean: 92_000 / 9100, members: 2, weighting: 'ratioOfSums' })
  })

  it('may be told to count each institution alike', () => {
    const mean = peerMeans([large, small], 'meanOfRatios').get('education')?.energyPerArea
    expect(mean).toEqual({ mean: 15, members: 2, weighting: 'meanOfRatios' })
  })

  it('does not mix types, nor kinds of venues, nor those whose size or year is unknown', () => {
    const venue = (venueKind: 'museum' | 'stadium') =>
      yearOf(venueKind, { energyKgce: 1, floorAreaM2: 1, institution: { id: venueKind, type: 'venue', venueKind } })
    const unknown = yearOf('u', { energyKgce: 5, floorAreaM2: null })
    const young = { ...small, energy: { year: null, knownShare: 0.7, provisional: false } }
    const means = peerMeans([large, unknown, young, venue('museum'), venue('stadium')])
    expect([...means.keys()].sort()).toEqual(['education', 'venue museum', 'venue stadium'])
    expect(means.get('education')?.energyPerArea).toMatchObject({ mean: 10, members: 1 })
    expect(means.get('education')?.energyPerCapita?.members).toBe(2)
    expect(means.get('education')?.waterPerCapita?.members).toBe(3)
  })
})

describe('the points of an institution', () => {
  const mean = yearOf('mean', { energyKgce: 10_000, floorAreaM2: 1000 })
  const good = yearOf('good', { energyKgce: 9000, floorAreaM2: 1200, waterM3: 1250 })
  const means = peerMeans([mean, good])

  it('come from each value over the mean, with the mean beside it', () => {
    const { items, points, pointsMax, ladder: used } = demonstrationPoints(good, means, { date, targetsMet: true })
    expect(items.map(({ indicator, unit, points: of, members }) => [indicator, unit, of, members])).toEqual([
      ['energyPerArea', 'kgce/m²', 7, 2],
      ['energyPerCapita', 'kgce/person', 6, 2],
      ['waterPerCapita', 'm³/person', 4, 2],
    ])
    expect(items[0]).toMatchObject({ value: 7.5, mean: 19_000 / 2200, transport: 'none', reason: null })
    expect(items[2].ratio).toBeCloseTo(12.5 / 11.25, 9)
    expect([points, pointsMax, used.blockPoints]).toEqual([24, 28, 35])
  })

  it('leave vehicle fuel out of the area, not of the people, and say when no bill tells it apart', () => {
    const driver = yearOf('d', { energyKgce: 10_000, floorAreaM2: 1000, transportEnergyKgce: 2000 })
    const { items, targetPoints } = demonstrationPoints(driver, means, { date, targetsMet: null })
    expect(items.map(({ value, transport }) => [value, transport])).toEqual([
      [8, 'excluded'],
      [100, null],
      [10, null],
    ])
    expect(targetPoints).toBeNull()
    const unclear = yearOf('u', { energyKgce: 10_000, floorAreaM2: 1000, petrolKg: 100 })
    const [perArea] = demonstrationPoints(unclear, means, { date, targetsMet: null }).items
    expect(perArea).toMatchObject({ value: 10, transport: 'unmarked' })
  })

  it('are unknown with fuel that no coefficient converts', () => {
    const coal = yearOf('c', { energyKgce: 1, floorAreaM2: 1000, fuelKgWithoutCoefficient: 5 })
    const { items } = demonstrationPoints(coal, means, { date, targetsMet: null })
    expect(items.map(({ reason }) => reason)).toEqual(['noValue', 'noValue', null])
  })

  it('are unknown without a value or without peers, and the rest still counts', () => {
    const alone = demonstrationPoints(mean, peerMeans([mean]), { date, targetsMet: false })
    expect(alone.items.map(({ points, reason }) => [points, reason])).toEqual(Array(3).fill([null, 'noPeers']))
    const noArea = yearOf('n', { energyKgce: 9000, floorAreaM2: null })
    const found = demonstrationPoints(noArea, means, { date, targetsMet: false })
    expect(found.items.map(({ reason }) => reason)).toEqual(['noValue', null, null])
    expect(found).toMatchObject({ targetPoints: 0, points: 13 })
  })

  it('are refused on a day without a ladder', () => {
    expect(() => demonstrationPoints(mean, means, { date: '2020-12-31', targetsMet: null })).toThrow(
      'no ladder for demonstration units is valid on 2020-12-31',
    )
  })
})
