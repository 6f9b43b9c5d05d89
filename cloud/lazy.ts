// Creates objects at first use: importing a handler opens nothing and reads no environment variable, and a function
// that sends no mail needs no mail client.

/** Stands for the result of `make`, which runs at the first use of a method. A failed `make` is tried again. */
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
