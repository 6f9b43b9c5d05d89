// Things that are made when they are first used: importing a handler opens nothing and asks the environment nothing,
// and a function that sends no mail needs no client for it.

/** Stands for what `make` makes, which is called at the first use of a method. A failed `make` is tried again. */
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
