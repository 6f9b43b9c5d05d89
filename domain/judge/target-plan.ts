// Decomposes the targets of an area to its children (目标分解): proposes parts that sum to the whole, and checks issued
// targets. The children's caps must fit under the parent's. Whether their intensities fit depends on how the children
// grow, so the result is reported and blocks nothing.

import { DUAL_CONTROL, type Indicator, isTotal } from '../indicator.ts'
import { weightedMean } from '../mean.ts'
import { must } from '../must.ts'
import type { Target } from '../registry/records.ts'
import { targetFor, targetValue } from './target-value.ts'

/** A record and a field of it, as in domain/import/check.ts. */
export interface PlanProblem {
  kind: 'targets'
  /** `subject indicator baseYear-endYear` of the target. */
  id: string
  field: string
  reason: string
}

/** Identifies a target: a later target with the same id replaces it. */
export const targetId = ({ subject, indicator, baseYear, endYear }: Target): string =>
  `${subject} ${indicator} ${baseYear}-${endYear}`

/** Years in which a target sets a value: after its base year, up to its end year. */
export function planYears({ baseYear, endYear, years }: Target): number[] {
  const all = Array.from({ length: Math.max(0, endYear - baseYear) }, (_, index) => baseYear + 1 + index)
  return years === undefined ? all : all.filter((year) => years[String(year)] !== undefined)
}

/** Problems of one target by itself: an explicit year outside its plan, or no explicit year within it. */
export function targetProblems(target: Target): PlanProblem[] {
  const { baseYear, endYear, years, indicator, factorMonth } = target
  const stray = factorMonth !== undefined && DUAL_CONTROL[indicator].carriers !== 'co2'
  const own = stray ? [problem(target, 'factorMonth', `${indicator} has no factors; only CO2 has`)] : []
  if (years === undefined) return own
  const outside = Object.keys(years).filter((year) => Number(year) < baseYear || Number(year) > endYear)
  const problems = outside.map((year) =>
    problem(target, 'years', `${year} lies outside the plan ${baseYear} to ${endYear}`),
  )
  return planYears(target).length > 0
    ? [...own, ...problems]
    : [...own, ...problems, problem(target, 'years', 'no year of the plan has a value')]
}

export interface PlanYear {
  indicator: Indicator
  year: number
  /** The parent's value. */
  parent: number
  /** Totals: the sum of the children's caps. Intensities: their mean, by size; null when no child has a known size. */
  children: number | null
  /** True when the children stay within the parent's value; null when there is nothing to compare. */
  fits: boolean | null
  /** Children without a value for the year; the sum or mean is that of the others. */
  without: string[]
}

export interface PlanCheck {
  /** Problems block the import. Intensities that do not fit are no problem. */
  problems: PlanProblem[]
  /** Every indicator and year of the parent's plan. */
  years: PlanYear[]
}

/** Relative tolerance for floating point in a sum of shares. */
const FIT_SLACK = 1e-9

/** The amount that a child's intensity divides by (m² or people); null when unknown. */
export type SizeOf = (child: string, indicator: Indicator) => number | null

/**
 * Checks that the children's targets fit the parent's, year by year of the parent's plan. A child without a target is
 * named, not refused: its target may be decided later. A child whose own plan misses a year of the parent's has a
 * problem.
 */
export function checkDecomposition(input: {
  /** Targets of the parent; one for each indicator and plan. */
  parent: readonly Target[]
  children: readonly string[]
  /** Targets of the children, in any order; those of others are ignored. */
  targets: readonly Target[]
  sizeOf: SizeOf
}): PlanCheck {
  const bySubject = Map.groupBy(input.targets, ({ subject }) => subject)
  const own = [...input.parent, ...input.children.flatMap((child) => bySubject.get(child) ?? [])]
  const checks = input.parent.map((parent) => {
    const children = input.children.map((child) => ({
      child,
      targets: (bySubject.get(child) ?? []).filter((target) => isOfPlan(target, parent)),
    }))
    return checkOne(parent, children, input.sizeOf)
  })
  return {
    problems: [...own.flatMap(targetProblems), ...checks.flatMap(({ problems }) => problems)],
    years: checks.flatMap(({ years }) => years),
  }
}

