// Seeded pseudo-random numbers, so that the demo province and its meters are the same on every machine. Not for
// secrets.

/** A stream of numbers; the same seed gives the same stream. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform in [low, high). */
  between(low: number, high: number): number
  /** Uniform whole number from low to high, both included. */
  whole(low: number, high: number): number
  /** One element. Throws RangeError when there is none. */
  pick<T>(list: readonly T[]): T
  /** A copy in random order. */
  shuffle<T>(list: readonly T[]): T[]
}

/** A stream (mulberry32) seeded by any text, such as `${seed}/${meterId}`. */
export function createRandom(seed: string | number): Random {
  let state = hash32(String(seed))
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const between = (low: number, high: number): number => low + (high - low) * next()
  const whole = (low: number, high: number): number => Math.floor(between(low, high + 1))
  return {
    next,
    between,
    whole,
    pick<T>(list: readonly T[]): T {
      if (list.length === 0) throw new RangeError('nothing to pick from')
      return list[whole(0, list.length - 1)] as T // whole() stays within the list; an element may be undefined itself
    },
    shuffle<T>(list: readonly T[]): T[] {
      const copy = [...list]
      for (let last = copy.length - 1; last > 0; last--) {
        const other = whole(0, last)
        const held = copy[last] as T
        copy[last] = copy[other] as T // other ≤ last < length
        copy[other] = held
      }
      return copy
    },
  }
}

/** FNV-1a, 32 bits: spreads ids over seeds and noise tables. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
