// Merges the dated rows of an import into those that stand. A row corrects the row of its own first day, or is added;
// the others stay. A change that would reach into a closed month is taken from the present month on, or refused, unless
// the import says that it rewrites the past (docs/rules/data.md#closed-months).

import { dateStartMs, dayLabel, dayOf, type Month, monthOf, monthRange } from '../calendar.ts'
import type { SubjectMonth } from '../energy/subject-month.ts'
import { CARRIERS, type Medium } from '../medium.ts'
import { must } from '../must.ts'
import { byFirstDay, type DatedRow, rowOn, rowSpans } from '../registry/dated.ts'
import {
  type Area,
  areaSchema,
  type DatedArea,
  type DatedInstitution,
  type DatedMeter,
  datedAreaSchema,
  datedInstitutionSchema,
  datedMeterSchema,
  type Institution,
  institutionSchema,
  type Meter,
  meterRecordSchema,
} from '../registry/records.ts'
import { keysOf } from '../table.ts'
import { amountUnit } from '../unit.ts'

/** What an import may change. */
export interface MergeLeave {
  nowMs: number
  /** True: closed months may change. */
  rewritePast: boolean
  /** The months of an institution that were judged, the present one and later ones left out. */
  closedMonths(institution: string): readonly SubjectMonth[]
  /** The fields that the import states; absent: all. What it does not state stays. */
  stated?: readonly string[] | undefined
}
export interface MergeFinding {
  field: string
  reason: string
  /** The closed months that the change would reach, with what stands in them; absent: another matter. */
  months?: string
}
export interface Merged<T> {
  record: T
  warnings: MergeFinding[]
  /** The change is refused: `record` is the one that stands. */
  problems: MergeFinding[]
}

/** A row of an import, and whether it has a day of its own or speaks of the record as such. */
interface FreshRow<Row> {
  row: Row
  isUndated: boolean
}
/** How the rows of a kind are compared. */
interface RowRules<Row> {
  fields: readonly (keyof Row & string)[]
  /** Fields that no closed month depends on. */
  harmless: readonly string[]
  institutionsOf(row: Row): string[]
  /** False for rows whose coming changes no month. */
  counts(row: Row): boolean
  /** The medium whose amounts stand in the closed months; absent: all energy. */
  medium?: Medium
}

const METER_FIELDS = keysOf(datedMeterSchema.shape).filter((field) => field !== 'validFrom' && field !== 'validTo')
const INSTITUTION_FIELDS = keysOf(datedInstitutionSchema.shape).filter(
  (field) => field !== 'validFrom' && field !== 'validTo',
)

const AREA_FIELDS: readonly (keyof DatedArea & string)[] = ['parent']

/** An area's months are closed with those of its institutions. */
export function mergeArea(old: Area | undefined, fresh: Area, leave: MergeLeave): Merged<Area> {
  const stated = old ? withStated(old, fresh, leave) : fresh
  if (!fresh.rows && !old?.rows && stated.parent === old?.parent) return { record: stated, warnings: [], problems: [] }
  const standing = old ? (old.rows ?? [datedAreaSchema.parse(old)]) : []
  const days = standing[0] && { validFrom: standing[0].validFrom, validTo: standing[0].validTo }
  const given = fresh.rows ?? [{ ...datedAreaSchema.parse(fresh), ...days }]
  const rows = given.map((row) => ({ row, isUndated: !fresh.rows || row.validFrom === undefined }))
  const rules: RowRules<DatedArea> = {
    fields: AREA_FIELDS,
    harmless: [],
    institutionsOf: () => [fresh.code],
    counts: () => true,
  }
  const { rows: merged, ...found } = mergeRows(standing, rows, rules, leave)
  if (found.problems.length > 0) return { ...found, record: old ?? fresh }
  return { ...found, record: areaSchema.parse(withRows(stated, AREA_FIELDS, merged)) }
}

/** The record with the facts of its last row, and all rows where they have days. */
function withRows<T extends { rows?: unknown }, Row extends DatedRow>(
  record: T,
  fields: readonly string[],
  rows: readonly Row[],
): object {
  const { rows: _, ...undated } = record
  const { validFrom, validTo, ...last } = must(rows.at(-1))
  const isDated = rows.length > 1 || validFrom !== undefined || validTo !== undefined
  return withoutBlanks({ ...undated, ...blank(fields), ...last, ...(isDated && { rows }) })
}