/** A child's share in the decomposition of one target: its base year's value, or a weight of any unit. */
export type Share = { subject: string; baseValue: number } | { subject: string; weight: number }

/** Decimals to which caps are rounded down: a kilogram (of tce or t) or a litre (of m³). */
const CAP_DECIMALS = 3
/** Beyond this, a double cannot hold the number of steps of 10^-CAP_DECIMALS exactly. */
const STEPS_MAX = Number.MAX_SAFE_INTEGER

/**
 * Proposes targets of the children. A total: explicit yearly caps, in proportion to base values or weights, that sum to
 * the parent's exactly, in steps of 0.001. Each share is rounded down, and the last child takes the remainder (the
 * parent's value is rounded down first). An intensity: the same percentage as the parent's, from each child's own base
 * value. Any problem leaves no proposal at all, since the remaining caps would no longer sum.
 */
export function decompose(parent: Target, shares: readonly Share[]): { targets: Target[]; problems: PlanProblem[] } {
  const problems = [...targetProblems(parent), ...shareProblems(parent, shares)]
  if (problems.length > 0) return { targets: [], problems }
  return isTotal(parent.indicator) ? decomposeTotal(parent, shares) : decomposeIntensity(parent, shares)
}

function decomposeTotal(parent: Target, shares: readonly Share[]): { targets: Target[]; problems: PlanProblem[] } {
  const weights = shares.map(weightOf)
  const yearly = planYears(parent).map((year) => ({
    year,
    steps: splitSteps(stepsOf(targetValue(parent, year)), weights),
  }))
  const targets = shares.map((share, index) => ({
    ...proposalOf(parent, share),
    years: Object.fromEntries(yearly.map(({ year, steps }) => [String(year), must(steps[index]) / 10 ** CAP_DECIMALS])),
  }))
  const problems = targets
    .filter(({ years }) => Object.values(years).some((cap) => !(cap > 0)))
    .map((target) => problem(target, 'years', `its share is below ${10 ** -CAP_DECIMALS}`))
  return problems.length > 0 ? { targets: [], problems } : { targets, problems }
}

function decomposeIntensity(parent: Target, shares: readonly Share[]): { targets: Target[]; problems: PlanProblem[] } {
  const { baseValue = Number.NaN } = parent
  const targets = shares.map((share) => {
    const valueIn = (year: number): number => (targetValue(parent, year) / baseValue) * weightOf(share)
    return {
      ...proposalOf(parent, share),
      years: Object.fromEntries(planYears(parent).map((year) => [String(year), valueIn(year)])),
    }
  })
  return { targets, problems: [] }
}

/** Whole steps in proportion to the weights, which are positive; the last part takes the remainder. */
function splitSteps(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0)
  const parts = weights.slice(0, -1).map((weight) => Math.floor(total * (weight / sum)))
  return [...parts, total - parts.reduce((a, b) => a + b, 0)]
}

/** Rounds down, but not a value that floating point puts just below its step, such as 1.005 at 1004.9999999999999. */
function stepsOf(value: number): number {
  const steps = value * 10 ** CAP_DECIMALS
  return Math.abs(steps - Math.round(steps)) <= 4 * Number.EPSILON * steps ? Math.round(steps) : Math.floor(steps)
}

function shareProblems(parent: Target, shares: readonly Share[]): PlanProblem[] {
  const found = shares.flatMap((share, index) => {
    const field = 'weight' in share ? 'weight' : 'baseValue'
    const of = (reason: string) => ({ ...problem({ ...parent, subject: share.subject }, field, reason) })
    if (!(weightOf(share) > 0 && Number.isFinite(weightOf(share)))) return [of('must be positive')]
    if (shares.findIndex(({ subject }) => subject === share.subject) < index) return [of('the child is given twice')]
    if (field === 'weight' && !isTotal(parent.indicator)) return [of('an intensity needs the child’s base value')]
    if ('weight' in share !== 'weight' in must(shares[0]))
      return [of('give base values of all children, or weights of all')]
    return []
  })
  if (shares.length === 0) found.push(problem(parent, 'subject', 'has no children'))
  if (!isTotal(parent.indicator) && parent.baseValue === undefined)
    found.push(problem(parent, 'baseValue', 'an intensity is decomposed by its fall against a base value'))
  const tooLarge = planYears(parent).some((year) => targetValue(parent, year) * 10 ** CAP_DECIMALS > STEPS_MAX)
  return isTotal(parent.indicator) && tooLarge ? [...found, problem(parent, 'cap', 'is too large')] : found
}

