// A list that comes page by page: what was loaded so far, and the way to more.

import { useCallback, useEffect, useState } from 'react'
import type { Page } from '../../../domain/view/view.ts'
import { getJson, type Problem, problemOf } from './resource.ts'

/** `H`: what each page says beside its rows. */
export interface Pages<T, H = unknown> {
  rows: T[]
  /** The page that came last. */
  last: (Page<T> & H) | null
  /** The cursor of the page to load next; undefined before the first page, null after the last. */
  next: string | null | undefined
  problem: Problem | null
  loading: boolean
  more: () => void
}

type Loaded<T, H> = Omit<Pages<T, H>, 'more'>

const NOTHING = { rows: [], last: null, next: undefined, problem: null, loading: true }

/** The pages so far, the first at once. A new `path` needs a new component (`key`). */
export function usePages<T, H = unknown>(path: string): Pages<T, H> {
  const [loaded, setLoaded] = useState<Loaded<T, H>>(NOTHING)
  const { loading, next } = loaded
  useEffect(() => {
    if (!loading) return
    const abort = new AbortController()
    const load = async () => {
      try {
        const url = next ? `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(next)}` : path
        const page = await getJson<Page<T> & H>(url, abort.signal)
        setLoaded(({ rows }) => ({
          rows: [...rows, ...page.items],
          last: page,
          next: page.next,
          problem: null,
          loading: false,
        }))
      } catch (error) {
        if (abort.signal.aborted) return
        setLoaded((last) => ({ ...last, problem: problemOf(error), loading: false }))
      }
    }
    load()
    return () => abort.abort()
  }, [path, loading, next])
  const more = useCallback(() => setLoaded((last) => ({ ...last, problem: null, loading: true })), [])
  return { ...loaded, more }
}
