// Holds cycles to the definition: an id is on one exactly when it reaches itself.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cyclesOf, inDependencyOrder } from '../../domain/cycle.ts'

const edges = (of: Record<string, string[]>) => new Map(Object.entries(of))

describe('cycles', () => {
  it.each([
    { name: 'a chain has none', of: { a: ['b'], b: ['c'], c: [] }, want: {} },
    { name: 'an id of itself', of: { a: ['a'] }, want: { a: ['a'] } },
    {
      name: 'a ring, not what leads to it or away from it',
      of: { x: ['a'], a: ['b'], b: ['c'], c: ['a', 'y'], y: [] },
      want: { a: ['a', 'b', 'c'], b: ['a', 'b', 'c'], c: ['a', 'b', 'c'] },
    },
    {
      name: 'two rings and the bridge between them',
      of: { a: ['b'], b: ['a', 'bridge'], bridge: ['c'], c: ['d'], d: ['c'] },
      want: { a: ['a', 'b'], b: ['a', 'b'], c: ['c', 'd'], d: ['c', 'd'] },
    },
    { name: 'an unknown id leads nowhere', of: { a: ['gone'] }, want: {} },
  ])('$name', ({ of, want }) => {
    expect(Object.fromEntries(cyclesOf(edges(of as unknown as Record<string, string[]>)))).toEqual(want)
  })

  const graph = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), { maxLength: 20 })
    .map((pairs) => {
      const made = new Map(Array.from({ length: 10 }, (_, id) => [String(id), [] as string[]]))
      for (const [from, to] of pairs) made.get(String(from))?.push(String(to))
      return made
    })

  it('are what reaches itself, and the others come after all they refer to', () => {
    fc.assert(
      fc.property(graph, (of) => {
        const reaches = (from: string, to: string): boolean => {
          const seen = new Set<string>()
          const walk = (id: string): boolean =>
            (of.get(id) ?? []).some((next) => {
              if (next === to) return true
              if (seen.has(next)) return false
              seen.add(next)
              return walk(next)
            })
          return walk(from)
        }
        const cycles = cyclesOf(of)
        for (const id of of.keys()) {
          expect(cycles.has(id)).toBe(reaches(id, id))
          for (const other of of.keys())
            expect(cycles.get(id)?.includes(other) ?? false).toBe(reaches(id, other) && reaches(other, id))
        }
        const order = inDependencyOrder(of)
        order.forEach((id, place) => {
          for (const target of of.get(id) ?? []) expect(order.slice(0, place)).toContain(target)
        })
        const blocked = [...of.keys()].filter((id) => [...cycles.keys()].some((on) => on === id || reaches(id, on)))
        expect(order.length).toBe(of.size - blocked.length)
      }),
      { numRuns: 1000 },
    )
  })
})
