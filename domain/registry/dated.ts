// Tells what was registered when: the flat records in force at an instant, the instants at which they change, and the
// areas that an institution belonged to (docs/rules/data.md#dated-attributes). Sizes: domain/registry/size.ts.

import { dateStartMs } from '../calendar.ts'
import type { DatedInstitution, DatedMeter, Institution, Meter } from './records.ts'

/** A row holds from its first day, or from the beginning, until the next one begins or until `validTo` (exclusive). */
export interface DatedRow {
  validFrom?: string | undefined
  validTo?: string | undefined
}
/** The first instant of a row; -Infinity from the beginning. */
export const firstMsOf = ({ validFrom }: DatedRow): number =>
  validFrom === undefined ? Number.NEGATIVE_INFINITY : dateStartMs(validFrom)
const endMsOf = ({ validTo }: DatedRow): number =>
  validTo === undefined ? Number.POSITIVE_INFINITY : dateStartMs(validTo)

/** Order of rows: by first day, the one from the beginning first. */
export const byFirstDay = (a: DatedRow, b: DatedRow): number => (a.validFrom ?? '').localeCompare(b.validFrom ?? '')

/** The row in force at an instant; undefined before the first one and between `validTo` and the next. */
export function rowOn<Row extends DatedRow>(rows: readonly Row[], ms: number): Row | undefined {
  const row = rows.findLast((one) => firstMsOf(one) <= ms)
  return row && endMsOf(row) > ms ? row : undefined
}

/** The spans up to `toMs` in which one row of each list is in force; the first begins at -Infinity. */
export function rowSpans(rows: readonly DatedRow[], toMs: number): { fromMs: number; toMs: number }[] {
  const edges = [...new Set([Number.NEGATIVE_INFINITY, ...edgesOf(rows)])].filter((ms) => ms < toMs)
  return edges.sort((a, b) => a - b).map((fromMs, index) => ({ fromMs, toMs: edges[index + 1] ?? toMs }))
}

/** Instants at which one row follows another, begins after nothing or ends. */
const edgesOf = (rows: readonly DatedRow[] = []): number[] => rows.flatMap((row) => [firstMsOf(row), endMsOf(row)])

/**
 * The flat records in force at an instant: without `rows`, with the fields of the row in force. Meters that have not
 * begun or have ended are left out. Returns `meters` itself when none is dated.
 */
export function metersOn(meters: readonly Meter[], ms: number): readonly Meter[] {
  if (!meters.some(({ rows }) => rows)) return meters
  return meters.flatMap((meter) => meterOn(meter, ms) ?? [])
}

/** From the first day of a meter to its last; ±Infinity where it has none. */
export const lifeOf = ({ rows }: Meter): { fromMs: number; toMs: number } => {
  const [first, last] = [rows?.at(0), rows?.at(-1)]
  return { fromMs: first ? firstMsOf(first) : -Infinity, toMs: last ? endMsOf(last) : Infinity }
}

/** The flat record of one meter in force at an instant; undefined before it began and after it ended. */
export function meterOn(meter: Meter, ms: number): Meter | undefined {
  if (meter.rows === undefined) return meter
  const row = rowOn(meter.rows, ms)
  return row && flatMeter(meter, row)
}

/** Kept, so that a row has one flat record: caches elsewhere go by the object. */
const flatMeters = new WeakMap<Meter, Map<DatedMeter, Meter>>()
function flatMeter(meter: Meter, row: DatedMeter): Meter {
  const own = flatMeters.get(meter) ?? new Map<DatedMeter, Meter>()
  flatMeters.set(meter, own)
  const known = own.get(row)
  if (known) return known
  const {
    rows: _rows,
    institution: _,
    gateway,
    purpose,
    role: _role,
    parent,
    formula,
    digits,
    direction,
    ...undated
  } = meter
  const { validFrom: _from, validTo: _to, ...fields } = row
  const flat: Meter = { ...undated, ...fields }
  own.set(row, flat)
  return flat
}

