// Creates objects at first use: importing a handler opens nothing and reads no environment variable, and a function
// that sends no mail needs no mail client.

/**
 * An object that calls `make` when one of its properties is first read, and answers from the result. When `make`
 * throws, the next read calls it again.
 */
export function lazy<T extends object>(make: () => T): T {
  let made: T | undefined
  return new Proxy({} as T, {
    get(_, name) {
      made ??= make()
      const value: unknown = Reflect.get(made, name)
      return typeof value === 'function' ? value.bind(made) : value
    },
  })
}
