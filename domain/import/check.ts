// Checks the records of the registry against each other: references, uniqueness, trees, dates, units. Returns all
// problems at once; throws nothing and repairs nothing.

import { dateStartMs, monthRange } from '../calendar.ts'
import { cyclesOf } from '../cycle.ts'
import { type Bill, billFinding } from '../energy/bill.ts'
import { coefficientSetOn } from '../energy/conversion.ts'
import { beginsWithin } from '../energy/tariff.ts'
import { periodFindings } from '../energy/tariff-period.ts'
import { targetProblems } from '../judge/target-plan.ts'
import { areaPathOf, everAbove } from '../registry/area.ts'
import { type DatedRow, institutionOn, institutionsOf, metersOn, rowSpans } from '../registry/dated.ts'
import { parentCycles, parentReasons } from '../registry/meter-tree.ts'
import { type Area, brokenMeterRules, EXPORT, type Institution, isRead, type Meter } from '../registry/records.ts'
import { sizeOn } from '../registry/size.ts'
import { formulaFindings, listed } from '../registry/virtual-meter.ts'
import { tableProblems } from '../standards/check.ts'
import { type CoefficientSet, isLiquid } from '../standards/coefficients.ts'
import { type StandardTables, TABLE_KINDS, tablesInForce } from '../standards/tables.ts'
import { amountUnit, isUnitOf, registerUnits } from '../unit.ts'
import { RECORD_KINDS, REGISTRY_KINDS } from './kinds.ts'
import type { Registry, RegistryKind, RegistryRecords } from './registry.ts'

export interface RegistryProblem {
  kind: RegistryKind
  /** `idOf` of the record (domain/import/kinds.ts): its id, or its identifying fields. */
  id: string
  /** Position of the record in its list. */
  index: number
  field: string
  reason: string
  /** The closed months that the change would reach. */
  months?: string
}

/** The shard an institution is settled and judged in: its county (docs/rules/platform.md#counties). */
export const shardOf = (institution: Pick<Institution, 'area'>): string => institution.area

/** All problems, by kind in the order of REGISTRY_KINDS, then by record. Checks only the bills in `registry`. */
export function checkRegistry(registry: Registry): RegistryProblem[] {
  const lookup = lookupOf(registry)
  return [
    ...checkAreas(registry, lookup),
    ...checkInstitutions(registry, lookup),
    ...checkGateways(registry, lookup),
    ...checkMeters(registry, lookup),
    ...checkTargets(registry, lookup),
    ...checkTariffs(registry, lookup),
    ...checkBills(registry, lookup),
    ...checkEach('calendar', registry.calendar ?? [], () => []),
    ...TABLE_KINDS.flatMap((kind) => tableProblems(kind, registry[kind] ?? [])),
  ].sort((a, b) => REGISTRY_KINDS.indexOf(a.kind) - REGISTRY_KINDS.indexOf(b.kind))
}

interface Lookup {
  areas: Map<string, Area>
  /** Codes of areas that have areas below them. */
  parents: Set<string>
  institutions: Map<string, Institution>
  /** Gateway id → institution id. */
  gateways: Map<string, string>
  meters: Map<string, Meter>
  /** Institution and medium (`I1/gas`) → an offline main meter. */
  offline: Map<string, string>
  /** The tables in force, made when asked for. */
  tables: () => StandardTables
}

const lookupOf = (registry: Registry): Lookup => ({
  areas: new Map(registry.areas.map((area) => [area.code, area])),
  parents: new Set(registry.areas.flatMap(everAbove)),
  institutions: new Map(registry.institutions.map((institution) => [institution.id, institution])),
  gateways: new Map(registry.gateways.map(({ id, institution }) => [id, institution])),
  meters: new Map(registry.meters.map((meter) => [meter.id, meter])),
  offline: new Map(
    registry.meters
      .filter(({ kind, role }) => kind === 'offline' && role === 'main')
      .map(({ id, institution, medium }) => [`${institution}/${medium}`, id]),
  ),
  tables: once(() => tablesInForce(registry)),
})

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** A finding on one record: the field and the reason, or nothing. */
type Finding = readonly [field: string, reason: string] | false | undefined

