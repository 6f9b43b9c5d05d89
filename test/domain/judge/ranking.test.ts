// Holds the ranking for the efficiency leaders' selection to its rule: groups, order, ties, and a reason for who is
// left out.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type RankingCandidate, rankLeaders } from '../../../domain/judge/ranking.ts'
import { RANKING_RULES } from '../../../domain/standards/ranking-rules.ts'

const candidate = (
  id: string,
  energyPerArea: number | null,
  { institution, values, ...more }: Partial<RankingCandidate> = {},
): RankingCandidate => ({
  institution: { id, type: 'government', level: 'county', ...institution },
  values: { energyPerArea, energyPerCapita: 100, waterPerCapita: null, ...values },
  coverage: 1,
  targetsMet: true,
  rating: 'advanced',
  ...more,
})
const [RANKING_RULE] = RANKING_RULES
const ranksOf = (candidates: readonly RankingCandidate[]) => rankLeaders(candidates, RANKING_RULE)
const ranks = (candidates: readonly RankingCandidate[], rule = RANKING_RULE) =>
  rankLeaders(candidates, rule).flatMap(({ ranked }) => ranked.map(({ institution, rank }) => [institution, rank]))

describe('the ranking', () => {
  it('says that its rule is a stand-in: the official criteria are not known', () => {
    expect(RANKING_RULE).toMatchObject({ standIn: true, source: expect.stringMatching(/not known/) })
  })

  it('puts the lowest first, within each type, kind and level', () => {
    const groups = ranksOf([
      candidate('b', 9),
      candidate('a', 10),
      candidate('h', 1, { institution: { id: 'h', type: 'healthcare', level: 'primary' } }),
      candidate('n', 1, { institution: { id: 'n', type: 'government', level: undefined } }),
    ])
    expect(
      groups.map(({ type, level, ranked }) => [type, level, ranked.map(({ institution }) => institution)]),
    ).toEqual([
      ['government', null, ['n']],
      ['government', 'county', ['b', 'a']],
      ['healthcare', 'primary', ['h']],
    ])
  })

  it('breaks ties by the next indicator; those that tie in all share a rank and the next is skipped', () => {
    const perCapita = (energyPerCapita: number) => ({
      values: { energyPerArea: 10, energyPerCapita, waterPerCapita: null },
    })
    const tied = [
      candidate('d', 10, perCapita(200)),
      candidate('c', 10, perCapita(90)),
      candidate('b', 10 * (1 + 1e-12), {
        values: { energyPerArea: 10 * (1 + 1e-12), energyPerCapita: 90, waterPerCapita: null },
      }),
      candidate('e', 11),
    ]
    expect(ranks(tied)).toEqual([
      ['b', 1],
      ['c', 1],
      ['d', 3],
      ['e', 4],
    ])
  })

  it('marks the places of the rule as leaders, with all who share the last of them', () => {
    const found = rankLeaders([candidate('a', 1), candidate('b', 2), candidate('c', 2), candidate('d', 3)], {
      ...RANKING_RULE,
      leaders: 2,
    })
    expect(found[0].ranked.map(({ leader }) => leader)).toEqual([true, true, true, false])
  })

  it.each([
    {
      name: 'no value',
      change: { values: { energyPerArea: null, energyPerCapita: 1, waterPerCapita: 1 } },
      reasons: ['noValue'],
    },
    { name: 'too few known hours', change: { coverage: 0.899 }, reasons: ['lowCoverage'] },
    { name: 'an unknown coverage', change: { coverage: null }, reasons: ['lowCoverage'] },
    { name: 'a target missed', change: { targetsMet: false }, reasons: ['targetsNotMet'] },
    { name: 'no target issued', change: { targetsMet: null }, reasons: ['targetsUnknown'] },
    { name: 'a rating below the rule', change: { rating: 'reasonable' }, reasons: ['ratingTooLow'] },
    { name: 'no rating', change: { rating: null }, reasons: ['notRated'] },
    { name: 'several', change: { coverage: 0.5, rating: 'rectify' }, reasons: ['lowCoverage', 'ratingTooLow'] },
  ] as const)('leaves out $name, and says why', ({ change, reasons }) => {
    const [group] = ranksOf([candidate('a', 10, change)])
    expect(group.ranked).toEqual([])
    expect(group.excluded.map(({ institution, reasons: why }) => [institution, why])).toEqual([['a', [...reasons]]])
  })

  it('says of each how much is known, and whether that is provisional', () => {
    const rows = [candidate('a', 1), candidate('b', 2, { coverage: 0.95, provisional: true })]
    const out = candidate('c', 3, { coverage: 0.5, provisional: true })
    const [group] = ranksOf([...rows, out])
    const flagsOf = ({ coverage, provisional }: { coverage: number | null; provisional: boolean }) => [
      coverage,
      provisional,
    ]
    expect(group.ranked.map(flagsOf)).toEqual([
      [rows[0]?.coverage, false],
      [0.95, true],
    ])
    expect(group.excluded.map(flagsOf)).toEqual([[0.5, true]])
  })

  it('asks only what its rule asks', () => {
    const rule = { ...RANKING_RULE, ratingAtWorst: undefined, targetsRequired: false }
    expect(ranks([candidate('a', 10, { rating: null, targetsMet: null })], rule)).toEqual([['a', 1]])
  })

  it('is the same in whatever order the candidates come, and lists each once', () => {
    const some = fc.uniqueArray(
      fc.record({
        id: fc.stringMatching(/^[a-z]{1,3}$/),
        value: fc.integer({ min: 1, max: 4 }),
        coverage: fc.constantFrom(1, 0.5),
      }),
      { selector: ({ id }) => id, maxLength: 12 },
    )
    const shuffled = some.chain((rows) =>
      fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })),
    )
    fc.assert(
      fc.property(shuffled, ([rows, again]) => {
        const of = (parts: typeof rows) =>
          ranksOf(parts.map(({ id, value, coverage }) => candidate(id, value, { coverage })))
        expect(of(again)).toEqual(of(rows))
        const listed = of(rows).flatMap(({ ranked, excluded }) =>
          [...ranked, ...excluded].map(({ institution }) => institution),
        )
        expect(listed.sort()).toEqual(rows.map(({ id }) => id).sort())
      }),
      { numRuns: 1000 },
    )
  })
})
