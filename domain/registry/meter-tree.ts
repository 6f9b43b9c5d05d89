// Builds the tree of meters of one institution, and compares each meter with the sum of the meters directly below it;
// the difference is unexplained (losses, theft, a missing meter). Only hours in which all of them are known count.
// Chooses the outermost of given meters, so that a part is not counted twice.

import {
  addMonths,
  DAY_MS,
  dayLabel,
  dayOf,
  dayStartMs,
  HOUR_MS,
  type Month,
  monthOf,
  monthRange,
} from '../calendar.ts'
import { cyclesOf } from '../cycle.ts'
import type { Medium } from '../medium.ts'
import { EXPORT, type Meter } from './records.ts'
import { listed, partsOf } from './virtual-meter.ts'

/** Consecutive hours of one meter: amounts in kWh, GJ or m³, NaN = null. Hours outside are null. */
export interface MeterHours {
  firstHourMs: number
  amounts: Float64Array
}

/** A meter with others below it. */
export interface TreeNode {
  meter: Meter
  /** Directly below: `sub`, `exclude` and `main` meters. `check` meters are not included: they count the same again. */
  subs: Meter[]
  /** Directly below: their generation is added to the amount of the node's meter. */
  generation: Meter[]
  /** Directly below: meters of the generation fed into the grid, which is subtracted. */
  exported: Meter[]
}
export interface MeterTree {
  nodes: TreeNode[]
  /** Meters with an invalid parent; their link to it is ignored. */
  problems: { meter: string; field: 'parent'; reason: string }[]
}

/**
 * The nodes of one institution, in the order of `meters`. A parent that is unknown, of another medium or institution,
 * or on a cycle is a problem and is ignored.
 */
export function meterTree(meters: readonly Meter[]): MeterTree {
  const byId = new Map(meters.map((meter) => [meter.id, meter]))
  const cycles = parentCycles(meters)
  const below = new Map<string, Meter[]>()
  const problems: MeterTree['problems'] = []
  for (const meter of meters) {
    if (meter.parent === undefined) continue
    const [reason] = parentReasons(meter, byId.get(meter.parent), cycles.get(meter.id))
    if (reason !== undefined) problems.push({ meter: meter.id, field: 'parent', reason })
    else below.set(meter.parent, [...(below.get(meter.parent) ?? []), meter])
  }
  const nodes = meters.flatMap((meter): TreeNode[] => {
    const children = below.get(meter.id) ?? []
    const subs = children.filter(({ role }) => role === 'sub' || role === 'main' || role === 'exclude')
    if (subs.length === 0) return []
    const sources = children.filter(({ role }) => role === 'generation')
    return [
      {
        meter,
        subs,
        generation: sources.filter(({ purpose }) => purpose !== EXPORT),
        exported: sources.filter(({ purpose }) => purpose === EXPORT),
      },
    ]
  })
  return { nodes, problems }
}

/** Members of each cycle of parents, by meter. */
export const parentCycles = (meters: readonly Meter[]): Map<string, readonly string[]> =>
  cyclesOf(new Map(meters.map(({ id, parent }) => [id, parent === undefined ? [] : [parent]])))

/** Problems of a meter's place below `above`; `cycle`: the cycle that the meter is on, if any. */
export function parentReasons(
  { id, parent, medium, institution }: Meter,
  above: Meter | undefined,
  cycle: readonly string[] | undefined,
): string[] {
  if (above === undefined) return [`meter "${parent}" is not registered`]
  return [
    above.medium !== medium && `meter "${parent}" counts ${above.medium}, this one ${medium}`,
    above.institution !== institution && `meter "${parent}" is at institution "${above.institution}"`,
    cycle !== undefined && `meter "${id}" lies behind itself: ${listed(cycle)}`,
  ].filter((reason) => reason !== false)
}

export interface NodeBalance {
  meter: string
  medium: Medium
  subs: string[]
  periods: PeriodBalance[]
}
/** Amounts in kWh, GJ or m³, over the hours in which all meters of the node are known; null when there is none. */
export interface PeriodBalance {
  /** `YYYY-MM-DD` or `YYYY-MM`. */
  period: string
  /** Amount of the node's own meter. */
  own: number | null
  /** Generation directly below it minus exports; 0 without such meters. */
  generated: number | null
  /** Σ of the meters directly below. */
  subs: number | null
  /** own + generated − subs. */
  unexplained: number | null
  /** unexplained / (own + generated) in percent; null when the divisor is not above 0. */
  unexplainedPct: number | null
  hours: number
  hoursKnown: number
}

/**
 * The balance of a node by day or month over [fromMs, toMs), whole hours. A node with an offline meter is balanced only
 * by month, and only in months that `monthOfMeter` knows and in which all hours of the other meters are known.
 */
export function balanceOf(
  node: TreeNode,
  input: {
    fromMs: number
    toMs: number
    grain: 'day' | 'month'
    hoursOf: (meter: string) => MeterHours | undefined
    monthOfMeter?: (meter: string, month: Month) => number | undefined
  },
): NodeBalance {
  const { fromMs, toMs, grain } = input
  const parts = sidesOf(node)
  const periods = spansOf(grain, fromMs, toMs).map((span): PeriodBalance => {
    const known = parts.some(({ meter }) => meter.kind === 'offline')
      ? wholeMonth(parts, span, input)
      : knownHours(parts, span, input.hoursOf)
    return { period: span.name, ...shownOf(known), hours: (span.toMs - span.fromMs) / HOUR_MS, hoursKnown: known.hours }
  })
  return { meter: node.meter.id, medium: node.meter.medium, subs: node.subs.map(({ id }) => id), periods }
}

