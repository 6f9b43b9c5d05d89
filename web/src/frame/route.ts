// Parses and formats the route in the URL's hash, so that links can be shared and the back button works:
// `#/area/130100?month=2026-10`, `#/institution/ID?meter=…&day=2026-10-07`, `#/alert/ID`, `#/why/institution/ID?…`.

import { useMemo, useSyncExternalStore } from 'react'
import type { Month } from '../../../domain/calendar.ts'

export const AREA_VIEWS = [
  'overview',
  'alerts',
  'ranking',
  'carbon',
  'plan',
  'contracts',
  'revisions',
  'reports',
] as const
export type AreaTab = (typeof AREA_VIEWS)[number]
export const INSTITUTION_VIEWS = [
  'overview',
  'meters',
  'use',
  'carbon',
  'cost',
  'dataCentre',
  'revisions',
  'reports',
  'contracts',
  'control',
] as const
export type InstitutionTab = (typeof INSTITUTION_VIEWS)[number]
export const ADMINISTRATION_VIEWS = [
  ...(['registry', 'targets', 'tables', 'calendar', 'thresholds', 'channels', 'retention'] as const),
  ...(['people', 'audit', 'own'] as const),
] as const
export type AdministrationTab = (typeof ADMINISTRATION_VIEWS)[number]
const GRAINS = ['raw', 'hour', 'day'] as const
const STEPS = ['hour', 'day', 'month'] as const
const ALERT_STATES = ['raised', 'acknowledged', 'cleared'] as const
/** Filter of the list of alerts; nulls list all open alerts. */
export interface AlertFilter {
  severity: string | null
  area: string | null
  kind: string | null
  state: (typeof ALERT_STATES)[number] | null
}

/** Filter, order and page of a list of institutions; nulls are the defaults. */
export interface ListState {
  type: string | null
  rating: string | null
  status: string | null
  /** `none`: those without a meter. */
  meters: string | null
  search: string | null
  sort: string | null
  order: 'asc' | 'desc' | null
  /** Number of the page, from 1. */
  at: string | null
}
export const WHOLE_LIST: ListState = {
  type: null,
  rating: null,
  status: null,
  meters: null,
  search: null,
  sort: null,
  order: null,
  at: null,
}

export interface AreaRoute extends ListState {
  page: 'area'
  /** Null: the top area. */
  code: string | null
  month: Month | null
  view: AreaTab
  /** `kind` and `state` filter the list of alerts. */
  kind: string | null
  severity: string | null
  state: AlertFilter['state']
}
export interface InstitutionRoute {
  page: 'institution'
  id: string
  month: Month | null
  view: InstitutionTab
  meter: string | null
  /** `YYYY-MM-DD`; null: the last day with data. */
  day: string | null
  /** Days, step and medium of the use; nulls: the days of the month, the first medium measured. */
  from: string | null
  to: string | null
  step: (typeof STEPS)[number] | null
  medium: string | null
}
/** One meter. `grain` null: hours; `day` null: the last day with data. */
export interface MeterRoute {
  page: 'meter'
  id: string
  month: Month | null
  grain: (typeof GRAINS)[number] | null
  day: string | null
}
export interface AlertsRoute extends AlertFilter {
  page: 'alerts'
  month: Month | null
}
export interface AlertRoute {
  page: 'alert'
  id: string
  month: Month | null
}
/** The explanation of a number. `table` null: the API chooses the table by the indicator's name. */
export interface WhyRoute {
  page: 'why'
  of: 'area' | 'institution'
  id: string
  indicator: string
  table: string | null
  month: Month | null
}
/** Where an invited person sets a password. */
export interface InvitationRoute {
  page: 'invitation'
  code: string
  month: Month | null
}
/** Where the link of a message acknowledges its alert. */
export interface AcknowledgeRoute {
  page: 'acknowledge'
  id: string
  key: string
  month: Month | null
}
/** What administrators look after, and the reader's own account. */
export interface AdministrationRoute {
  page: 'administration'
  /** Null: the first view that the reader may open. */
  view: AdministrationTab | null
  /** Area, institution, gateway or meter whose limits are set. */
  subject: string | null
  month: Month | null
}
/** All institutions that the reader sees. */
export interface InstitutionsRoute extends ListState {
  page: 'institutions'
  area: string | null
  month: Month | null
}
/** Gateways, last values and refusals (接入). */
export interface ConnectionRoute {
  page: 'connection'
  area: string | null
  month: Month | null
}
/** The overview for a meeting room (大屏). */
export interface WallRoute {
  page: 'wall'
  month: Month | null
}
export type PageRoute =
  | InstitutionsRoute
  | ConnectionRoute
  | WallRoute
  | AdministrationRoute
  | InvitationRoute
  | AcknowledgeRoute
  | AreaRoute
  | InstitutionRoute
  | MeterRoute
  | AlertsRoute
  | AlertRoute
  | WhyRoute
  | { page: 'unknown'; month: Month | null }

