// Means that leave out unknown values.

/**
 * The mean of the values that are known, by weight; null when no known value has weight. Equal values give themselves
 * exactly.
 */
export function weightedMean(parts: readonly { value: number | null; weight: number }[]): number | null {
  let mean = 0
  let weight = 0
  for (const part of parts) {
    if (part.value === null || part.weight <= 0) continue
    weight += part.weight
    mean += (part.value - mean) * (part.weight / weight)
  }
  return weight > 0 ? mean : null
}
