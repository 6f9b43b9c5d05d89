// Enforces the permission table (docs/rules/access.md#enforcement) in front of every route: whether the sender may take
// the route's action at the place of its subject. Handlers of lists get the scope, and leave out what lies outside it.

import { type Action, type Grant, grantsFor, type Place, reaches } from '../../domain/access/permission.ts'
import { areaPathOf } from '../../domain/registry/area.ts'
import { alertOf } from '../alerts/store.ts'
import { contractKeys } from '../contracting/store.ts'
import type { StateStore } from '../platform.ts'
import type { RegistryHead, RegistryReader } from '../registry/reader.ts'
import type { Principal } from './principal.ts'

/** Kinds of subjects that a parameter of a route names. `subject`: an area, institution, meter or gateway. */
export type SubjectKind = 'area' | 'institution' | 'meter' | 'gateway' | 'alert' | 'contract' | 'subject'

/**
 * Where an action is taken: at the subject that a path parameter names; `nowhere` in particular; `registry`, the whole
 * of it; or on a `list`, whose handler shows what lies in the scope, and whose query may name subjects.
 */
export type At<Name extends string = string> =
  | 'nowhere'
  | 'registry'
  | { [Kind in SubjectKind]?: Name }
  | { list: readonly SubjectKind[] }

/** `open`: anybody. `send`: gateways, by their own password. All other actions are in the table. */
export interface RouteAccess<Name extends string = string> {
  action: Action | 'open' | 'send'
  at: At<Name>
}

/** What the sender may see by the route's action. */
export interface Scope {
  /** All that is registered, and what belongs to no institution. */
  isWhole: boolean
  covers(place: Place): boolean
  /** False for an unknown subject, unless the scope is whole. */
  coversSubject(kind: SubjectKind, id: string): Promise<boolean>
  /** Institutions that are in scope by name, whose areas are not. */
  institutions: readonly string[]
}

/** 401: signing in may help. 403: it does not. */
export interface Refusal {
  status: 401 | 403
  detail: string
  /** The action that the sender has no right to. */
  right?: Action
}

export interface PermitQuestion {
  access: RouteAccess
  principal: Principal
  path: Readonly<Record<string, string>>
  query: Readonly<Record<string, string | undefined>>
}
interface Sources {
  state: StateStore
  registry: RegistryReader
  head: RegistryHead
}

/** The scope of the route for this sender, or why it is refused. */
export async function permit(asked: PermitQuestion, sources: Sources): Promise<Scope | Refusal> {
  const { access, principal } = asked
  const { action, at } = access
  const refusal = refusalOf(principal, action)
  if (refusal) return refusal
  const scope = await scopeOf(principal, action, sources)
  if (at === 'nowhere' || action === 'open' || action === 'send') return scope
  if (at === 'registry') return scope.isWhole ? scope : outside(action, 'the whole registry')
  for (const [kind, id] of namedSubjects(at, asked))
    if (!(await scope.coversSubject(kind, id))) return outside(action, `"${id}"`)
  return scope
}

export const isRefusal = (given: Scope | Refusal): given is Refusal => 'status' in given

/** The same sentence whether the subject exists or not. */
const outside = (action: Action, what: string): Refusal => ({
  status: 403,
  detail: `you have no role with the right "${action}" for ${what}`,
  right: action,
})

function refusalOf(principal: Principal, action: RouteAccess['action']): Refusal | undefined {
  if (action === 'open') return undefined
  if (action === 'send')
    return principal.role === 'gateway' ? undefined : { status: 401, detail: 'this needs the credentials of a gateway' }
  if (principal.role === 'admin') return undefined
  const needs = 'this needs the credentials of an admin'
  if (principal.role === 'gateway') return { status: 401, detail: `${needs} or of a person with the right "${action}"` }
  if (principal.role === 'anyone') {
    if (principal.lacks !== undefined) return { status: 403, detail: `${needs}: your token has no ${principal.lacks}` }
    return { status: 401, detail: `${needs} or of a person with the right "${action}": sign in` }
  }
  const { grants, only, isVisitor } = principal
  if (grantsFor(grants, action).length > 0 && (only?.includes(action) ?? true)) return undefined
  return isVisitor
    ? { status: 401, detail: `${needs} or of a person with the right "${action}": sign in` }
    : {
        status: 403,
        detail: `${only ? 'this token does not carry' : 'no role of yours has'} the right "${action}"`,
        right: action,
      }
}

