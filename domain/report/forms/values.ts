// Defines the values of an institution's forms, and lays what a person filled in over what the platform knows. A value
// that is not known is null, never 0.

import * as z from 'zod'
import { recordId } from '../../registry/records.ts'
import type { ReportCell } from '../document.ts'
import { type Edition, editionOf, partsOfPeriod, periodOf, type ReportPeriod } from './edition.ts'
import { BASIC_FORMS, type BasicForm, cellName, type FormField, formFields } from './fields.ts'

/** By `FormField.id`. */
export type FormValues = Readonly<Record<string, ReportCell>>

/** A row of NY202. */
export interface RoomValues {
  /** Unique in its institution. */
  id: string
  name: string
  values: FormValues
}

/** The forms of one institution and one period. */
export interface InstitutionForms {
  edition: Edition
  NY101: FormValues
  NY201: FormValues
  NY202: readonly RoomValues[]
  NY203: FormValues
  /** Names of cells (`cellName`; of rooms `roomCellName`) that a person filled in. */
  entered: readonly string[]
}

/** An entry of a form; longer texts are no entry. */
const ENTRY_TEXT_MAX = 500
/** No institution has more. */
const ROOMS_MAX = 200
const entry = z.union([z.number(), z.string().max(ENTRY_TEXT_MAX), z.null()])
const roomEntrySchema = z.object({
  id: recordId,
  name: z.string().min(1).max(ENTRY_TEXT_MAX),
  /** By `cellName`, e.g. `NY202_210`. */
  values: z.record(z.string(), entry),
})
/** What a person filled in: by `cellName`, e.g. `NY201_103`, and by room. An entry goes before a computed value. */
export const formEntriesSchema = z.object({
  values: z.record(z.string(), entry).default({}),
  /** The rooms of NY202, in their order; absent: one room, as far as the platform meters it. */
  rooms: z.array(roomEntrySchema).max(ROOMS_MAX).optional(),
})
export type FormEntries = z.input<typeof formEntriesSchema>

/** What a person filled in by period, with who and when. */
export const enteredFormsSchema = z.record(
  z.string(),
  formEntriesSchema.extend({ who: z.string(), atMs: z.number().int() }),
)
export type EnteredForms = z.input<typeof enteredFormsSchema>

/**
 * The entries that hold in a period (docs/rules/report.md#entries). A text or stock holds on until the next one; a flow
 * is of its own period, and of a longer one when each part has one.
 */
export function entriesIn(entered: EnteredForms, period: ReportPeriod): FormEntries {
  const ids = Object.keys(entered)
  if (ids.length === 0) return {}
  const isFlow = flowsOf(editionOf(period))
  const parts = partsOfPeriod(period).map((part) => entriesIn(entered, part).values ?? {})
  const values: Record<string, ReportCell> = summedFlows(parts, isFlow)
  let rooms: FormEntries['rooms']
  const before = ids.map(periodOf).filter(({ id, toMs }) => id !== period.id && toMs <= period.toMs)
  for (const { id } of [...before.sort((a, b) => a.toMs - b.toMs || b.fromMs - a.fromMs), period]) {
    const own = entered[id]
    const isOwn = id === period.id
    for (const [name, value] of Object.entries(own?.values ?? {})) if (isOwn || !isFlow(name)) values[name] = value
    rooms = own?.rooms?.map((room) => (isOwn ? room : withoutFlows(room, isFlow))) ?? rooms
  }
  return { values, ...(rooms && { rooms }) }
}

type Room = NonNullable<FormEntries['rooms']>[number]
const withoutFlows = (room: Room, isFlow: (name: string) => boolean): Room => ({
  ...room,
  values: Object.fromEntries(Object.entries(room.values).filter(([name]) => !isFlow(name))),
})

function summedFlows(parts: readonly Readonly<Record<string, ReportCell>>[], isFlow: (name: string) => boolean) {
  const sums: Record<string, number> = {}
  for (const name of Object.keys(parts[0] ?? {})) {
    const known = parts.map((part) => part[name]).filter((value) => typeof value === 'number')
    if (isFlow(name) && known.length === parts.length) sums[name] = known.reduce((sum, value) => sum + value, 0)
  }
  return sums
}

const kindsOfCells = new Map<Edition, ReadonlyMap<string, FormField>>()
/** The fields of the basic forms of an edition by their cell. */
function fieldsByCell(edition: Edition): ReadonlyMap<string, FormField> {
  const fields =
    kindsOfCells.get(edition) ??
    new Map(BASIC_FORMS.flatMap((form) => formFields(edition, form).map((field) => [cellName(form, field), field])))
  kindsOfCells.set(edition, fields)
  return fields
}
const flowsOf =
  (edition: Edition) =>
  (name: string): boolean =>
    fieldsByCell(edition).get(name)?.kind === 'flow'

/** The name of a room's field, e.g. `NY202_1_240`. */
export const roomCellName = (room: string, field: Pick<FormField, 'code' | 'id'>): string =>
  `NY202_${room}_${field.code ?? field.id}`

/** A number of a form; null for a blank and for a text. */
export const numberIn = (values: FormValues, id: string): number | null => {
  const value = values[id]
  return typeof value === 'number' ? value : null
}

const NO_ENTRIES: NonNullable<LaidOver['entries']> = {}

/** The values of one form with the entries laid over them, and the names of the entered cells. */
export function withEntries(
  form: BasicForm,
  edition: Edition,
  { values, entries = NO_ENTRIES, nameOf = (field) => cellName(form, field) }: LaidOver,
): { values: FormValues; entered: string[] } {
  const fields = formFields(edition, form)
  if (entries === NO_ENTRIES) {
    const own: Record<string, ReportCell> = {}
    for (const { id } of fields) own[id] = values[id] ?? null
    return { values: own, entered: [] }
  }
  const own = fields.map((field) => {
    const entry = entries[cellName(form, field)]
    const isEntered = entry !== undefined && entry !== null
    return { field, isEntered, value: isEntered ? entry : (values[field.id] ?? null) }
  })
  return {
    values: Object.fromEntries(own.map(({ field, value }) => [field.id, value])),
    entered: own.filter(({ isEntered }) => isEntered).map(({ field }) => nameOf(field)),
  }
}
interface LaidOver {
  values: FormValues
  entries?: Readonly<Record<string, ReportCell>> | undefined
  nameOf?: (field: FormField) => string
}

/**
 * Entries that no form can take, each with its reason: no cell of the edition's forms, a text where a number belongs,
 * or a number below 0.
 */
export function strayEntries(edition: Edition, { values = {}, rooms = [] }: FormEntries): StrayEntry[] {
  const fields = fieldsByCell(edition)
  const given = [values, ...rooms.map((room) => room.values)].flatMap((one) => Object.entries(one))
  return given.flatMap(([name, value]): StrayEntry[] => {
    const field = fields.get(name)
    if (!field) return [{ name, reason: `is no cell of the forms of edition ${edition}` }]
    if (value === null || UNKNOWN_MEANING.test(name)) return []
    if (field.kind === 'text') return typeof value === 'string' ? [] : [{ name, reason: 'takes a text' }]
    if (typeof value !== 'number') return [{ name, reason: 'takes a number' }]
    return value < 0 ? [{ name, reason: 'is below 0' }] : []
  })
}
export interface StrayEntry {
  name: string
  reason: string
}
/** 401 to 406: nobody knows whether they take a number or a text. */
const UNKNOWN_MEANING = /^NY201_40[1-6]$/
