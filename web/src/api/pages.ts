// Loads a list page by page.

import { useCallback, useEffect, useState } from 'react'
import type { Page } from '../../../domain/view/view.ts'
import { getJson, type LoadProblem, problemOf } from './resource.ts'

/** `P`: a page, with its fields besides the rows. */
export interface Pages<P extends Page<unknown>> {
  rows: P['items']
  /** The page loaded last. */
  last: P | null
  /** The cursor of the page to load next; undefined before the first page, null after the last. */
  next: string | null | undefined
  problem: LoadProblem | null
  loading: boolean
  more: () => void
}

type Loaded<P extends Page<unknown>> = Omit<Pages<P>, 'more'>

const NOTHING = { rows: [], last: null, next: undefined, problem: null, loading: true }

/** The pages loaded so far; loads the first at once. A new `path` needs a new component (`key`). */
export function usePages<P extends Page<unknown>>(path: string): Pages<P> {
  const [loaded, setLoaded] = useState<Loaded<P>>(NOTHING)
  const { loading, next } = loaded
  useEffect(() => {
    if (!loading) return
    const abort = new AbortController()
    const load = async () => {
      try {
        const url = next ? `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(next)}` : path
        const page = await getJson<P>(url, abort.signal)
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
