// Ranks the candidates for efficiency leaders (能效领跑者) within each type and level. The rule is a table
// (domain/standards/ranking-rules.ts); people select the leaders.

import { must } from '../must.ts'
import { RATINGS, type Rating } from '../rating.ts'
import type { Institution } from '../registry/records.ts'
import type { RANKING_INDICATORS, RankingRule } from '../standards/ranking-rules.ts'

type RankingIndicator = (typeof RANKING_INDICATORS)[number]

/** One institution's year. Indicators as in domain/judge/dual-control.ts, null where unknown. */
export interface RankingCandidate {
  institution: Pick<Institution, 'id' | 'type' | 'venueKind' | 'level'>
  values: Readonly<Record<RankingIndicator, number | null>>
  /** Known share of the year to date, 0 to 1. */
  coverage: number | null
  /** Absent in rows of older releases. */
  provisional?: boolean
  /** Null: no target was issued, or it could not be judged. */
  targetsMet: boolean | null
  /** Worst rating of its quota indicators; null: not rated. */
  rating: Rating | null
}

export const EXCLUSIONS = [
  'noValue',
  'lowCoverage',
  'targetsNotMet',
  'targetsUnknown',
  'ratingTooLow',
  'notRated',
] as const
export type Exclusion = (typeof EXCLUSIONS)[number]

export interface RankingGroup {
  type: Institution['type']
  venueKind: Institution['venueKind'] | null
  level: Institution['level'] | null
  /** Best first. Institutions that tie in every indicator share a rank, and the next rank is skipped: 1, 1, 3. */
  ranked: ({ institution: string; rank: number; value: number; leader: boolean } & Flags)[]
  /** Sorted by id, each with all of its reasons. */
  excluded: ({ institution: string; reasons: Exclusion[] } & Flags)[]
}
interface Flags {
  coverage: number | null
  provisional: boolean
}
const flagsOf = ({ coverage, provisional = false }: RankingCandidate): Flags => ({ coverage, provisional })

/** Relative tolerance: values this close were computed from the same readings in another order. */
const TIE_SLACK = 1e-9

/** Groups in order of type, kind and level. The same candidates in any order give the same result. */
export function rankLeaders(candidates: readonly RankingCandidate[], rule: RankingRule): RankingGroup[] {
  const keyOf = ({ institution: { type, venueKind, level } }: RankingCandidate) =>
    [type, venueKind ?? '', level ?? ''].join('|')
  return [...Map.groupBy(candidates, keyOf)]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([, members]) => groupOf(members, rule))
}

function groupOf(members: readonly RankingCandidate[], rule: RankingRule): RankingGroup {
  const { type, venueKind = null, level = null } = must(members[0]).institution
  const inOrder = members.toSorted((a, b) => compareText(a.institution.id, b.institution.id))
  const judged = inOrder.map((candidate) => ({ candidate, reasons: exclusionsOf(candidate, rule) }))
  const eligible = judged.flatMap(({ candidate, reasons }) =>
    reasons.length === 0
      ? { id: candidate.institution.id, values: valuesOf(candidate, rule), flags: flagsOf(candidate) }
      : [],
  )
  const ranked = tieBreak(eligible, 0).flatMap((tied, index, groups) => {
    const rank = 1 + groups.slice(0, index).reduce((sum, group) => sum + group.length, 0)
    return tied.map(({ id, values, flags }) => ({
      institution: id,
      ...flags,
      rank,
      value: values[0] ?? Number.NaN,
      leader: rank <= rule.leaders,
    }))
  })
  const excluded = judged.flatMap(({ candidate, reasons }) =>
    reasons.length > 0 ? { institution: candidate.institution.id, reasons, ...flagsOf(candidate) } : [],
  )
  return { type, venueKind, level, ranked, excluded }
}

interface Eligible {
  id: string
  /** Values of the rule's indicators, none missing. */
  values: number[]
  flags: Flags
}

/** Best first, in groups that tie in every indicator from `depth` on. */
function tieBreak(eligible: readonly Eligible[], depth: number): Eligible[][] {
  const [first] = eligible
  if (first === undefined) return []
  if (depth === first.values.length) return [[...eligible]]
  const amountOf = ({ values }: Eligible): number => values[depth] ?? Number.NaN
  const sorted = eligible.toSorted((a, b) => amountOf(a) - amountOf(b))
  const groups: Eligible[][] = []
  for (const one of sorted) {
    const tied = groups.at(-1)
    // Compares with the group's first value, so that a chain of near values does not tie its ends.
    const best = tied?.[0] === undefined ? Number.NaN : amountOf(tied[0])
    const isTied = tied !== undefined && amountOf(one) - best <= Math.abs(best) * TIE_SLACK
    if (isTied) tied.push(one)
    else groups.push([one])
  }
  return groups.flatMap((tied) => (tied.length === 1 ? [tied] : tieBreak(inIdOrder(tied), depth + 1)))
}

function exclusionsOf({ values, coverage, targetsMet, rating }: RankingCandidate, rule: RankingRule): Exclusion[] {
  const checks: [Exclusion, boolean][] = [
    ['noValue', rule.indicators.some((indicator) => values[indicator] === null)],
    ['lowCoverage', (coverage ?? 0) < rule.coverageMin],
    ['targetsNotMet', rule.targetsRequired && targetsMet === false],
    ['targetsUnknown', rule.targetsRequired && targetsMet === null],
    ['ratingTooLow', rule.ratingAtWorst !== undefined && rating !== null && isWorse(rating, rule.ratingAtWorst)],
    ['notRated', rule.ratingAtWorst !== undefined && rating === null],
  ]
  return checks.flatMap(([reason, holds]) => (holds ? reason : []))
}

const valuesOf = ({ values }: RankingCandidate, rule: RankingRule): number[] =>
  rule.indicators.flatMap((indicator) => values[indicator] ?? [])

const isWorse = (rating: Rating, than: Rating): boolean => RATINGS.indexOf(rating) > RATINGS.indexOf(than)

const inIdOrder = (eligible: readonly Eligible[]): Eligible[] => eligible.toSorted((a, b) => compareText(a.id, b.id))

/** By code unit: the same on every machine, unlike a locale's order. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