/** Applies a check to each record and adds the duplicates. */
function checkEach<K extends RegistryKind>(
  kind: K,
  records: readonly RegistryRecords[K][],
  findingsOf: (record: RegistryRecords[K]) => Finding[],
): RegistryProblem[] {
  const { idOf, idField } = RECORD_KINDS[kind]
  const firstIndex = new Map<string, number>()
  return records.flatMap((record, index) => {
    const id = idOf(record)
    const isRepeated = firstIndex.has(id)
    if (!isRepeated) firstIndex.set(id, index)
    const repeated: Finding = isRepeated && [idField, `"${id}" is registered twice`]
    return [repeated, ...findingsOf(record)]
      .filter((finding) => finding !== false && finding !== undefined)
      .map(([field, reason]) => ({ kind, id, index, field, reason }))
  })
}

function checkAreas({ areas }: Registry, lookup: Lookup): RegistryProblem[] {
  const cycles = cyclesOf(new Map(areas.map(({ code, parent }) => [code, parent === undefined ? [] : [parent]])))
  return checkEach('areas', areas, (area) => [
    ...everAbove(area).map(
      (parent): Finding => !lookup.areas.has(parent) && ['parent', `area "${parent}" is not registered`],
    ),
    ...dayFindings(area.rows),
    ...(area.rows ?? []).flatMap(monthFindings),
    cycles.has(area.code) && [
      'parent',
      `area "${area.code}" lies within itself: ${listed(cycles.get(area.code) ?? [])}`,
    ],
  ])
}

/** The sums of an area are those of whole months. */
const monthFindings = ({ validFrom, validTo }: DatedRow): Finding[] =>
  Object.entries({ validFrom, validTo }).map(
    ([field, day]): Finding =>
      day !== undefined &&
      !day.endsWith('-01') && [field, `${day} is not the first day of a month, as it is for areas`],
  )

function checkInstitutions({ institutions }: Registry, lookup: Lookup): RegistryProblem[] {
  return checkEach('institutions', institutions, (institution) => {
    const { id, sizes, pueTotal, pueIt, eueTotal, eueIt, rows } = institution
    const repeated = repeatedOf(sizes.map(({ validFrom }) => validFrom))
    return [
      lookup.areas.has(id) && ['id', `"${id}" is an area's code as well; a target could not tell them apart`],
      ...[...new Set((rows ?? [institution]).map(({ area }) => area))].flatMap((area) => areaFindings(area, lookup)),
      ...dayFindings(rows),
      (pueTotal === undefined) !== (pueIt === undefined) && ['pueIt', 'pueTotal and pueIt are given together'],
      (eueTotal === undefined) !== (eueIt === undefined) && ['eueIt', 'eueTotal and eueIt are given together'],
      ...repeated.map((date): Finding => ['validFrom', `two sizes are valid from ${date}`]),
      ...sizes.flatMap(({ validFrom }): Finding[] => {
        const { floorAreaM2, specialAreaM2 } = sizeOn(sizes, dateStartMs(validFrom))
        if (floorAreaM2 === null || specialAreaM2 === null || specialAreaM2 < floorAreaM2) return []
        return [
          ['specialAreaM2', `${specialAreaM2} m² of ${floorAreaM2} m² from ${validFrom} leave no other floor area`],
        ]
      }),
    ]
  })
}

function areaFindings(area: string, lookup: Lookup): Finding[] {
  const known = lookup.areas.get(area)
  if (known === undefined) return [['area', `area "${area}" is not registered`]]
  const isAbove = known.level !== 'county' && lookup.parents.has(area)
  return [isAbove && ['area', `area "${area}" has areas below it; name the county`]]
}

function checkGateways({ gateways }: Registry, lookup: Lookup): RegistryProblem[] {
  return checkEach('gateways', gateways, ({ institution }) => [unknownInstitution(institution, lookup)])
}

