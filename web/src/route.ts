// What the page shows stands in the URL's hash, so that a link can be shared and the back button works:
// `#/area/130100?month=2026-10`, `#/institution/ID?meter=…&day=2026-10-07`.

import { useMemo, useSyncExternalStore } from 'react'

export type Route =
  /** `code` null: the area at the top. `type` and `grade` filter the list of institutions. */
  | { page: 'area'; code: string | null; month: string | null; type: string | null; grade: string | null }
  /** `day` is `YYYY-MM-DD`; null: the last day with data. */
  | { page: 'institution'; id: string; month: string | null; meter: string | null; day: string | null }
  | { page: 'unknown'; month: string | null }

/** The route of a location hash, with or without `#`. What cannot be understood in the query is left out. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?')
  const parameters = new URLSearchParams(query)
  const take = (name: string, pattern: RegExp) => {
    const value = parameters.get(name)
    return value !== null && pattern.test(value) ? value : null
  }
  const month = take('month', /^\d{4}-(0[1-9]|1[0-2])$/)
  const list = { month, type: take('type', /./), grade: take('grade', /./) }
  const parts = path.split('/').filter((part) => part !== '')
  if (parts.length === 0) return { page: 'area', code: null, ...list }

  const subject = parts.length === 2 ? decode(parts[1]) : undefined
  if (subject === undefined) return { page: 'unknown', month }
  if (parts[0] === 'area') return { page: 'area', code: subject, ...list }
  if (parts[0] === 'institution') {
    const day = take('day', /^\d{4}-\d{2}-\d{2}$/)
    const known = day !== null && !Number.isNaN(Date.parse(day))
    return { page: 'institution', id: subject, month, meter: take('meter', /./), day: known ? day : null }
  }
  return { page: 'unknown', month }
}

/** The hash of a route, `#` included. */
export function formatRoute(route: Route): string {
  if (route.page === 'unknown') return '#/'
  const subject = route.page === 'area' ? route.code : route.id
  const query = new URLSearchParams()
  for (const name of QUERY_NAMES) {
    const value = (route as Partial<Record<string, string | null>>)[name]
    if (value) query.set(name, value)
  }
  const text = query.toString()
  return `#/${subject === null ? '' : `${route.page}/${encodeURIComponent(subject)}`}${text === '' ? '' : `?${text}`}`
}
const QUERY_NAMES = ['month', 'type', 'grade', 'meter', 'day']

export const areaRoute = (code: string | null, month: string | null): Route => ({
  page: 'area',
  code,
  month,
  type: null,
  grade: null,
})

export const institutionRoute = (id: string, month: string | null): Route => ({
  page: 'institution',
  id,
  month,
  meter: null,
  day: null,
})

/** The same page in another month. The curve follows: the chosen day is given up. */
export const inMonth = (route: Route, month: string): Route =>
  route.page === 'institution' ? { ...route, month, day: null } : { ...route, month }

/** Goes to a route, as a new entry of the browser's history. */
export function visit(route: Route): void {
  location.hash = formatRoute(route)
}

/** The route of the address bar. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash)
  return useMemo(() => parseRoute(hash), [hash])
}

function subscribe(changed: () => void): () => void {
  addEventListener('hashchange', changed)
  return () => removeEventListener('hashchange', changed)
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