type Side = 'own' | 'generated' | 'subs'
interface Part {
  meter: Meter
  side: Side
  factor: 1 | -1
}
type Sums = Record<Side, number> & { hours: number }
interface Span {
  name: string
  fromMs: number
  toMs: number
}

const sidesOf = ({ meter, subs, generation, exported }: TreeNode): Part[] => [
  { meter, side: 'own', factor: 1 },
  ...generation.map((one): Part => ({ meter: one, side: 'generated', factor: 1 })),
  ...exported.map((one): Part => ({ meter: one, side: 'generated', factor: -1 })),
  ...subs.map((one): Part => ({ meter: one, side: 'subs', factor: 1 })),
]

function knownHours(
  parts: readonly Part[],
  { fromMs, toMs }: Span,
  hoursOf: (meter: string) => MeterHours | undefined,
): Sums {
  const series = parts.map(({ meter }) => hoursOf(meter.id))
  const sums: Sums = { own: 0, generated: 0, subs: 0, hours: 0 }
  for (let hourMs = fromMs; hourMs < toMs; hourMs += HOUR_MS) {
    const amounts = series.map((one) => (one ? one.amounts[(hourMs - one.firstHourMs) / HOUR_MS] : undefined))
    if (amounts.some((amount) => amount === undefined || Number.isNaN(amount))) continue
    sums.hours++
    parts.forEach(({ side, factor }, index) => {
      sums[side] += factor * (amounts[index] ?? 0)
    })
  }
  return sums
}

/** All or nothing: a bill cannot be cut into hours. */
function wholeMonth(
  parts: readonly Part[],
  span: Span,
  { grain, hoursOf, monthOfMeter }: Parameters<typeof balanceOf>[1],
): Sums {
  const nothing: Sums = { own: 0, generated: 0, subs: 0, hours: 0 }
  const month = monthOf(span.fromMs)
  const { fromMs, toMs } = grain === 'month' ? monthRange(month) : span
  if (grain === 'day' || fromMs !== span.fromMs || toMs !== span.toMs) return nothing
  const hours = (toMs - fromMs) / HOUR_MS
  const sums = { ...nothing, hours }
  for (const part of parts) {
    if (part.meter.kind === 'offline') {
      const billed = monthOfMeter?.(part.meter.id, month)
      if (billed === undefined) return nothing
      sums[part.side] += part.factor * billed
    } else {
      const own = knownHours([part], span, hoursOf)
      if (own.hours < hours) return nothing
      sums[part.side] += own[part.side]
    }
  }
  return sums
}

function shownOf({ own, generated, subs, hours }: Sums): Omit<PeriodBalance, 'period' | 'hours' | 'hoursKnown'> {
  if (hours === 0) return { own: null, generated: null, subs: null, unexplained: null, unexplainedPct: null }
  const supplied = own + generated
  const unexplained = supplied - subs
  return { own, generated, subs, unexplained, unexplainedPct: supplied > 0 ? (100 * unexplained) / supplied : null }
}

/** Local days or months that overlap [fromMs, toMs), cut to it. */
function spansOf(grain: 'day' | 'month', fromMs: number, toMs: number): Span[] {
  const spans: Span[] = []
  for (let atMs = fromMs; atMs < toMs; ) {
    const name = grain === 'day' ? dayLabel(dayOf(atMs)) : monthOf(atMs)
    const endMs = grain === 'day' ? dayStartMs(dayOf(atMs)) + DAY_MS : monthRange(addMonths(monthOf(atMs), 1)).fromMs
    spans.push({ name, fromMs: atMs, toMs: Math.min(endMs, toMs) })
    atMs = endMs
  }
  return spans
}

/**
 * The chosen meters without those that are part of another chosen meter: below it in the tree, in its formula, or with
 * a sub-item of its code (01D1A belongs to 01D10, docs/rules/data.md#sub-item-codes).
 */
export function outermost(meters: readonly Meter[], fits: (meter: Meter) => boolean): Meter[] {
  const chosen = meters.filter(fits)
  if (chosen.length < 2) return chosen
  const byId = new Map(meters.map((meter) => [meter.id, meter]))
  const chosenIds = new Set(chosen.map((meter) => meter.id))
  const codes = new Set(chosen.map((meter) => meter.purpose))
  const inFormulas = new Set(chosen.flatMap((meter) => partsOf(meter, byId).map(({ id }) => id)))
  return chosen.filter((meter) => {
    if (inFormulas.has(meter.id)) return false
    if (parentCodes(meter.purpose ?? '').some((code) => codes.has(code))) return false
    const seen = new Set<string>()
    for (let above = meter.parent; above !== undefined && !seen.has(above); above = byId.get(above)?.parent) {
      if (chosenIds.has(above)) return false
      seen.add(above)
    }
    return true
  })
}

/** True when a meter lies below one of the given ones in the tree. */
export function isBelow(meter: Meter, above: ReadonlySet<string>, meters: readonly Meter[]): boolean {
  const seen = new Set<string>()
  for (let id = meter.parent; id !== undefined && !seen.has(id); id = meters.find((one) => one.id === id)?.parent) {
    if (above.has(id)) return true
    seen.add(id)
  }
  return false
}

/** The chosen meters without those that lie below another of them in the tree. */
export function highest(chosen: readonly Meter[], meters: readonly Meter[]): Meter[] {
  if (!chosen.some(({ parent }) => parent !== undefined)) return [...chosen]
  const ids = new Set(chosen.map(({ id }) => id))
  return chosen.filter((meter) => !isBelow(meter, ids, meters))
}

/** `01D1A` → `01D10`, `01D00`. */
function parentCodes(code: string): string[] {
  if (!/^\d\d[A-Z][0-9][A-Z0-9]$/.test(code)) return []
  return [`${code.slice(0, 4)}0`, `${code.slice(0, 3)}00`].filter((parent) => parent !== code)
}