function checkMeters({ meters }: Registry, lookup: Lookup): RegistryProblem[] {
  const lasting = meters.filter(({ rows }) => !rows)
  const cycles = parentCycles(lasting)
  const formulas = formulaFindings(meters)
  const earlier = earlierFindings(meters)
  return checkEach('meters', meters, (meter) => [
    ...(meter.rows ?? [meter]).map((row) => unknownInstitution(row.institution, lookup)),
    ...gatewayFindings(meter, lookup),
    ...parentFindings(meter, lookup, cycles.get(meter.id)),
    ...(formulas.get(meter.id) ?? []),
    ...(meter.rows ?? [meter]).flatMap((row) => rowFindings({ ...meter, ...row })),
    ...dayFindings(meter.rows),
    ...(earlier.get(meter.id) ?? []),
    ...sizeFindings(meter),
    ...repeatedOf(meter.replacements.map(({ atMs }) => new Date(atMs).toISOString())).map(
      (at): Finding => ['replacements', `two replacements at ${at}`],
    ),
    ...meter.replacements.map(
      ({ unit }): Finding =>
        unit !== undefined &&
        !isUnitOf(unit, meter.medium) && ['replacements', `"${unit}" is not a unit of ${meter.medium}`],
    ),
  ])
}

/** A basic fee is paid by capacity or by demand, of electricity that is bought. */
const sizeFindings = ({ medium, role, capacityKva, demandKw }: Meter): Finding[] => {
  const field = capacityKva === undefined ? 'demandKw' : 'capacityKva'
  if (capacityKva === undefined && demandKw === undefined) return []
  if (medium !== 'electricity' || role !== 'main') return [[field, 'is of a main electricity meter alone']]
  return [capacityKva !== undefined && demandKw !== undefined && ['demandKw', 'give capacityKva or demandKw, not both']]
}

/** Findings on one row of a meter alone. */
const rowFindings = (meter: Meter): Finding[] => [
  ...brokenMeterRules(meter).map(({ field, message }): Finding => [field, message]),
  meter.purpose === EXPORT &&
    meter.role !== 'generation' && ['purpose', `"${EXPORT}" is what a meter of role generation may have`],
  meter.kind === 'virtual' &&
    isUnitOf(meter.unit, meter.medium) &&
    meter.unit !== amountUnit(meter.medium) && ['unit', `a virtual meter counts in ${amountUnit(meter.medium)}`],
  !isUnitOf(meter.unit, meter.medium) && [
    'unit',
    `"${meter.unit}" is not a unit of ${meter.medium}; use ${registerUnits(meter.medium).join(', ')}`,
  ],
]

/** Findings on the days of dated rows, which are in order. */
const dayFindings = (rows: readonly DatedRow[] = []): Finding[] => [
  ...repeatedOf(rows.map(({ validFrom = 'the beginning' }) => validFrom)).map(
    (day): Finding => ['validFrom', `two rows are valid from ${day}`],
  ),
  ...rows.flatMap(({ validFrom = '', validTo }, index): Finding[] => {
    const next = rows[index + 1]?.validFrom
    if (validTo === undefined) return []
    return [
      validTo <= validFrom && ['validTo', `${validTo} is not after validFrom ${validFrom}`],
      next !== undefined && next < validTo && ['validTo', `the row valid from ${next} begins before ${validTo}`],
    ]
  }),
]

/** Findings between meters as they were, or will be, at each instant at which a row begins; the last rows excepted. */
function earlierFindings(meters: readonly Meter[]): Map<string, Finding[]> {
  const found = new Map<string, Finding[]>()
  const dated = new Set(meters.filter(({ rows }) => rows).flatMap(institutionsOf))
  if (dated.size === 0) return found
  const near = meters.filter((meter) => institutionsOf(meter).some((institution) => dated.has(institution)))
  for (const { fromMs } of rowSpans(
    near.flatMap(({ rows }) => rows ?? []),
    Number.POSITIVE_INFINITY,
  )) {
    const then = metersOn(near, fromMs)
    const byId = new Map(then.map((meter) => [meter.id, meter]))
    const cycles = parentCycles(then)
    const formulas = formulaFindings(then)
    for (const meter of then) {
      const above = meter.parent === undefined ? undefined : byId.get(meter.parent)
      // A parent that has ended, or not begun, is no problem: its link counts while both are there.
      const reasons = above ? parentReasons(meter, above, cycles.get(meter.id)) : []
      const own: Finding[] = [
        ...reasons.map((reason): Finding => ['parent', reason]),
        ...(formulas.get(meter.id) ?? []),
      ]
      if (own.length > 0) found.set(meter.id, [...(found.get(meter.id) ?? []), ...own])
    }
  }
  return found
}