/** `old`: the meter that stands; undefined for a new one. */
export function mergeMeter(old: Meter | undefined, fresh: Meter, leave: MergeLeave): Merged<Meter> {
  if (isUnchanged(old, fresh, leave)) return { record: old ?? fresh, warnings: [], problems: [] }
  const standing = old ? (old.rows ?? [datedMeterSchema.parse(old)]) : []
  const [first] = standing
  const days = { validFrom: first?.validFrom, validTo: isGiven('validTo', leave) ? undefined : first?.validTo }
  const rows = fresh.rows
    ? fresh.rows.map((row) => ({ row, isUndated: row.validFrom === undefined }))
    : [{ row: { ...datedMeterSchema.parse(fresh), ...(old && days) }, isUndated: true }]
  const rules: RowRules<DatedMeter> = {
    fields: METER_FIELDS,
    harmless: old ? ['gateway'] : [],
    institutionsOf: ({ institution }) => [institution],
    counts: ({ role }) => role !== 'check',
    medium: fresh.medium,
  }
  const { rows: merged, ...found } = mergeRows(standing, rows, rules, leave)
  const record = old ? withStated(old, fresh, leave) : fresh
  return {
    ...found,
    record:
      found.problems.length > 0 ? (old ?? fresh) : meterRecordSchema.parse(withRows(record, METER_FIELDS, merged)),
  }
}

/** Nearly all meters of an import: they are new where no month was judged, or say what stands. */
const isUnchanged = (old: Meter | undefined, fresh: Meter, leave: MergeLeave): boolean =>
  !fresh.rows &&
  !old?.rows &&
  (old ? isSame(withStated(old, fresh, leave), old) : leave.closedMonths(fresh.institution).length === 0)

/** Sizes of the same day are replaced, the others stay, as rows do. */
export function mergeInstitution(
  old: Institution | undefined,
  fresh: Institution,
  leave: MergeLeave,
): Merged<Institution> {
  const sizes = mergedSizes(old?.sizes ?? [], fresh, leave)
  const firstDay = must(sizes[0]).validFrom
  const given =
    fresh.rows ?? fresh.sizes.map(({ validFrom }) => ({ ...datedInstitutionSchema.parse(fresh), validFrom }))
  const known = new Set((old?.sizes ?? []).map(({ validFrom }) => validFrom))
  const rows = given.map(({ validFrom, ...row }) => ({
    row: validFrom === undefined || validFrom <= firstDay ? row : { ...row, validFrom },
    isUndated: validFrom === undefined || validFrom <= firstDay || known.has(validFrom),
  }))
  const standing = old ? rowsByStatement(old, firstDay) : []
  const rules: RowRules<DatedInstitution> = {
    fields: INSTITUTION_FIELDS,
    harmless: [],
    institutionsOf: () => [fresh.id],
    counts: () => true,
  }
  const keepsEnd = leave.stated === undefined && fresh.rows === undefined
  const told = keepsEnd ? { ...leave, stated: [...INSTITUTION_FIELDS] } : leave
  const { rows: merged, ...found } = mergeRows(standing, rows, rules, told)
  const record = old ? withStated(old, fresh, leave) : fresh
  return {
    ...found,
    record: found.problems.length > 0 ? (old ?? fresh) : institutionWith({ ...record, sizes }, merged),
  }
}

function institutionWith(institution: Institution, rows: readonly DatedInstitution[]): Institution {
  return institutionSchema.parse(withRows(institution, INSTITUTION_FIELDS, withoutRepeats(rows)))
}

function mergedSizes(older: Institution['sizes'], fresh: Institution, leave: MergeLeave): Institution['sizes'] {
  const before = new Map(older.map((size) => [size.validFrom, size]))
  const days = new Set(fresh.sizes.map(({ validFrom }) => validFrom))
  const stated = fresh.sizes.map((size) => {
    const known = before.get(size.validFrom)
    return known ? withStated(known, size, leave) : size
  })
  // A day that is given twice stays, for the check to name.
  return [...older.filter(({ validFrom }) => !days.has(validFrom)), ...stated].sort(byFirstDay)
}

