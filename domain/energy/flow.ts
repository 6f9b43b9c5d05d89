// Follows what comes in at the main meters down to sub meters: how much each takes, and what is left that no sub meter
// explains (docs/rules/energy-and-carbon.md#flow). Pure: hours are given.

import { HOUR_MS } from '../calendar.ts'
import type { Medium } from '../medium.ts'
import { type MeterHours, meterTree, type TreeNode } from '../registry/meter-tree.ts'
import type { Meter } from '../registry/records.ts'
import { mainMeters } from './supply.ts'

export interface FlowRow {
  meter: string
  medium: Medium
  role: Meter['role']
  purpose: string | null
  /** The meter that it lies behind; null: a main meter. Generation flows into its parent, all others out of it. */
  parent: string | null
  /** Over the hours in which every meter of its tree is known; null when there is none. */
  amount: number | null
  /** Amount and generation less what the meters directly below took; null without meters below. */
  rest: number | null
  hoursKnown: number
}

/**
 * The rows of each main meter, the main meter first. `meters`: those in force. Amounts of one tree are of the same
 * hours, so that they add up; offline meters and what lies behind them are left out.
 */
export function energyFlow(
  meters: readonly Meter[],
  { fromMs, toMs, hoursOf }: { fromMs: number; toMs: number; hoursOf: (meter: string) => MeterHours | undefined },
): FlowRow[] {
  const nodes = new Map(meterTree(meters).nodes.map((node) => [node.meter.id, node]))
  const media = [...new Set(meters.map(({ medium }) => medium))]
  const mains = media.flatMap((medium) => mainMeters(meters.filter((meter) => meter.medium === medium)))
  return mains.flatMap((main) => {
    if (main.kind === 'offline') return []
    const tree = treeBelow(main, null, nodes)
    const series = tree.map(({ meter }) => hoursOf(meter.id))
    const sums = tree.map(() => 0)
    let hoursKnown = 0
    for (let hourMs = fromMs; hourMs < toMs; hourMs += HOUR_MS) {
      const amounts = series.map((one) => one?.amounts[(hourMs - one.firstHourMs) / HOUR_MS] ?? Number.NaN)
      if (amounts.some(Number.isNaN)) continue
      hoursKnown++
      for (const [index, amount] of amounts.entries()) sums[index] = (sums[index] ?? 0) + amount
    }
    const amountOf = new Map(tree.map(({ meter }, index) => [meter.id, hoursKnown > 0 ? (sums[index] ?? 0) : null]))
    return tree.map(({ meter, parent }) => ({
      ...{ meter: meter.id, medium: meter.medium, role: meter.role, purpose: meter.purpose ?? null, parent },
      amount: amountOf.get(meter.id) ?? null,
      rest: restOf(nodes.get(meter.id), (id) => amountOf.get(id) ?? null),
      hoursKnown,
    }))
  })
}

interface Placed {
  meter: Meter
  parent: string | null
}

/** A tree has no cycles: meterTree leaves their links out. */
function treeBelow(meter: Meter, parent: string | null, nodes: ReadonlyMap<string, TreeNode>): Placed[] {
  const node = nodes.get(meter.id)
  const below = [...(node?.subs ?? []), ...(node?.generation ?? []), ...(node?.exported ?? [])]
  const read = below.filter(({ kind }) => kind !== 'offline')
  return [{ meter, parent }, ...read.flatMap((one) => treeBelow(one, meter.id, nodes))]
}

function restOf(node: TreeNode | undefined, amountOf: (meter: string) => number | null): number | null {
  if (!node) return null
  const sum = (side: readonly Meter[]) => side.reduce((total, { id }) => total + (amountOf(id) ?? 0), 0)
  const own = amountOf(node.meter.id)
  return own === null ? null : own + sum(node.generation) - sum(node.exported) - sum(node.subs)
}
