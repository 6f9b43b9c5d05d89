// Holds the identities of the forms: totals that are the sum of their parts, and parts that lie within the whole of the
// institution (docs/rules/report.md#identities). Fills a blank total whose parts are all known; never a part.

import type { Edition } from './edition.ts'
import type { BasicForm } from './fields.ts'
import { cellName, formFields } from './fields.ts'
import { type FormValues, type InstitutionForms, numberIn, roomCellName } from './values.ts'

export interface Identity {
  form: BasicForm
  total: string
  parts: readonly string[]
}

const splitOf = (id: string): Identity[] =>
  ['', 'Cost'].map((cost) => ({
    form: 'NY201',
    total: `${id}${cost}`,
    parts: [`${id}Transport${cost}`, `${id}Other${cost}`],
  }))

export const IDENTITIES: readonly Identity[] = [
  ...splitOf('petrol'),
  ...splitOf('diesel'),
  { form: 'NY202', total: 'power', parts: ['powerIt', 'powerCooling', 'powerSupply'] },
  {
    form: 'NY202',
    total: 'roomElectricity',
    parts: ['itElectricity', 'coolingElectricity', 'supplyElectricity'],
  },
  { form: 'NY203', total: 'heatedArea', parts: ['ownHeatedArea', 'areaBilledArea', 'heatBilledArea'] },
]

/** A value of a form within one of NY201: data centre and heating are parts of the whole. */
export interface Containment {
  form: 'NY202' | 'NY203'
  /** NY202: summed over the rooms. */
  part: string
  whole: string
}
export const CONTAINMENTS: readonly Containment[] = [
  { form: 'NY202', part: 'roomElectricity', whole: 'electricity' },
  { form: 'NY202', part: 'roomArea', whole: 'floorArea' },
  { form: 'NY203', part: 'heatedArea', whole: 'floorArea' },
  { form: 'NY203', part: 'heatingWater', whole: 'water' },
  { form: 'NY203', part: 'heatingElectricity', whole: 'electricity' },
  { form: 'NY203', part: 'heatingCoal', whole: 'coal' },
  { form: 'NY203', part: 'heatingGas', whole: 'gas' },
  { form: 'NY203', part: 'heatingDiesel', whole: 'diesel' },
  { form: 'NY203', part: 'heatingHeat', whole: 'heat' },
]

/** A difference that two printed decimals can have is none. */
const TOLERANCE = 0.01
const RELATIVE_TOLERANCE = 1e-9
export const exceeds = (value: number, limit: number): boolean =>
  value > limit + TOLERANCE + RELATIVE_TOLERANCE * Math.abs(limit)
export const differs = (a: number, b: number): boolean => exceeds(a, b) || exceeds(b, a)

const sumOfParts = (values: FormValues, parts: readonly string[]) => {
  const known = parts.flatMap((part) => numberIn(values, part) ?? [])
  return { sum: known.reduce((sum, value) => sum + value, 0), isWhole: known.length === parts.length }
}

/** The values with each blank total whose parts are all known. */
export function completed(form: BasicForm, values: FormValues): FormValues {
  const added = IDENTITIES.flatMap((one) => {
    const { total, parts } = one
    if (one.form !== form || !(total in values) || numberIn(values, total) !== null) return []
    const { sum, isWhole } = sumOfParts(values, parts)
    return isWhole ? [[total, sum] as const] : []
  })
  return added.length > 0 ? { ...values, ...Object.fromEntries(added) } : values
}

export interface BrokenIdentity {
  /** The cell of the total, e.g. `NY203_301`. */
  cell: string
  parts: string[]
  value: number
  sum: number
}

/** The identities that an institution's forms break. With a blank part only a sum above the total does. */
export function brokenIdentities(forms: InstitutionForms): BrokenIdentity[] {
  const of = (form: BasicForm, values: FormValues, nameOf: NameOf): BrokenIdentity[] =>
    IDENTITIES.filter((one) => one.form === form).flatMap(({ total, parts }) => {
      const value = numberIn(values, total)
      const { sum, isWhole } = sumOfParts(values, parts)
      if (value === null || !(isWhole ? differs(sum, value) : exceeds(sum, value))) return []
      return [{ cell: nameOf(total), parts: parts.map(nameOf), value, sum }]
    })
  const named =
    (form: BasicForm): NameOf =>
    (id) =>
      cellNameOf(forms.edition, form, id)
  return [
    ...of('NY201', forms.NY201, named('NY201')),
    ...forms.NY202.flatMap((room) =>
      of('NY202', room.values, (id) => roomCellName(room.id, fieldOf(forms.edition, 'NY202', id))),
    ),
    ...of('NY203', forms.NY203, named('NY203')),
  ]
}
type NameOf = (id: string) => string

const fieldOf = (edition: Edition, form: BasicForm, id: string) =>
  formFields(edition, form).find((field) => field.id === id) ?? { id, code: null }

/** The cell of a field, by its meaning. */
export const cellNameOf = (edition: Edition, form: BasicForm, id: string): string =>
  cellName(form, fieldOf(edition, form, id))

export interface ExceededWhole {
  part: string
  whole: string
  value: number
  limit: number
}

/** The parts of an institution's forms that are more than their whole. */
export const exceededWholes = (forms: InstitutionForms): ExceededWhole[] =>
  CONTAINMENTS.flatMap(({ form, part, whole }) => {
    const values = form === 'NY202' ? forms.NY202.map((room) => room.values) : [forms.NY203]
    const known = values.flatMap((one) => numberIn(one, part) ?? [])
    const value = known.reduce((sum, one) => sum + one, 0)
    const limit = numberIn(forms.NY201, whole)
    if (known.length === 0 || limit === null || !exceeds(value, limit)) return []
    return [
      { part: cellNameOf(forms.edition, form, part), whole: cellNameOf(forms.edition, 'NY201', whole), value, limit },
    ]
  })