function namedSubjects(at: Exclude<At, string>, { path, query }: PermitQuestion): [SubjectKind, string][] {
  if ('list' in at)
    return at.list.flatMap((kind): [SubjectKind, string][] => {
      const id = query[kind]
      return id === undefined ? [] : [[kind, id]]
    })
  return (Object.entries(at) as [SubjectKind, string][]).map(([kind, name]) => [kind, path[name] ?? ''])
}

async function scopeOf(principal: Principal, action: RouteAccess['action'], sources: Sources): Promise<Scope> {
  if (principal.role !== 'user' || action === 'open' || action === 'send') return WHOLE
  const grants = grantsFor(principal.grants, action)
  const areas = await sources.registry.areas()
  const roots = areas.filter(({ parent }) => parent === undefined)
  const covers = (place: Place): boolean => grants.some((grant) => reaches(grant, place))
  const isWhole =
    reachesAll(grants, { areas: [] }) || (roots.length > 0 && roots.every(({ code }) => covers({ areas: [code] })))
  if (isWhole) return WHOLE
  return {
    isWhole: false,
    covers,
    async coversSubject(kind, id) {
      const place = await placeOfSubject(kind, id, sources)
      return place !== undefined && covers(place)
    },
    institutions: grants.flatMap(({ institutions = [] }) => institutions),
  }
}

const reachesAll = (grants: readonly Grant[], nowhere: Place): boolean =>
  grants.some((grant) => reaches(grant, nowhere))

/** Of the machine, of administrators, and where nothing is protected. */
const WHOLE: Scope = { isWhole: true, covers: () => true, coversSubject: async () => true, institutions: [] }

/** Where a subject lies now; undefined when it is not known. */
export async function placeOfSubject(kind: SubjectKind, id: string, sources: Sources): Promise<Place | undefined> {
  const { registry, state } = sources
  switch (kind) {
    case 'area': {
      const areas = await registry.areasByCode()
      return areas.has(id) ? { areas: areaPathOf(id, areas) } : undefined
    }
    case 'institution': {
      const found = await registry.institution(id)
      return found && { areas: await registry.path(found.shard), institution: id }
    }
    case 'meter': {
      const found = await registry.meter(id)
      return found && placeOfSubject('institution', found.meter.institution, sources)
    }
    case 'gateway': {
      const found = await registry.gateway(id)
      return found && placeOfSubject('institution', found.gateway.institution, sources)
    }
    case 'alert': {
      const found = await alertOf(state, id)
      if (!found) return undefined
      const { type, id: subject } = found.alert.subject
      return (await placeOfSubject(type, subject, sources)) ?? { areas: await registry.path(found.area) }
    }
    case 'contract': {
      const found = await state.get(contractKeys.contract(id))
      const place = found && (await placeOfSubject('institution', found.value.terms.institution, sources))
      return place && { ...place, contract: id }
    }
    case 'subject':
      return (
        (await placeOfSubject('area', id, sources)) ??
        (await placeOfSubject('institution', id, sources)) ??
        (await placeOfSubject('meter', id, sources)) ??
        placeOfSubject('gateway', id, sources)
      )
  }
}

/** The shards of which anything is in scope. */
export async function shardsInScope(
  scope: Scope,
  { registry, head }: Pick<Sources, 'registry' | 'head'>,
): Promise<string[]> {
  if (scope.isWhole) return head.shards
  const own = await Promise.all(scope.institutions.map(async (id) => (await registry.institution(id))?.shard))
  const covered = await Promise.all(
    head.shards.map(async (shard) => scope.covers({ areas: await registry.path(shard) })),
  )
  return head.shards.filter((shard, index) => covered[index] || own.includes(shard))
}
