// Finds the two registers whose difference is an hour's consumption, so that the last link of a chain can be checked
// by eye.

/** `(to − from) × times` is the amount of the hour. */
export interface RegisterStep {
  /** Registers as they were read, in the meter's own unit. */
  from: number
  to: number
  /** The multiplier, and amount units per register unit. */
  times: number
}

/** Tolerances for floating point: of the amount, and of the register, whose decimals its digits before them cost. */
const SAME = 1e-6
const SAME_REGISTER = 1e-9

/**
 * The registers read exactly at both ends of an hour. Null when one of them was not read, or when their difference is
 * not the amount: across an event, or where a reading was spread over several hours.
 */
export function registerStep(
  registers: ReadonlyMap<number, number>,
  { fromMs, toMs, amount, times }: { fromMs: number; toMs: number; amount: number | null; times: number },
): RegisterStep | null {
  const [from, to] = [registers.get(fromMs), registers.get(toMs)]
  if (from === undefined || to === undefined || amount === null) return null
  const slack = Math.max(SAME * Math.abs(amount), SAME_REGISTER * Math.abs(to * times))
  return Math.abs((to - from) * times - amount) <= slack ? { from, to, times } : null
}