function gatewayFindings(meter: Meter, lookup: Lookup): Finding[] {
  if (!isRead(meter)) return []
  const { gateway, institution } = meter
  const gatewayInstitution = lookup.gateways.get(gateway)
  if (gatewayInstitution === undefined) return [['gateway', `gateway "${gateway}" is not registered`]]
  if (gatewayInstitution === institution) return []
  return [['gateway', `gateway "${gateway}" is at institution "${gatewayInstitution}", the meter at "${institution}"`]]
}

function parentFindings(meter: Meter, lookup: Lookup, cycle: readonly string[] | undefined): Finding[] {
  if (meter.rows) {
    const unknown = meter.rows.map(({ parent }) => parent).filter((id) => id !== undefined && !lookup.meters.has(id))
    return unknown.map((id): Finding => ['parent', `meter "${id}" is not registered`])
  }
  if (meter.parent === undefined || lookup.meters.get(meter.parent)?.rows) {
    const isUnknown = meter.parent !== undefined && !lookup.meters.has(meter.parent)
    return isUnknown ? [['parent', `meter "${meter.parent}" is not registered`]] : []
  }
  const reasons = parentReasons(meter, lookup.meters.get(meter.parent), cycle)
  return reasons.map((reason): Finding => ['parent', reason])
}

function checkTargets({ targets }: Registry, lookup: Lookup): RegistryProblem[] {
  return checkEach('targets', targets, (target) => [
    unknownSubject(target.subject, lookup),
    ...targetProblems(target).map(({ field, reason }): Finding => [field, reason]),
  ])
}

/** Like a table row, a tariff without `validTo` holds until the next one of its subject and medium. */
function checkTariffs({ tariffs = [] }: Registry, lookup: Lookup): RegistryProblem[] {
  const bySubject = Map.groupBy(tariffs, ({ subject, medium }) => `${subject}/${medium}`)
  return checkEach('tariffs', tariffs, (tariff) => {
    const { subject, medium, validFrom, validTo } = tariff
    const overlapped = beginsWithin(tariff, bySubject.get(`${subject}/${medium}`) ?? [])
    return [
      unknownSubject(subject, lookup),
      validTo !== undefined && validTo <= validFrom && ['validTo', `${validTo} is not after validFrom ${validFrom}`],
      overlapped && ['validTo', `the row valid from ${overlapped.validFrom} begins before ${validTo}`],
      ...periodFindings(tariff).map((reason): Finding => ['periods', reason]),
    ]
  })
}

function checkBills({ bills = [] }: Registry, lookup: Lookup): RegistryProblem[] {
  return checkEach('bills', bills, (bill) => {
    const finding = billFinding(bill, lookup.meters.get(bill.meter ?? ''), densitiesOf(bill, lookup))
    return [
      unknownInstitution(bill.institution, lookup),
      finding && [finding.field, finding.reason],
      ...looseBillFindings(bill, lookup),
    ]
  })
}

/** The statistics set that weighs litres of fuel; undefined for a bill that needs none. */
function densitiesOf({ institution, month, carrier, unit }: Bill, lookup: Lookup): CoefficientSet | undefined {
  const own = lookup.institutions.get(institution)
  if (unit !== 'L' || !isLiquid(carrier) || !own) return undefined
  const { area } = institutionOn(own, monthRange(month).fromMs) ?? own
  const path = areaPathOf(area, lookup.areas)
  return coefficientSetOn('statistics', `${month}-01`, { retroactive: true, tables: lookup.tables() }, path)
}

/** A bill of an offline meter's medium must name a meter: otherwise it may or may not be that meter's bill. */
function looseBillFindings({ institution, meter, carrier, purpose }: Bill, lookup: Lookup): Finding[] {
  const offline = lookup.offline.get(`${institution}/${carrier}`)
  if (meter !== undefined || purpose === 'transport' || offline === undefined) return []
  return [['meter', `is empty; ${carrier} of institution "${institution}" is billed by offline meter "${offline}"`]]
}

const unknownSubject = (subject: string, lookup: Lookup): Finding =>
  !lookup.areas.has(subject) &&
  !lookup.institutions.has(subject) && ['subject', `"${subject}" is neither an area nor an institution`]

const unknownInstitution = (institution: string, lookup: Lookup): Finding =>
  !lookup.institutions.has(institution) && ['institution', `institution "${institution}" is not registered`]

const repeatedOf = (values: readonly string[]): string[] => [
  ...new Set(values.filter((value, index) => values.indexOf(value) !== index)),
]
