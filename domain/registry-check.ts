// What must hold between records of the registry: references, uniqueness, trees, dates, units.
// Everything that is wrong is returned at once; nothing is thrown and nothing repaired.

import type { Area, Institution, Meter, Quota, Registry, Target } from './registry.ts'
import type { RegistryKind } from './registry-columns.ts'
import { isUnitOf, REGISTER_UNITS } from './unit.ts'

export interface Problem {
  kind: RegistryKind
  /** The record's id; of targets and quotas, which have none, what makes them one of a kind. */
  id: string
  /** Position of the record in its list. */
  index: number
  field: string
  reason: string
}

/** The shard an institution is settled and judged in: its county (design §4). */
export const shardOf = (institution: Pick<Institution, 'area'>): string => institution.area

/** All problems, by kind in the order areas, institutions, gateways, meters, targets, quotas, then by record. */
export function checkRegistry(registry: Registry): Problem[] {
  const lookup = lookupOf(registry)
  return [
    ...checkAreas(registry, lookup),
    ...checkInstitutions(registry, lookup),
    ...checkGateways(registry, lookup),
    ...checkMeters(registry, lookup),
    ...checkTargets(registry, lookup),
    ...checkQuotas(registry),
  ]
}

interface Lookup {
  areas: Map<string, Area>
  /** Codes of areas that have areas below them. */
  parents: Set<string>
  institutions: Map<string, Institution>
  /** Gateway id → institution id. */
  gateways: Map<string, string>
  meters: Map<string, Meter>
}

const lookupOf = (registry: Registry): Lookup => ({
  areas: new Map(registry.areas.map((area) => [area.code, area])),
  parents: new Set(registry.areas.flatMap(({ parent }) => parent ?? [])),
  institutions: new Map(registry.institutions.map((institution) => [institution.id, institution])),
  gateways: new Map(registry.gateways.map(({ id, institution }) => [id, institution])),
  meters: new Map(registry.meters.map((meter) => [meter.id, meter])),
})

/** A finding on one record: the field and the reason, or nothing. */
type Finding = readonly [field: string, reason: string] | false | undefined

/** Applies a check to each record and adds the duplicates of `idOf`. */
function checkEach<T>(
  kind: RegistryKind,
  records: readonly T[],
  key: { field: string; idOf(record: NoInfer<T>): string },
  findingsOf: (record: T) => Finding[],
): Problem[] {
  const firstIndex = new Map<string, number>()
  return records.flatMap((record, index) => {
    const id = key.idOf(record)
    const isRepeated = firstIndex.has(id)
    if (!isRepeated) firstIndex.set(id, index)
    const repeated: Finding = isRepeated && [key.field, `"${id}" is registered twice`]
    return [repeated, ...findingsOf(record)]
      .filter((finding) => finding !== false && finding !== undefined)
      .map(([field, reason]) => ({ kind, id, index, field, reason }))
  })
}

function checkAreas({ areas }: Registry, lookup: Lookup): Problem[] {
  const cyclic = cyclicIds(areas.map(({ code, parent }) => [code, parent]))
  return checkEach('areas', areas, { field: 'code', idOf: ({ code }) => code }, ({ code, parent }) => [
    parent !== undefined && !lookup.areas.has(parent) && ['parent', `area "${parent}" is not registered`],
    cyclic.has(code) && ['parent', `area "${code}" lies within itself`],
  ])
}

function checkInstitutions({ institutions }: Registry, lookup: Lookup): Problem[] {
  return checkEach('institutions', institutions, byId, ({ id, area, sizes }) => {
    const known = lookup.areas.get(area)
    const repeated = repeatedOf(sizes.map(({ validFrom }) => validFrom))
    return [
      lookup.areas.has(id) && ['id', `"${id}" is an area's code as well; a target could not tell them apart`],
      known === undefined && ['area', `area "${area}" is not registered`],
      known !== undefined &&
        known.level !== 'county' &&
        lookup.parents.has(area) && ['area', `area "${area}" has areas below it; name the county`],
      ...repeated.map((date): Finding => ['validFrom', `two sizes are valid from ${date}`]),
    ]
  })
}

function checkGateways({ gateways }: Registry, lookup: Lookup): Problem[] {
  return checkEach('gateways', gateways, byId, ({ institution }) => [unknownInstitution(institution, lookup)])
}