/** A row for each day on which the institution was stated: the day of a size is the day of a row. */
function rowsByStatement({ sizes, ...institution }: Institution, firstDay: string): DatedInstitution[] {
  let rows: DatedInstitution[] = institution.rows ?? [datedInstitutionSchema.parse(institution)]
  for (const { validFrom } of sizes) {
    const row = rowOn(rows, dateStartMs(validFrom))
    if (validFrom > firstDay && row && row.validFrom !== validFrom) rows = withRow(rows, { ...row, validFrom })
  }
  return rows
}

/** Rows that say the same as the row before are part of it. */
function withoutRepeats(rows: readonly DatedInstitution[]): DatedInstitution[] {
  const joined: DatedInstitution[] = []
  for (const row of rows) {
    const last = joined.at(-1)
    const isSame =
      last && last.validTo === undefined && factsOf(last, INSTITUTION_FIELDS) === factsOf(row, INSTITUTION_FIELDS)
    if (isSame) joined[joined.length - 1] = { ...last, ...(row.validTo !== undefined && { validTo: row.validTo }) }
    else joined.push(row)
  }
  return joined
}

type MergedRows<Row> = { rows: Row[]; warnings: MergeFinding[]; problems: MergeFinding[] }

function mergeRows<Row extends DatedRow>(
  standing: readonly Row[],
  fresh: readonly FreshRow<Row>[],
  rules: RowRules<Row>,
  leave: MergeLeave,
): MergedRows<Row> {
  const warnings: MergeFinding[] = []
  const problems: MergeFinding[] = []
  let rows = [...standing]
  for (const { row, isUndated } of fresh.toSorted((a, b) => byFirstDay(a.row, b.row))) {
    const merged = withRow(rows, statedRow(rows, row, rules, leave))
    const change = leave.rewritePast ? undefined : closedChange({ before: rows, after: merged }, rules, leave)
    if (change === undefined) {
      rows = merged
      continue
    }
    const presentDay = presentDayOf(leave)
    const endsInPast = row.validTo !== undefined && row.validTo < presentDay && change.field === 'validTo'
    if (isUndated && !endsInPast) {
      rows = fromPresentMonth(rows, merged, { row, fields: rules.fields, presentDay })
      warnings.push({
        ...change,
        reason: `has no day ${change.months}; it holds from ${presentDay} on, ${TOLD}`,
      })
    } else {
      const day = row.validFrom ?? row.validTo
      problems.push({ ...change, reason: `of ${day} would change closed months ${change.months}; ${TOLD}` })
    }
  }
  return { rows, warnings, problems }
}
const TOLD = 'and closed months change only with rewritePast (--rewrite-past)'

/** The fresh row, with what the import does not state of the row that it corrects or follows. */
function statedRow<Row extends DatedRow>(
  rows: readonly Row[],
  row: Row,
  { fields }: RowRules<Row>,
  leave: MergeLeave,
): Row {
  const base = rows.findLast((one) => byFirstDay(one, row) <= 0) ?? rows[0]
  if (base === undefined) return row
  const made = { ...row }
  for (const field of fields) if (!isStated(field, leave)) made[field] = base[field]
  if (!isStated('validTo', leave) && (base.validTo ?? '') > (row.validFrom ?? '')) made.validTo = base.validTo
  return withoutBlanks(made)
}

/** The rows with one more, or one replaced. */
function withRow<Row extends DatedRow>(rows: readonly Row[], row: Row): Row[] {
  const others = rows.filter((one) => one.validFrom !== row.validFrom)
  const cut = others.map((one) => {
    const isCut = byFirstDay(one, row) < 0 && row.validFrom !== undefined && (one.validTo ?? '') > row.validFrom
    const { validTo: _, ...rest } = one
    return isCut ? (rest as Row) : one
  })
  return [...cut, row].sort(byFirstDay)
}

/** The undated change from the first day of the present month on; what stood before stays until then. */
function fromPresentMonth<Row extends DatedRow>(
  rows: readonly Row[],
  merged: readonly Row[],
  { row, fields, presentDay }: { row: Row; fields: readonly (keyof Row & string)[]; presentDay: string },
): Row[] {
  const corrected = rows.find((one) => one.validFrom === row.validFrom)
  const changed = must(merged.find((one) => one.validFrom === row.validFrom))
  if (rows.length === 0) return [{ ...changed, validFrom: presentDay }]
  const base = rowOn(rows, dateStartMs(presentDay)) ?? must(rows.at(-1))
  const made: Row = { ...base, validFrom: presentDay }
  for (const field of [...fields, 'validTo' as const])
    if (!isSame(corrected?.[field], changed[field])) Object.assign(made, { [field]: changed[field] })
  if (made.validTo !== undefined && made.validTo <= presentDay)
    return rows.map((one) => (one === base ? { ...one, validTo: presentDay } : one))
  return withRow(rows, withoutBlanks(made))
}

