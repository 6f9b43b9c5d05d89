// Loads a list page by page.

import { useCallback, useEffect, useState } from 'react'
import type { Page } from '../../../domain/view/view.ts'
import { PRINTED_ROWS_MAX, useIsPrinting } from './printing.ts'
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

/**
 * The pages loaded so far; loads the first at once, and all of them when the page is printed. A new `path` needs a new
 * component (`key`).
 */
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
  const printing = useIsPrinting()
  const isWanted =
    printing && !loading && loaded.problem === null && Boolean(next) && loaded.rows.length < PRINTED_ROWS_MAX
  const more = useCallback(() => setLoaded((last) => ({ ...last, problem: null, loading: true })), [])
  useEffect(() => {
    if (isWanted) more()
  }, [isWanted, more])
  return { ...loaded, more }
}

/** The API's largest page. */
const LIMIT_MAX = 500

/** All rows of a list, whatever number of pages it has. Throws ProblemError. */
export async function allItems<P extends Page<unknown>>(path: string): Promise<P['items']> {
  const [route = '', query] = path.split('?')
  const parameters = new URLSearchParams(query)
  parameters.set('limit', String(LIMIT_MAX))
  const rows: P['items'] = []
  let next: string | null = null
  do {
    if (next !== null) parameters.set('cursor', next)
    const page: P = await getJson<P>(`${route}?${parameters}`)
    for (const item of page.items) rows.push(item)
    next = page.next
  } while (next !== null)
  return rows
}