/** The route of a location hash, with or without `#`. Invalid parameters of the query are ignored. */
export function parseRoute(hash: string): PageRoute {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?')
  const parameters = new URLSearchParams(query)
  const take = (name: string, pattern: RegExp = /./) => {
    const value = parameters.get(name)
    return value !== null && pattern.test(value) ? value : null
  }
  const oneOf = <T extends string>(name: string, values: readonly T[]): T | null =>
    values.find((value) => value === parameters.get(name)) ?? null
  const month = take('month', /^\d{4}-(0[1-9]|1[0-2])$/) as Month | null
  const [page = 'area', ...names] = path.split('/').filter((part) => part !== '')
  const [subject, second, ...rest] = names.map(decode)
  const unknown: PageRoute = { page: 'unknown', month }
  const filter = { kind: take('kind'), severity: take('severity'), state: oneOf('state', ALERT_STATES) }
  if (rest.length > 0 || (second !== undefined && page !== 'why')) return unknown
  const list: ListState = {
    ...{ type: take('type'), rating: take('rating'), status: take('status'), meters: take('meters') },
    ...{ search: take('search'), sort: take('sort'), order: oneOf('order', ['asc', 'desc'] as const) },
    at: take('at', /^[1-9]\d{0,5}$/),
  }
  if (page === 'institutions' && names.length === 0) return { page, month, area: take('area'), ...list }
  if (page === 'connection' && names.length === 0) return { page, month, area: take('area') }
  if (page === 'wall' && names.length === 0) return { page, month }
  if (page === 'administration' && names.length === 0)
    return { page, month, view: oneOf('view', ADMINISTRATION_VIEWS), subject: take('subject') }
  if (page === 'alerts' && names.length === 0) return { page, month, area: take('area'), ...filter }
  if (page === 'area' && (path.replaceAll('/', '') === '' || subject !== undefined)) {
    const view = oneOf('view', AREA_VIEWS) ?? 'overview'
    return { page, code: subject ?? null, month, view, ...list, ...filter }
  }
  if (subject === undefined) return unknown
  if (page === 'alert') return { page, id: subject, month }
  if (page === 'acknowledge') return { page, id: subject, key: take('key') ?? '', month }
  if (page === 'invitation') return { page, code: subject, month }
  if (page === 'why') {
    const indicator = take('indicator')
    if (indicator === null || second === undefined || (subject !== 'area' && subject !== 'institution')) return unknown
    return { page, of: subject, id: second, indicator, table: take('table'), month }
  }
  const date = (name: string) => {
    const asked = take(name, /^\d{4}-\d{2}-\d{2}$/)
    return asked !== null && Number.isNaN(Date.parse(asked)) ? null : asked
  }
  const day = date('day')
  if (page === 'meter') return { page, id: subject, month, grain: oneOf('grain', GRAINS), day }
  if (page !== 'institution') return unknown
  const meter = take('meter')
  // A link with a meter or a day opens the curve.
  const view = oneOf('view', INSTITUTION_VIEWS) ?? ((meter ?? day) ? 'meters' : 'overview')
  const use = { from: date('from'), to: date('to'), step: oneOf('step', STEPS), medium: take('medium') }
  return { page, id: subject, month, view, meter, day, ...use }
}

