/**
 * What is there by construction: the first of a list that is never empty, a key that was checked. Throws where it is
 * not.
 */
export function must<T>(value: T | undefined, what = 'an element'): T {
  if (value === undefined) throw new Error(`${what} is missing`)
  return value
}
