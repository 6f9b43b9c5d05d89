/**
 * Returns a value that exists by construction: the first of a non-empty list, a key that was checked. Throws an Error
 * when it is undefined.
 */
export function must<T>(value: T | undefined, what = 'an element'): T {
  if (value === undefined) throw new Error(`${what} is missing`)
  return value
}
