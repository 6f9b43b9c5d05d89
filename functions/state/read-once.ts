// A caching state store for one pass over many subjects that asks for their year documents again and again: each is
// read, and its JSON parsed, once. Not for documents that others write meanwhile, such as marks.

import type { Doc, Key, StateStore } from '../platform.ts'

/** Caches reads by key; writes go through. Results are shared: nobody may change them. */
export function readOnce(state: StateStore): StateStore {
  const seen = new Map<string, Doc | undefined>()
  const load = async (keys: readonly Key<unknown>[]): Promise<void> => {
    const missing = keys.filter((key) => !seen.has(key))
    if (missing.length === 0) return
    const found = new Map((await state.getMany(missing)).map((doc) => [doc.key, doc]))
    for (const key of missing) seen.set(key, found.get(key))
  }
  return {
    async get<T>(key: Key<T>) {
      if (!seen.has(key)) seen.set(key, await state.get(key))
      return seen.get(key) as Doc<T> | undefined
    },
    async getMany<T>(keys: readonly Key<T>[]) {
      await load(keys)
      return keys.flatMap((key) => (seen.get(key) as Doc<T> | undefined) ?? [])
    },
    async put(docs, options) {
      await state.put(docs, options)
      for (const { key, value } of docs) {
        const before = seen.get(key)
        if (before) seen.set(key, { key, value, version: before.version + 1 })
        else seen.delete(key)
      }
    },
    async delete(keys) {
      await state.delete(keys)
      for (const key of keys) seen.delete(key)
    },
    query: (prefix, options) => state.query(prefix, options),
  }
}