/**
 * The flat record of an institution in force at an instant. Null before its opening (`openedOn`) and from its closing
 * on (the `validTo` of its last row): then it has no floor area, no people and no expected hours, and nobody waits for
 * its gateways. Time before the first size is no closing: then its sizes are unknown.
 */
export function institutionOn(institution: Institution, ms: number): Institution | null {
  const { rows, openedOn } = institution
  if (openedOn !== undefined && dateStartMs(openedOn) > ms) return null
  if (rows === undefined) return institution
  const row = rowOn(rows, ms)
  return row ? flatInstitution(institution, row) : null
}

function flatInstitution(institution: Institution, row: DatedInstitution): Institution {
  const { rows: _rows, area: _, type: _type, venueKind, level, climateZone, heatingKind, ...undated } = institution
  const { validFrom: _from, validTo: _to, ...fields } = row
  return { ...undated, ...fields }
}

/** The institution with its class (type, level, zone, heating) at an instant; its present one when not open then. */
export function classedOn(institution: Institution, ms: number): Institution {
  const { rows, area } = institution
  const then = rows && institutionOn(institution, ms)
  return then ? { ...then, area, rows } : institution
}

/** True when the institution is open at an instant: neither before its opening nor after its closing. */
export const isInService = (institution: Institution, ms: number): boolean => institutionOn(institution, ms) !== null

/**
 * The institutions in service at an instant and their meters in force, as flat records; the given lists themselves when
 * nothing is dated. Nobody waits for the others.
 */
export function inServiceOn(
  { institutions, meters }: { institutions: readonly Institution[]; meters: readonly Meter[] },
  ms: number,
): { institutions: readonly Institution[]; meters: readonly Meter[] } {
  const then = metersOn(meters, ms)
  if (!institutions.some(({ rows, openedOn }) => rows || openedOn !== undefined)) return { institutions, meters: then }
  const open = institutions.flatMap((institution) => institutionOn(institution, ms) ?? [])
  const closed = new Set(institutions.filter((institution) => !isInService(institution, ms)).map(({ id }) => id))
  return { institutions: open, meters: then.filter(({ institution }) => !closed.has(institution)) }
}

/** The sorted instants strictly within (fromMs, toMs) at which the institution or one of the meters changes. */
export function changesWithin(
  { institution, meters }: { institution: Institution; meters: readonly Meter[] },
  fromMs: number,
  toMs: number,
): number[] {
  const isDated = institution.rows || institution.openedOn !== undefined || meters.some(({ rows }) => rows)
  if (!isDated) return []
  const opened = institution.openedOn === undefined ? [] : [dateStartMs(institution.openedOn)]
  const edges = [...opened, ...edgesOf(institution.rows), ...meters.flatMap(({ rows }) => edgesOf(rows))]
  return [...new Set(edges)].filter((ms) => ms > fromMs && ms < toMs).sort((a, b) => a - b)
}

/** Where the institution belongs when, in order; ±Infinity where it has no first or last day. */
export function areasOf({ area, rows }: Institution): { area: string; fromMs: number; toMs: number }[] {
  if (rows === undefined) return [{ area, fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }]
  const spans: { area: string; fromMs: number; toMs: number }[] = []
  for (const [index, row] of rows.entries()) {
    const next = rows[index + 1]
    const toMs = Math.min(endMsOf(row), next ? firstMsOf(next) : Number.POSITIVE_INFINITY)
    const last = spans.at(-1)
    if (last && last.area === row.area && last.toMs === firstMsOf(row)) last.toMs = toMs
    else spans.push({ area: row.area, fromMs: firstMsOf(row), toMs })
  }
  return spans
}

/** The areas that an institution is, was or will be in, its last one last. */
export const everIn = (institution: Institution): string[] => {
  const areas = areasOf(institution).map(({ area }) => area)
  return areas.filter((area, index) => areas.lastIndexOf(area) === index)
}

