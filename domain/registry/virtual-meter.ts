// Computes virtual meters: the hourly sum of other meters of the institution, each with a factor. An hour is known when
// every part is known, and has the worst flag of the parts. A virtual meter may be part of another.

import { cyclesOf, inDependencyOrder } from '../cycle.ts'
import { NO_HOUR } from '../hours.ts'
import type { FormulaPart, Meter } from './records.ts'

/** Hours of one meter: amounts in kWh, GJ or m³, NaN = null; flags are indexes of HOUR_FLAGS, or NO_HOUR. */
export interface FlaggedHours {
  amounts: Float64Array
  flags: Uint8Array
}

/**
 * Σ factor × amount of `hours` hours, added in the order of the formula, so that equal parts give equal bytes. An hour
 * is null when one part is null; its flag is the worst of the parts, by the order of HOUR_FLAGS. A part without hours
 * counts as unknown.
 */
export function virtualHours(
  formula: readonly FormulaPart[],
  hours: number,
  hoursOf: (meter: string) => FlaggedHours | undefined,
): FlaggedHours {
  const amounts = new Float64Array(hours)
  const flags = new Uint8Array(hours)
  for (const { meter, factor } of formula) {
    const part = hoursOf(meter)
    for (let hour = 0; hour < hours; hour++) {
      amounts[hour] = (amounts[hour] ?? 0) + factor * (part?.amounts[hour] ?? Number.NaN)
      flags[hour] = Math.max(flags[hour] ?? 0, part?.flags[hour] ?? NO_HOUR)
    }
  }
  return { amounts, flags }
}

/**
 * Virtual meters, each after its parts. Meters on a cycle of formulas, or that contain one, are left out (see
 * formulaFindings).
 */
export function virtualMeters(meters: readonly Meter[]): (Meter & { formula: FormulaPart[] })[] {
  const byId = new Map(meters.map((meter) => [meter.id, meter]))
  return inDependencyOrder(formulaEdges(meters)).flatMap((id) => {
    const meter = byId.get(id)
    return meter?.formula ? [{ ...meter, formula: meter.formula }] : []
  })
}

/** All parts of a virtual meter, including the parts of virtual parts; empty for other meters. */
export function partsOf({ formula }: Pick<Meter, 'formula'>, byId: ReadonlyMap<string, Meter>): Meter[] {
  const parts = new Map<string, Meter>()
  const waiting = [...(formula ?? [])]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const part = byId.get(next.meter)
    if (part === undefined || parts.has(part.id)) continue
    parts.set(part.id, part)
    waiting.push(...(part.formula ?? []))
  }
  return [...parts.values()]
}

/** Problems of each virtual meter's formula, by meter id: `field`, `reason`. Sound meters are absent. */
export function formulaFindings(meters: readonly Meter[]): Map<string, [field: 'formula' | 'role', reason: string][]> {
  const byId = new Map(meters.map((meter) => [meter.id, meter]))
  const cycles = cyclesOf(formulaEdges(meters))
  const findings = new Map<string, [field: 'formula' | 'role', reason: string][]>()
  for (const meter of meters) {
    if (meter.formula === undefined) continue
    const found: [field: 'formula' | 'role', reason: string][] = []
    const cycle = cycles.get(meter.id)
    if (cycle) found.push(['formula', `${listed(cycle)} are made of one another`])
    const parts = meter.formula.map((part) => part.meter)
    for (const id of new Set(parts.filter((part, index) => parts.indexOf(part) !== index)))
      found.push(['formula', `names meter "${id}" twice`])
    for (const id of new Set(parts)) {
      const reason = partReason(meter, id, byId.get(id))
      if (reason) found.push(['formula', reason])
    }
    const twice = cycle ? undefined : countedTwice(meter, byId)
    if (twice) found.push(['role', `counts meter "${twice.id}", which counts as ${twice.role} already`])
    if (found.length > 0) findings.set(meter.id, found)
  }
  return findings
}

const MEMBERS_LISTED_MAX = 20
/** Members of a cycle for a message, at most MEMBERS_LISTED_MAX: every member has its own message. */
export function listed(members: readonly string[]): string {
  const shown = members.slice(0, MEMBERS_LISTED_MAX).map((member) => `"${member}"`)
  const more = members.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

function partReason(meter: Meter, id: string, part: Meter | undefined): string | undefined {
  if (part === undefined) return `meter "${id}" is not registered`
  if (part.institution !== meter.institution) return `meter "${id}" is at institution "${part.institution}"`
  if (part.medium !== meter.medium) return `meter "${id}" counts ${part.medium}, this one ${meter.medium}`
  if (part.kind === 'offline') return `meter "${id}" is offline and has no hours`
  return undefined
}

/** Roles that count in an institution's amounts: a part and its virtual meter must not both have such a role. */
const COUNTING = new Map<Meter['role'], readonly Meter['role'][]>([
  ['main', ['main', 'exclude']],
  ['exclude', ['main', 'exclude']],
  ['generation', ['generation']],
])

function countedTwice(meter: Meter, byId: ReadonlyMap<string, Meter>): Meter | undefined {
  const roles = COUNTING.get(meter.role) ?? []
  return partsOf(meter, byId).find((part) => roles.includes(part.role))
}

const formulaEdges = (meters: readonly Meter[]): Map<string, string[]> =>
  new Map(meters.flatMap(({ id, formula }) => (formula ? [[id, formula.map(({ meter }) => meter)]] : [])))
