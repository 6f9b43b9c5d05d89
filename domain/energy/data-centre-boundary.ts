// Chooses the meters of a data centre's total and IT electricity. PUE and EUE have separate boundaries, because no
// source says that the two are equal (docs/rules/energy-and-carbon.md#pue-and-eue-boundary). The registry may name
// either boundary, and a result says which one it used.

import { outermost } from '../registry/meter-tree.ts'
import type { Institution, Meter } from '../registry/records.ts'

/** Sub-item codes (docs/rules/data.md#sub-item-codes): the data centre as a whole, its IT equipment, its cooling. */
export const DATA_CENTRE = '01D10'
export const DATA_CENTRE_IT = '01D1A'
export const DATA_CENTRE_COOLING = '01D1B'
/** Prefix of all sub-item codes of a data centre and its equipment. */
const CENTRE_CODES = '01D1'

export interface CentreBoundary {
  /**
   * `registered`: the institution's record names it. `codes`: by the sub-item codes 01D10 and 01D1A. `asPue`: no EUE
   * boundary is registered, so the PUE boundary is assumed.
   */
  basis: 'registered' | 'codes' | 'asPue'
  /** Meter ids. */
  total: string[]
  it: string[]
}

type Named = Pick<Institution, 'pueTotal' | 'pueIt' | 'eueTotal' | 'eueIt'>

/** `meters`: the institution's. A name is a meter's id, or a purpose, which stands for its outermost meters. */
export function centreBoundaries(named: Named, meters: readonly Meter[]): { pue: CentreBoundary; eue: CentreBoundary } {
  /** Names may overlap: a meter below another one, or with a sub-item of its code, is part of it. */
  const metersOf = (names: readonly string[]): string[] => {
    const ids = [...new Set(names.flatMap((name) => namedMeters(name, meters).map(({ id }) => id)))]
    if (ids.length < 2) return ids
    const kept = new Set(outermost(meters, ({ id }) => ids.includes(id)).map(({ id }) => id))
    return ids.filter((id) => kept.has(id))
  }
  const boundary = (
    basis: CentreBoundary['basis'],
    total: readonly string[],
    it: readonly string[],
  ): CentreBoundary => ({
    basis,
    total: metersOf(total),
    it: metersOf(it),
  })
  const pue =
    named.pueTotal && named.pueIt
      ? boundary('registered', named.pueTotal, named.pueIt)
      : boundary('codes', [DATA_CENTRE], [DATA_CENTRE_IT])
  const eue =
    named.eueTotal && named.eueIt
      ? boundary('registered', named.eueTotal, named.eueIt)
      : { ...pue, basis: 'asPue' as const }
  return { pue, eue }
}

/** True when a meter has a data centre's sub-item code, or the institution's record names a boundary. */
export function hasDataCentre(named: Named, meters: readonly Meter[]): boolean {
  const { pue, eue } = centreBoundaries(named, meters)
  return meters.some(({ purpose }) => purpose?.startsWith(CENTRE_CODES)) || pue.total.length + eue.total.length > 0
}

/** Electricity meters of a name: the meter with that id, or else the outermost meters of that purpose; may be empty. */
export function namedMeters(name: string, meters: readonly Meter[]): Meter[] {
  const electric = meters.filter(({ medium }) => medium === 'electricity')
  const one = electric.filter(({ id }) => id === name)
  if (one.length > 0) return one
  return outermost(electric, ({ role, purpose }) => (role === 'main' || role === 'sub') && purpose === name)
}
