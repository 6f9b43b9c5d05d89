// Finds cycles of references: meters behind meters, virtual meters made of one another, areas within areas.

/**
 * Each id that reaches itself, with all members of its cycle (the ids that it reaches and that reach it) in the order
 * of `edges`. References to ids that are no key are ignored.
 */
export function cyclesOf(edges: ReadonlyMap<string, readonly string[]>): Map<string, readonly string[]> {
  const suspects = reversed(withoutEnds(reversed(withoutEnds(edges))))
  const back = reversed(suspects)
  const cycles = new Map<string, readonly string[]>()
  for (const id of suspects.keys()) {
    if (cycles.has(id)) continue
    const ahead = reachedFrom(id, suspects)
    if (!ahead.has(id)) continue
    const behind = reachedFrom(id, back)
    const members = [...suspects.keys()].filter((other) => ahead.has(other) && behind.has(other))
    for (const member of members) cycles.set(member, members)
  }
  return cycles
}

/** Ids ordered so that each comes after all ids it refers to. Ids on a cycle, or that refer to one, are left out. */
export function inDependencyOrder(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const users = reversed(edges)
  const open = new Map([...edges].map(([id, targets]) => [id, targets.filter((target) => edges.has(target)).length]))
  const order = [...edges.keys()].filter((id) => open.get(id) === 0)
  for (const id of order) {
    for (const user of users.get(id) ?? []) {
      const left = (open.get(user) ?? 0) - 1
      open.set(user, left)
      if (left === 0) order.push(user)
    }
  }
  return order
}

/** The edges without all ids that lead to no cycle, in the order of `edges`; empty in a sound registry. */
function withoutEnds(edges: ReadonlyMap<string, readonly string[]>): Map<string, readonly string[]> {
  const sound = new Set(inDependencyOrder(edges))
  return new Map([...edges].filter(([id]) => !sound.has(id)))
}

function reversed(edges: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const back = new Map<string, string[]>([...edges.keys()].map((id) => [id, []]))
  for (const [id, targets] of edges) for (const target of targets) back.get(target)?.push(id)
  return back
}

/** All ids reachable in one step or more. */
function reachedFrom(start: string, edges: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>()
  const waiting = [start]
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const target of edges.get(id) ?? []) {
      if (reached.has(target) || !edges.has(target)) continue
      reached.add(target)
      waiting.push(target)
    }
  }
  return reached
}