const weightOf = (share: Share): number => ('weight' in share ? share.weight : share.baseValue)

function proposalOf(parent: Target, share: Share): Target & { years: Record<string, number> } {
  const { indicator, baseYear, endYear, path, standIn, factorMonth } = parent
  return {
    subject: share.subject,
    indicator,
    baseYear,
    endYear,
    ...('baseValue' in share && { baseValue: share.baseValue }),
    path,
    ...(factorMonth && { factorMonth }),
    years: {},
    source: `decomposed from ${parent.subject}: ${parent.source}`,
    standIn,
  }
}

interface Child {
  child: string
  /** Targets of the parent's indicator, in years of its plan. */
  targets: readonly Target[]
}

function checkOne(parent: Target, children: readonly Child[], sizeOf: SizeOf): PlanCheck {
  const years = planYears(parent).map((year) =>
    isTotal(parent.indicator) ? sumOf(parent, year, children) : meanOf(parent, year, children, sizeOf),
  )
  const over = isTotal(parent.indicator) ? years.filter(({ fits }) => fits === false) : []
  const field = parent.years === undefined ? 'cap' : 'years'
  return {
    problems: [
      ...over.map(({ year, children: sum, parent: cap }) =>
        problem(
          parent,
          field,
          `in ${year} the children's caps sum to ${Number((sum ?? 0).toPrecision(12))}, more than ${cap}`,
        ),
      ),
      ...children.flatMap((child) => gapsOf(child, parent)),
    ],
    years,
  }
}

/** Years of the parent's plan that a child's own plan leaves out; a child without a plan is only named. */
function gapsOf(child: Child, parent: Target): PlanProblem[] {
  const target = child.targets.at(-1)
  const missing = planYears(parent).filter((year) => capOf(child, parent.indicator, year) === null)
  if (!target || missing.length === 0) return []
  const beyond = missing.some((year) => year > target.endYear)
  const early = missing.some((year) => year <= target.baseYear)
  const field = beyond ? 'endYear' : early ? 'baseYear' : 'years'
  return [problem(target, field, `has no value for ${missing.join(', ')} of the plan of ${parent.subject}`)]
}

function sumOf(parent: Target, year: number, children: readonly Child[]): PlanYear {
  const caps = children.flatMap((child) => capOf(child, parent.indicator, year) ?? [])
  return planYear(parent, year, children, caps.length > 0 ? caps.reduce((sum, cap) => sum + cap, 0) : null)
}

function meanOf(parent: Target, year: number, children: readonly Child[], sizeOf: SizeOf): PlanYear {
  const parts = children.map((one) => ({
    value: capOf(one, parent.indicator, year),
    weight: sizeOf(one.child, parent.indicator) ?? 0,
  }))
  return planYear(parent, year, children, weightedMean(parts))
}

function planYear(parent: Target, year: number, among: readonly Child[], children: number | null): PlanYear {
  const { indicator } = parent
  const without = among.filter((child) => capOf(child, indicator, year) === null).map(({ child }) => child)
  const value = targetValue(parent, year)
  return { indicator, year, parent: value, children, fits: children === null ? null : within(children, value), without }
}

const within = (value: number, limit: number): boolean => value <= limit * (1 + FIT_SLACK)

/** Null when no plan of the child sets a value for the year. */
function capOf({ targets }: Child, indicator: Indicator, year: number): number | null {
  const target = targetFor(targets, indicator, year)
  return target ? targetValue(target, year) : null
}

/** True for targets of the same indicator in overlapping years. */
const isOfPlan = (target: Target, parent: Target): boolean =>
  target.indicator === parent.indicator && target.baseYear < parent.endYear && parent.baseYear < target.endYear

const problem = (target: Target, field: string, reason: string): PlanProblem => ({
  kind: 'targets',
  id: targetId(target),
  field,
  reason,
})
