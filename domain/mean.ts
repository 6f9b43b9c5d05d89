// Computes means that leave out unknown values.

/**
 * The weighted mean of the known values; null when no known value has a weight. The mean of equal values is exactly
 * that value.
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
