// Defines the values of an institution's forms, and lays what a person filled in over what the platform knows. A value
// that is not known is null, never 0.

import * as z from 'zod'
import { recordId } from '../../registry/records.ts'
import type { ReportCell } from '../document.ts'
import type { Edition } from './edition.ts'
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

/** The name of a room's field, e.g. `NY202_1_240`. */
export const roomCellName = (room: string, field: Pick<FormField, 'code' | 'id'>): string =>
  `NY202_${room}_${field.code ?? field.id}`

/** A number of a form; null for a blank and for a text. */
export const numberIn = (values: FormValues, id: string): number | null => {
  const value = values[id]
  return typeof value === 'number' ? value : null
}

/** The values of one form with the entries laid over them, and the names of the entered cells. */
export function withEntries(
  form: BasicForm,
  edition: Edition,
  { values, entries = {}, nameOf = (field) => cellName(form, field) }: LaidOver,
): { values: FormValues; entered: string[] } {
  const own = formFields(edition, form).map((field) => {
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

/** Entries whose name is no cell of the edition's forms: a wrong code, or one of another edition. */
export function strayEntries(edition: Edition, { values = {}, rooms = [] }: FormEntries): string[] {
  const known = new Set(BASIC_FORMS.flatMap((form) => formFields(edition, form).map((field) => cellName(form, field))))
  return [...Object.keys(values), ...rooms.flatMap((room) => Object.keys(room.values))].filter(
    (name) => !known.has(name),
  )
}