/** The first changed field and the closed months that stand with it; undefined when no closed month changes. */
function closedChange<Row extends DatedRow>(
  { before, after }: { before: readonly Row[]; after: readonly Row[] },
  rules: RowRules<Row>,
  leave: MergeLeave,
): { field: string; months: string } | undefined {
  const fields = rules.fields.filter((field) => !rules.harmless.includes(field))
  const presentMs = dateStartMs(presentDayOf(leave))
  const spans = rowSpans([...before, ...after], presentMs).flatMap((span) => {
    const [was, is] = [rowOn(before, span.fromMs), rowOn(after, span.fromMs)]
    const rows = [was, is].filter((row) => row !== undefined)
    const ended = rows.some(rules.counts) ? 'validTo' : undefined
    const field = was && is ? fields.find((one) => !isSame(was[one], is[one])) : ended
    return field === undefined ? [] : [{ ...span, field, rows }]
  })
  const [first] = spans
  if (first === undefined) return undefined
  const institutions = [...new Set(spans.flatMap(({ rows }) => rows.flatMap(rules.institutionsOf)))]
  const texts = institutions.flatMap((institution) => {
    const months = leave.closedMonths(institution).filter(({ month }) => {
      const { fromMs, toMs } = monthRange(month)
      return spans.some((span) => span.fromMs < toMs && span.toMs > fromMs)
    })
    return months.length > 0 ? [`of ${institution}: ${listedMonths(months, rules.medium)}`] : []
  })
  if (texts.length === 0) return undefined
  const field = before.length === 0 ? 'validFrom' : first.field
  return { field, months: texts.join('; ') }
}

/** Months listed with their amounts; the last one is always among them. */
const MONTHS_LISTED_MAX = 36
function listedMonths(months: readonly SubjectMonth[], medium: Medium | undefined): string {
  const shown =
    months.length > MONTHS_LISTED_MAX ? [...months.slice(0, MONTHS_LISTED_MAX - 1), must(months.at(-1))] : months
  const texts = shown.map((month) => `${month.month} ${standingAmount(month, medium)}`)
  const left = months.length - shown.length
  return left > 0 ? [...texts.slice(0, -1), `${left} more`, texts.at(-1)].join(', ') : texts.join(', ')
}

const KGCE_PER_TCE = 1000
function standingAmount(month: SubjectMonth, medium: Medium | undefined): string {
  const amount = medium ? month[CARRIERS[medium].field] : month.energyKgce / KGCE_PER_TCE
  return `${Number(amount.toPrecision(6))} ${medium ? amountUnit(medium) : 'tce'}`
}

/** First day of the month of the clock: earlier months are closed. */
const presentDayOf = ({ nowMs }: MergeLeave): string => dayLabel(dayOf(monthRange(monthOf(nowMs)).fromMs))
/** True for a month before that of the clock. */
export const isClosedMonth = (month: Month, nowMs: number): boolean => month < monthOf(nowMs)

const isStated = (field: string, { stated }: MergeLeave): boolean => stated === undefined || stated.includes(field)
/** The dated fields of a record, to be given anew by its last row. */
const blank = (fields: readonly string[]): Record<string, undefined> =>
  Object.fromEntries(fields.map((field) => [field, undefined]))
/** Unlike `isStated`, false where nothing is said of columns: JSON without rows says nothing of days. */
const isGiven = (field: string, { stated }: MergeLeave): boolean => stated?.includes(field) ?? false
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
const factsOf = <Row extends DatedRow>(row: Row, fields: readonly (keyof Row)[]): string =>
  JSON.stringify(fields.map((field) => row[field]))

/** The fresh record, with the fields of the older one that the import does not state. */
export function withStated<T extends object>(old: T, fresh: T, leave: MergeLeave): T {
  if (leave.stated === undefined) return fresh
  const kept = Object.fromEntries(Object.entries(old).filter(([field]) => !isStated(field, leave)))
  const given = Object.fromEntries(Object.entries(fresh).filter(([field]) => isStated(field, leave)))
  return { ...fresh, ...kept, ...given }
}

const withoutBlanks = <T extends object>(record: T): T =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T