/** The hash of a route, `#` included. */
export function formatRoute(route: PageRoute): string {
  const query = new URLSearchParams()
  for (const name of QUERY_NAMES) {
    const value = (route as Partial<Record<string, string | null>>)[name]
    if (value && !(name === 'view' && value === 'overview')) query.set(name, value)
  }
  const text = query.toString()
  return `#/${pathOf(route)}${text === '' ? '' : `?${text}`}`
}
const QUERY_NAMES = [
  ...['month', 'view', 'search', 'type', 'rating', 'status', 'meters', 'sort', 'order', 'at', 'area', 'kind'],
  ...['severity', 'state'],
  ...['from', 'to', 'step', 'medium'],
  ...['key', 'meter', 'grain', 'day', 'table', 'indicator', 'subject'],
]

function pathOf(route: PageRoute): string {
  switch (route.page) {
    case 'area':
      return route.code === null ? '' : `area/${encodeURIComponent(route.code)}`
    case 'alerts':
    case 'administration':
    case 'institutions':
    case 'connection':
    case 'wall':
      return route.page
    case 'acknowledge':
    case 'alert':
    case 'institution':
    case 'meter':
      return `${route.page}/${encodeURIComponent(route.id)}`
    case 'why':
      return `why/${route.of}/${encodeURIComponent(route.id)}`
    case 'invitation':
      return `invitation/${encodeURIComponent(route.code)}`
    case 'unknown':
      return ''
  }
}

export const areaRoute = (code: string | null, month: Month | null): AreaRoute => ({
  page: 'area',
  code,
  month,
  view: 'overview',
  ...WHOLE_LIST,
  kind: null,
  severity: null,
  state: null,
})

export const institutionRoute = (id: string, month: Month | null): InstitutionRoute => ({
  page: 'institution',
  id,
  month,
  view: 'overview',
  meter: null,
  day: null,
  from: null,
  to: null,
  step: null,
  medium: null,
})

export const meterRoute = (id: string, month: Month | null): MeterRoute => ({
  page: 'meter',
  id,
  month,
  grain: null,
  day: null,
})

export const alertsRoute = (area: string | null, month: Month | null): AlertsRoute => ({
  page: 'alerts',
  month,
  area,
  kind: null,
  severity: null,
  state: null,
})

export const institutionsRoute = (list: Partial<ListState> & { area?: string | null }): InstitutionsRoute => ({
  page: 'institutions',
  month: null,
  area: null,
  ...WHOLE_LIST,
  ...list,
})

/** The list's part of a route. */
export const listOf = (route: ListState): ListState => {
  const { type, rating, status, meters, search, sort, order, at } = { ...WHOLE_LIST, ...route }
  return { type, rating, status, meters, search, sort, order, at }
}

export const administrationRoute = (
  view: AdministrationTab | null,
  subject: string | null = null,
): AdministrationRoute => ({ page: 'administration', view, subject, month: null })

export const alertRoute = (id: string, month: Month | null): AlertRoute => ({ page: 'alert', id, month })

/** The same page in another month. The chosen day is cleared, so that the curve follows the month. */
export const inMonth = (route: PageRoute, month: Month): PageRoute =>
  route.page === 'institution' ? { ...route, month, day: null, from: null, to: null } : { ...route, month }

/** Identity of the page: a filter or another month does not change it, so the scroll position stays. */
export function placeOf(route: PageRoute): string {
  return 'view' in route ? `${pathOf(route)} ${route.view}` : pathOf(route)
}

/** Opens a route as a new entry of the browser's history. */
export function visit(route: PageRoute): void {
  location.hash = formatRoute(route)
}

/** The route of the address bar. */
export function useRoute(): PageRoute {
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
