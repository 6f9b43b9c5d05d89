// Chooses the meters whose use the quota takes off, or adds: heating, special functions, and generation used on site
// (docs/rules/quota.md#indicators).

import { highest, isBelow, outermost } from '../registry/meter-tree.ts'
import { EXPORT, type Institution, type Meter } from '../registry/records.ts'
import { centreBoundaries } from './data-centre-boundary.ts'

const SPECIAL = /^01D/
/** The purpose of a gas or electricity meter that serves heating alone; the official codes have none for it. */
export const HEATING = 'heating'

/** Meters whose use the quota takes off, each use once: `factor` −1 takes back what another one holds already. */
export interface Deducted {
  meter: Meter
  factor: 1 | -1
}
export interface Deductions {
  heating: Deducted[]
  special: Deducted[]
}

/**
 * Heating: gas and electricity meters that serve heating alone. Special functions
 * (docs/rules/energy-and-carbon.md#special-functions): the meters of 01D and below, and the total of the institution's
 * data centre, whatever the purpose of these meters. What lies below an excluded meter, or is excluded below one of
 * them, is off already, and heating and special functions hold nothing twice; heat is heating whatever its meter is
 * for.
 */
export function deductionsOf({
  institution,
  meters,
}: {
  institution: Institution
  meters: readonly Meter[]
}): Deductions {
  const excluded = new Set(meters.filter(({ role }) => role === 'exclude').map(({ id }) => id))
  const counted = meters.filter(
    (meter) =>
      meter.medium !== 'heat' &&
      meter.medium !== 'water' &&
      (meter.role === 'main' || meter.role === 'sub') &&
      (excluded.size === 0 || !isBelow(meter, excluded, meters)),
  )
  const fits = new Set(counted.map(({ id }) => id))
  const centre = new Set(centreBoundaries(institution, meters).pue.total)
  const isSpecial = ({ id, purpose }: Meter): boolean =>
    fits.has(id) && ((purpose !== undefined && SPECIAL.test(purpose)) || centre.has(id))
  const heating = outermost(meters, ({ id, purpose }) => fits.has(id) && purpose === HEATING)
  const heatingIds = new Set(heating.map(({ id }) => id))
  const special = outermost(meters, isSpecial).filter((meter) => !isBelow(meter, heatingIds, meters))
  const specialIds = new Set(special.map(({ id }) => id))
  const lets = highest(
    meters.filter(({ role }) => role === 'exclude'),
    meters,
  )
  const below = (chosen: readonly Meter[], ids: ReadonlySet<string>): Meter[] =>
    chosen.filter((meter) => isBelow(meter, ids, meters))
  const heatingBelow = below(heating, specialIds)
  // An excluded meter below a heating meter that is below a special one is taken back with the heating meter.
  const letsBelow = below(lets, specialIds).filter((meter) => !isBelow(meter, heatingIds, meters))
  const signed = (chosen: readonly Meter[], factor: 1 | -1): Deducted[] => chosen.map((meter) => ({ meter, factor }))
  return {
    heating: [...signed(heating, 1), ...signed(below(lets, heatingIds), -1)],
    special: [...signed(special, 1), ...signed(heatingBelow, -1), ...signed(letsBelow, -1)],
  }
}

/** Generation meters, those of the generation fed into the grid, and both as what is used on site. */
export function generatorsOf(meters: readonly Meter[]) {
  const all = meters.filter(({ role, medium }) => role === 'generation' && medium === 'electricity')
  const generating = outermost(all, ({ purpose }) => purpose !== EXPORT)
  const exporting = outermost(all, ({ purpose }) => purpose === EXPORT)
  const usedOnSite = [
    ...generating.map((meter): Deducted => ({ meter, factor: 1 })),
    ...exporting.map((meter): Deducted => ({ meter, factor: -1 })),
  ]
  return { generating, exporting, usedOnSite }
}