/** Subject of an institution's part in one of its areas; no id of a record has an @. */
export const partId = (id: string, area: string): string => `${id}@${area}`
/** The institution of a subject that may be a part. */
export const wholeId = (subject: string): string => subject.split('@')[0] ?? subject

/** The institution as an area has it: closed while it is in another one. Its meters are to be renamed as well. */
export function partIn(institution: Institution, area: string): Institution {
  const { rows = [] } = institution
  const own = endedRows(rows).filter((row) => row.area === area)
  const last = own.at(-1)
  const flat = last ? flatInstitution(institution, last) : institution
  return { ...flat, id: partId(institution.id, area), rows: own }
}

/** The meters of an institution as meters of its part. */
export const metersOfPart = (meters: readonly Meter[], part: string): Meter[] =>
  meters.map((meter) => ({
    ...meter,
    institution: part,
    ...(meter.rows && { rows: meter.rows.map((row) => ({ ...row, institution: part })) }),
  }))

/** Rows that end where the next one begins. */
function endedRows<Row extends DatedRow>(rows: readonly Row[]): Row[] {
  return rows.map((row, index) => {
    const validTo = [row.validTo, rows[index + 1]?.validFrom].filter((day) => day !== undefined).sort()[0]
    return validTo === undefined ? row : { ...row, validTo }
  })
}

/**
 * The meters of each institution, in the order of `meters`. A meter that went from one institution to another is at
 * both, each time with the rows of that institution alone: to the others it has ended, or not begun.
 */
export function metersByInstitution(meters: readonly Meter[]): Map<string, Meter[]> {
  const byInstitution = new Map<string, Meter[]>()
  for (const meter of meters)
    for (const part of partsByInstitution(meter)) {
      const own = byInstitution.get(part.institution)
      if (own) own.push(part)
      else byInstitution.set(part.institution, [part])
    }
  return byInstitution
}

/** The meters that are or were at an institution, each with its rows there. */
export const metersAt = (meters: readonly Meter[], institution: string): Meter[] =>
  metersByInstitution(meters.filter((meter) => institutionsOf(meter).includes(institution))).get(institution) ?? []

/** The institutions that a meter is or was at, each once. */
export const institutionsOf = ({ institution, rows }: Meter): string[] =>
  rows ? [...new Set(rows.map((row) => row.institution))] : [institution]

const parts = new WeakMap<Meter, readonly Meter[]>()
function partsByInstitution(meter: Meter): readonly Meter[] {
  const { rows } = meter
  const institutions = institutionsOf(meter)
  if (rows === undefined || institutions.length === 1) return [meter]
  const known = parts.get(meter)
  if (known) return known
  const ended = endedRows(rows)
  const made = institutions.map((institution): Meter => {
    const own = ended.filter((row) => row.institution === institution)
    const last = own.at(-1)
    return last ? { ...flatMeter(meter, last), rows: own } : meter
  })
  parts.set(meter, made)
  return made
}

/**
 * The units of a register by time, by rows and replacements: each counts after its instant, null from the beginning.
 * Undefined when the unit never changed.
 */
export function unitsOf({ rows, unit, replacements }: Meter): { afterMs: number | null; unit: string }[] | undefined {
  const begun = (rows ?? [{ unit }]).map((row: DatedRow & { unit: string }, index) => ({
    afterMs: index === 0 ? null : firstMsOf(row),
    unit: row.unit,
  }))
  const replaced = replacements.flatMap((one) =>
    one.unit === undefined ? [] : [{ afterMs: one.atMs, unit: one.unit }],
  )
  const units = [...begun, ...replaced].sort((a, b) => (a.afterMs ?? -Infinity) - (b.afterMs ?? -Infinity))
  return units.some((one) => one.unit !== unit) ? units : undefined
}

/** The gateways that send or sent a meter's readings; earlier ones may still have some in their outboxes. */
export const gatewaysOf = ({ gateway, rows }: Meter): string[] => [
  ...new Set([gateway, ...(rows ?? []).map((row) => row.gateway)].filter((id) => id !== undefined)),
]
