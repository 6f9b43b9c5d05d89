// Remembers judgements for some seconds: an overview judges a province and each of its cities, 80 ms of work, and many
// readers ask for the same. A remembered one stands while each document that was read for it has the version it had.

import type { Doc, Key, StateStore } from '../platform.ts'

/** Figures as of some seconds ago: the page shows minutes. */
const KEPT_MS_MAX = 10_000
/** A province has 13 cities and 170 counties. */
const KEPT_MAX = 400

interface Kept {
  asOfMs: number
  revision: number
  /** Version of each document that was read; 0: there was none. */
  versions: ReadonlyMap<string, number>
  result: unknown
}
interface Asked {
  /** What is judged: the same name with the same documents gives the same result. */
  name: string
  /** Of the registry, whose documents are not read anew. */
  revision: number
  /** Epoch milliseconds. */
  asOfMs: number
}

const keptBy = new WeakMap<StateStore, Map<string, Kept>>()

/** The result of `work`, which reads documents by key alone; one of the last seconds where it would be the same. */
export async function remembered<T>(
  state: StateStore,
  { name, revision, asOfMs }: Asked,
  work: (state: StateStore) => Promise<T>,
): Promise<T> {
  const kept = keptBy.get(state) ?? new Map<string, Kept>()
  keptBy.set(state, kept)
  const last = kept.get(name)
  const ageMs = last ? asOfMs - last.asOfMs : -1
  if (last && last.revision === revision && ageMs >= 0 && ageMs <= KEPT_MS_MAX && (await stand(state, last)))
    return last.result as T
  const { recording, versions } = recorded(state)
  const result = await work(recording)
  kept.delete(name)
  kept.set(name, { asOfMs, revision, versions, result })
  const [oldest] = kept.keys()
  if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest)
  return result
}

async function stand(state: StateStore, { versions }: Kept): Promise<boolean> {
  const docs = await state.getMany([...versions.keys()] as Key<unknown>[])
  const now = new Map(docs.map(({ key, version }) => [key, version]))
  return [...versions].every(([key, version]) => (now.get(key) ?? 0) === version)
}

/** A store that notes which versions are read. A list of documents by prefix is none of them: it throws. */
function recorded(state: StateStore): { recording: StateStore; versions: Map<string, number> } {
  const versions = new Map<string, number>()
  const note = (keys: readonly string[], docs: readonly Doc<unknown>[]): void => {
    for (const key of keys) versions.set(key, 0)
    for (const { key, version } of docs) versions.set(key, version)
  }
  const recording: StateStore = {
    put: (...write) => state.put(...write),
    delete: (keys) => state.delete(keys),
    async get(key) {
      const doc = await state.get(key)
      note([key], doc ? [doc] : [])
      return doc
    },
    async getMany(keys) {
      const docs = await state.getMany(keys)
      note(keys, docs)
      return docs
    },
    async query() {
      throw new Error('what is remembered reads documents by their keys')
    },
  }
  return { recording, versions }
}