function checkMeters({ meters }: Registry, lookup: Lookup): Problem[] {
  const cyclic = cyclicIds(meters.map(({ id, parent }) => [id, parent]))
  return checkEach('meters', meters, byId, (meter) => [
    unknownInstitution(meter.institution, lookup),
    ...gatewayFindings(meter, lookup),
    ...parentFindings(meter, lookup),
    cyclic.has(meter.id) && ['parent', `meter "${meter.id}" lies behind itself`],
    !isUnitOf(meter.unit, meter.medium) && [
      'unit',
      `"${meter.unit}" is not a unit of ${meter.medium}; use ${REGISTER_UNITS[meter.medium].join(', ')}`,
    ],
    ...repeatedOf(meter.replacements.map(({ atMs }) => new Date(atMs).toISOString())).map(
      (at): Finding => ['replacements', `two replacements at ${at}`],
    ),
  ])
}

function gatewayFindings({ gateway, institution }: Meter, lookup: Lookup): Finding[] {
  const gatewayInstitution = lookup.gateways.get(gateway)
  if (gatewayInstitution === undefined) return [['gateway', `gateway "${gateway}" is not registered`]]
  if (gatewayInstitution === institution) return []
  return [['gateway', `gateway "${gateway}" is at institution "${gatewayInstitution}", the meter at "${institution}"`]]
}

function parentFindings({ parent, medium, institution }: Meter, lookup: Lookup): Finding[] {
  if (parent === undefined) return []
  const above = lookup.meters.get(parent)
  if (above === undefined) return [['parent', `meter "${parent}" is not registered`]]
  return [
    above.medium !== medium && ['parent', `meter "${parent}" counts ${above.medium}, this one ${medium}`],
    above.institution !== institution && ['parent', `meter "${parent}" is at institution "${above.institution}"`],
  ]
}

function checkTargets({ targets }: Registry, lookup: Lookup): Problem[] {
  return checkEach('targets', targets, { field: 'subject', idOf: targetId }, ({ subject }) => [
    !lookup.areas.has(subject) &&
      !lookup.institutions.has(subject) && ['subject', `"${subject}" is neither an area nor an institution`],
  ])
}

/** What makes a target one of a kind: the `id` of a problem. */
export const targetId = ({ subject, indicator, baseYear, endYear }: Target): string =>
  `${subject} ${indicator} ${baseYear}-${endYear}`
/** What makes a quota row one of a kind: the `id` of a problem. */
export const quotaId = (quota: Quota): string => `${kindOf(quota)}|${quota.validFrom}`
const kindOf = (q: Quota): string =>
  [q.standard, q.type, q.venueKind, q.level, q.climateZone, q.heatingKind, q.indicator].join('|')

/** A row without `validTo` holds until the next one of its kind begins; a `validTo` is the first day no longer valid. */
function checkQuotas({ quotas }: Registry): Problem[] {
  const byKind = Map.groupBy(quotas, kindOf)
  return checkEach('quotas', quotas, { field: 'validFrom', idOf: quotaId }, (quota) => {
    const { validFrom, validTo } = quota
    const overlapped = byKind
      .get(kindOf(quota))
      ?.find((other) => validTo !== undefined && other.validFrom > validFrom && other.validFrom < validTo)
    return [
      validTo !== undefined && validTo <= validFrom && ['validTo', `${validTo} is not after validFrom ${validFrom}`],
      overlapped && ['validTo', `the row valid from ${overlapped.validFrom} begins before ${validTo}`],
    ]
  })
}

const byId = { field: 'id', idOf: ({ id }: { id: string }) => id }

const unknownInstitution = (institution: string, lookup: Lookup): Finding =>
  !lookup.institutions.has(institution) && ['institution', `institution "${institution}" is not registered`]

const repeatedOf = (values: readonly string[]): string[] => [
  ...new Set(values.filter((value, index) => values.indexOf(value) !== index)),
]

/** Ids that reach themselves by going from parent to parent. Each id is walked once. */
function cyclicIds(edges: readonly (readonly [id: string, parent: string | undefined])[]): Set<string> {
  const parentOf = new Map(edges)
  const walked = new Set<string>()
  const cyclic = new Set<string>()
  for (const [start] of edges) {
    const path = new Set<string>()
    let id: string | undefined = start
    while (id !== undefined && !walked.has(id) && !path.has(id)) {
      path.add(id)
      id = parentOf.get(id)
    }
    if (id !== undefined && path.has(id))
      for (const member of [...path].slice([...path].indexOf(id))) cyclic.add(member)
    for (const member of path) walked.add(member)
  }
  return cyclic
}
