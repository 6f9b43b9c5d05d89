// Which meters are the whole and which the IT of a data centre. PUE and EUE each have a boundary of their own, because
// whether the two are bounded alike is not known (docs/rules/energy-and-carbon.md#pue-and-eue-boundary): the registry
// may name either, and a result says what it used.

import { outermost } from '../registry/meter-tree.ts'
import type { Institution, Meter } from '../registry/records.ts'

/** Sub-item codes (docs/rules/data.md#sub-item-codes): the data centre as a whole, its IT equipment, its cooling. */
export const DATA_CENTRE = '01D10'
export const DATA_CENTRE_IT = '01D1A'
export const DATA_CENTRE_COOLING = '01D1B'
/** How all sub-item codes of a data centre and its equipment begin. */
const CENTRE_CODES = '01D1'

export interface CentreBoundary {
  /**
   * `registered`: the institution's record names it. `codes`: by the sub-item codes 01D10 and 01D1A. `asPue`: of the
   * EUE no boundary is registered, and that of the PUE stands for it, which is an assumption.
   */
  basis: 'registered' | 'codes' | 'asPue'
  /** Meter ids. */
  total: string[]
  it: string[]
}

type Named = Pick<Institution, 'pueTotal' | 'pueIt' | 'eueTotal' | 'eueIt'>

/** `meters`: those of the institution. A name is a meter's id, or a purpose, which means its outermost meters. */
export function centreBoundaries(named: Named, meters: readonly Meter[]): { pue: CentreBoundary; eue: CentreBoundary } {
  const metersOf = (names: readonly string[]): string[] => [
    ...new Set(names.flatMap((name) => namedMeters(name, meters).map(({ id }) => id))),
  ]
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

/** Whether an institution has a data centre: by a sub-item code of a meter, or by a boundary that its record names. */
export function hasDataCentre(named: Named, meters: readonly Meter[]): boolean {
  const { pue, eue } = centreBoundaries(named, meters)
  return meters.some(({ purpose }) => purpose?.startsWith(CENTRE_CODES)) || pue.total.length + eue.total.length > 0
}

/** Electricity meters that a name means: one, or the outermost ones of a purpose; none when nothing is called so. */
export function namedMeters(name: string, meters: readonly Meter[]): Meter[] {
  const electric = meters.filter(({ medium }) => medium === 'electricity')
  const one = electric.filter(({ id }) => id === name)
  if (one.length > 0) return one
  return outermost(electric, ({ role, purpose }) => (role === 'main' || role === 'sub') && purpose === name)
}
