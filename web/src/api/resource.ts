// Requests the HTTP API. Answers are trusted to have the shapes of domain/view/, because the server that serves this
// page also makes them. Errors are RFC 9457 problem documents, or network errors.

import { useCallback, useEffect, useRef, useState } from 'react'
import { takeEarly } from './early.ts'
import { fetchApi, JSON_ASKED } from './session.ts'

/** Refresh interval of an open page. Assessment runs every minute, so a shorter one would show nothing new. */
const REFRESH_MS = 60_000

export interface LoadProblem {
  title: string
  /** The HTTP status; 0 when no answer came. */
  status: number
  detail?: string
  /** The other fields of the problem document. */
  more?: Partial<Record<string, unknown>>
}

/** A request that failed: with a problem as answer, or without an answer. */
export class ProblemError extends Error {
  override name = 'ProblemError'
  readonly problem: LoadProblem
  constructor(problem: LoadProblem) {
    super(problem.title)
    this.problem = problem
  }
}

/** Gets `path` below `/api/v1/`. Throws ProblemError; throws the abort reason when aborted. */
export const getJson = <T>(path: string, signal?: AbortSignal): Promise<T> => ask<T>(path, { signal })

/** Sends `body` to `path` below `/api/v1/` as the reader. Throws ProblemError. */
export const sendJson = <T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body: object): Promise<T> =>
  ask<T>(path, { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })

/** Gets the file at `path` below `/api/v1/`, as the reader. Throws like `getJson`. */
export async function getFile(path: string, signal?: AbortSignal): Promise<Blob> {
  const response = await answerOf(path, { signal })
  if (response.ok) return response.blob()
  throw new ProblemError(problemFrom(response, await response.json().catch(() => undefined)))
}

async function answerOf(path: string, { signal, ...init }: RequestInit): Promise<Response> {
  const early = init.method === undefined ? takeEarly(path) : undefined
  return (early ?? fetchApi(path, { ...init, signal })).catch((error: unknown) => {
    if (signal?.aborted) throw error
    throw new ProblemError({ title: String(error), status: 0 })
  })
}

async function ask<T>(path: string, { signal, headers, ...init }: RequestInit): Promise<T> {
  const response = await answerOf(path, { ...init, signal, headers: { ...JSON_ASKED.headers, ...headers } })
  const body: unknown = await response.json().catch((error: unknown) => {
    if (signal?.aborted) throw error
    return undefined
  })
  if (response.ok && body !== undefined) return body as T
  throw new ProblemError(problemFrom(response, body))
}

export interface Resource<T> {
  data: T | null
  /** Set together with `data` when a later refresh failed. */
  problem: LoadProblem | null
  reload: () => void
}
interface Answer<T> {
  path: string
  data: T | null
  problem: LoadProblem | null
}

/**
 * The answer to `path`, refreshed every minute or as often as asked; null: no request.
 * An answer to an earlier path is never returned.
 */
export function useResource<T>(path: string | null, everyMs = REFRESH_MS): Resource<T> {
  const [answer, setAnswer] = useState<Answer<T> | null>(null)
  const loadNow = useRef(() => {})
  const reload = useCallback(() => loadNow.current(), [])

  useEffect(() => {
    if (path === null) return
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const load = async () => {
      clearTimeout(timer)
      try {
        const data = await getJson<T>(path, abort.signal)
        setAnswer({ path, data, problem: null })
      } catch (error) {
        if (abort.signal.aborted) return
        const problem = problemOf(error)
        setAnswer((last) => ({ path, data: last?.path === path ? last.data : null, problem }))
      }
      timer = setTimeout(load, everyMs)
    }
    loadNow.current = load
    load()
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [path, everyMs])

  const current = answer?.path === path ? answer : null
  return { data: current?.data ?? null, problem: current?.problem ?? null, reload }
}

/** The problem of a failed request, for display. */
export function problemOf(error: unknown): LoadProblem {
  return error instanceof ProblemError ? error.problem : { title: String(error), status: 0 }
}

/** `path?name=value&…` with the parameters that are not null. */
export function withQuery(path: string, parameters: Record<string, string | number | null>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) if (value !== null) query.set(name, String(value))
  return query.size === 0 ? path : `${path}?${query}`
}

function problemFrom(response: Response, body: unknown): LoadProblem {
  const fields: Partial<LoadProblem> = typeof body === 'object' && body !== null ? body : {}
  return {
    title: typeof fields.title === 'string' ? fields.title : response.statusText || `HTTP ${response.status}`,
    status: response.status,
    detail: typeof fields.detail === 'string' ? fields.detail : undefined,
    more: { ...fields },
  }
}
